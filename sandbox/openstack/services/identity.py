"""Keystone and Glance: who one is, and what servers boot.

Pure.
"""

from __future__ import annotations

from sandbox.openstack import ini
from sandbox.openstack.files import File
from sandbox.openstack.services.web import api
from sandbox.openstack.site import ADDRESS, Port, Site
from sandbox.openstack.startup import Service


def files(site: Site) -> list[File]:
    """Configuration of the two."""
    return [
        File(site.etc("keystone/keystone.conf"), ini.render(_keystone(site))),
        File(site.etc("glance/glance-api.conf"), ini.render(_glance(site))),
    ]


def services(site: Site) -> list[Service]:
    """Their APIs."""
    keystone = {"OS_KEYSTONE_CONFIG_DIR": str(site.etc("keystone"))}
    glance = {"OS_GLANCE_CONFIG_DIR": str(site.etc("glance"))}
    return [
        api(
            site,
            "keystone",
            Port.KEYSTONE,
            "keystone.wsgi.api:application",
            needs=("mariadb",),
            settings=keystone,
        ),
        api(
            site,
            "glance",
            Port.GLANCE,
            "glance.wsgi.api:application",
            "--http-chunked-input",
            needs=("mariadb",),
            settings=glance,
        ),
    ]


def _keystone(site: Site) -> ini.Sections:
    keys = site.paths.state / "keystone"
    return {
        "database": ini.database(site, "keystone"),
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": {"key_repository": str(keys / "fernet-keys")},
        "credential": {"key_repository": str(keys / "credential-keys")},
        "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
        "oslo_messaging_notifications": {"driver": "noop"},
        # Every service authenticates when it starts; the passwords are random, so cheap hashing gives nothing
        # away.
        "identity": {"password_hash_algorithm": "bcrypt", "password_hash_rounds": 4},
    }


def _glance(site: Site) -> ini.Sections:
    state = site.paths.state / "glance"
    return {
        "DEFAULT": {
            "enabled_backends": "file:file",
            "bind_host": ADDRESS,
            "worker_self_reference_url": site.url(Port.GLANCE),
        },
        "database": ini.database(site, "glance"),
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": str(state / "images")},
        "os_glance_tasks_store": {"filesystem_store_datadir": str(state / "tasks")},
        "os_glance_staging_store": {"filesystem_store_datadir": str(state / "staging")},
        "keystone_authtoken": ini.token_check(site, "glance"),
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": str(site.paths.venv / "etc/glance/glance-api-paste.ini"),
        },
        **ini.common(site),
    }
