"""The test tiers, from the quickest to the slowest: `python -m tools.make.tiers [TIER [PYTEST ARGUMENT...]]`.

Without a name every tier runs, one summary line each, with the failures below it; with a name pytest has
the terminal. Where a tier's parts are missing its tests are skipped, with a sentence; under CI=true that is
a failure, so that nothing is left out unseen.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools import places
from tools.make import sandboxed
from tools.say import Stopwatch, every, say
from tools.toolchain import install
from tools.toolchain.catalogue import TOOLS
from tools.toolchain.environment import environment

NOTHING_COLLECTED = 5
"""pytest's exit code for a folder without tests (pytest, Exit codes)."""


@dataclass(frozen=True)
class Tier:
    name: str
    """Also its folder in tests/."""
    sandbox: bool = False
    """It runs in the sandbox, with the Pulumi toolchain."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Programs it needs, and the Debian packages they come with: ones that start no service."""
    workers: tuple[str, ...] = ()
    """pytest-xdist arguments. Where clients are measured, tests run one after the other."""
    figures: bool = False
    """It measures and proves nothing: run when it is named, not with all."""


TIERS = (
    Tier("unit", workers=("-n", "auto", "--dist", "loadfile")),
    Tier("lbhost", programs={"bwrap": "bubblewrap"}),
    Tier("engine", sandbox=True, workers=("-n", "2", "--dist", "loadfile")),
    Tier("datapath", sandbox=True),
    Tier("benchmarks", sandbox=True, figures=True),
)


@dataclass(frozen=True)
class Verdict:
    fine: bool
    sentence: str
    details: str = ""
    """What pytest printed of failures and skipped tests."""


def verdict(code: int, output: str, strict: bool) -> Verdict:
    """What a run of pytest says of its tier. `strict`: a skipped test or an empty tier is a failure."""
    lines = output.rstrip().splitlines()
    summary = lines[-1].strip("= ") if lines else "pytest printed nothing"
    if code == NOTHING_COLLECTED:
        return Verdict(fine=not strict, sentence="no test was selected")
    if code:
        return Verdict(fine=False, sentence=summary, details=_from(lines, r"=+ (FAILURES|ERRORS)"))
    skipped = re.search(r"\b(\d+) skipped", summary)
    if skipped and strict:
        sentence = f"{summary}; under CI=true a skipped test is a failure"
        return Verdict(fine=False, sentence=sentence, details=_from(lines, r"=+ short test summary"))
    if skipped and " passed" not in summary:
        return Verdict(fine=True, sentence=f"skipped: {_why(lines)}")
    return Verdict(fine=True, sentence=summary)


def _from(lines: Sequence[str], heading: str) -> str:
    start = next((number for number, line in enumerate(lines) if re.match(heading, line)), 0)
    return "\n".join(lines[start:])


def _why(lines: Sequence[str]) -> str:
    """The reason of the first skipped test: `SKIPPED [3] tests/lbhost/conftest.py:12: <reason>`."""
    for line in lines:
        if found := re.match(r"SKIPPED \[\d+\] \S+?(?::\d+)?: (.*)", line):
            return found[1]
    return "pytest does not say why"


def run_all(strict: bool) -> bool:
    """Run every tier and print one line for each; whether all are fine."""
    fine = True
    for tier in TIERS:
        if tier.figures:
            continue
        watch = Stopwatch()
        problem = _prepare(tier)
        if problem:
            result = Verdict(fine=not strict, sentence=f"{'failed' if strict else 'skipped'}: {problem}")
        else:
            result = verdict(*_pytest(tier, watch), strict)
        print(f"{tier.name:9} {result.sentence}", flush=True)
        if result.details:
            print(result.details, flush=True)
        fine = fine and result.fine
    return fine


def run_one(tier: Tier, arguments: Sequence[str], strict: bool) -> int:
    """Run one tier with the terminal as it is; the exit code."""
    if problem := _prepare(tier):
        print(f"{tier.name}: {problem}")
        return 1 if strict else 0
    return subprocess.run(_command(tier, *arguments), cwd=places.CHECKOUT, env=_environment(tier)).returncode


def _prepare(tier: Tier) -> str:
    """Bring up what the tier runs against; what is returned says why that was not possible."""
    if problem := _programs(tier):
        return problem
    if not tier.sandbox:
        return ""
    needed = [tool.name for tool in TOOLS.values() if tool.needed or tool.tested]
    try:
        return sandboxed.up_while(lambda: install.ensure(needed), progress=sys.stderr)
    except install.ToolsError as error:
        return str(error)


def _programs(tier: Tier) -> str:
    """Install the Debian packages that are missing; what is returned says why that was not possible."""
    packages = sorted(package for program, package in tier.programs.items() if not shutil.which(program))
    if not packages:
        return ""
    asked = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"a program is missing: {asked}"
    say(f"{tier.name}: {asked}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        answer = subprocess.run(["apt-get", "--quiet", *words], env=quiet, capture_output=True, text=True)
        if answer.returncode:
            return f"{asked} failed: {(answer.stderr.strip().splitlines() or ['without a word'])[-1]}"
    return ""


def _pytest(tier: Tier, watch: Stopwatch) -> tuple[int, str]:
    lines: list[str] = []
    with (
        subprocess.Popen(
            _command(tier, "-v", "--color=no"),
            cwd=places.CHECKOUT,
            env=_environment(tier),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
        every(30, lambda: f"{tier.name}: {_progress(lines)} after {watch}"),
    ):
        assert process.stdout is not None  # noqa: S101 - asked for above; this tells the type checker
        lines.extend(line.rstrip("\n") for line in process.stdout)
    return process.returncode, "\n".join(lines)


def _progress(lines: Sequence[str]) -> str:
    """How far pytest has come: the last `[ 40%]` that it printed."""
    shown = (re.search(r"\[ *(\d+)%\]", line) for line in reversed(lines))
    return next((f"{found[1]} %" for found in shown if found), "starting")


def _command(tier: Tier, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", f"tests/{tier.name}", *tier.workers, *arguments]


def _environment(tier: Tier) -> dict[str, str]:
    return {**os.environ, **(environment() if tier.sandbox else {})}


def main() -> None:
    strict = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    known = {tier.name: tier for tier in TIERS}
    if name and name not in known:
        sys.exit(f"tools: {name!r} is no tier; there are {', '.join(known)}")
    if name:
        sys.exit(run_one(known[name], arguments, strict))
    if not strict:
        say("a tier whose parts are missing is skipped; CI=true makes that a failure")
    sys.exit(0 if run_all(strict) else 1)


if __name__ == "__main__":
    main()
