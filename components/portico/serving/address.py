"""Whether the published address answers for the application.

Asks over HTTP and changes nothing; never in previews. Read by exposure.
"""

import http.client
import ssl
from dataclasses import dataclass

import pulumi

from ..settings.model import Wait
from .waiting import until


@dataclass(frozen=True)
class Question:
    """What is asked of the published address in the end."""

    port: int
    tls: bool
    host: str | None
    """The application's host name; None where there is no application, and the controller's own 404 is answer
    enough."""
    path: str = "/"

    def url(self, host: str) -> str:
        """The question as a URL at a host name or an address."""
        usual = 443 if self.tls else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{'https' if self.tls else 'http'}://{host}{port}{self.path}"


async def address_answers(component: pulumi.Resource, address: str, question: Question, wait: Wait) -> str:
    """Waits until the published address answers for the application.

    A controller that has not read the Ingress yet says 404, one without a ready pod 503: neither is an
    answer.
    """
    if pulumi.runtime.is_dry_run() or wait.until == "nothing":
        return "not asked"
    answer = ""

    def asked() -> str | None:
        nonlocal answer
        try:
            status = _status(address, question)
        except OSError as error:
            answer = f"no answer ({error})"
            return None
        answer = f"HTTP {status}"
        return answer if question.host is None or status not in (404, 502, 503, 504) else None

    url = question.url(address)
    if answered := await until(component, f"waiting until {url} answers", asked, wait.minutes * 60):
        return answered
    raise pulumi.RunError(
        f"{url} (host {question.host}) does not answer after {wait.minutes} minutes: {answer}; "
        f"{_broken_hop(answer, question)}; portico:wait.until: nothing ends without asking"
    )


def _broken_hop(answer: str, question: Question) -> str:
    if answer.startswith("no answer"):
        return "the floating IP, the rule for the listener or the LB hosts' way to the node ports is broken"
    if answer == "HTTP 404":
        return f"the ingress controller answers, and knows no Ingress for {question.host}{question.path}"
    return "the ingress controller answers, and the application behind it does not"


def _any_certificate() -> ssl.SSLContext:
    """The certificate names the application's host, not the address that is asked, and is not what is asked
    about."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _status(address: str, question: Question) -> int:
    connection: http.client.HTTPConnection
    if question.tls:
        connection = http.client.HTTPSConnection(
            address, question.port, timeout=5, context=_any_certificate()
        )
    else:
        connection = http.client.HTTPConnection(address, question.port, timeout=5)
    try:
        connection.request(
            "GET", question.path, headers={"Host": question.host or address, "User-Agent": "portico"}
        )
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
