"""The contract can fail: a kind that breaks a promise is found out. What a new kind takes, test_add_a_kind.py
counts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pulumi
import pulumi_openstack as openstack
import pytest

from portico.capabilities import Capabilities
from portico.kinds.face import LoadBalancer
from portico.kinds.table import Check, ClientIp, find
from portico.plan.choice import Choice
from portico.plan.make import Plan
from portico.testing import Contract, Subject
from tests.unit.contract import subjects
from tests.unit.contract.subjects import NODE_GROUPS

ROW = replace(
    find("octavia"),
    type="toy",
    client_ip=ClientIp.PROXY_V2,
    check=Check.TCP,
    because="a toy connects from an address of its own",
)


@dataclass(frozen=True)
class Toyed(Subject):
    """A toy, planned like Octavia."""

    made: type[LoadBalancer] = LoadBalancer

    def plan(self, nodes: int = 2, can: Capabilities | None = None, direct: bool = False) -> Plan:
        planned = super().plan(nodes, can, direct)
        return replace(
            planned,
            kind=Choice(ROW, because="the test says so"),
            client_ip=Choice(ROW.client_ip, because=ROW.because),
        )

    def component(self) -> type[LoadBalancer]:
        return self.made


class Toy(LoadBalancer):
    """One address, and nothing behind it."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        self.address = self.make(name, plan)
        self.source_addresses = pulumi.Output.from_input(["10.21.0.0/24"])
        self.ready = pulumi.Output.from_input("a toy is always ready")
        self.details = {}
        self.publish()

    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        return openstack.networking.FloatingIp(
            f"{name}-address",
            pool="public",
            description=plan.names.description("address"),
            opts=pulumi.ResourceOptions(parent=self),
        ).address

    def publish(self) -> None:
        self.register_outputs({"address": self.address, "sourceAddresses": self.source_addresses})


class TestAToyKind(Contract):
    """The whole contract, for a toy that keeps it."""

    @pytest.fixture
    def subject(self) -> Subject:
        return toy(Toy)


def toy(made: type[LoadBalancer]) -> Subject:
    like = subjects.subject(find("octavia"))
    return Toyed(ROW, like.settings, like.online, like.answers, like.names, like.node_groups, made)


def address(name: str, description: str, opts: pulumi.ResourceOptions | None = None) -> pulumi.Output[str]:
    return openstack.networking.FloatingIp(name, pool="public", description=description, opts=opts).address


class Orphaning(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        return address(f"{name}-address", plan.names.description("address"))


class Misnaming(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        return address("address", plan.names.description("address"), pulumi.ResourceOptions(parent=self))


class Anonymous(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        return address(f"{name}-address", "an address", pulumi.ResourceOptions(parent=self))


class Trusting(Toy):
    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        self.source_addresses = pulumi.Output.from_input(["0.0.0.0/0"])


class Gullible(Toy):
    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        self.source_addresses = pulumi.Output.from_input(["10.20.0.0/24"])


class Silent(Toy):
    def publish(self) -> None:
        pass


class Rebuilding(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        nodes = ",".join(str(backend.address) for backend in plan.backends.value or ())
        openstack.compute.Instance(
            f"{name}-host",
            name=plan.names.of("host"),
            user_data=nodes,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return super().make(name, plan)


class Asking(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        openstack.networking.get_network_output(name="public")
        return super().make(name, plan)


class Shrinking(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        if pulumi.runtime.is_dry_run():
            return pulumi.Output.from_input("192.0.2.1")
        return super().make(name, plan)


class Opening(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        openstack.networking.SecGroupRule(
            f"{name}-node",
            security_group_id=NODE_GROUPS[0],
            direction="ingress",
            ethertype="IPv4",
            protocol="tcp",
            port_range_min=30080,
            port_range_max=30080,
            remote_ip_prefix="0.0.0.0/0",
            description=plan.names.description("node"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return super().make(name, plan)


class Telling(Toy):
    def make(self, name: str, plan: Plan) -> pulumi.Output[str]:
        return address(
            f"{name}-address",
            plan.names.description("password: hunter2"),
            pulumi.ResourceOptions(parent=self),
        )


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (Orphaning, Contract.test_children_are_named_after_and_owned_by_the_component),
        (Misnaming, Contract.test_children_are_named_after_and_owned_by_the_component),
        (Anonymous, Contract.test_every_physical_name_carries_the_stacks_prefix),
        (Trusting, Contract.test_names_whose_proxy_header_may_be_believed),
        (Gullible, Contract.test_believes_no_node),
        (Silent, Contract.test_registers_its_outputs),
        (Rebuilding, Contract.test_one_more_node_replaces_nothing_and_leaves_user_data_alone),
        (Asking, Contract.test_previews_offline_what_an_update_makes),
        (Shrinking, Contract.test_previews_offline_what_an_update_makes),
        (Opening, Contract.test_the_nodes_admit_no_more_than_the_load_balancer_needs),
        (Telling, Contract.test_no_input_holds_a_secret),
    ],
    ids=lambda part: part.__name__,
)
def test_a_toy_that_breaks_a_promise_is_found_out(
    broken: type[Toy], promise: Callable[[Contract, Subject], None]
) -> None:
    with pytest.raises((AssertionError, LookupError, ValueError, pulumi.RunError)):
        promise(Contract(), toy(broken))
