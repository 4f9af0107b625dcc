"""A front door before a cluster that only the running program knows; the configuration says the rest."""

from pathlib import Path
from typing import Any

import pulumi
import pulumi_openstack as openstack

from portico import Exposure


def later(value: object) -> pulumi.Output[Any]:
    """As a resource of the same program tells it."""
    return pulumi.Output.from_input(network.id).apply(lambda _: value)


config = pulumi.Config()
said = config.require_object("door")
where = said["loadBalancer"]["openstack"]
network = openstack.networking.get_network_output(name=where["network"])
group = openstack.networking.get_sec_group_output(name=said["nodes"]["securityGroup"])

door = Exposure(
    "shop",
    {
        **said,
        "kubernetes": {
            "kubeconfig": pulumi.Output.secret(later(Path(config.require("kubeconfig")).read_text()))
        },
        "nodes": {
            "from": "addresses",
            "addresses": [later(node["address"]) for node in said["nodes"]["addresses"]],
            "securityGroup": group.id,
        },
        "loadBalancer": {
            **said["loadBalancer"],
            "openstack": {"network": network.id, "externalNetwork": later(where["externalNetwork"])},
        },
    },
)

pulumi.export("address", door.address)
pulumi.export("answer", door.answer)
