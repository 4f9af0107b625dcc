"""What an LB host carries: haproxy.cfg, keepalived.conf, the VRRP timers, cloud-init, the payload, the sync agent.

Pure: no Pulumi, no network, no clock, save portico_sync.py, which is shipped to the host and imported by nothing here. Read by plan
(timers) and loadbalancers. How a host works and why: docs/lb-host.md.

    haproxy.render(fleet), keepalived.render(fleet, host)   the two files, as golden files show them
    payload.pack(fleet, host)                               the server's metadata: both files, compressed, and their generation
    userdata.render()                                       the server's user_data, a constant
    console.serving(text)                                   what a host said on its console: which generation serves, what is wrong
"""

from ..traffic import Backend, Health, Listener
from .fleet import MAX_CONNECTIONS, MAX_HOSTS, STATUS_PORT, Fleet, Host
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
    "Timers",
]
