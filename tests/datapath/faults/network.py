"""A link falls silent, VRRP is lost, an address pair or the floating IP goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox import namespaces
from sandbox.lifecycle import Sandbox
from tests.datapath.faults import guest
from tests.engine.pair import Pair, inside

COOKIE = "cookie=0x706f727469636f"
FLOW, OURS = f"table=0,priority=65535,{COOKIE}", f"{COOKIE}/-1"
"""What comes before every flow of OVN's, and how it is found again."""


def port(pair: Pair, place: int) -> Any:
    """The Neutron port of a host."""
    with pair.cloud() as cloud:
        (found,) = cloud.network.ports(name=f"{pair.door.prefix}-host-{place + 1}-port")
    return found


def tap(sandbox: Sandbox, port_id: str) -> tuple[str, str]:
    """The outer end of a port's cable: its namespace and its name (Neutron and Nova name it so)."""
    name = f"tap{port_id}"[:14]
    homes = [each for each in namespaces.ours(sandbox.paths.prefix) if namespaces.exists(each)]
    (home,) = [each for each in homes if namespaces.link_exists(each, name)]
    return home, name


@contextmanager
def cut_link(pair: Pair, place: int) -> Iterator[None]:
    """Nothing passes a host's link, in either direction; both ends stay up, as behind a dead switch."""
    server_id = pair.details["hosts"][place]
    home, name = tap(pair.sandbox, port(pair, place).id)
    outer = ("tc", "qdisc", "replace", "dev", name, "root", "blackhole")
    inside(server_id, *guest.SILENT)
    namespaces.run(*outer, netns=home)
    try:
        assert "blackhole" in namespaces.run("tc", "qdisc", "show", "dev", name, netns=home)
        yield
    finally:
        namespaces.run("tc", "qdisc", "delete", "dev", name, "root", netns=home)
        inside(server_id, *guest.SOUND)


@contextmanager
def drop_vrrp(pair: Pair) -> Iterator[None]:
    """The hosts hear no adverts of one another; everything else passes."""
    taps = [tap(pair.sandbox, port(pair, place).id) for place in range(len(pair.details["hosts"]))]
    for home, name in taps:
        _switch(
            pair.sandbox, home, "add-flow", "br-int", f"{FLOW},ip,nw_proto=112,in_port={name},actions=drop"
        )
    try:
        yield
        said = [_switch(pair.sandbox, home, "dump-flows", "br-int", OURS) for home, _ in taps]
        assert all("n_packets=" in each for each in said), "a flow that drops VRRP is gone"
        assert any(map(int, re.findall(r"n_packets=(\d+)", "".join(said)))), "no advert was dropped"
    finally:
        for home, _ in taps:
            _switch(pair.sandbox, home, "del-flows", "br-int", OURS)


def _switch(sandbox: Sandbox, home: str, *words: str) -> str:
    """ovs-ofctl at the switch that a namespace is home of."""
    (switch,) = [each for each in sandbox.openstack.site.hypervisors if each.netns == home]
    action, bridge, *flows = words
    socket = f"unix:{switch.run}/{bridge}.mgmt"
    return namespaces.run(sandbox.paths.bin / "ovs-ofctl", "-O", "OpenFlow15", action, socket, *flows)


@contextmanager
def remove_address_pair(pair: Pair, place: int) -> Iterator[str]:
    """The port of a host loses its address pair, as by somebody's hand; the port's id.

    It is given back in the end, unless somebody did so before.
    """
    lost = port(pair, place)
    with pair.cloud() as cloud:
        assert [each["ip_address"] for each in lost.allowed_address_pairs] == [pair.details["vip"]]
        cloud.network.update_port(lost, allowed_address_pairs=[])
        assert cloud.network.get_port(lost.id).allowed_address_pairs == []
    try:
        yield lost.id
    finally:
        with pair.cloud() as cloud:
            now = cloud.network.get_port(lost.id)
            if not now.allowed_address_pairs:
                cloud.network.update_port(now, allowed_address_pairs=[{"ip_address": pair.details["vip"]}])


@contextmanager
def detach_floating_ip(pair: Pair) -> Iterator[str]:
    """The floating IP leaves the VIP port, as by somebody's hand; its id. It is given back in the end."""
    address = pair.door.outputs()["address"]
    with pair.cloud() as cloud:
        (floating,) = cloud.network.ips(floating_ip_address=address)
        vip_port = floating.port_id
        cloud.network.update_ip(floating, port_id=None)
        assert cloud.network.get_ip(floating.id).port_id is None
    try:
        yield floating.id
    finally:
        with pair.cloud() as cloud:
            if cloud.network.get_ip(floating.id).port_id is None:
                cloud.network.update_ip(floating.id, port_id=vip_port)
