"""A cloud that answers the questions of openstack.ask from plain data."""

import re
from types import SimpleNamespace as Thing

from openstack import exceptions

NETWORK_ID = "0b1c2d3e-0000-4000-8000-000000000001"
EXTERNAL_ID = "0b1c2d3e-0000-4000-8000-000000000002"
ME = "my-project"


def network(id, name, **changes):
    """A network of the project."""
    facts = {"project_id": ME, "is_router_external": False, "is_admin_state_up": True}
    return Thing(**{"id": id, "name": name, **facts, **changes})


def matching(things, query):
    """Those that have what a query says: a value, or one of several."""
    wanted = {key: value if isinstance(value, list) else [value] for key, value in query.items()}
    return [thing for thing in things if all(getattr(thing, key) in values for key, values in wanted.items())]


def port(id, address=None, **changes):
    """A port of the project, in the network that it shares with the nodes."""
    fixed = [{"ip_address": address, "subnet_id": "sub"}] if address else []
    facts = {"name": "", "project_id": ME, "network_id": NETWORK_ID, "device_id": "", "device_owner": ""}
    return Thing(**{"id": id, "fixed_ips": fixed, **facts, **changes})


def router(id="router", outside=EXTERNAL_ID, name="way-out", gateways=(), up=True):
    """A router of the project, with its gateway in an external network."""
    gateway = {"network_id": outside, "enable_snat": True} if outside else None
    return Thing(
        id=id,
        name=name,
        project_id=ME,
        external_gateway_info=gateway,
        gateways=gateways,
        is_admin_state_up=up,
    )


def router_port(of="router", subnet="sub", owner="network:router_interface"):
    """By which a router joins a subnet."""
    fixed = [{"ip_address": "10.20.0.1", "subnet_id": subnet}]
    return port(f"{of}-port", fixed_ips=fixed, device_id=of, device_owner=owner)


class Forbidden:
    """What a cloud says to a question that its policy does not allow."""

    def __call__(self, *_said, **_query):
        raise exceptions.ForbiddenException("Policy does not allow this")


def one(things, said):
    found = [thing for thing in things if said in (thing.id, thing.name)]
    if len(found) > 1:
        raise exceptions.DuplicateResource(f"more than one {said}")
    return found[0] if found else None


class FakeNetwork:
    def __init__(self):
        self.networks_of_all = [
            network(NETWORK_ID, "k8s"),
            network(EXTERNAL_ID, "public", project_id="admin", is_router_external=True),
        ]
        self.all_subnets = [
            Thing(
                id="sub",
                name="k8s-4",
                network_id=NETWORK_ID,
                cidr="10.20.0.0/24",
                gateway_ip="10.20.0.1",
                ip_version=4,
                is_dhcp_enabled=True,
                dns_nameservers=["192.0.2.53"],
                allocation_pools=[{"start": "10.20.0.2", "end": "10.20.0.254"}],
            )
        ]
        self.floating_ips = []
        self.all_ports = [router_port()]
        self.all_routers = [router()]
        self.rules = []
        self.groups = [Thing(id="sg", name="k8s-workers", project_id=ME)]
        self.quota = Thing(
            ports={"limit": 10, "used": 2, "reserved": 1},
            floating_ips={"limit": -1, "used": 0},
            security_groups={"limit": 10, "used": 1},
            security_group_rules={"limit": 100, "used": 4},
        )

    def find_network(self, said):
        return one(self.networks_of_all, said)

    def subnets(self, network_id, ip_version):
        return [
            each
            for each in self.all_subnets
            if (each.network_id, each.ip_version) == (network_id, ip_version)
        ]

    def networks(self, **query):
        return matching(self.networks_of_all, query)

    def ips(self, **query):
        return matching(self.floating_ips, query)

    def ports(self, fixed_ips=None, **query):
        address = fixed_ips.removeprefix("ip_address=") if fixed_ips else None
        return [
            each
            for each in matching(self.all_ports, query)
            if address is None or address in {fixed["ip_address"] for fixed in each.fixed_ips}
        ]

    def routers(self, **query):
        return matching(self.all_routers, query)

    def get(self, url):
        """Of a router all of its gateways, where the cloud has that extension."""
        found = one(self.all_routers, url.removeprefix("/routers/"))
        gateways = [{"network_id": each} for each in found.gateways]
        return Thing(json=lambda: {"router": {"external_gateways": gateways}})

    def security_groups(self, **query):
        return matching(self.groups, query)

    def security_group_rules(self, project_id):
        return [rule for rule in self.rules if rule.project_id == project_id]

    def find_security_group(self, said):
        return one(self.groups, said)

    def extensions(self):
        return [Thing(alias=alias) for alias in ("allowed-address-pairs", "port-security", "security-group")]

    def get_quota(self, project, details):
        if self.quota is None:
            raise exceptions.ForbiddenException("not yours to see")
        return self.quota


