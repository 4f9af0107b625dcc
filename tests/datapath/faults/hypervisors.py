"""A hypervisor freezes with all that is on it, or the two are cut apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.lifecycle import Sandbox
from sandbox.openstack import clouds
from tests.datapath.faults.hosts import kill_host, revive_host
from tests.engine.pair import Pair, until


def hypervisor_of(pair: Pair, place: int) -> str:
    """The hypervisor that a host runs on, as the cloud's administrator sees it."""
    with pair.sandbox.openstack.connection(clouds.ADMIN) as cloud:
        return str(cloud.compute.get_server(pair.details["hosts"][place]).compute_host)


def away_from_the_gateway(pair: Pair) -> int:
    """Sees to it that the host which holds the VIP is not beside the gateway; its place.

    Whoever freezes the gateway's hypervisor takes the internet away as well.
    """
    gateway = pair.sandbox.openstack.hypervisors.names[0]
    (there,) = [place for place in (0, 1) if hypervisor_of(pair, place) == gateway]
    if pair.holder() == there:
        kill_host(pair, there)
        until("the other host holds the VIP", lambda: pair.holds(1 - there), 30)
        revive_host(pair, there)
    assert pair.holder() == 1 - there
    return 1 - there


@contextmanager
def freeze_hypervisor(sandbox: Sandbox, name: str) -> Iterator[None]:
    """A hypervisor stops in the middle of everything, with its servers; it goes on in the end."""
    sandbox.openstack.hypervisors.freeze(name)
    try:
        yield
    finally:
        sandbox.openstack.hypervisors.thaw(name)


@contextmanager
def cut_tunnel(sandbox: Sandbox) -> Iterator[None]:
    """No packet of a server gets from one hypervisor to the other, while the cloud still reaches both."""
    sandbox.openstack.hypervisors.cut()
    try:
        yield
    finally:
        sandbox.openstack.hypervisors.heal()
