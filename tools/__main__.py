"""`python -m tools`: fetch the programs that Portico needs, and say where they are."""

import argparse
import shlex
import sys

from tools.say import Stopwatch, say
from tools.toolchain import choose, install, look
from tools.toolchain.catalogue import TOOLS, Tool
from tools.toolchain.environment import environment


def up(names: list[str]) -> None:
    wanted = names or [tool.name for tool in TOOLS.values() if tool.needed]
    watch = Stopwatch()
    install.ensure(wanted)
    say(f"{len(wanted)} tools ready, {watch}")


def get(name: str) -> None:
    install.ensure([name])
    print(install.path(TOOLS[name]))


def env() -> None:
    for name, value in environment().items():
        print(f"export {name}={shlex.quote(value)}")


def status() -> None:
    missing = [tool for tool in TOOLS.values() if not install.installed(tool)]
    machine = look.machine(missing)
    for tool in TOOLS.values():
        print(f"{tool.name:28} {tool.version:9} {tool.purpose}")
        print(f"{'':38} {_state(tool, machine)}")


def _state(tool: Tool, machine: choose.Machine) -> str:
    if have := install.installed(tool):
        return f"from {have.source.value}: {have.origin}"
    route = choose.route(tool, machine)
    if not route.attempts:
        return "cannot be had: " + "; ".join(
            f"{refused.source.value}: {refused.because}" for refused in route.left_out
        )
    tried = ", else ".join(f"{attempt.source.value} ({attempt.because})" for attempt in route.attempts)
    return f"not fetched yet; would come from {tried}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    fetching = commands.add_parser("up", help="fetch what the program needs, or the tools named")
    fetching.add_argument("names", nargs="*", metavar="NAME", choices=[*TOOLS, []], help=", ".join(TOOLS))
    getting = commands.add_parser("get", help="fetch one tool if need be and print its path")
    getting.add_argument("name", metavar="NAME", choices=list(TOOLS), help=", ".join(TOOLS))
    commands.add_parser("env", help='print the environment to use: eval "$(python -m tools env)"')
    commands.add_parser("status", help="every tool: where it came from, or would come from, and why")
    asked = parser.parse_args()
    try:
        match asked.command:
            case "up":
                up(asked.names)
            case "get":
                get(asked.name)
            case "env":
                env()
            case _:
                status()
    except install.ToolsError as error:
        sys.exit(f"tools: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
