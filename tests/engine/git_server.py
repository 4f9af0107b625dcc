"""A git server on this machine: HTTPS, and `git http-backend` behind it.

The Pulumi CLI takes packages from git over HTTPS alone, so a test needs a server with a certificate. It has
the port of HTTPS, because Python makes no virtual environment in a path with a colon, and the CLI keeps the
package in a folder that is called after host and port.
"""

import ipaddress
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADDRESS = "127.71.0.1"
"""Of the loopback range, and nobody else's."""


def tagged(files: Path, names: list[str], folder: Path, tag: str) -> None:
    """Makes `folder` a bare repository with these files in one commit that has a tag."""
    source = folder.with_suffix(".source")
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((files / name).read_bytes())
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all", "--force"],
        ["commit", "--quiet", "--message=released"],
        ["tag", tag],
    ):
        subprocess.run(["git", *author, *words], cwd=source, check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", source, folder], check=True)


@contextmanager
def serving(repositories: Path) -> Iterator[Path]:
    """Serves every repository in a folder at https://ADDRESS/; the file of the certificate."""
    certificate = repositories / "certificate.pem"
    key = repositories / "key.pem"
    _certify(certificate, key)
    server = ThreadingHTTPServer((ADDRESS, 443), _handler(repositories))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield certificate
    finally:
        server.shutdown()
        server.server_close()


def _handler(repositories: Path) -> type[BaseHTTPRequestHandler]:
    class Git(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = {
                "GIT_PROJECT_ROOT": str(repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            command = ["git", "-c", "safe.directory=*", "http-backend"]
            answer = subprocess.run(command, input=body, env=os.environ | told, capture_output=True)
            head, _, content = answer.stdout.partition(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(lines.pop("Status", "200").split()[0]))
            for name, value in {**lines, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """What was asked is in nobody's way."""

    return Git


def _certify(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "git server of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(encoding, form, serialization.NoEncryption()))
