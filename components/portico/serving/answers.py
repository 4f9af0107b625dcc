"""Whose answer it is that came through the published address: the application's, or the controller's own.

Pure: asks nobody. Read by address. How each was seen with a real Traefik: docs/ingress.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..plan.questions import Question


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it arrived."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    """In the order in which they came."""
    body: bytes = b""
    certificate: bytes = b""
    """What the server showed, in DER; empty without TLS."""

    @property
    def shape(self) -> tuple[object, ...]:
        """What two answers to the same question share, whatever date or request id is in them.

        The order of the headers tells Traefik's own 404 from that of a Go application, which is the same word
        for word: what passes through Traefik has its headers in the order of their names.
        """
        names = tuple(name.lower() for name, _ in self.headers)
        types = [value for name, value in self.headers if name.lower() == "content-type"]
        return self.status, names, *types, len(self.body)


def complaint(answer: Answer, question: Question, nobodys: Callable[[], Answer]) -> str | None:
    """Why this is no answer of the application, naming the hop that is broken; None where it is one.

    Args:
        nobodys: asks the same question in the name of a host that nobody serves.
    """
    signature = question.signature
    if question.secret and signature and signature.certificate in answer.certificate:
        return (
            f"the ingress controller shows its own certificate: the Secret {question.secret} is missing, or "
            f"holds no certificate for {question.host}"
        )
    if answer.status in question.expect:
        return None
    broken = _broken_hop(answer, question, nobodys)
    if question.expect and not broken:
        return f"the probe expects {' or '.join(map(str, question.expect))}"
    return broken


def _broken_hop(answer: Answer, question: Question, nobodys: Callable[[], Answer]) -> str | None:
    if question.host is None:
        return _misunderstood(question) if answer.status == 400 else None
    if answer.status in (502, 503, 504):
        signature = question.signature
        by_controller = signature is None or answer.body == signature.bodies.get(answer.status)
        return (
            "the ingress controller answers, and the application behind it does not"
            if by_controller
            else None
        )
    if answer.status not in (400, 404) or answer.shape != nobodys().shape:
        return None
    if answer.status == 400:
        return _misunderstood(question)
    return (
        f"a host name that nobody serves gets the same answer: the ingress controller knows no Ingress for "
        f"{question.host}{question.asked}, or refuses its Service (one that is missing, or of type "
        "ExternalName); if the application itself says 404 there, name another path or that code in the "
        "app's `probe`"
    )


def _misunderstood(question: Question) -> str:
    return (
        "the ingress controller does not understand what reaches it: most likely the load balancer sends a "
        f"PROXY protocol header and the entry point of port {question.port} takes none"
    )
