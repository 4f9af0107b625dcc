"""Settings and capabilities that the tests of the plan start from."""

from ipaddress import IPv4Address, IPv4Network

from portico.capabilities import Capabilities
from portico.kinds.openstack_haproxy.settings import Hosts
from portico.openstack.answers import OpenStack, Quota, Subnet
from portico.openstack.settings import OpenStack as Where
from portico.settings.model import LoadBalancer, NodeAddress, Nodes, Settings

NETWORK = "0b1c2d3e-0000-4000-8000-000000000001"

PAIR = Settings(
    nodes=Nodes(
        source="addresses",
        addresses=(
            NodeAddress(IPv4Address("10.20.0.12"), "w2"),
            NodeAddress(IPv4Address("10.20.0.11"), "w1"),
        ),
        security_group="k8s-workers",
    ),
    load_balancer=LoadBalancer(
        type="openstack-haproxy",
        openstack=Where(network="k8s", external_network="public"),
        hosts=Hosts(image="debian-12", flavor="m1.small"),
    ),
)

CLOUD = OpenStack(
    network_id=NETWORK,
    subnet=Subnet("subnet", IPv4Network("10.20.0.0/24"), IPv4Address("10.20.0.1")),
    external_network="public",
    flavor_name="m1.small",
    flavor_cores=1,
    flavor_ram=512,
    node_security_group_id="workers",
    extensions=frozenset({"allowed-address-pairs", "port-security", "security-group"}),
    # just enough for the pair
    quotas={
        "ports": Quota(10, 4),
        "floating_ips": Quota(1, 0),
        "security_groups": Quota(2, 1),
        "security_group_rules": Quota(19, 10),
        "instances": Quota(2, 0),
        "cores": Quota(2, 0),
        "ram": Quota(1024, 0),
        "server_groups": Quota(1, 0),
    },
)

ABLE = Capabilities(openstack=CLOUD)
