"""A front door inside a program of one's own: the settings are the ones of a stack file, as a dictionary."""

import pulumi

from portico.exposure import Exposure

workers = ["10.20.0.11", "10.20.0.12", "10.20.0.13"]

door = Exposure(
    "shop",
    {
        "nodes": {"from": "addresses", "addresses": workers, "securityGroup": "k8s-workers"},
        "loadBalancer": {
            "type": "openstack-haproxy",
            "openstack": {"network": "k8s", "externalNetwork": "public"},
            "hosts": {"image": "debian-12", "flavor": "m1.small", "timers": "fast"},
        },
        "apps": [
            {"name": "shop", "host": "shop.example.org", "service": {"name": "shop", "port": 8080}},
        ],
    },
)

pulumi.export("address", door.address)
