"""Another `hosts.count` for a pair, under load: what it did to the hosts that stay, and to clients.

Read by test_count.py and by tests/benchmarks/bench_count.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.datapath.faults import hosts
from tests.datapath.load import Report
from tests.engine.door import Preview
from tests.engine.pair import Pair, until


@dataclass(frozen=True)
class Counted:
    """A change of the count."""

    before: int
    after: int
    preview: Preview
    report: Report
    seconds: float
    """Of `pulumi up`."""
    replaced: int
    """Hosts that should have stayed and have another server."""
    holder_left: bool
    """Whether the host that held the VIP was one of those that went."""
    rolled_out: bool
    """Whether the ingress controller was rolled out anew."""

    def __str__(self) -> str:
        holder = ", the VIP's holder went" if self.holder_left else ""
        return (
            f"{self.before} -> {self.after}{holder}: {self.report}; {self.replaced} hosts replaced, "
            f"{'a' if self.rolled_out else 'no'} rollout; up {self.seconds:.1f} s"
        )


def give_vip(pair: Pair, place: int) -> None:
    """A host takes the VIP: the others step back, one after the other, and come again as its backups."""
    others = [each for each in range(len(pair.details["hosts"])) if each != place]
    for other in others:
        hosts.stop_keepalived(pair, other)
    until("it holds the VIP", lambda: pair.holds(place), 30)
    for other in others:
        hosts.start_keepalived(pair, other)
    assert pair.holder() == place


def count_to(pair: Pair, count: int, rate: float = 50) -> Counted:
    """Changes the count by an `up` under load."""
    old, holder, generation = pair.details["hosts"], pair.holder(), _rollouts(pair)
    pair.door.change({"portico:loadBalancer": {"hosts": {"count": count}}})
    preview = pair.door.preview()
    with pair.traffic(rate=rate) as client:
        up = pair.door.up().succeeded()
    new = pair.details["hosts"]
    assert len(new) == count
    pair.holder()
    return Counted(
        before=len(old),
        after=count,
        preview=preview,
        report=client.stop(),
        seconds=up.seconds,
        replaced=sum(a != b for a, b in zip(old, new, strict=False)),
        holder_left=holder >= count,
        rolled_out=_rollouts(pair) != generation,
    )


def _rollouts(pair: Pair) -> str:
    return pair.kubectl(
        "--namespace",
        pair.door.prefix,
        "get",
        "daemonset",
        "--output",
        "jsonpath={.items[*].metadata.generation}",
    )
