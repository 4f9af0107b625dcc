"""What can happen to a hypervisor: it freezes, or the network between hypervisors is cut.

For tests of what stands in the cloud. Stops and continues processes, and changes the cables between
hypervisors; an `up` puts back what was left so.
"""

from __future__ import annotations

import signal

from sandbox import namespaces
from sandbox.openstack import ovn
from sandbox.openstack.services import compute, network
from sandbox.openstack.site import Hypervisor, Site
from sandbox.openstack.virt.machine import Machine
from sandbox.processes import Supervisor


class Hypervisors:
    """The cloud's hypervisors; each is called by its name in Nova, `compute1` or `compute2`."""

    def __init__(self, site: Site, supervisor: Supervisor) -> None:
        self._site = site
        self._supervisor = supervisor

    @property
    def names(self) -> tuple[str, ...]:
        """The first one is also the gateway to the external network, and the workers are plugged in there."""
        return tuple(hypervisor.name for hypervisor in self._site.hypervisors)

    def freeze(self, name: str) -> None:
        """Stops a hypervisor in the middle of what it does: its switch and agents, and all processes of its
        servers.

        No packet comes out of it any more, its servers' links and its tunnels are silent. The cloud's own
        services go on, also those that share a namespace with the first one.

        Raises ValueError if there is no such hypervisor.
        """
        self._signal(self._named(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Lets it go on where it was stopped. Raises ValueError if there is no such hypervisor."""
        self._signal(self._named(name), signal.SIGCONT)

    def cut(self) -> None:
        """Takes the cables between hypervisors down: servers on different ones no longer hear each other.

        OVN's agents keep their connection to its databases, so each hypervisor goes on working by itself, and
        the first one still leads to the internet and to the workers.
        """
        self._set_cables("down")

    def heal(self) -> None:
        """Takes the cables up again."""
        self._set_cables("up")

    def mend(self) -> None:
        """Nothing is frozen or cut any more."""
        self.heal()
        for name in self.names:
            self.thaw(name)

    def _named(self, name: str) -> Hypervisor:
        for hypervisor in self._site.hypervisors:
            if hypervisor.name == name:
                return hypervisor
        raise ValueError(f"there is no hypervisor {name!r}; there are {', '.join(self.names)}")

    def _signal(self, hypervisor: Hypervisor, number: signal.Signals) -> None:
        site = self._site
        programs = [
            ovn.switch(site, hypervisor),
            ovn.controller(site, hypervisor),
            ovn.switch_database(site, hypervisor),
            network.agent(site, hypervisor),
            compute.compute(site, hypervisor),
        ]
        self._supervisor.signal([program.name for program in programs], number.name.removeprefix("SIG"))
        for folder in compute.servers(site, hypervisor).glob("*"):
            Machine(folder, compute.server_group(site.paths)).send(number)

    def _set_cables(self, state: str) -> None:
        for end, _ in ovn.cables(self._site):
            namespaces.run("ip", "-n", end.netns, "link", "set", end.name, state)
