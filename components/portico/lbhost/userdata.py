"""user_data of an LB host: cloud-init text that stays the same from day to day; a change of it replaces the
server. It knows two things of the settings: where the host's own SSH server listens, and when it is patched.

Pure: no Pulumi, no network, no clock; reads this package's own files. Read by
kinds.openstack_haproxy; judged by cloud-init itself in tests/lbhost. Nothing is compressed: another
zlib would make another text, and another text another server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from textwrap import indent
from types import MappingProxyType

from . import patching
from .keepalived import CHECK_VIP, HAPROXY_DOWN

LIMIT = 65535
"""Bytes that Nova takes for user_data, counted after base64 (Nova API, servers: user_data)."""

AGENT = "/opt/portico/portico-sync"
_INSTALL = "/opt/portico/install"

SSH_DROP_IN = "/etc/ssh/sshd_config.d/portico.conf"
"""Included by the sshd_config of Debian 11, Ubuntu 20.04 and later."""


@dataclass(frozen=True)
class File:
    """A file of a host, owned by root."""

    text: str
    mode: str = "0644"


@dataclass(frozen=True)
class Packages:
    """Where apt gets its packages, as cloud-init's module apt_configure takes it."""

    mirror: str | None = None
    """None: the image's own; then so is the next."""
    security: str | None = None
    proxy: str | None = None
    """For apt and nothing else."""


_AGENT_UNIT = f"""\
[Unit]
Description=Portico: what the server's metadata says is served
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStartPre=+{_INSTALL}
ExecStart=/usr/bin/python3 -I {AGENT}
TimeoutStartSec=infinity
Restart=always
RestartSec=2
StateDirectory=portico
ProtectSystem=strict
ReadWritePaths=-/etc/haproxy -/etc/keepalived
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW
RestrictAddressFamilies=AF_INET AF_NETLINK AF_UNIX
RestrictNamespaces=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes

[Install]
WantedBy=multi-user.target
"""

# systemd is the first to know that HAProxy is gone; keepalived watches the file, and the VIP leaves within
# milliseconds. A reload says so too: in a baked image HAProxy runs before this file is there.
_HAPROXY_DROP_IN = f"""\
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
ExecStartPost=+/bin/sh -c 'echo 0 >{HAPROXY_DOWN}'
ExecReload=+/bin/sh -c 'echo 0 >{HAPROXY_DOWN}'
ExecStopPost=+/bin/sh -c 'echo 1 >{HAPROXY_DOWN}'
"""

# The packages leave a killed keepalived dead, and then both hosts hold the VIP.
_KEEPALIVED_DROP_IN = """\
[Unit]
After=haproxy.service
StartLimitIntervalSec=0

[Service]
Restart=always
"""

_TMPFILES = f"""\
d /run/portico 0755 root root -
f {HAPROXY_DOWN} 0644 root root - 1
"""

SSH_PORT = 22
"""Where an image's own SSH server listens."""

_SSH_UNITS = "ssh.socket ssh.service"
"""Debian's and Ubuntu's: the socket is what listens on Ubuntu 22.10 and later, the service elsewhere."""

_SSH_MOVES = (
    f"systemctl stop {_SSH_UNITS}; "
    "if systemctl -q is-enabled ssh.socket; then systemctl start ssh.socket; "
    "else systemctl start ssh.service; fi"
)

COMMANDS = (
    ("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/portico.conf"),
    ("systemctl", "daemon-reload"),
)
"""What is run once the files are there."""

START = ("systemctl", "enable", "--now", "--no-block", "portico-sync.service")
"""What is run last."""


def ssh_commands(port: int | None) -> tuple[tuple[str, ...], ...]:
    """What has the SSH server listen there, or nowhere; nothing where the image's own port stays."""
    if port is None:
        return (("systemctl", "mask", "--now", *_SSH_UNITS.split()),)
    return () if port == SSH_PORT else (("sh", "-c", _SSH_MOVES),)


@cache
def files(ssh_port: int | None = SSH_PORT, patch_hour: int | None = None) -> Mapping[str, File]:
    """Every file of a host by its path; the rest follows from the payload."""
    patched = {} if patch_hour is None else {patching.DROP_IN: File(patching.drop_in(patch_hour))}
    moved = {SSH_DROP_IN: File(f"Port {ssh_port}\n")} if ssh_port not in (None, SSH_PORT) else {}
    return MappingProxyType(
        {
            AGENT: File(_packaged("portico_sync.py")),
            _INSTALL: File(_packaged("install.sh"), "0755"),
            CHECK_VIP: File(_packaged("check-vip.sh"), "0755"),
            "/etc/systemd/system/portico-sync.service": File(_AGENT_UNIT),
            "/etc/systemd/system/haproxy.service.d/portico.conf": File(_HAPROXY_DROP_IN),
            "/etc/systemd/system/keepalived.service.d/portico.conf": File(_KEEPALIVED_DROP_IN),
            "/etc/tmpfiles.d/portico.conf": File(_TMPFILES),
            **moved,
            **patched,
        }
    )


def render(
    ssh_port: int | None = SSH_PORT, patch_hour: int | None = None, packages: Packages | None = None
) -> str:
    """The text, ending with a newline, at most LIMIT after base64.

    Args:
        ssh_port: where the host's own SSH server listens; None: nowhere.
        patch_hour: the hour in which the host is patched; None: when the image says.
        packages: where they come from; None: from where the image has them. Nothing else can change the text
            but a release.
    """
    return "\n".join(_lines(ssh_port, patch_hour, packages)) + "\n"


def _lines(ssh_port: int | None, patch_hour: int | None, packages: Packages | None) -> Iterator[str]:
    yield "#cloud-config"
    yield "# A Portico LB host: docs/lb-host.md"
    yield "locale: C.UTF-8  # any other needs the package locales, which small images lack"
    if packages:
        yield from _apt(packages)
    yield "write_files:"
    for path, file in files(ssh_port, patch_hour).items():
        yield f"- path: {path}"
        yield f"  permissions: '{file.mode}'"
        yield "  content: |"
        yield indent(file.text, "   ").rstrip("\n")
    yield "runcmd:"
    patched = () if patch_hour is None else patching.COMMANDS
    for command in (*COMMANDS, *ssh_commands(ssh_port), *patched, START):
        yield f"- [{', '.join(_quoted(word) for word in command)}]"


def _apt(packages: Packages) -> Iterator[str]:
    """Debian's cloud-init leaves an image's sources alone unless it is told not to, and a mirror need not
    have the backports that its templates name."""
    yield "apt:"
    if packages.mirror:
        yield "  preserve_sources_list: false"
        yield "  disable_suites: [backports]"
        for name, url in (("primary", packages.mirror), ("security", packages.security)):
            yield f"  {name}: [{{arches: [default], uri: {json.dumps(url)}}}]"
    if packages.proxy:
        yield f"  http_proxy: {json.dumps(packages.proxy)}"
        yield f"  https_proxy: {json.dumps(packages.proxy)}"


def _quoted(word: str) -> str:
    """A word of a YAML list, in quotes where it is more than one word."""
    return json.dumps(word) if " " in word else word


def _packaged(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
