"""The published address of a load balancer on OpenStack: a floating IP on the port of its VIP, or the VIP
itself.

May touch Pulumi. Read by the kinds on OpenStack.
"""

from collections.abc import Callable

import pulumi
import pulumi_openstack as openstack

from ..names import Names
from .place import OpenStackPlace


def published(
    name: str,
    place: OpenStackPlace,
    names: Names,
    vip_port: pulumi.Output[str],
    vip: pulumi.Output[str],
    value: Callable[[Callable[[OpenStackPlace], str | None]], pulumi.Output[str]],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """The address that clients connect to, known once the floating IP is on the VIP's port.

    Args:
        name: of the load balancer's component.
        vip_port: the id of the VIP's port.
        vip: the VIP.
        value: hands out a value of the place once it is known.
        opts: of what is made.
    """
    if not place.public.value:
        return vip
    if place.adopts:
        address = value(lambda place: place.adopted_address)
    else:
        address = openstack.networking.FloatingIp(
            f"{name}-address",
            pool=value(lambda place: place.external_network),
            description=names.description("address"),
            opts=pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(retain_on_delete=place.keeps_address)
            ),
        ).address
    return openstack.networking.FloatingIpAssociate(
        f"{name}-address", floating_ip=address, port_id=vip_port, opts=opts
    ).floating_ip
