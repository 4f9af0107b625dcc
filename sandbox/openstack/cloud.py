"""The cloud as a whole: prepared, brought up from nothing or from a snapshot, extended by Octavia.

Ties the modules of this package together. Read by sandbox.__main__; sandbox.kubernetes.workers plugs its
nodes in through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import namespaces
from sandbox.openstack import bootstrap, clouds, databases, files, ovn, snapshot, software
from sandbox.openstack.files import File
from sandbox.openstack.hypervisors import Hypervisors
from sandbox.openstack.services import balancing, compute, data, identity, network
from sandbox.openstack.site import APIS, Port, Secrets, Site
from sandbox.openstack.startup import Service, start
from sandbox.openstack.virt.machine import Machine
from sandbox.paths import Paths
from sandbox.processes import Supervisor
from sandbox.progress import Progress
from sandbox.relays import Relay

if TYPE_CHECKING:
    from openstack.connection import Connection

GROUPS = (data, identity, compute, network)
"""The groups of services that every cloud has; balancing comes when it is asked for."""


class OpenStack:
    """The sandbox's cloud."""

    def __init__(self, paths: Paths, supervisor: Supervisor, progress: Progress) -> None:
        self._paths = paths
        self._supervisor = supervisor
        self._progress = progress

    @cached_property
    def site(self) -> Site:
        """The cloud as values; its secrets are made when they are first needed."""
        return Site(self._paths, Secrets.ensure(self._paths.secrets))

    def prepare(self) -> None:
        """Fetches and unpacks the programs that are missing, side by side. Starts nothing. Raises
        PackagesError."""
        parts = (software.ensure_openstack, software.ensure_trees)
        with ThreadPoolExecutor() as pool:
            running = [pool.submit(part, self._paths, self._progress) for part in parts]
        for future in running:
            future.result()

    def image(self) -> Path:
        """Only the root file system of the servers, made if it is not there. The first server needs it,
        nothing before.

        Raises PackagesError.
        """
        return software.ensure_image(self._paths, self._progress)

    def up(self) -> None:
        """Brings the cloud up on an empty folder of state: from the snapshot, or from nothing and then takes
        the snapshot.

        Raises StartupError.
        """
        configuration = list(self._files())
        files.write(configuration)
        clouds.write(self.site)
        for folder in (
            "lock",
            "glance/images",
            "glance/tasks",
            "glance/staging",
            "keystone",
            "neutron",
            "rabbitmq",
        ):
            (self._paths.state / folder).mkdir(parents=True, exist_ok=True)
        homes = {hypervisor.netns for hypervisor in self.site.hypervisors}
        for netns in {self._paths.cloud, self._paths.inet, *homes}:
            namespaces.ensure(netns)
        key = snapshot.key(configuration)
        if snapshot.exists(self._paths, key):
            with self._progress.step("snapshot of OpenStack restored"):
                snapshot.restore(self._paths, key)
            self._start_network()
            self._start(self._services())
            self._wait_until_ready()
        else:
            self._up_from_nothing()
            with self._progress.step("snapshot of OpenStack taken"):
                self._take_snapshot(key)

    def clear(self) -> None:
        """Removes what ended servers leave in /run/netns: the name of a namespace that is no more."""
        for folder in self._paths.state.glob("nova-*/instances/*"):
            namespaces.delete(Machine(folder, compute.server_group(self._paths)).netns)

    @property
    def hypervisors(self) -> Hypervisors:
        """The hypervisors, for who wants one to freeze or to be cut off."""
        return Hypervisors(self.site, self._supervisor)

    def ensure_running(self) -> None:
        """Starts again whatever of a cloud that is up has ended, and lets go on what was frozen or cut."""
        self.hypervisors.mend()
        self._start([*ovn.databases(self.site), *self._services()])

    def octavia(self) -> None:
        """Starts Octavia, whose database and catalogue every cloud has. Raises StartupError."""
        with self._progress.step("Octavia answers"):
            self._start(balancing.services(self.site))

    def facts(self) -> dict[str, Any]:
        """What a stack file or a test has to know of this cloud."""
        return bootstrap.facts(self.site)

    def relays(self) -> list[Relay]:
        """Where the APIs shall answer besides the cloud's own namespace: for the operator, and the metadata
        service for the agent of each hypervisor."""
        cloud, inet = self._paths.cloud, self._paths.inet
        elsewhere = tuple(
            hypervisor.netns for hypervisor in self.site.hypervisors if hypervisor.netns != cloud
        )
        return [
            *(Relay(int(port), cloud, (inet,)) for port in APIS),
            Relay(int(Port.METADATA), cloud, elsewhere),
        ]

    def connection(self, cloud: str = clouds.USER) -> AbstractContextManager[Connection]:
        """A connection to the cloud as the project (`portico`) or as the provider (`portico-admin`)."""
        return clouds.connection(self._paths, cloud)

    @property
    def host(self) -> str:
        """The name under which OVN knows the machine that `plug` plugs into: a port's binding_host_id."""
        return self.site.first.name

    def plug(self, link: str, port: str, mac: str) -> None:
        """Makes a link of the cloud's namespace, where the first hypervisor is, a Neutron port, by the port's
        id and address."""
        ovn.plug(self.site, link, port, mac)

    def unplug(self, link: str) -> None:
        """Takes a link out of the network, as if its cable were cut; `plug` heals it."""
        ovn.unplug(self.site, link)

    def _up_from_nothing(self) -> None:
        site, (mariadb, *stores) = self.site, data.services(self.site)
        self._start_network()
        with self._progress.step("MariaDB's own tables"):
            databases.make_mariadb(site)
        self._start([mariadb])
        databases.make_databases(site)
        databases.migrate(site, self._progress)
        keystone = next(service for service in identity.services(site) if service.name == "keystone")
        self._start([*stores, keystone])
        with self._progress.step("users and catalogue"):
            bootstrap.identity(site)
        self._start(self._services())
        with self._progress.step("flavors, image, networks and quotas"):
            bootstrap.resources(site)
        databases.discover_hypervisors(site)
        self._wait_until_ready()

    def _take_snapshot(self, key: str) -> None:
        # MariaDB's files are whole only while it does not run; the services reconnect by themselves. OVN's
        # databases are logs that are only ever appended to.
        mariadb = data.services(self.site)[0]
        self._supervisor.stop([mariadb.name])
        snapshot.take(self._paths, key)
        self._start([mariadb])

    def _start_network(self) -> None:
        """Open vSwitch's databases have to answer before the switch can be described, and it is described
        before it starts."""
        ovn.make_databases(self.site)
        ovn.connect_internet(self.site)
        ovn.connect_hypervisors(self.site)
        self._start(ovn.databases(self.site))
        ovn.configure(self.site)
        self._start(ovn.services(self.site))

    def _wait_until_ready(self) -> None:
        with self._progress.step("hypervisor and network agents have reported"):
            bootstrap.wait_until_ready(self.site)

    def _start(self, services: list[Service]) -> None:
        start(self._supervisor, services, self._progress)

    def _services(self) -> list[Service]:
        return [
            *ovn.services(self.site),
            *(service for group in GROUPS for service in group.services(self.site)),
        ]

    def _files(self) -> Iterator[File]:
        for group in (*GROUPS, balancing):
            yield from group.files(self.site)
