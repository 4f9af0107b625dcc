"""The kinds of load balancer that can be built: from the type in the settings to the class.

May touch Pulumi. Read by exposure; an entry here and a row in the table make a kind. A class is imported
when its type is chosen, so that nobody needs the packages of another platform.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pulumi

from ..plan.make import Plan
from ..problems import Problem, Refused
from .face import LoadBalancer, ServiceShape, known

Load = Callable[[], type[LoadBalancer]]
"""Imports a class.

Raises:
    Refused: what it needs is not installed.
"""


def _openstack_haproxy() -> type[LoadBalancer]:
    from .openstack_haproxy.component import OpenStackHAProxy

    return OpenStackHAProxy


def _octavia() -> type[LoadBalancer]:
    from .octavia.component import Octavia

    return Octavia


def _aws_nlb() -> type[LoadBalancer]:
    try:
        from .aws_nlb.component import AwsNlb
    except ModuleNotFoundError as missing:
        if missing.name != "pulumi_aws":
            raise
        raise Refused(
            "the AWS provider is not installed",
            [
                Problem(
                    "portico:loadBalancer.type",
                    "'aws-nlb'",
                    "needs the Python package pulumi-aws, which is not installed",
                    'run `pip install "./components[aws]"` in a checkout of Portico',
                )
            ],
        ) from missing
    return AwsNlb


def _metallb() -> type[LoadBalancer]:
    from .metallb.component import MetalLb

    return MetalLb


LOADBALANCERS: Mapping[str, Load] = MappingProxyType(
    {
        "openstack-haproxy": _openstack_haproxy,
        "octavia": _octavia,
        "aws-nlb": _aws_nlb,
        "metallb": _metallb,
    }
)


def build(
    name: str,
    plan: Plan,
    opts: pulumi.ResourceOptions | None = None,
    table: Mapping[str, Load] = LOADBALANCERS,
) -> LoadBalancer:
    """The load balancer that the plan chose.

    Raises:
        Refused: its kind needs a package that is not installed.
    """
    return table[plan.kind.value.type]()(name, plan, opts)


__all__ = ["LOADBALANCERS", "Load", "LoadBalancer", "ServiceShape", "build", "known"]
