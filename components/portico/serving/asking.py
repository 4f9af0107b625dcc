"""One question through the published address: an HTTP GET, a TLS handshake, or a TCP connection.

Opens connections and changes nothing. Read by address. What ends before an answer is told by where it ended.
"""

import http.client
import secrets
import socket
import ssl
from contextlib import suppress

from ..plan.questions import Question
from ..plan.way import End
from .answers import Answer

SECONDS = 5.0
"""How long one question may take."""

OPEN_SECONDS = 1.0
"""How long a connection has to stay open."""

MOST = 64 * 1024
"""How many bytes of an answer are read."""


class Ended(Exception):
    """The way ended before an answer."""

    def __init__(self, end: End, error: BaseException) -> None:
        self.end, self.cause = end, _cause(error)
        super().__init__(self.cause)


class Refusal(Exception):
    """The server speaks TLS and sent an alert: the text is its reason."""


def nobody() -> str:
    """A host name that nobody serves (RFC 2606, 2)."""
    return f"{secrets.token_hex(4)}.invalid"


def ask(address: str, question: Question, host: str) -> Answer:
    """The answer under a host name, whatever that resolves to.

    Raises:
        Ended: there is none.
        Refusal: the TLS handshake was refused.
    """
    with _connected(address, question.port) as plain:
        connection = http.client.HTTPConnection(host, question.port)
        certificate = b""
        connection.sock = plain
        try:
            if question.tls:
                secure = _handshake(plain, host, _any_certificate())
                certificate = secure.getpeercert(binary_form=True) or b""
                connection.sock = secure
            connection.request("GET", question.asked, headers={"Host": host, "User-Agent": "portico"})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read(MOST), certificate)
        except TimeoutError as error:
            raise Ended(End.MUTE, error) from error
        except (OSError, http.client.HTTPException) as error:
            raise Ended(End.CLOSED, error) from error
        finally:
            connection.close()


def certificate_flaw(address: str, question: Question, certificate: bytes) -> str:
    """Why a certificate that was shown proves nothing for the question's host: another name, or expired, in
    OpenSSL's words; empty where it does. Who signed it is not asked: it is trusted as it is.

    Raises:
        Ended, Refusal: it is not shown a second time.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # Browsers look at the alternative names alone (RFC 9525, 2).
    context.hostname_checks_common_name = False
    with _connected(address, question.port) as plain:
        try:
            _handshake(plain, question.host or address, context).close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except OSError as error:
            raise Ended(End.CLOSED, error) from error
    return ""


def stays_open(address: str, port: int) -> bool:
    """Whether a TCP connection is kept for a moment, or brings a byte.

    Raises:
        Ended: there is no connection.
    """
    with _connected(address, port) as opened:
        opened.settimeout(OPEN_SECONDS)
        with suppress(TimeoutError):
            try:
                return bool(opened.recv(1))
            except ConnectionError:
                return False
    return True


def _connected(address: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((address, port), timeout=SECONDS)
    except socket.gaierror as error:
        raise Ended(End.NAMELESS, error) from error
    except ConnectionRefusedError as error:
        raise Ended(End.REFUSED, error) from error
    except OSError as error:
        raise Ended(End.SILENT, error) from error


def _handshake(plain: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLError as error:
        if isinstance(error, ssl.SSLCertVerificationError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise
        reason = (error.reason or str(error)).replace("_", " ").lower()
        if "alert" in reason or "unrecognized name" in reason:
            raise Refusal(reason) from error
        raise Ended(End.NO_TLS, error) from error


def _any_certificate() -> ssl.SSLContext:
    """What is shown is judged apart from the handshake: a controller's own certificate is nobody's."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _cause(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"within {SECONDS:.0f} s"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
