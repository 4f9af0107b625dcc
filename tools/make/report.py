"""What `make up` says in the end: the address, the reason for every choice, and what the door answered.

Reads the stack's outputs (`address`, `url`, `reasons`) from standard input and asks `url` once, so it has to
run where that address can be reached. Run by `python -m tools.make.run up`.
"""

import http.client
import json
import socket
import ssl
import sys
import textwrap
from collections.abc import Mapping
from urllib.parse import urlsplit

SECONDS = 10
"""How long the door may take to answer. `pulumi up` has waited until it serves already."""


def lines(stack: str, outputs: Mapping[str, object], answer: str) -> list[str]:
    """The report, line by line."""
    report = ["", f"address  {outputs.get('address', 'none: the stack has no such output')}"]
    if outputs.get("url"):
        report.append(f"url      {outputs['url']}")
    report += _reasons(outputs.get("reasons"))
    if answer:
        report += ["", f"answer   {answer}"]
    again = "" if stack == "sandbox" else f" STACK={stack}"
    report += ["", f"next     make outputs{again}    every output of the stack"]
    if stack == "sandbox":
        report.append(
            "         make shell      on the sandbox's internet, with curl, openstack, kubectl, pulumi"
        )
    return [*report, f"         make destroy{again}    take it down again"]


def _reasons(reasons: object) -> list[str]:
    """A reason for each choice: a mapping from choice to reason, or a list of sentences."""
    if isinstance(reasons, Mapping):
        width = max((len(str(key)) for key in reasons), default=0)
        rows = [f"{key!s:{width}}  {reason}" for key, reason in reasons.items()]
        indent = " " * (width + 11)
    elif isinstance(reasons, list):
        rows, indent = [str(reason) for reason in reasons], " " * 11
    else:
        return []
    return [
        "",
        "reasons",
        *(textwrap.fill(row, 110, initial_indent=" " * 9, subsequent_indent=indent) for row in rows),
    ]


def ask(url: str, address: str) -> str:
    """Ask for `url` at `address`, whatever its host name resolves to; the answer in words."""
    target = urlsplit(url)
    host, secure = target.hostname or address, target.scheme == "https"
    port = target.port or (443 if secure else 80)
    try:
        with socket.create_connection((address, port), timeout=SECONDS) as plain:
            connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
            connection.sock = _anybodys().wrap_socket(plain, server_hostname=host) if secure else plain
            connection.request("GET", target.path or "/", headers={"User-Agent": "portico"})
            answer = connection.getresponse()
            answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"none from {address}:{port}: {error}"
    return f"{answer.status} {answer.reason} from {url} at {address}:{port}"


def _anybodys() -> ssl.SSLContext:
    """TLS with whoever answers: the question is whether the door is open, not whose certificate it shows."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def main() -> None:
    stack, outputs = sys.argv[1], json.load(sys.stdin)
    url, address = str(outputs.get("url") or ""), str(outputs.get("address") or "")
    answer = ask(url, address) if url.startswith("http") and address else ""
    print("\n".join(lines(stack, outputs, answer)))


if __name__ == "__main__":
    main()
