"""`openstack-haproxy`: a pair of HAProxy hosts behind one VIP port that is never attached, on an OpenStack
without Octavia.

May touch Pulumi. Every choice in it was made by this folder's plan; the technique and its sources:
docs/openstack.md.
"""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any, TypeVar

import pulumi
import pulumi_openstack as openstack

from ... import state
from ...lbhost import Fleet, payload
from ...lbhost.difference import difference
from ...openstack.addresses import ipv4, preferred
from ...openstack.floating_ip import published
from ...openstack.place import OpenStackPlace
from ...plan.choice import is_id
from ...plan.make import Plan
from ...serving.hosts import Host, Watch
from ..face import LoadBalancer
from .plan import Group, HostPlan, OpenStackHAProxyPlan, Rule
from .rebuild import Server, changed, gone

T = TypeVar("T")


class OpenStackHAProxy(LoadBalancer):
    """Security groups, ports, hosts one after the other, and the floating IP."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        own = planned(plan)
        self._name, self._plan, self._own = name, plan, own
        self._child = pulumi.ResourceOptions(parent=self)
        self._network = self._place(lambda place: place.network.id)
        self._subnet = self._place(lambda place: place.subnet_id)
        self._image = self.value(lambda plan: planned(plan).image)
        self._flavor = self.value(lambda plan: planned(plan).flavor)

        group = openstack.networking.SecGroup(
            f"{name}-hosts",
            name=plan.names.of("hosts"),
            description=plan.names.description("LB hosts"),
            opts=self._child,
        )
        rules = [self._rule(rule, group.id) for rule in own.rules]
        wanted = self._place(lambda place: place.vip) if own.place.vip_is_said else None
        vip = self._port("vip", plan.names.of("vip"), group.id, address=wanted)
        vip_address = self._address(vip, wanted)
        ports = [
            self._port(f"host-{index + 1}", f"{reserved}-port", group.id, pair=vip_address)
            for index, reserved in enumerate(own.reserved)
        ]
        addresses = [self._address(port) for port in ports]
        fleet = self._fleet(vip_address, addresses)
        self._recorded = self._servers_of_state()
        self._watch = Watch(
            self,
            plan.wait,
            own.settle_seconds,
            {host: str(kept.get("id")) for host, kept in self._recorded.items()},
            self.late.cloud if self.late else None,
        )
        servers = self._hosts(ports, fleet, rules)
        if pulumi.runtime.is_dry_run():
            fleet.apply(self._tell)

        self.address = published(
            name,
            own.place,
            plan.names,
            vip.id,
            vip_address,
            self._place,
            self._child,
        )
        self.source_addresses = pulumi.Output.all(*addresses).apply(
            lambda each: [f"{address}/32" for address in each]
        )
        generations = fleet.apply(
            lambda known_fleet: [
                payload.pack(known_fleet, host, own.metadata_items).generation
                for host in known_fleet.hosts[: len(own.hosts.value)]
            ]
        )
        names = [host.name for host in own.hosts.value]
        self.ready = pulumi.Output.all(
            pulumi.Output.all(*[server.id for server in servers]), generations, self.address
        ).apply(
            lambda known_hosts: self._watch.all_serve(
                [Host(*host) for host in zip(names, known_hosts[0], strict=True)], known_hosts[1]
            )
        )
        self.details = {
            "vip": vip_address,
            "hosts": pulumi.Output.all(*[server.id for server in servers]),
            "hostAddresses": pulumi.Output.all(*addresses[: len(servers)]),
            "generations": generations,
        }
        self.register_outputs(
            {"address": self.address, "sourceAddresses": self.source_addresses, **self.details}
        )

    def _place(self, of: Callable[[OpenStackPlace], T | None]) -> pulumi.Output[T]:
        return self.value(lambda plan: of(planned(plan).place))

    def _rule(self, rule: Rule, hosts: pulumi.Output[str]) -> openstack.networking.SecGroupRule:
        def group(which: Group) -> pulumi.Output[str]:
            return hosts if which is Group.HOSTS else self._place(lambda place: place.node_group_id)

        network = str(rule.source) if isinstance(rule.source, IPv4Network) else None
        return openstack.networking.SecGroupRule(
            f"{self._name}-{rule.name}",
            security_group_id=group(rule.group),
            direction="ingress",
            ethertype="IPv4",
            protocol=rule.protocol,
            port_range_min=rule.port,
            port_range_max=rule.port,
            remote_ip_prefix=network,
            remote_group_id=group(rule.source) if isinstance(rule.source, Group) else None,
            description=self._plan.names.description(rule.name),
            opts=self._child,
        )

    def _port(
        self,
        part: str,
        physical: str,
        group: pulumi.Output[str],
        address: pulumi.Output[IPv4Address] | None = None,
        pair: pulumi.Output[str] | None = None,
    ) -> openstack.networking.Port:
        """A port of the tenant network; with a pair, it may also send from and receive for the VIP.

        The pair is one address, never a CIDR: OVN does not recognise the virtual port behind a CIDR, and the
        floating IP stays dead (Neutron, OVN driver, Virtual IPs).
        """
        return openstack.networking.Port(
            f"{self._name}-{part}",
            name=physical,
            network_id=self._network,
            port_security_enabled=True,
            security_group_ids=[group],
            fixed_ips=[
                openstack.networking.PortFixedIpArgs(
                    subnet_id=self._subnet, ip_address=address.apply(str) if address else None
                )
            ],
            allowed_address_pairs=[openstack.networking.PortAllowedAddressPairArgs(ip_address=pair)]
            if pair
            else None,
            description=self._plan.names.description(part),
            opts=self._child,
        )

    def _address(
        self, port: openstack.networking.Port, wanted: pulumi.Output[IPv4Address] | None = None
    ) -> pulumi.Output[str]:
        """A port's address in the subnet, which may stand beside IPv6 ones that nobody asked for."""

        def pick(known: Sequence[Any]) -> str:
            listed, cidr, address = known
            try:
                return str(preferred(ipv4(listed), cidr, address))
            except ValueError:
                raise pulumi.RunError(f"a port of {self._plan.names.prefix} has no IPv4 address") from None

        return pulumi.Output.all(port.all_fixed_ips, self._place(_cidr), wanted).apply(pick)

    def _fleet(
        self, vip: pulumi.Output[str], addresses: Sequence[pulumi.Output[str]]
    ) -> pulumi.Output[Fleet]:
        plan, own = self._plan, self._own
        backends, gateway = self.value(lambda plan: plan.backends.value), self._place(_gateway)
        return pulumi.Output.all(vip, gateway, backends, *addresses).apply(
            lambda found: own.fleet(
                plan.listeners,
                found[2],
                plan.health,
                IPv4Address(found[0]),
                found[1],
                [IPv4Address(address) for address in found[3:]],
            )
        )

    def _tell(self, fleet: Fleet) -> None:
        """Says in a preview what changes in the hosts' files; they share haproxy.cfg."""
        told: frozenset[str] = frozenset()
        for host in fleet.hosts[: len(self._own.hosts.value)]:
            before = self._recorded.get(host.name, {}).get("metadata")
            if not isinstance(before, Mapping):
                continue
            after = payload.pack(fleet, host, self._own.metadata_items).metadata
            if said := difference(before, after, told):
                pulumi.log.info(f"{host.name} will serve other files:\n{said}", self)
            told = frozenset({"haproxy.cfg"})

    def _servers_of_state(self) -> Mapping[str, Mapping[str, object]]:
        """What the state holds of this load balancer's servers, by the host's name; those to go included."""
        begin = f"{self._name}-host-"
        return {
            self._plan.names.of("host", int(server.name.removeprefix(begin))): server.outputs
            for server in state.read().of("openstack:compute/instance:Instance")
            if server.name.startswith(begin)
        }

    def _hosts(
        self,
        ports: Sequence[openstack.networking.Port],
        fleet: pulumi.Output[Fleet],
        rules: Sequence[pulumi.Resource],
    ) -> list[openstack.compute.Instance]:
        """The hosts, strictly one after the other: ACTIVE is not serving, and two at once may land on one
        hypervisor. One that is missing comes before those that stand, so that another serves when their turn
        comes."""
        own = self._own
        group = self._server_group()
        servers: dict[str, openstack.compute.Instance] = {}
        before: list[pulumi.Input[pulumi.Resource]] = list(rules)
        planned = list(enumerate(zip(own.hosts.value, ports, strict=False)))
        for index, (host, port) in sorted(planned, key=lambda each: not self._watch.missing(each[1][0].name)):
            if servers or host.name in self._recorded:
                before.append(self._gate(host, port, group, next(reversed(servers.items()), None)))
            servers[host.name] = self._server(index, host, port, fleet, group, before)
            before.append(servers[host.name])
        return [servers[host.name] for host in own.hosts.value]

    def _server(
        self,
        index: int,
        host: HostPlan,
        port: openstack.networking.Port,
        fleet: pulumi.Output[Fleet],
        group: openstack.compute.ServerGroup | None,
        before: Sequence[pulumi.Input[pulumi.Resource]],
    ) -> openstack.compute.Instance:
        own = self._own
        hints = [openstack.compute.InstanceSchedulerHintArgs(group=group.id)] if group else None
        return openstack.compute.Instance(
            f"{self._name}-host-{index + 1}",
            name=host.name,
            image_id=None if own.volume else _only(self._image, is_id),
            image_name=None if own.volume else _only(self._image, _is_name),
            block_devices=self._volumes(host),
            flavor_id=_only(self._flavor, is_id),
            flavor_name=_only(self._flavor, _is_name),
            availability_zone=host.zone,
            key_pair=self._key_pair(),
            networks=[openstack.compute.InstanceNetworkArgs(port=port.id)],
            scheduler_hints=hints,
            user_data=host.user_data,
            metadata=fleet.apply(
                lambda ready: dict(payload.pack(ready, ready.hosts[index], own.metadata_items).metadata)
            ),
            # The port outlives the server, so the old one has to be gone before the new one can take it.
            opts=pulumi.ResourceOptions(
                parent=self,
                delete_before_replace=True,
                depends_on=list(before),
                ignore_changes=list(gone(self._recorded.get(host.name, {}), own.spares)) or None,
            ),
        )

    def _gate(
        self,
        host: HostPlan,
        port: openstack.networking.Port,
        group: openstack.compute.ServerGroup | None,
        previous: tuple[str, openstack.compute.Instance] | None,
    ) -> pulumi.Output[pulumi.Resource]:
        """The host's port, once the host may be made, changed or rebuilt; nothing is made in it."""
        recorded = self._recorded.get(host.name)

        async def open_gate(known: Sequence[str | None]) -> pulumi.Resource:
            port_id, group_id, server_id, image, flavor, key_pair = known
            server = Server(
                image=str(image),
                flavor=str(flavor),
                zone=host.zone,
                key_pair=key_pair,
                port=str(port_id),
                group=group_id,
                user_data=host.user_data,
                volume=self._own.volume,
            )
            before = Host(previous[0], str(server_id)) if previous else None
            rebuilt = recorded is not None and bool(changed(recorded, server, self._own.spares))
            await self._watch.may_touch(host.name, before, rebuilt=rebuilt)
            return port

        return pulumi.Output.all(
            port.id,
            group.id if group else None,
            previous[1].id if previous else None,
            self._boots(host) if self._own.volume else self._image,
            self._flavor,
            self._key_pair(),
        ).apply(open_gate)

    def _boots(self, host: HostPlan) -> pulumi.Output[str]:
        """The image of the host's volume."""
        return self.value(lambda plan: planned(plan).boots(host.name))

    def _volumes(self, host: HostPlan) -> list[openstack.compute.InstanceBlockDeviceArgs] | None:
        """The volume that the host boots from; None where it boots from the flavor's own disk."""
        volume = self._own.volume
        if volume is None:
            return None
        return [
            openstack.compute.InstanceBlockDeviceArgs(
                source_type="image",
                uuid=self._boots(host),
                destination_type="volume",
                boot_index=0,
                volume_size=volume.size,
                volume_type=volume.type,
                delete_on_termination=True,
            )
        ]

    def _key_pair(self) -> pulumi.Output[str] | None:
        """None where nobody logs in."""
        return self.value(lambda plan: planned(plan).key_pair) if self._own.logs_in else None

    def _server_group(self) -> openstack.compute.ServerGroup | None:
        policy = self._own.server_group_policy.value
        if policy is None:
            return None
        return openstack.compute.ServerGroup(
            f"{self._name}-hosts", name=self._plan.names.of("hosts"), policies=policy, opts=self._child
        )


def planned(plan: Plan) -> OpenStackHAProxyPlan:
    """What is planned for this kind."""
    if not isinstance(plan.load_balancer, OpenStackHAProxyPlan):
        raise TypeError(f"the plan is {type(plan.load_balancer).__name__}")
    return plan.load_balancer


def _cidr(place: OpenStackPlace) -> IPv4Network | None:
    return place.subnet.cidr if place.subnet else None


def _gateway(place: OpenStackPlace) -> IPv4Address | None:
    return place.subnet.gateway if place.subnet else None


def _is_name(id_or_name: str) -> bool:
    return not is_id(id_or_name)


def _only(value: pulumi.Output[str], right: Callable[[str], bool]) -> pulumi.Output[str | None]:
    return value.apply(lambda text: text if right(text) else None)
