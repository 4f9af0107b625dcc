"""A front door inside a program of one's own: the settings of a stack file, with keys in snake_case."""

import pulumi

from portico import Exposure

workers = ["10.20.0.11", "10.20.0.12", "10.20.0.13"]

door = Exposure(
    "shop",
    {
        "nodes": {"from": "addresses", "addresses": workers, "security_group": "k8s-workers"},
        "load_balancer": {
            "type": "openstack-haproxy",
            "openstack": {"network": "k8s", "external_network": "public"},
            "hosts": {"image": "debian-12", "flavor": "m1.small", "timers": "fast"},
        },
        "apps": [
            {"name": "shop", "host": "shop.example.org", "service": {"name": "shop", "port": 8080}},
        ],
    },
)

pulumi.export("address", door.address)
