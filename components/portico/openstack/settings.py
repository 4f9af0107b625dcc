"""Where on OpenStack a load balancer's address lives, as it is written in the settings.

Pure: no Pulumi, no network, no clock. Read by the kinds that are built on OpenStack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from .. import values
from ..fields import Address, Flag, Input, Section, Text, text
from ..kinds.table import find

if TYPE_CHECKING:
    from ..settings.model import Settings
    from ..settings.reading import Reading

WHERE = ("loadBalancer", "openstack")


@dataclass(frozen=True)
class OpenStack(Section):
    """Where on OpenStack the address lives (types openstack-haproxy and octavia). Credentials come from
    clouds.yaml or OS_*."""

    network: Input[Text]
    """The tenant network that the load balancer and the nodes share, by id or name. Required."""
    subnet: Input[Text] | None = None
    """The subnet in it, by id or name. Default: the network's only IPv4 subnet."""
    external_network: Input[Text] | None = None
    """The network that floating IPs come from, by name or id. Required unless `floatingIp` is given or
    `public` is false."""
    floating_ip: Input[Annotated[str, text(values.floating_ip)]] | None = None
    """An existing floating IP to use, by address or id; it is left alone at the end. The one that this stack
    made itself may be named too: it stays what it is, the stack's own. Default: a new one is made."""
    keep_address: Flag = False
    """Whether the floating IP that this stack made stays in the project when the stack is destroyed, or no
    longer needs it. It holds from the next `up` on. A later stack takes the address with `floatingIp`."""
    vip: Input[Address] | None = None
    """The address inside the subnet. Default: Neutron chooses."""
    public: Flag = True
    """Whether there is a floating IP at all. Without one the VIP itself is the address."""
    address_pairs_allowed: Flag = False
    """Say true when the network belongs to another project whose owner, or the cloud's policy, lets this
    project set allowed address pairs on its ports there (type openstack-haproxy). Neutron's default policy
    does not."""

    remedies: ClassVar = {"network": "name the tenant network that the nodes are on"}

    def check(self, read: Reading, settings: Settings) -> None:
        kind = find(settings.load_balancer.type)
        if not kind.address_pairs:
            rule = f"is not used with `type: {kind.type}`"
            read.refuse(*WHERE, keys=("addressPairsAllowed",), rule=rule)
        if not self.public:
            unused = ("floatingIp", "externalNetwork", "keepAddress")
            read.refuse(*WHERE, keys=unused, rule="is not used with `public: false`")
        elif self.floating_ip is None and self.external_network is None:
            remedy = "name where floating IPs come from, give floatingIp, or say `public: false`"
            read.wrong(*WHERE, "externalNetwork", rule="is required", remedy=remedy)


SECTIONS = {"openstack": OpenStack}
"""The key under `loadBalancer` of every kind that stands on OpenStack."""
