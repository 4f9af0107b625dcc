"""The databases of a new cloud: made empty, then filled by each service's own migrations.

Runs once for a snapshot. What does not depend on each other runs side by side.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sandbox import namespaces
from sandbox.openstack.services import network
from sandbox.openstack.services.data import mariadb_socket
from sandbox.openstack.services.web import environment
from sandbox.openstack.site import REGION, Port, Site
from sandbox.openstack.software import SERVICES
from sandbox.openstack.startup import StartupError
from sandbox.progress import Progress

DATABASES = ("keystone", "glance", "placement", "nova_api", "nova", "nova_cell0", "neutron", "octavia")

SYSTEM_TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
)
"""What mariadb-install-db feeds to the server, in its order."""


@dataclass(frozen=True)
class Migration:
    """A command of a service that brings its database to the current shape."""

    command: tuple[str, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Passed in the environment, where nobody else can read them."""


def make_mariadb(site: Site) -> None:
    """MariaDB's own tables, in an empty folder."""
    (site.paths.state / "mariadb").mkdir(parents=True, exist_ok=True)
    sql = SERVICES.folder(site.paths) / "usr/share/mysql"
    begin = (
        "create database if not exists mysql",
        "use mysql",
        "set @auth_root_socket=NULL",
        "set @skip_auth_anonymous=1",
    )
    script = "".join(f"{line};\n" for line in begin) + "".join(
        (sql / name).read_text() for name in SYSTEM_TABLES
    )
    server = (
        "/usr/sbin/mariadbd",
        f"--defaults-file={site.etc('mariadb.cnf')}",
        "--bootstrap",
        "--skip-grant-tables",
    )
    namespaces.run(*SERVICES.inside(site.paths, *server), stdin=script)


def make_databases(site: Site) -> None:
    """An empty database for each service and one user for all of them. MariaDB has to answer."""
    script = "".join(f"create database {name} character set utf8mb3;\n" for name in DATABASES)
    for host in ("127.0.0.1", "localhost"):
        script += f"create user openstack@{host} identified by '{site.secrets.database}';\n"
        script += f"grant all on *.* to openstack@{host};\n"
    client = (
        str(site.paths.bin / "mariadb"),
        "--no-defaults",
        "--user=root",
        f"--socket={mariadb_socket(site)}",
    )
    namespaces.run(*client, stdin=script)


def migrate(site: Site, progress: Progress) -> None:
    """Runs all migrations. Raises StartupError with the end of the output of the first that fails."""

    def chain(name: str, migrations: list[Migration]) -> None:
        with progress.step(f"database of {name}"):
            for migration in migrations:
                _run(site, migration)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        chains = [pool.submit(chain, name, todo) for name, todo in migrations(site).items()]
    for each in chains:
        each.result()


def migrations(site: Site) -> dict[str, list[Migration]]:
    """Each service's migrations in their order, the longest first."""
    binaries = site.paths.venv / "bin"

    def command(program: str, *words: str) -> Migration:
        return Migration((str(binaries / program), *words))

    nova = ("--config-file", str(site.etc("nova/nova.conf")))
    keystone = ("--config-dir", str(site.etc("keystone")))
    root = ("--keystone-user", "root", "--keystone-group", "root")
    return {
        "Nova": [
            command("nova-manage", *nova, "api_db", "sync"),
            command("nova-manage", *nova, "cell_v2", "map_cell0"),
            command("nova-manage", *nova, "db", "sync"),
            command("nova-manage", *nova, "cell_v2", "create_cell", "--name", "cell1"),
        ],
        "Keystone": [
            command("keystone-manage", *keystone, "db_sync"),
            command("keystone-manage", *keystone, "fernet_setup", *root),
            command("keystone-manage", *keystone, "credential_setup", *root),
            _keystone_bootstrap(site, keystone),
        ],
        "Neutron": [command("neutron-db-manage", *network.configuration(site), "upgrade", "heads")],
        "Octavia": [
            command(
                "octavia-db-manage",
                "--config-file",
                str(site.etc("octavia/octavia.conf")),
                "upgrade",
                "head",
            )
        ],
        "Glance": [
            command("glance-manage", "--config-file", str(site.etc("glance/glance-api.conf")), "db_sync")
        ],
        "Placement": [
            command(
                "placement-manage", "--config-file", str(site.etc("placement/placement.conf")), "db", "sync"
            )
        ],
    }


def discover_hypervisors(site: Site) -> None:
    """Maps hypervisors that have reported themselves to Nova's cell; until then nothing is scheduled on
    them."""
    nova = (str(site.paths.venv / "bin/nova-manage"), "--config-file", str(site.etc("nova/nova.conf")))
    _run(site, Migration((*nova, "cell_v2", "discover_hosts")))


def _keystone_bootstrap(site: Site, configuration: tuple[str, ...]) -> Migration:
    url = site.url(Port.KEYSTONE, "/v3/")
    urls = [word for kind in ("admin", "internal", "public") for word in (f"--bootstrap-{kind}-url", url)]
    program = str(site.paths.venv / "bin/keystone-manage")
    return Migration(
        (program, *configuration, "bootstrap", *urls, "--bootstrap-region-id", REGION),
        {"OS_BOOTSTRAP_PASSWORD": site.secrets.admin},
    )


def _run(site: Site, migration: Migration) -> None:
    done = subprocess.run(
        namespaces.inside(site.paths.cloud, migration.command),
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            **environment(site),
            **migration.secrets,
            "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true",
        },
    )
    if done.returncode:
        end = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-12:])
        raise StartupError(f"{' '.join(migration.command)} failed with status {done.returncode}:\n{end}")
