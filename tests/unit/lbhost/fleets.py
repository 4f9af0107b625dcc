"""Fleets that tests speak of, from the usual to the largest."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from portico.lbhost import FAST, STEADY, Backend, Fleet, Health, Host, Listener, Logs, Syslog, Timers
from portico.traffic import Check, Service

WEB = Listener("http", 80, 30080)
TLS = Listener("https", 443, 30443)
HEALTH = Health(30082, "/ping")


def fleet(
    workers: int = 3,
    hosts: int = 2,
    listeners: tuple[Listener, ...] = (WEB, TLS),
    timers: Timers = STEADY,
    health: Health = HEALTH,
    names: tuple[str, ...] = (),
) -> Fleet:
    """The usual fleet, or one that differs in what is given."""
    return Fleet(
        listeners=listeners,
        backends=tuple(
            Backend(names[index] if names else f"worker-{index + 1}", IPv4Address("10.0.1.10") + index)
            for index in range(workers)
        ),
        health=health,
        timers=timers,
        vip=IPv4Address("10.0.0.100"),
        gateway=IPv4Address("10.0.0.1"),
        router_id=51,
        hosts=tuple(
            Host(f"portico-prod-host-{index + 1}", IPv4Address("10.0.0.11") + index) for index in range(hosts)
        ),
        max_connections=4000,
        max_connections_per_source=2000,
        idle_seconds=3600,
    )


def realistic(workers: int) -> Fleet:
    """Names as Cluster API gives them, addresses anywhere in a /16: nothing repeats, so little compresses."""
    dice = random.Random(1)
    letters = "bcdfghjklmnpqrstvwxz2456789"
    addresses = sorted(dice.sample(range(2**16 - 2**12), workers))
    return Fleet(
        listeners=(WEB, TLS),
        backends=tuple(
            Backend(
                f"prod-md-0-{''.join(dice.choices(letters, k=5))}-{''.join(dice.choices(letters, k=5))}",
                IPv4Address("10.64.16.0") + address,
            )
            for address in addresses
        ),
        health=HEALTH,
        timers=STEADY,
        vip=IPv4Address("10.64.0.100"),
        gateway=IPv4Address("10.64.0.1"),
        router_id=51,
        hosts=(
            Host("portico-prod-host-1", IPv4Address("10.64.0.11")),
            Host("portico-prod-host-2", IPv4Address("10.64.0.12")),
        ),
        max_connections=20000,
        max_connections_per_source=10000,
        idle_seconds=3600,
    )


GOLDEN = {
    "pair": fleet(),
    "one-host-fast": fleet(workers=1, hosts=1, timers=FAST, listeners=(WEB,)),
    "pair-with-a-tcp-listener": fleet(listeners=(WEB, TLS, Listener("ssh", 2222, 30022, direct=True))),
    "pair-with-a-tcp-listener-that-asks": fleet(
        listeners=(
            TLS,
            Listener("ssh", 22, 30022, direct=True, proxy_protocol=True, check=Check(30023, "/healthz")),
            Listener("mqtt", 1883, 30883, service=Service("broker", "iot", 1883)),
        )
    ),
    "five-hosts-no-workers": fleet(workers=0, hosts=5),
    "pair-that-is-watched": replace(
        fleet(),
        metrics_from=(IPv4Network("10.0.9.0/24"), IPv4Network("192.0.2.7/32")),
        logs=Logs(access=True, syslog=Syslog(IPv4Address("10.0.0.5"), 514)),
    ),
}
"""The fleets whose files are kept in tests/lbhost/golden, by name."""
