"""What the type checker has to refuse: a marked line that it takes is an error itself (unused ignore)."""

import pulumi

from portico import Exposure
from portico.args import ExposureArgs, Hosts, Listener, LoadBalancer, Nodes, OpenStack


def refused(number: pulumi.Output[int], name: pulumi.Output[str]) -> None:
    misspelt: Hosts = {"image": "a", "flavor": "b", "flavour": "c"}  # type: ignore[typeddict-unknown-key]
    missing: Hosts = {"image": "a"}  # type: ignore[typeddict-item]
    quoted: Hosts = {"image": "a", "flavor": "b", "count": "2"}  # type: ignore[typeddict-item]
    number_later: Hosts = {"image": "a", "flavor": "b", "count": number}  # type: ignore[typeddict-item]
    port_later: Listener = {"name": "http", "port": number}  # type: ignore[typeddict-item]
    word_later: LoadBalancer = {"type": name}  # type: ignore[typeddict-item]
    as_in_a_file: Nodes = {"from": "cidr", "securityGroup": "a"}  # type: ignore[typeddict-unknown-key]
    no_list: Nodes = {"from": "addresses", "addresses": 7}  # type: ignore[typeddict-item]
    number_as_name: OpenStack = {"network": 7}  # type: ignore[typeddict-item]
    empty: ExposureArgs = {}  # type: ignore[typeddict-item]
    pulumi.log.info(f"{misspelt}{missing}{quoted}{number_later}{port_later}{word_later}{as_in_a_file}")
    pulumi.log.info(f"{no_list}{number_as_name}{empty}")


def not_told(door: Exposure) -> None:
    number: int = door.address  # type: ignore[assignment]
    inside = door.plan  # type: ignore[attr-defined]
    pulumi.log.info(f"{number}{inside}")