class FakeCompute:
    def __init__(self):
        self.all_servers = []
        self.groups = []
        self.flavors = [Thing(id="1", name="m1.small", vcpus=1, ram=512, disk=10)]
        self.key_pairs = [Thing(id="ops", name="ops")]
        self.zones = {"nova": True}

    def servers(self, details=True, **query):
        if "tags" in query:
            return [server for server in self.all_servers if query["tags"] in server.tags]
        if "name" in query:
            return [server for server in self.all_servers if re.search(query["name"], server.name)]
        return self.all_servers

    def server_groups(self):
        return self.groups

    def find_flavor(self, said):
        return one(self.flavors, said)

    def find_keypair(self, said):
        return one(self.key_pairs, said)

    def availability_zones(self):
        return [Thing(name=zone, state={"available": up}) for zone, up in self.zones.items()]

    def get_limits(self):
        return Thing(
            absolute=Thing(
                instances=10,
                instances_used=1,
                total_cores=20,
                total_cores_used=2,
                total_ram=-1,
                total_ram_used=0,
                server_groups=5,
                server_groups_used=0,
                server_meta=128,
            )
        )


class FakeImages:
    def __init__(self):
        self.all_images = [image("deb")]

    def find_image(self, said):
        return one(self.all_images, said)

    def images(self, **query):
        return matching(self.all_images, query)


class FakeVolumes:
    def __init__(self):
        self.types = [Thing(id="t", name="ssd")]
        self.room = {"volumes": (10, 3), "gigabytes": (1000, 30)}
        self.refuses = None

    def find_type(self, said):
        return one(self.types, said)

    def get_limits(self):
        if self.refuses:
            raise self.refuses
        (volumes, volumes_used), (gigabytes, gigabytes_used) = self.room.values()
        return Thing(
            absolute=Thing(
                max_total_volumes=volumes,
                total_volumes_used=volumes_used,
                max_total_volume_gigabytes=gigabytes,
                total_gigabytes_used=gigabytes_used,
            )
        )


class FakeCloud:
    def __init__(self, octavia=None, volumes=True):
        self.current_project_id = ME
        self.config = Thing(region_name=None)
        access = Thing(service_catalog=Thing(catalog=()))
        self.session = Thing(auth=Thing(get_access=lambda _session: access))
        self.network, self.compute, self.image = FakeNetwork(), FakeCompute(), FakeImages()
        self.block_storage = FakeVolumes()
        self._volumes = volumes
        self._octavia = octavia
        self.balancers = []
        self.all_listeners, self.all_pools, self.monitors = [], [], []
        self.limits = Thing(load_balancers=-1, listeners=-1, pools=-1, members=-1, health_monitors=-1)
        self.load_balancer = self

    def has_service(self, service_type):
        return {"block-storage": self._volumes, "load-balancer": self._octavia is not None}[service_type]

    def providers(self):
        if isinstance(self._octavia, Exception):
            raise self._octavia
        return [Thing(name=name) for name in self._octavia]

    def load_balancers(self, **query):
        return matching(self.balancers, query)

    def listeners(self, **query):
        return matching(self.all_listeners, query)

    def pools(self, **query):
        return matching(self.all_pools, query)

    def health_monitors(self, **query):
        return matching(self.monitors, query)

    def get_quota(self, project):
        return self.limits


def image(id, name="debian-12", **changes):
    there = {"status": "active", "is_hidden": False, "min_ram": 0, "min_disk": 0, "size": 0}
    return Thing(id=id, name=name, **{**there, **changes})


def server(name, address="10.20.0.11", network="k8s", tags=(), metadata=None, status="ACTIVE"):
    addresses = {network: [{"addr": address, "version": 4, "OS-EXT-IPS:type": "fixed"}]} if address else {}
    return Thing(id=name, name=name, addresses=addresses, tags=tags, metadata=metadata or {}, status=status)
