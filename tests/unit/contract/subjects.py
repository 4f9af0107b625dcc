"""What the contract needs to know of each kind of the table: a stack file, and what its platform answers."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from zlib import crc32

from portico.capabilities import Capabilities
from portico.kinds.aws_nlb.settings import Aws
from portico.kinds.metallb.settings import MetalLb
from portico.kinds.octavia.settings import Octavia
from portico.kinds.openstack_haproxy.settings import Hosts
from portico.kinds.table import Kind
from portico.names import Names
from portico.openstack.answers import OpenStack, Subnet
from portico.openstack.settings import OpenStack as Where
from portico.settings.model import Ingress, Listener, LoadBalancer, NodeAddress, Nodes, Settings, Wait
from portico.testing import Answer, Resource, Subject

NAMES = Names("portico-test")
NODE_GROUPS = ("5e0f1c1e-0000-4000-8000-00000000000a", "sg-0123456789abcdef0")
"""The nodes' security group, as OpenStack and as AWS identify it."""

ONLINE = Capabilities(
    openstack=OpenStack(
        network_id="5e0f1c1e-0000-4000-8000-000000000001",
        subnet=Subnet(
            "5e0f1c1e-0000-4000-8000-000000000002", IPv4Network("10.20.0.0/16"), IPv4Address("10.20.0.1")
        ),
        external_network="public",
        node_security_group_id=NODE_GROUPS[0],
        octavia_providers=("amphora", "ovn"),
    )
)
"""A cloud that has everything."""

LB_SUBNET = Subnet(
    "5e0f1c1e-0000-4000-8000-000000000003", IPv4Network("10.21.0.0/24"), IPv4Address("10.21.0.1")
)
"""A subnet of the load balancer's own, where no node stands."""

APART = replace(ONLINE, openstack=replace(ONLINE.openstack or OpenStack(), subnet=LB_SUBNET))
"""The same cloud, with the load balancer there."""

WHERE = Where(network="k8s", external_network="public")

SETTINGS: Mapping[str, LoadBalancer] = {
    "openstack-haproxy": LoadBalancer(
        "openstack-haproxy", openstack=WHERE, hosts=Hosts(image="debian-12", flavor="m1.small")
    ),
    "octavia (amphora)": LoadBalancer("octavia", openstack=WHERE, octavia=Octavia("amphora")),
    "octavia (ovn)": LoadBalancer(
        "octavia",
        openstack=WHERE,
        octavia=Octavia("ovn"),
        allowed_clients=(IPv4Network("198.51.100.0/24"), IPv4Network("192.0.2.7/32")),
    ),
    "aws-nlb": LoadBalancer(
        "aws-nlb",
        aws=Aws(
            vpc="vpc-0123456789abcdef0",
            subnets=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
            subnet_cidrs=(IPv4Network("10.20.1.0/24"), IPv4Network("10.20.2.0/24")),
        ),
    ),
    "metallb": LoadBalancer("metallb", metallb=MetalLb(addresses=("192.0.2.10-192.0.2.20",))),
}
"""What a stack file says for each row of the table of kinds, by the row's name."""


def _fixed_ip(port: Resource) -> Mapping[str, object]:
    number = crc32(port.name.encode())
    return {"allFixedIps": [f"10.20.{number % 199 + 20}.{number // 199 % 199 + 20}"]}


ANSWERS: Mapping[str, Answer] = {
    "openstack:networking/port:Port": _fixed_ip,
    "openstack:networking/floatingIp:FloatingIp": {"address": "203.0.113.10"},
    "openstack:loadbalancer/loadBalancer:LoadBalancer": {"vipAddress": "10.20.0.5", "vipPortId": "vip-port"},
    "aws:lb/loadBalancer:LoadBalancer": {
        "arn": "arn:aws:elasticloadbalancing:lb",
        "dnsName": "portico-test-lb.elb.eu-central-1.amazonaws.com",
        "zoneId": "Z3F0SRJ5LGBH90",
    },
    "aws:lb/targetGroup:TargetGroup": {"arn": "arn:aws:elasticloadbalancing:targets"},
    "aws:lb/listener:Listener": {"arn": "arn:aws:elasticloadbalancing:listener"},
}
"""What the platforms add to what they are asked for."""


SSH = Listener("ssh", 2222, protocol="tcp")
NODE_PORTS = {"http": 30080, "https": 30443, "ssh": 30022}


def settings(kind: Kind, nodes: int = 2, direct: bool = False) -> Settings:
    """A stack file for a kind, with so many nodes and, with `direct`, a listener past the controller."""
    chosen = SETTINGS[kind.name]
    if direct:
        chosen = replace(chosen, listeners=(*chosen.listeners, SSH))
    listed = tuple(
        NodeAddress(IPv4Address(f"10.20.0.{index + 11}"), f"worker-{index + 1}") for index in range(nodes)
    )
    group = NODE_GROUPS[1] if chosen.aws else NODE_GROUPS[0]
    inside = chosen.metallb is not None
    return Settings(
        load_balancer=chosen,
        nodes=None if inside else Nodes("addresses", addresses=listed, security_group=group),
        ingress=Ingress(node_ports=NODE_PORTS if direct else None),
        wait=Wait(rolling=False, hosts=False, address=False),
    )


def online(kind: Kind) -> Capabilities:
    """What a platform that has everything answers: no node stands in a subnet that is believed."""
    return APART if kind.variant == "amphora" else ONLINE


def subject(kind: Kind) -> Subject:
    """A kind of the table."""
    return Subject(
        kind,
        lambda nodes, direct: settings(kind, nodes, direct),
        online(kind),
        ANSWERS,
        NAMES,
        frozenset(NODE_GROUPS),
    )
