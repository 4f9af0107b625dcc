"""Nova and Placement: where servers run.

Pure. The hypervisor's driver is sandbox.openstack.virt.nspawn.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.openstack import ini
from sandbox.openstack.files import File
from sandbox.openstack.services.web import api, daemon
from sandbox.openstack.site import ADDRESS, Hypervisor, Port, Site
from sandbox.openstack.startup import Service, has_said
from sandbox.paths import Paths

LAUNCHER = Path(__file__).parent.parent / "virt/compute.py"

FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
)


def files(site: Site) -> list[File]:
    """Configuration of Placement, of Nova's control plane and of each hypervisor's nova-compute."""
    computes = [
        File(site.etc(f"nova-{hypervisor.name}/nova.conf"), ini.render(_nova(site, hypervisor)))
        for hypervisor in site.hypervisors
    ]
    return [
        File(site.etc("placement/placement.conf"), ini.render(_placement(site))),
        File(site.etc("nova/nova.conf"), ini.render(_nova(site, site.first))),
        *computes,
    ]


def services(site: Site) -> list[Service]:
    """Their programs. The conductor and the scheduler give up at once when Keystone does not answer;
    nova-compute asks the conductor when it starts and loses ten seconds when there is none yet."""
    nova = {
        "OS_NOVA_CONFIG_DIR": str(site.etc("nova")),
        # The first file is the pipeline of the API; an absolute name leaves the folder.
        "OS_NOVA_CONFIG_FILES": f"{site.paths.venv}/etc/nova/api-paste.ini;nova.conf",
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true",
    }
    placement = {"OS_PLACEMENT_CONFIG_DIR": str(site.etc("placement"))}
    return [
        api(
            site,
            "placement",
            Port.PLACEMENT,
            "placement.wsgi.api:application",
            needs=("mariadb",),
            settings=placement,
        ),
        api(
            site,
            "nova-api",
            Port.NOVA,
            "nova.wsgi.osapi_compute:application",
            needs=("mariadb",),
            settings=nova,
        ),
        api(
            site,
            "nova-metadata",
            Port.METADATA,
            "nova.wsgi.metadata:application",
            needs=("mariadb",),
            settings=nova,
            threads=4,
        ),
        _daemon(site, "nova-conductor", "Starting conductor node"),
        _daemon(site, "nova-scheduler", "Starting scheduler node"),
        *(compute(site, hypervisor) for hypervisor in site.hypervisors),
    ]


def compute(site: Site, hypervisor: Hypervisor) -> Service:
    """The nova-compute of a hypervisor."""
    name = f"nova-{hypervisor.name}"
    python = str(site.paths.venv / "bin/python")
    return daemon(
        site,
        name,
        *(python, str(LAUNCHER), "--config-file", str(site.etc(name, "nova.conf"))),
        needs=("nova-conductor", "placement", f"ovn-controller-{hypervisor.name}"),
        answers=has_said(
            site.paths.log / f"{name}.log",
            "Compute node record created|Updating resource usage|Starting compute node",
        ),
    )


def _daemon(site: Site, name: str, pattern: str) -> Service:
    return daemon(
        site,
        name,
        *(str(site.paths.venv / "bin" / name), "--config-file", str(site.etc("nova/nova.conf"))),
        needs=("keystone", "rabbitmq"),
        answers=has_said(site.paths.log / f"{name}.log", pattern),
    )


def server_group(paths: Paths) -> str:
    """The control group of all servers; everything of the sandbox is below a group of its prefix."""
    return f"{paths.prefix}/servers"


def servers(site: Site, hypervisor: Hypervisor) -> Path:
    """The folder that holds one for each server of a hypervisor, named after the server's id."""
    return _state(site, hypervisor) / "instances"


def _state(site: Site, hypervisor: Hypervisor) -> Path:
    return site.paths.state / f"nova-{hypervisor.name}"


def _placement(site: Site) -> ini.Sections:
    return {
        "api": {"auth_strategy": "keystone"},
        "placement_database": ini.database(site, "placement"),
        "keystone_authtoken": ini.token_check(site, "placement"),
    }


def _nova(site: Site, hypervisor: Hypervisor) -> ini.Sections:
    return {
        "DEFAULT": {
            "host": hypervisor.name,
            "my_ip": ADDRESS,
            "state_path": str(_state(site, hypervisor)),
            "transport_url": site.messaging,
            "compute_driver": "nspawn.NspawnDriver",
            "initial_cpu_allocation_ratio": "16.0",
            "report_interval": 3,
            "sync_power_state_interval": 20,
            "running_deleted_instance_action": "noop",
            "vif_plugging_timeout": 60,
            "vif_plugging_is_fatal": True,
        },
        "api": {
            "auth_strategy": "keystone",
            # A changed item of metadata reaches the guest in about a second; a cloud's own default is 15.
            "metadata_cache_expiration": 1,
        },
        "wsgi": {"api_paste_config": str(site.paths.venv / "etc/nova/api-paste.ini")},
        "api_database": ini.database(site, "nova_api"),
        "database": ini.database(site, "nova"),
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 10},
        "filter_scheduler": {"track_instance_changes": False, "enabled_filters": ",".join(FILTERS)},
        "vnc": {"enabled": False},
        "spice": {"enabled": False},
        "glance": {"api_servers": site.url(Port.GLANCE)},
        "neutron": {
            **ini.credentials(site, "neutron"),
            "service_metadata_proxy": True,
            "metadata_proxy_shared_secret": site.secrets.metadata,
        },
        "placement": ini.credentials(site, "placement"),
        "service_user": {"send_service_user_token": True, **ini.credentials(site, "nova")},
        "keystone_authtoken": ini.token_check(site, "nova"),
        "upgrade_levels": {"compute": "auto"},
        "nspawn": {
            "image": str(site.paths.image),
            "tools": str(site.paths.bin),
            "ovs_db": hypervisor.ovsdb,
            "netns": hypervisor.netns,
            "group": server_group(site.paths),
        },
        **ini.common(site),
    }
