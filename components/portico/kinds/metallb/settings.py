"""What is particular to the kind metallb, as it is written in the settings.

Pure: no Pulumi, no network, no clock. Read by settings and by this kind's plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from ... import values
from ...fields import Address, Flag, Label, Section, Some, one_of, text

if TYPE_CHECKING:
    from ...settings.model import Settings
    from ...settings.reading import Reading

POOL = ("loadBalancer", "metallb", "addresses")


@dataclass(frozen=True)
class MetalLb(Section):
    """MetalLB (type metallb)."""

    addresses: Some[Annotated[str, text(values.address_range)]]
    """Ranges (`192.0.2.10-192.0.2.20`) or CIDRs it may hand out, none overlapping another. Required."""
    install: Flag = True
    """Whether MetalLB itself is installed; otherwise it has to be in the cluster."""
    namespace: Label = "metallb-system"
    """Where it is, or is installed."""
    existing: tuple[Annotated[str, one_of("namespace")], ...] = ()
    """With `install: true`: `[namespace]` where the namespace is there already. It is used as it is, and
    neither made, changed nor deleted."""
    load_balancer_class: Annotated[str, text(values.label_key)] | None = None
    """The `loadBalancerClass` of the controller's Service: no other controller of the cluster gives it an
    address then. A MetalLB that is installed here serves this class alone. A change replaces the Service.
    Default: none."""
    interfaces: tuple[Annotated[str, text(values.interface)], ...] = ()
    """The interfaces it announces on. Default: all."""
    address: Address | None = None
    """The address to use out of the ranges. Default: the first free one."""

    remedies: ClassVar = {"addresses": "name ranges that are free in the nodes' network"}

    def check(self, read: Reading, settings: Settings) -> None:  # noqa: ARG002 - as every section
        spans = [values.span(addresses) for addresses in self.addresses]
        for index, (first, last) in enumerate(spans):
            for earlier, (low, high) in enumerate(spans[:index]):
                if first <= high and low <= last:
                    rule = f"must not overlap {read.at(*POOL, earlier)}"
                    read.wrong(*POOL, index, rule=rule, remedy="shorten or remove one")
                    break
        if self.existing and not self.install:
            rule = "is not used with `install: false`, where all of MetalLB is there already"
            read.wrong("loadBalancer", "metallb", "existing", rule=rule, remedy="leave it out")
        if self.address and not any(low <= self.address <= high for low, high in spans):
            read.wrong(
                "loadBalancer",
                "metallb",
                "address",
                rule="must be in one of the ranges of addresses",
                remedy="extend them, or choose another",
            )


SECTIONS = {"metallb": MetalLb}
"""The keys under `loadBalancer` that this kind takes."""
