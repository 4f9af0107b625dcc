"""keepalived.conf of an LB host: who holds the VIP, and when it is given up.

Pure: no Pulumi, no network, no clock. Read by payload; judged by the real keepalived in tests/lbhost. Why
each value: docs/lb-host.md. `@interface@` is filled in on the host (portico_sync.py): only it knows what its
interface is called.
"""

from __future__ import annotations

from .fleet import STATUS_PORT, Fleet, Host
from .guard import word

HAPROXY_DOWN = "/run/portico/haproxy-down"
"""0 while HAProxy runs, 1 while it does not: written by systemd (userdata), watched by keepalived."""

CHECK_VIP = "/opt/portico/check-vip"
"""The script that tests the way from the VIP to the gateway (check-vip.sh)."""

_FILE = """\
# Written by Portico. A change made here is overwritten.
global_defs {{
    router_id {host}
    vrrp_version 3
    vrrp_priority -10
    enable_script_security
    # As another user `keepalived -t` of 2.2 ends itself with SIGTERM instead of judging this file.
    script_user root
}}

track_file haproxy {{
    file {haproxy_down}
    weight 0
}}

vrrp_script way_from_vip {{
    script "{check_vip} {vip} {address} {gateway} {port}"
    interval 1
    timeout 10
    fall 1
    rise 1
}}

vrrp_instance portico {{
    state BACKUP
    nopreempt
    interface @interface@
    virtual_router_id {router_id}
    priority {priority}
    advert_int {advert_int:.2f}
    down_timer_adverts {missed_adverts}
    garp_master_refresh 2
    garp_master_refresh_repeat 1
{peers}    track_file {{
        haproxy
    }}
    track_script {{
        way_from_vip
    }}
    virtual_ipaddress {{
        {vip}/32 dev @interface@
    }}
}}
"""


def priority(fleet: Fleet, host: Host) -> int:
    """200, 180, ...: the steps keep two backups from taking over at the same moment (the skew of RFC 5798,
    6.1)."""
    return 200 - 20 * fleet.hosts.index(host)


def render(fleet: Fleet, host: Host) -> str:
    """The file, ending with a newline. `keepalived -t` of 2.2.3 and later finds nothing to complain about.

    Raises ValueError when the host is not one of the fleet's.
    """
    return _FILE.format(
        host=word(host.name),
        haproxy_down=HAPROXY_DOWN,
        check_vip=CHECK_VIP,
        vip=fleet.vip,
        address=host.address,
        gateway=fleet.gateway,
        port=STATUS_PORT,
        router_id=fleet.router_id,
        priority=priority(fleet, host),
        advert_int=fleet.timers.advert_interval / 100,
        missed_adverts=fleet.timers.missed_adverts,
        peers=_peers(fleet, host),
    )


def _peers(fleet: Fleet, host: Host) -> str:
    peers = "".join(f"        {peer.address}\n" for peer in fleet.hosts if peer != host)
    if not peers:
        return ""
    return f"    check_unicast_src\n    unicast_src_ip {host.address}\n    unicast_peer {{\n{peers}    }}\n"
