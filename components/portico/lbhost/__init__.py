"""What an LB host carries: haproxy.cfg, keepalived.conf, timers, cloud-init, the payload, the sync agent.

Pure: no Pulumi, no network, no clock, save portico_sync.py, which is shipped to the host and imported by
nothing here. Read by plan (timers) and kinds. How a host works and why: docs/lb-host.md.

    haproxy.render(fleet)            haproxy.cfg, the same for every host
    keepalived.render(fleet, host)   keepalived.conf
    payload.pack(fleet, host)        a server's metadata: both files, compressed, and their generation
    userdata.render(ssh_port, ...)   a server's user_data, as good as a constant
    console.spoken(text)             what a host said on its console: which generation serves, what is wrong
"""

from ..traffic import Backend, Health, Listener
from . import console, haproxy, keepalived, patching, payload, userdata
from .fleet import MAX_CONNECTIONS, MAX_HOSTS, STATUS_PORT, Fleet, Host
from .logs import Logs, Syslog
from .payload import PayloadTooLarge
from .timers import FAST, STEADY, TIMERS, Timers

__all__ = [
    "FAST",
    "MAX_CONNECTIONS",
    "MAX_HOSTS",
    "STATUS_PORT",
    "STEADY",
    "TIMERS",
    "Backend",
    "Fleet",
    "Health",
    "Host",
    "Listener",
    "Logs",
    "PayloadTooLarge",
    "Syslog",
    "Timers",
    "console",
    "haproxy",
    "keepalived",
    "patching",
    "payload",
    "userdata",
]
