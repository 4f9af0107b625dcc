"""Which addresses are in another pool already.

Pure: no Pulumi, no network, no clock. Read by this kind's plan and its rivals. Rule: MetalLB 0.16.1,
internal/config: with two pools that overlap it takes no configuration at all any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ... import values
from ...problems import Problem
from ...settings.model import Settings

REMEDY = "leave those addresses out"


def pools(settings: Settings) -> Iterator[str]:
    """Where the pools of the MetalLB lie that serves this one's."""
    if (metallb := settings.load_balancer.metallb) is not None:
        yield f"/apis/metallb.io/v1beta1/namespaces/{metallb.namespace}/ipaddresspools"


def clashes(settings: Settings, other: Settings) -> Iterator[Problem]:
    """A problem for each range of which another front door of the same MetalLB has some."""
    mine, theirs = settings.load_balancer.metallb, other.load_balancer.metallb
    if mine is not None and theirs is not None and mine.namespace == theirs.namespace:
        yield from _overlapping(mine.addresses, theirs.addresses, "")


def taken(addresses: Iterable[str], listed: Iterable[Mapping[str, Any]], own: str) -> Iterator[Problem]:
    """A problem for each range of which another pool than this stack's own has some."""
    for pool in listed:
        name = pool["metadata"]["name"]
        if name != own:
            spec = pool.get("spec") or {}
            yield from _overlapping(addresses, spec.get("addresses") or (), f" of IPAddressPool {name}")


def _overlapping(mine: Iterable[str], theirs: Iterable[str], of: str) -> Iterator[Problem]:
    known = [(written, span) for written in theirs if (span := _span(written)) is not None]
    for index, addresses in enumerate(mine):
        first, last = values.span(addresses)
        for written, (low, high) in known:
            if first <= high and low <= last:
                path = f"portico:loadBalancer.metallb.addresses[{index}]"
                yield Problem(path, repr(addresses), f"overlaps {written}{of}", REMEDY)
                break


def _span(written: str) -> tuple[Any, Any] | None:
    """None for what is no IPv4 range, which can overlap none."""
    try:
        return values.span(values.address_range(written))
    except values.Wrong:
        return None
