"""Every check of the code that needs no test: `python -m tools.make.lint`. One failing stops no other."""

import subprocess
import sys

from tools import places

CHECKS = (
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("rules", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy", "--no-error-summary")),
    ("public", ("basedpyright", "--warnings")),
    ("imports", ("lint-imports", "--no-logo")),
    ("docs", ("python", "-m", "tools.make.settings_reference", "--check")),
)


def main() -> None:
    failed = []
    for name, (program, *arguments) in CHECKS:
        command = [str(places.VENV / "bin" / program), *arguments]
        answer = subprocess.run(command, cwd=places.CHECKOUT, capture_output=True, text=True)
        print(f"{name:8} {'wrong' if answer.returncode else 'fine'}", flush=True)
        if answer.returncode:
            failed.append(name)
            print(answer.stdout + answer.stderr, flush=True)
    if "format" in failed:
        print("make format writes the files the one way")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
