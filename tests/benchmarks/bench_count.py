"""What clients see of another `hosts.count`: 2 -> 3 -> 1 -> 2 in rounds, under load, on the real thing."""

from __future__ import annotations

from tests.benchmarks.bench_failover import failed, gaps
from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series
from tests.engine.counting import Counted, count_to, give_vip
from tests.engine.pair import Pair

RATE = 50
ROUNDS = 5
"""At most: each is three times `pulumi up`."""
STEPS = (3, 1, 2)


def bench_another_number_of_hosts(pair: Pair, runs: range, record: Record) -> None:
    """In turn, each host of three holds the VIP before two of them leave."""
    steps: dict[int, list[Counted]] = {count: [] for count in STEPS}
    for round_ in runs[:ROUNDS]:
        for count in STEPS:
            if count == 1:
                give_vip(pair, (round_ + 2) % 3)
            done = count_to(pair, count, rate=RATE)
            print(f"round {round_ + 1}: {done}")
            steps[count].append(done)
    pair.door.change({})
    pair.door.up().succeeded()
    every = [done for each in steps.values() for done in each]
    assert sum(done.replaced for done in every) == 0, "a host that stays was replaced"
    assert not any(done.rolled_out for done in every), "the controller was rolled out"
    record(
        Measurement(
            "change-3-count",
            "Another number of hosts",
            "s without an answer",
            "less",
            f"`pulumi up` for each, under {RATE} new requests a second through the floating IP; each host of "
            "three in turn holds the VIP before two leave.",
            (
                Series("Portico: 2 -> 3", *seen(steps[3])),
                Series("Portico: 3 -> 1", *seen(steps[1])),
                Series("Portico: 1 -> 2", *seen(steps[2])),
            ),
            bound="one takeover when the VIP's holder goes, else 0 failed; 0 hosts replaced that stay",
        )
    )


def seen(done: list[Counted]) -> tuple[tuple[float, ...], str]:
    reports = [each.report for each in done]
    left = sum(each.holder_left for each in done)
    return gaps(reports), f"{failed(reports)}; the VIP's holder went in {left} of {len(done)}"
