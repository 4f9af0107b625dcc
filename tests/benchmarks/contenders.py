"""Who is measured in a lab, and the nodes behind them: each a program and its file.

Renders text from a fleet. Reads nothing but, where one is asked for, an earlier commit's renderer.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from portico.lbhost import STATUS_PORT, Fleet, haproxy
from tests.unit.lbhost.fleets import realistic
from tools import places

HERE = "/run/lab"
"""Where a process finds the folder that is its own."""

METADATA = "169.254.169.254"
BY_HAND_PORT, BY_HAND_STATUS, NGINX_PORT = 8080, 61405, 8081
EARLIER_PORT, EARLIER_STATUS = 8082, 61406
"""Where the others listen on a host whose ports 80 and 443 are Portico's."""

RENDERER = "components/portico/lbhost/haproxy.py"
"""What writes haproxy.cfg, at every commit so far."""


def fleet(workers: int) -> Fleet:
    """A pair with two listeners in front of so many workers, with the settings' default of connections."""
    return replace(realistic(workers), max_connections=4000, max_connections_per_source=4000)


@dataclass(frozen=True)
class Contender:
    """A load balancer: one program, one file."""

    name: str
    program: str
    """Also what its processes are called."""
    config: str
    command: tuple[str, ...]
    """Run in a folder that holds the file under the contender's file name."""
    port: int
    """Where it takes the connections of listener `http`."""
    note: str = ""
    status: int = 0
    """Where its own host can ask which generation it serves."""

    @property
    def file(self) -> str:
        return f"{self.program}.cfg"


def portico(pair: Fleet, generation: str = "0" * 16) -> Contender:
    """What an LB host of the fleet serves."""
    config = haproxy.render(pair).replace("@generation@", generation)
    return Contender("Portico", "haproxy", config, HAPROXY, pair.listeners[0].port, status=STATUS_PORT)


def earlier(pair: Fleet, commit: str) -> Contender:
    """What the renderer of an earlier commit makes of the same fleet, on ports of its own."""
    words = ["git", "show", f"{commit}:{RENDERER}"]
    source = subprocess.run(words, cwd=places.CHECKOUT, check=True, capture_output=True, text=True).stdout
    module = ModuleType("portico.lbhost.haproxy_earlier")
    module.__package__ = haproxy.__package__
    exec(compile(source, f"{commit}:{RENDERER}", "exec"), vars(module))
    config: str = module.render(pair).replace("@generation@", "0" * 16)
    ports = {listener.port: EARLIER_PORT + 1000 * index for index, listener in enumerate(pair.listeners)}
    for port, other in {**ports, STATUS_PORT: EARLIER_STATUS}.items():
        config, found = re.subn(rf"bind :{port}\b", f"bind :{other}", config)
        assert found == 1, f"{commit} opens port {port} {found} times"
    return Contender(f"Portico at {commit}", "haproxy", config, HAPROXY, EARLIER_PORT, status=EARLIER_STATUS)


def by_hand(pair: Fleet, generation: str = "0" * 16) -> Contender:
    """What a competent administrator writes for the same listeners and nodes.

    No log of connections, as in Portico's; one line more than needed, which tells the generation.
    """
    return Contender(
        "hand-written HAProxy",
        "haproxy",
        "\n".join([BY_HAND, *_by_hand(pair), _status(generation)]),
        HAPROXY,
        BY_HAND_PORT,
        "mode tcp, roundrobin, check send-proxy-v2, everything else as it comes",
        status=BY_HAND_STATUS,
    )


HAPROXY = ("haproxy", "-W", "-f", "haproxy.cfg")
BY_HAND = """\
global
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    maxconn 4000
    stats socket /run/haproxy/admin.sock mode 660 level admin

defaults
    mode tcp
    balance roundrobin
    timeout connect 5s
    timeout client 50s
    timeout server 50s
"""


def _by_hand(pair: Fleet) -> Iterator[str]:
    for index, listener in enumerate(pair.listeners):
        yield f"listen {listener.name}"
        yield f"    bind :{BY_HAND_PORT + 1000 * index}"
        for backend in pair.backends:
            yield f"    server {backend.name} {backend.address}:{listener.node_port} check send-proxy-v2"
        yield ""


def _status(generation: str) -> str:
    return (
        f"frontend status\n    mode http\n    bind 127.0.0.1:{BY_HAND_STATUS}\n"
        f'    http-request return status 200 content-type text/plain string "{generation}"\n'
    )


def nginx_stream(pair: Fleet) -> Contender:
    """nginx's stream module for listener `http`; it asks no node how it does."""
    listener = pair.listeners[0]
    servers = "".join(
        f"        server {backend.address}:{listener.node_port};\n" for backend in pair.backends
    )
    return Contender(
        "nginx stream",
        "nginx",
        f"""{NGINX_FILE}stream {{
    upstream nodes {{
{servers}    }}
    server {{
        listen {NGINX_PORT};
        proxy_pass nodes;
        proxy_protocol on;
    }}
}}
""",
        NGINX,
        NGINX_PORT,
        "PROXY v1, the only one that Debian 12's open-source nginx can send; no health checks",
    )


NGINX = ("nginx", "-e", "stderr", "-c", f"{HERE}/nginx.cfg")
NGINX_FILE = """\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
user www-data;
worker_processes auto;
daemon off;
pid /run/nginx.pid;
events {
    worker_connections 4096;
}
"""


def nodes(pair: Fleet) -> str:
    """nginx.cfg of all nodes in one: node ports that want PROXY and name the client in it, the health port,
    and the metadata service. Connections are kept for as long as the client likes."""
    ports = "".join(f"        listen {each.node_port} proxy_protocol;\n" for each in pair.listeners)
    return f"""{NGINX_FILE}http {{
    access_log off;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    server {{
{ports}        location / {{ return 200 $proxy_protocol_addr; }}
    }}
    server {{
        listen {pair.health.node_port};
        location = {pair.health.path} {{ return 200 OK; }}
    }}
    server {{
        listen {METADATA}:80;
        location = /openstack/latest/meta_data.json {{ alias {HERE}/$remote_addr.json; }}
    }}
}}
"""
