"""How programs write an Exposure's settings, and read what it tells; judged by the type checker alone, never
run."""

import pulumi

from portico import Exposure
from portico.args import App, ExposureArgs, Hosts


def behind(
    network: pulumi.Output[str], kubeconfig: pulumi.Output[str], workers: list[pulumi.Output[str]]
) -> None:
    hosts: Hosts = {"image": "debian-12", "flavor": network, "count": 2}
    app: App = {"name": "shop", "host": "shop.example.org", "service": {"name": "shop", "port": 80}}
    args: ExposureArgs = {
        "kubernetes": {"kubeconfig": kubeconfig},
        "nodes": {"from": "addresses", "addresses": [*workers], "security_group": network},
        "ingress": {"node_ports": {"http": 30080, "https": 30443}},
        "load_balancer": {
            "type": "openstack-haproxy",
            "openstack": {"network": network, "external_network": "public"},
            "hosts": hosts,
        },
        "apps": [app],
    }
    on_aws: ExposureArgs = {
        "load_balancer": {
            "type": "aws-nlb",
            "aws": {"vpc": network, "subnets": [network, "subnet-1"], "subnet_cidrs": [network]},
        },
        "apps": [
            {
                "name": "shop",
                "host": "shop.example.org",
                "service": {"name": network, "port": 80},
                "tls_secret": network,
            }
        ],
    }
    octavia: ExposureArgs = {
        "kubernetes": {"context": network},
        "load_balancer": {
            "type": "octavia",
            "openstack": {"network": network, "vip": network},
            "octavia": {"flavor": network},
        },
    }
    least: ExposureArgs = {"load_balancer": {"type": "metallb", "metallb": {"addresses": ["192.0.2.0/28"]}}}
    pulumi.log.info(f"{args} {on_aws} {octavia} {least}")


def told(door: Exposure) -> None:
    address: pulumi.Output[str] = door.address
    url: pulumi.Output[str] = door.url
    answer: pulumi.Output[str] = door.answer
    https: int = door.node_ports["https"]
    vip: pulumi.Input[str] = door.details["vip"]
    why: str = door.reasons["kind"]
    pulumi.log.info(f"{address}{url}{answer}{https}{vip}{why}")
