"""The clouds.yaml that the sandbox hands out, and connections made with it.

Writes one file. Users, tests and the sandbox itself speak to the APIs through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import namespaces
from sandbox.openstack.site import OCTAVIA_REGION, REGION, Port, Site, write_secret
from sandbox.paths import Paths

if TYPE_CHECKING:
    from openstack.connection import Connection


class CloudError(Exception):
    """A call to the cloud failed; the text is what the cloud or the SDK said."""


USER = "portico"
"""Project demo in the region without Octavia: the default."""
OCTAVIA = "portico-octavia"
"""The same project in the region with Octavia."""
ADMIN = "portico-admin"


def write(site: Site) -> None:
    """Writes clouds.yaml (mode 0600)."""
    secrets = site.secrets
    clouds = {
        USER: _cloud(site, "demo", secrets.demo, "demo", REGION),
        OCTAVIA: _cloud(site, "demo", secrets.demo, "demo", OCTAVIA_REGION),
        ADMIN: _cloud(site, "admin", secrets.admin, "admin", REGION),
    }
    write_secret(site.paths.clouds, yaml.safe_dump({"clouds": clouds}, sort_keys=False))


def _cloud(site: Site, user: str, password: str, project: str, region: str) -> dict[str, Any]:
    auth = {
        "auth_url": site.url(Port.KEYSTONE, "/v3"),
        "username": user,
        "password": password,
        "project_name": project,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    return {"auth": auth, "region_name": region, "identity_api_version": 3}


@contextmanager
def connection(paths: Paths, cloud: str = USER) -> Iterator[Connection]:
    """A connection to one of the clouds; within the context the thread's sockets open inside the cloud's
    namespace.

    What the SDK raises and nobody in the context catches becomes a CloudError.
    """
    # Importing the SDK takes a second, which commands that need no API shall not wait for.
    from keystoneauth1.exceptions import ClientException
    from openstack.config import OpenStackConfig
    from openstack.connection import Connection
    from openstack.exceptions import SDKException

    settings = OpenStackConfig(config_files=[str(paths.clouds)], load_envvars=False).get_one(cloud)
    with namespaces.entered(paths.cloud):
        try:
            with Connection(config=settings) as client:
                yield client
        except (SDKException, ClientException) as error:
            raise CloudError(f"the sandbox's cloud refused a call or did not answer: {error}") from error
