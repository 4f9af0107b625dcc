"""Octavia with the OVN provider, in the second region only.

Pure. Its configuration and database belong to every sandbox; its programs run where they were asked for.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.openstack import ini
from sandbox.openstack.files import File
from sandbox.openstack.services.web import api, daemon
from sandbox.openstack.site import ADDRESS, REGION, Port, Site
from sandbox.openstack.startup import Service, has_said

WRAPPERS = Path(__file__).parent.parent / "octavia"


def files(site: Site) -> list[File]:
    """Configuration of the API and of the driver agent."""
    return [File(site.etc("octavia/octavia.conf"), ini.render(_octavia(site)))]


def services(site: Site) -> list[Service]:
    """The API, and the agent through which the OVN provider reports what became of a load balancer."""
    configuration = ("--config-file", str(site.etc("octavia/octavia.conf")))
    sockets = {"PORTICO_OCTAVIA_SOCKETS": str(site.paths.run)}
    python = str(site.paths.venv / "bin/python")
    agent = (python, str(WRAPPERS / "driver_agent.py"), *configuration)
    return [
        api(
            site,
            "octavia",
            Port.OCTAVIA,
            "octavia_api:application",
            *("--pythonpath", str(WRAPPERS), "--pyargv", " ".join(configuration)),
            needs=("mariadb", "ovn-northd"),
            settings=sockets,
        ),
        daemon(
            site,
            "octavia-driver-agent",
            *("env", *(f"{name}={value}" for name, value in sockets.items()), *agent),
            needs=("mariadb", "ovn-northd"),
            # Not by its sockets: a connection that says nothing keeps octavia_lib's handler busy for ever.
            answers=has_said(site.paths.log / "octavia-driver-agent.log", "OVN provider agent has started"),
        ),
    ]


def _octavia(site: Site) -> ini.Sections:
    run = site.paths.run
    return {
        "DEFAULT": {"transport_url": site.messaging},
        "api_settings": {
            "bind_host": ADDRESS,
            "bind_port": int(Port.OCTAVIA),
            "auth_strategy": "keystone",
            "enabled_provider_drivers": "ovn:OVN provider",
            "default_provider_driver": "ovn",
            "api_base_uri": site.url(Port.OCTAVIA),
        },
        "driver_agent": {
            "enabled_provider_agents": "ovn",
            "status_socket_path": str(run / "octavia-status.sock"),
            "stats_socket_path": str(run / "octavia-stats.sock"),
            "get_socket_path": str(run / "octavia-get.sock"),
        },
        "ovn": {"ovn_nb_connection": site.ovn, "ovn_sb_connection": site.ovn},
        "database": ini.database(site, "octavia"),
        "oslo_messaging": {"topic": "octavia_prov", "rpc_thread_pool_size": 4},
        "service_auth": ini.credentials(site, "octavia"),
        "neutron": {"region_name": REGION},
        "nova": {"region_name": REGION},
        "glance": {"region_name": REGION},
        "keystone_authtoken": ini.token_check(site, "octavia"),
        **ini.common(site),
    }
