"""What a provider would have set up before a customer comes: users, catalogue, flavors, image, networks,
quotas.

Talks to the APIs through openstacksdk. Runs once for a snapshot, on empty databases.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox.openstack import clouds, ovn
from sandbox.openstack.services.network import PHYSICAL_NETWORK
from sandbox.openstack.site import OCTAVIA_REGION, REGION, Port, Site
from sandbox.openstack.startup import StartupError

if TYPE_CHECKING:
    from openstack.connection import Connection

BOTH = (REGION, OCTAVIA_REGION)

CATALOGUE = {
    "identity": ("keystone", Port.KEYSTONE, "/v3", BOTH),
    "image": ("glance", Port.GLANCE, "", BOTH),
    "placement": ("placement", Port.PLACEMENT, "", BOTH),
    "compute": ("nova", Port.NOVA, "/v2.1", BOTH),
    "network": ("neutron", Port.NEUTRON, "", BOTH),
    "load-balancer": ("octavia", Port.OCTAVIA, "", (OCTAVIA_REGION,)),
}
"""Service type: name, port, path, and the regions whose catalogue lists it."""

SERVICE_USERS = ("glance", "placement", "nova", "neutron", "octavia")

DEFAULT_DOMAIN = "default"

NETWORK = "k8s"
CIDR = "10.20.0.0/24"
POOL = {"start": "10.20.0.100", "end": "10.20.0.199"}
WORKERS_GROUP = "k8s-workers"
EXTERNAL = "public"
IMAGE = "debian-12"
FLAVOR = "m1.small"


def identity(site: Site) -> None:
    """Projects, roles, users and the catalogue. Keystone has to answer; the other services start only when
    this is there."""
    with clouds.connection(site.paths, clouds.ADMIN) as connection:
        keystone: Any = connection.identity
        projects = {
            name: keystone.create_project(name=name, domain_id=DEFAULT_DOMAIN) for name in ("service", "demo")
        }
        roles = {role.name: role for role in keystone.roles()}
        roles["load-balancer_member"] = keystone.create_role(name="load-balancer_member")

        def user(name: str, password: str, project: str, *names: str) -> None:
            made = keystone.create_user(
                name=name,
                password=password,
                domain_id=DEFAULT_DOMAIN,
                default_project_id=projects[project].id,
            )
            for role in names:
                keystone.assign_project_role_to_user(projects[project], made, roles[role])

        for name in SERVICE_USERS:
            user(name, site.secrets.service, "service", "admin", "service")
        user("demo", site.secrets.demo, "demo", "member", "reader", "load-balancer_member")
        keystone.create_region(id=OCTAVIA_REGION)
        known = {service.type: service for service in keystone.services()}
        listed = {(each.service_id, each.region_id, each.interface) for each in keystone.endpoints()}
        for kind, (name, port, path, regions) in CATALOGUE.items():
            service = known.get(kind) or keystone.create_service(name=name, type=kind)
            for region in regions:
                for interface in ("public", "internal", "admin"):
                    if (service.id, region, interface) not in listed:
                        keystone.create_endpoint(
                            service_id=service.id,
                            region_id=region,
                            interface=interface,
                            url=site.url(port, path),
                        )


def resources(site: Site) -> None:
    """Flavors, image, the external network and quotas, by the admin; the project's network and workers'
    group, by the project."""
    with clouds.connection(site.paths, clouds.ADMIN) as admin:
        keystone: Any = admin.identity
        project = keystone.find_project("demo", ignore_missing=False)
        for name, memory, disk in (("m1.tiny", 512, 1), (FLAVOR, 2048, 20)):
            admin.compute.create_flavor(name=name, ram=memory, vcpus=1, disk=disk)
        _image(admin)
        _external_network(admin)
        admin.network.update_quota(
            project.id, networks=50, subnets=50, routers=10, ports=1000, floating_ips=100, security_groups=100
        )
        admin.network.update_quota(project.id, security_group_rules=1000)
        admin.compute.update_quota_set(
            project.id, instances=50, cores=100, ram=200_000, server_groups=50, server_group_members=50
        )
    with clouds.connection(site.paths) as demo:
        network = demo.network.create_network(name=NETWORK)
        subnet = demo.network.create_subnet(
            name=NETWORK, network_id=network.id, ip_version=4, cidr=CIDR, allocation_pools=[POOL]
        )
        external = demo.network.find_network(EXTERNAL, ignore_missing=False)
        router = demo.network.create_router(name=NETWORK, external_gateway_info={"network_id": external.id})
        demo.network.add_interface_to_router(router, subnet=subnet.id)
        demo.network.create_security_group(
            name=WORKERS_GROUP, description="Kubernetes workers: nothing may come in"
        )


def facts(site: Site) -> dict[str, Any]:
    """What somebody who writes a stack file or a test has to know, asked of the running cloud."""
    with clouds.connection(site.paths) as demo:
        network = demo.network.find_network(NETWORK, ignore_missing=False)
        subnet = demo.network.find_subnet(NETWORK, ignore_missing=False)
    return {
        "network": {
            "name": NETWORK,
            "id": network.id,
            "subnet": NETWORK,
            "subnetId": subnet.id,
            "cidr": CIDR,
            "gateway": subnet.gateway_ip,
        },
        "externalNetwork": EXTERNAL,
        "image": IMAGE,
        "flavor": FLAVOR,
        "workerSecurityGroup": WORKERS_GROUP,
        "client": ovn.CLIENT,
        "internet": site.paths.inet,
        "stranger": None,
    }


def wait_until_ready(site: Site, seconds: float = 300) -> None:
    """Until every hypervisor can take a server: its nova-compute has reported, OVN's agents on it are alive.

    Raises StartupError saying what is missing.
    """
    wanted = {each.name for each in site.hypervisors}
    missing = "no answer yet"
    with clouds.connection(site.paths, clouds.ADMIN) as admin:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            missing = ", ".join(_missing(admin, wanted))
            if not missing:
                return
            time.sleep(0.3)
    raise StartupError(f"the cloud is not ready after {seconds:.0f} s: {missing}")


def _missing(admin: Connection, hypervisors: set[str]) -> list[str]:
    services: Any = admin.compute.services()
    alive = {(each.binary, each.host) for each in services if each.state == "up"}
    agents: list[Any] = list(admin.network.agents())
    listening = {each.host for each in agents if each.is_alive and "Controller" not in each.agent_type}
    controllers = {each.host for each in agents if each.is_alive and "Controller" in each.agent_type}
    known: Any = admin.compute.hypervisors()
    binaries = {binary for binary, _ in alive}
    return [
        *(
            f"{name} has not reported"
            for name in ("nova-conductor", "nova-scheduler")
            if name not in binaries
        ),
        *(
            f"nova-compute on {name} has not reported"
            for name in hypervisors
            if ("nova-compute", name) not in alive
        ),
        *(f"{name} is no hypervisor yet" for name in hypervisors - {each.name for each in known}),
        *(f"no OVN controller alive on {name}" for name in hypervisors - controllers),
        *(f"no metadata agent alive on {name}" for name in hypervisors - listening),
    ]


def _image(admin: Connection) -> None:
    # Servers boot `Paths.image` whatever the image holds; Glance only wants data that can be of this format.
    admin.create_image(
        IMAGE,
        data=b"\0" * 4096,
        disk_format="raw",
        container_format="bare",
        visibility="public",
        wait=True,
    )


def _external_network(admin: Connection) -> None:
    network = admin.network.create_network(
        name=EXTERNAL,
        is_router_external=True,
        is_shared=False,
        provider_network_type="flat",
        provider_physical_network=PHYSICAL_NETWORK,
    )
    admin.network.create_subnet(
        name=EXTERNAL,
        network_id=network.id,
        ip_version=4,
        cidr=ovn.EXTERNAL_CIDR,
        gateway_ip=ovn.ROUTER,
        is_dhcp_enabled=False,
        allocation_pools=[{"start": "203.0.113.10", "end": "203.0.113.250"}],
    )
