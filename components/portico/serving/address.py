"""Whether the published address answers for the applications.

Asks over HTTP and changes nothing; never in previews. Read by exposure.
"""

import asyncio
import http.client
import secrets
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

import pulumi

from ..plan.questions import Question
from ..settings.model import Wait
from .answers import Answer, complaint
from .waiting import until

SECONDS = 5.0
"""How long one question may take."""

OPEN_SECONDS = 1.0
"""How long a connection has to stay open."""

MOST = 64 * 1024
"""How many bytes of an answer are read."""

CLOSED = "the connection is closed at once; no node accepts one on the listener's node port"
NO_WAY = "the floating IP, the rule for the listener or the LB hosts' way to the node ports is broken"


async def address_answers(
    component: pulumi.Resource,
    address: str,
    questions: Sequence[Question],
    wait: Wait,
    narrowed: Sequence[str] = (),
) -> str:
    """Waits until every question has its answer, all at the same time; that of the first.

    Args:
        narrowed: why this machine may get no answer from a front door that works.

    Raises:
        pulumi.RunError: one line for each question without an answer, naming the hop that is broken.
    """
    if pulumi.runtime.is_dry_run() or wait.until == "nothing":
        return "not asked"
    inquiries = [_Inquiry(address, question, narrowed) for question in questions]
    answers = await asyncio.gather(
        *(
            until(component, f"waiting until {inquiry.url} answers", inquiry, wait.minutes * 60)
            for inquiry in inquiries
        )
    )
    missing = [inquiry for inquiry, answer in zip(inquiries, answers, strict=True) if answer is None]
    if missing:
        raise pulumi.RunError(
            "\n".join(f"{inquiry} after {wait.minutes} minutes: {inquiry.why}" for inquiry in missing)
            + "; portico:wait.until: nothing ends without asking"
        )
    return answers[0] or ""


class _Inquiry:
    """A question that is asked again and again, and why the last time brought no answer."""

    def __init__(self, address: str, question: Question, narrowed: Sequence[str]) -> None:
        self._address, self._question, self._narrowed = address, question, narrowed
        self.url = question.url(address, question.asked)
        self.why = "it was never asked"

    def __str__(self) -> str:
        host = f" (host {self._question.host})" if self._question.host else ""
        return f"{self.url}{host} does not answer"

    def __call__(self) -> str | None:
        question = self._question
        if question.direct:
            return self._connected()
        try:
            answer = _ask(self._address, question, question.host or self._address)
        except OSError as error:
            self.why = self._no_answer(error)
            return None
        try:
            why = complaint(answer, question, self._nobodys)
        except OSError as error:
            why = f"the same question for a host name that nobody serves gets no answer ({error})"
        self.why = f"HTTP {answer.status}; {why}"
        return None if why else f"HTTP {answer.status}"

    def _connected(self) -> str | None:
        """A load balancer accepts for everybody, and closes at once where no node is left."""
        try:
            with socket.create_connection((self._address, self._question.port), timeout=SECONDS) as opened:
                opened.settimeout(OPEN_SECONDS)
                with suppress(TimeoutError):
                    if not opened.recv(1):
                        self.why = CLOSED
                        return None
        except OSError as error:
            self.why = self._no_answer(error)
            return None
        return "TCP connection accepted"

    def _no_answer(self, error: OSError) -> str:
        return f"no answer ({error}); {', or '.join([NO_WAY, *self._narrowed])}"

    def _nobodys(self) -> Answer:
        return _ask(self._address, self._question, f"{secrets.token_hex(4)}.invalid")


def _any_certificate() -> ssl.SSLContext:
    """The certificate names the application's host, not the address that is asked; whether it is a trusted
    one is not what is asked about."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(address: str, question: Question, host: str) -> Answer:
    """The answer under a host name, whatever that resolves to."""
    with socket.create_connection((address, question.port), timeout=SECONDS) as plain:
        connection = http.client.HTTPConnection(host, question.port)
        certificate = b""
        if question.tls:
            secure = _any_certificate().wrap_socket(plain, server_hostname=host)
            certificate = secure.getpeercert(binary_form=True) or b""
            connection.sock = secure
        else:
            connection.sock = plain
        try:
            connection.request("GET", question.asked, headers={"Host": host, "User-Agent": "portico"})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read(MOST), certificate)
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
