"""Whether the published address answers for the applications, and on every listener.

Asks in each listener's own protocol and changes nothing; never in previews. Read by exposure.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import pulumi

from ..plan.questions import Question
from ..plan.way import End, Way
from ..settings.model import Wait
from .answers import Answer, complaint
from .asking import Ended, Refusal, ask, certificate_flaw, nobody, stays_open
from .waiting import until

OUT_OF_REACH = 120.0
"""Seconds of nothing but silence after which a machine counts as shut out, where the settings say that it may
be. A front door that was just made is silent for less."""

CLOSED = "the connection is closed at once; no node accepts one on the listener's node port"
NO_POD = (
    "the connection is closed at once; the Service {} has no pod that accepts one, or none of that name or "
    "port is there: see the controller's log"
)

Explain = Callable[[Question], str | None]
"""Why the controller answers by itself for an application, as the cluster tells; None where it cannot say."""


class OutOfReach(Exception):
    """Asking on would change nothing."""


async def address_answers(
    component: pulumi.Resource,
    address: str,
    questions: Sequence[Question],
    wait: Wait,
    way: Way = Way(),  # noqa: B008 - frozen
    explain: Explain = lambda _question: None,
) -> str:
    """Waits until every question has its answer, all at the same time; that of the first.

    Raises:
        pulumi.RunError: one line for each question without an answer, naming the hop that is broken.
    """
    if pulumi.runtime.is_dry_run() or not wait.address:
        return "not asked"
    inquiries = [_Inquiry(address, question, way) for question in questions]
    answers = await asyncio.gather(*(inquiry.answered(component, wait.minutes * 60) for inquiry in inquiries))
    missing = [inquiry for inquiry, answer in zip(inquiries, answers, strict=True) if answer is None]
    if missing:
        lines = await asyncio.to_thread(lambda: [inquiry.told(explain) for inquiry in missing])
        raise pulumi.RunError("\n".join(lines) + "; portico:wait.address: false ends without asking")
    return answers[0] or ""


class _Inquiry:
    """A question that is asked again and again, and why the last time brought no answer."""

    def __init__(self, address: str, question: Question, way: Way) -> None:
        self._address, self._question, self._way = address, question, way
        self._begun, self._silent = time.monotonic(), True
        self._by_controller = False
        self.url = question.url(address, question.asked)
        self.why = "it was never asked"

    async def answered(self, component: pulumi.Resource, seconds: float) -> str | None:
        """Its answer; None when there is none in time, or will never be."""
        try:
            return await until(component, f"waiting until {self.url} answers", self, seconds)
        except OutOfReach:
            return None

    def told(self, explain: Explain) -> str:
        """What is missing, and which hop is broken."""
        host = f" (host {self._question.host})" if self._question.host else ""
        begun = f"{self.url}{host} does not answer after {time.monotonic() - self._begun:.0f} s"
        reason = explain(self._question) if self._by_controller else None
        return f"{begun}: {self.why}" + (f"; in the cluster {reason}" if reason else "")

    def __call__(self) -> str | None:
        self._by_controller = False
        try:
            return self._connected() if self._question.direct else self._heard()
        except Ended as ended:
            self.why = self._way.sentence(ended.end, ended.cause)
            self._silent = self._silent and ended.end is End.SILENT
            waited = time.monotonic() - self._begun
            if self._silent and self._way.narrowed and waited > OUT_OF_REACH:
                raise OutOfReach from None
            return None
        except Refusal as refusal:
            return self._refused(refusal)

    def _connected(self) -> str | None:
        """A load balancer accepts for everybody, and closes at once where no node is left."""
        service = self._question.service
        self.why = NO_POD.format(service) if service else CLOSED
        return "TCP connection accepted" if stays_open(self._address, self._question.port) else None

    def _heard(self) -> str | None:
        question = self._question
        answer = ask(self._address, question, question.host or self._address)
        self._silent, self._by_controller = False, True
        why = complaint(answer, question, self._nobodys)
        if why is None and question.secret:
            why = self._certificate(answer.certificate)
        self.why = f"HTTP {answer.status}; {why}"
        return None if why else f"HTTP {answer.status}"

    def _certificate(self, shown: bytes) -> str | None:
        flaw = certificate_flaw(self._address, self._question, shown)
        return (
            f"the certificate that is shown is no good for {self._question.host} ({flaw}): see the Secret "
            f"{self._question.secret}, and whether the ingress controller takes it"
            if flaw
            else None
        )

    def _refused(self, refusal: Refusal) -> str | None:
        """Who refuses a handshake speaks TLS, and has no certificate for the name."""
        self._silent, self._by_controller = False, True
        if self._question.host is None:
            return f"TLS ({refusal})"
        secret = self._question.secret
        lacks = f": the Secret {secret} is missing, or not taken" if secret else ""
        self.why = f"the ingress controller has no certificate for this name ({refusal}){lacks}"
        return None

    def _nobodys(self) -> Answer:
        try:
            return ask(self._address, self._question, nobody())
        except Refusal:
            return Answer(0)
