"""Neutron with ML2/OVN: networks, routers, floating IPs, and the metadata service's way to each server.

Pure. What it stands on (Open vSwitch and OVN itself) is sandbox.openstack.ovn.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.openstack import ini
from sandbox.openstack.files import File
from sandbox.openstack.services.web import api, daemon
from sandbox.openstack.site import ADDRESS, Hypervisor, Port, Site
from sandbox.openstack.startup import Service, has_said

PHYSICAL_NETWORK = "public"
"""Neutron's name for what the bridge br-ex leads to."""

PRIVATE_NAMES = 'mount -t tmpfs tmpfs /run/netns && exec "$@"'
"""Each agent names its namespaces after the network, so two hypervisors on one machine need a folder of names
each."""


def files(site: Site) -> list[File]:
    """Configuration of the API and of each hypervisor's agent."""
    agents = [
        File(_agent_file(site, hypervisor), ini.render(_agent(site, hypervisor)))
        for hypervisor in site.hypervisors
    ]
    return [
        File(site.etc("neutron/neutron.conf"), ini.render(_neutron(site))),
        File(site.etc("neutron/plugins/ml2/ml2_conf.ini"), ini.render(_ml2(site))),
        *agents,
    ]


def services(site: Site) -> list[Service]:
    """The API, the worker that keeps OVN in step with Neutron's database, and the metadata agents."""
    log = site.paths.log
    return [
        api(
            site,
            "neutron",
            Port.NEUTRON,
            "neutron.wsgi.api:application",
            needs=("mariadb", "ovn-northd"),
            settings={"OS_NEUTRON_CONFIG_DIR": str(site.etc("neutron"))},
        ),
        daemon(
            site,
            "neutron-maintenance",
            str(site.paths.venv / "bin/neutron-ovn-maintenance-worker"),
            *configuration(site),
            needs=("mariadb", "ovn-northd", "rabbitmq"),
            answers=has_said(log / "neutron-maintenance.log", "ervice"),
        ),
        *(agent(site, hypervisor) for hypervisor in site.hypervisors),
    ]


def configuration(site: Site) -> tuple[str, ...]:
    """The arguments that name Neutron's two files."""
    names = ("neutron/neutron.conf", "neutron/plugins/ml2/ml2_conf.ini")
    return tuple(word for name in names for word in ("--config-file", str(site.etc(name))))


def agent(site: Site, hypervisor: Hypervisor) -> Service:
    """The metadata agent of a hypervisor, with namespaces of its own that go when it goes."""
    name = f"neutron-agent-{hypervisor.name}"
    program = (
        str(site.paths.venv / "bin/neutron-ovn-agent"),
        "--config-file",
        str(_agent_file(site, hypervisor)),
    )
    return daemon(
        site,
        name,
        *("unshare", "--mount", "--propagation", "private", "sh", "-c", PRIVATE_NAMES, "sh", *program),
        needs=(f"ovn-controller-{hypervisor.name}", "rabbitmq"),
        answers=has_said(site.paths.log / f"{name}.log", "ervice"),
        netns=hypervisor.netns,
    )


def _agent_file(site: Site, hypervisor: Hypervisor) -> Path:
    return site.etc(f"neutron/agent-{hypervisor.name}.ini")


def _neutron(site: Site) -> ini.Sections:
    return {
        "DEFAULT": {
            "host": "controller",
            "state_path": str(site.paths.state / "neutron"),
            "api_paste_config": str(site.paths.venv / "etc/neutron/api-paste.ini"),
            "transport_url": site.messaging,
            "core_plugin": "ml2",
            "service_plugins": "ovn-router,qos,segments,trunk,port_forwarding,network_ip_availability",
            "auth_strategy": "keystone",
            "dhcp_agent_notification": False,
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
            "send_events_interval": 0,
            "rpc_workers": 1,
            "max_allowed_address_pair": 50,
        },
        "database": ini.database(site, "neutron"),
        "nova": ini.credentials(site, "nova"),
        "placement": ini.credentials(site, "placement"),
        "keystone_authtoken": ini.token_check(site, "neutron"),
        **ini.common(site),
    }


def _ml2(site: Site) -> ini.Sections:
    return {
        "ml2": {
            "type_drivers": "local,flat,vlan,geneve",
            "tenant_network_types": "geneve",
            "mechanism_drivers": "ovn",
            "extension_drivers": "port_security,qos",
            "overlay_ip_version": 4,
        },
        "ml2_type_flat": {"flat_networks": PHYSICAL_NETWORK},
        "ml2_type_vlan": {"network_vlan_ranges": PHYSICAL_NETWORK},
        "ml2_type_geneve": {"vni_ranges": "1:65536", "max_header_size": 38},
        "securitygroup": {"enable_security_group": True},
        "ovn": {
            "ovn_nb_connection": site.ovn,
            "ovn_sb_connection": site.ovn,
            "ovn_metadata_enabled": True,
            "enable_distributed_floating_ip": False,
            "dns_servers": "203.0.113.1",
            "ovn_emit_need_to_frag": True,
        },
        "ovs": {"ovsdb_connection": site.first.ovsdb},
    }


def _agent(site: Site, hypervisor: Hypervisor) -> ini.Sections:
    return {
        "DEFAULT": {
            "host": hypervisor.name,
            "state_path": str(site.paths.state / f"neutron-agent-{hypervisor.name}"),
            # Below its folder of state the path would be too long for a socket's.
            "metadata_proxy_socket": str(hypervisor.run / "metadata.sock"),
            "metadata_proxy_shared_secret": site.secrets.metadata,
            "nova_metadata_host": ADDRESS,
            "nova_metadata_port": int(Port.METADATA),
            "metadata_workers": 0,
        },
        "AGENT": {"root_helper": "env"},
        "agent": {"extensions": "metadata"},
        "ovs": {"ovsdb_connection": hypervisor.ovsdb},
        "ovn": {"ovn_nb_connection": site.ovn, "ovn_sb_connection": site.ovn},
        "oslo_concurrency": {"lock_path": str(site.paths.state / "lock")},
    }
