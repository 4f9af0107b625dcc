"""Whether the kind can do what timeouts, healthCheck and balance say; its row of the table tells.

Pure: no Pulumi, no network, no clock. Read by agreement.
"""

from __future__ import annotations

from dataclasses import fields

from ..fields import key
from ..kinds.table import Asks, Kind, chosen
from ..traffic import Checking
from .model import Settings
from .reading import Reading

LOAD_BALANCER = ("loadBalancer",)
CHECK = (*LOAD_BALANCER, "healthCheck")


def check(read: Reading, settings: Settings) -> None:
    """Reports what the kind cannot do."""
    kind = chosen(settings.load_balancer)
    _it_asks_so(read, settings, kind)
    _it_balances_so(read, settings, kind)
    if settings.load_balancer.timeouts.connect_milliseconds is not None and not kind.connects:
        rule = f"is not used with {_named(kind)}, which opens no connection that could be told so"
        read.wrong(*LOAD_BALANCER, "timeouts", "connectMilliseconds", rule=rule, remedy="leave it out")


def _it_asks_so(read: Reading, settings: Settings, kind: Kind) -> None:
    said, asks = settings.load_balancer.health_check, kind.asks_nodes
    given = {each.name: value for each in fields(said) if (value := getattr(said, each.name)) is not None}
    if asks is None:
        for name in given:
            rule = f"is not used with {_named(kind)}: the cluster itself knows which nodes serve"
            read.wrong(*CHECK, name, rule=rule, remedy="leave it out")
        return
    sound = True
    for name, value in given.items():
        low, high = getattr(asks, name)
        if not low <= value <= high:
            sound = False
            read.wrong(*CHECK, name, rule=f"must be a whole number from {low} to {high} with {_named(kind)}")
    if sound:
        _the_answer_comes_before_the_next_question(read, kind, asks, given)


def _the_answer_comes_before_the_next_question(
    read: Reading, kind: Kind, asks: Asks, given: dict[str, int]
) -> None:
    checking = Checking(**{each.name: getattr(asks.usual, each.name) for each in fields(Checking)} | given)
    if not asks.longer_interval or checking.timeout < checking.interval:
        return
    name = "timeout" if "timeout" in given else "interval"
    rule = f"must {'be less than the interval' if name == 'timeout' else 'be more than the timeout'} with "
    rule += f"{_named(kind)}, and is {checking.timeout} of {checking.interval} s"
    read.wrong(*CHECK, key(name), rule=rule, remedy="change one of them")


def _it_balances_so(read: Reading, settings: Settings, kind: Kind) -> None:
    said = settings.load_balancer.balance
    if said is None or said in kind.balances:
        return
    words = f"must be {' or '.join(kind.balances)}" if kind.balances else "may not be given"
    rule = f"{words} with {_named(kind)}: {kind.balances_by_itself}"
    read.wrong(*LOAD_BALANCER, "balance", rule=rule, remedy="leave it out")


def _named(kind: Kind) -> str:
    variant = f" and the {kind.variant_key[-1]} {kind.variant}" if kind.variant else ""
    return f"`type: {kind.type}`{variant}"
