"""Configuration files of the oslo.config kind, rendered from plain values, and the sections that many
services share.

Pure. Read by sandbox.openstack.services.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.openstack.site import REGION, Port, Site

Section = Mapping[str, str | int | bool]
Sections = Mapping[str, Section]


def render(sections: Sections) -> str:
    """`[section]` and `key = value` lines. Raises ValueError for a value with a newline: it would be a second
    option."""
    lines: list[str] = []
    for name, section in sections.items():
        lines.append(f"[{name}]")
        for key, value in section.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if "\n" in text:
                raise ValueError(f"[{name}] {key}: a value must not hold a newline")
            lines.append(f"{key} = {text}")
        lines.append("")
    return "\n".join(lines)


def database(site: Site, name: str) -> Section:
    """A database connection with a small pool."""
    return {"connection": site.database(name), "max_pool_size": 5, "max_overflow": 20}


def credentials(site: Site, user: str) -> Section:
    """How a service speaks to Keystone on its own behalf (keystoneauth's `password` plugin)."""
    return {
        "auth_type": "password",
        "auth_url": site.url(Port.KEYSTONE),
        "username": user,
        "password": site.secrets.service,
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": REGION,
    }


def token_check(site: Site, user: str) -> Section:
    """How an API checks the tokens that it is shown (keystonemiddleware)."""
    return {
        **credentials(site, user),
        "www_authenticate_uri": site.url(Port.KEYSTONE),
        "memcached_servers": "",
        "service_token_roles_required": True,
        "service_token_roles": "service",
        "interface": "internal",
    }


def common(site: Site) -> Sections:
    """What every service that uses the message queue or locks files says."""
    return {
        "oslo_messaging_notifications": {"driver": "noop"},
        "oslo_messaging_rabbit": {"rabbit_quorum_queue": False},
        "oslo_concurrency": {"lock_path": str(site.paths.state / "lock")},
    }
