"""MariaDB and RabbitMQ, which the others keep their state in and speak to each other through.

Pure. Both are sized for one machine, and for speed rather than for surviving a power cut.
"""

from __future__ import annotations

from sandbox.openstack.files import File
from sandbox.openstack.site import ADDRESS, Port, Site
from sandbox.openstack.software import SERVICES
from sandbox.openstack.startup import Service, listens, listens_at
from sandbox.processes import Program

ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
"""One scheduler that does not wait busily; the distribution port on loopback only (erl(1))."""


def mariadb_socket(site: Site) -> str:
    """Where root may speak to the database without a password."""
    return str(site.paths.run / "mariadb.sock")


def files(site: Site) -> list[File]:
    """Configuration of the two."""
    return [File(site.etc("mariadb.cnf"), _mariadb(site)), *_rabbitmq(site)]


def services(site: Site) -> list[Service]:
    """Programs of the two. RabbitMQ needs Erlang's port mapper running before it."""
    paths = site.paths
    mariadb = Program(
        name="mariadb",
        command=SERVICES.inside(paths, "/usr/sbin/mariadbd", f"--defaults-file={site.etc('mariadb.cnf')}"),
        netns=paths.cloud,
        stop_seconds=20,
    )
    epmd = Program(
        name="epmd",
        command=SERVICES.inside(paths, "/usr/bin/epmd", "-address", ADDRESS, "-port", str(int(Port.EPMD))),
        netns=paths.cloud,
    )
    rabbitmq = Program(
        name="rabbitmq",
        command=SERVICES.inside(paths, "/usr/lib/rabbitmq/bin/rabbitmq-server"),
        netns=paths.cloud,
        environment=_rabbitmq_environment(site),
        stop_seconds=20,
    )
    return [
        Service(mariadb, listens_at(paths.run / "mariadb.sock")),
        Service(epmd, listens(paths.cloud, Port.EPMD)),
        Service(rabbitmq, listens(paths.cloud, Port.RABBITMQ), needs=("epmd",)),
    ]


def _mariadb(site: Site) -> str:
    return f"""[mariadbd]
user = root
datadir = {site.paths.state}/mariadb
socket = {mariadb_socket(site)}
pid-file = {site.paths.run}/mariadb.pid
bind-address = {ADDRESS}
port = {int(Port.MARIADB)}
character-set-server = utf8mb3
collation-server = utf8mb3_general_ci
max_connections = 500
skip-log-bin
skip-name-resolve
performance_schema = 0
# Nothing here has to survive a power cut.
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = 0
innodb_flush_method = nosync
innodb_stats_persistent = 0
innodb_buffer_pool_size = 64M
innodb_log_file_size = 32M
aria_pagecache_buffer_size = 4M
key_buffer_size = 1M
"""


def _rabbitmq(site: Site) -> list[File]:
    main = f"""listeners.tcp.default = {ADDRESS}:{int(Port.RABBITMQ)}
default_user = openstack
default_pass = {site.secrets.messaging}
loopback_users = none
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 100MB
log.console = true
log.file = false
log.console.level = warning
"""
    empty = {"enabled_plugins": "[].\n", "rabbitmq-env.conf": ""}
    folder = site.etc("rabbitmq")
    return [
        File(folder / "rabbitmq.conf", main),
        *(File(folder / name, text) for name, text in empty.items()),
    ]


def _rabbitmq_environment(site: Site) -> dict[str, str]:
    folder = site.etc("rabbitmq")
    return {
        "HOME": str(site.paths.state / "rabbitmq"),
        "ERL_EPMD_ADDRESS": ADDRESS,
        "ERL_EPMD_PORT": str(int(Port.EPMD)),
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": ADDRESS,
        "RABBITMQ_NODE_PORT": str(int(Port.RABBITMQ)),
        "RABBITMQ_DIST_PORT": str(int(Port.RABBITMQ_DISTRIBUTION)),
        "RABBITMQ_MNESIA_BASE": str(site.paths.state / "rabbitmq/mnesia"),
        "RABBITMQ_LOG_BASE": str(site.paths.log),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_PID_FILE": str(site.paths.run / "rabbitmq.pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        "RABBITMQ_CTL_ERL_ARGS": ERLANG,
    }
