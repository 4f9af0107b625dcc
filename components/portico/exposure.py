"""Exposure: the whole way from the client to the applications, as resources.

May touch Pulumi. Reads settings, asks the platform, has the plan made, and wires what the plan says; decides
nothing itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from . import connections, memory, planning, providers, state
from .apps import App, AppArgs
from .args import ExposureArgs
from .ingress.face import ControllerArgs, IngressController
from .kinds.face import LoadBalancer
from .kinds.table import ClientIp, Place, Platform
from .problems import Refused
from .serving.address import address_answers
from .serving.explaining import explained
from .settings.model import App as AppSettings


class Exposure(pulumi.ComponentResource):
    """An ingress controller on node ports, a load balancer in front of it, and applications behind it.

    Raises:
        pulumi.RunError: the settings are wrong, or the platform cannot carry them; every reason in one
        message, nothing made.
    """

    address: pulumi.Output[str]
    """What clients connect to: an IP address or a host name."""
    url: pulumi.Output[str]
    """Where the first application is, by its host name; without one, the address."""
    answer: pulumi.Output[str]
    """What the first application answered through the address when all of them did."""
    node_ports: Mapping[str, int]
    """The node port of each listener, by name."""
    details: Mapping[str, pulumi.Input[Any]]
    """The kind of load balancer as `type`, and what its platform adds, such as `vip`."""
    reasons: Mapping[str, str]
    """Why it is built as it is: the reason of every choice, by the choice's name."""

    def __init__(
        self,
        name: str,
        args: ExposureArgs,
        opts: pulumi.ResourceOptions | None = None,
        source: str = "",
    ) -> None:
        """Args:
        name: the component's name.
        args: the settings, one key for each section (docs/settings.md).
        source: where the settings come from, for error messages.
        """
        given = {package: connections.given(opts, package) for package in ("openstack", "kubernetes")}
        try:
            written = planning.Source(source or f"the settings of {name}", program=not source)
            self._plan, facts = planning.plan(name, args, written, given)
            component = self._plan.kind.value.load()
        except Refused as refused:
            raise pulumi.RunError(str(refused)) from None
        super().__init__(state.EXPOSURE, name, {}, opts)
        below = pulumi.ResourceOptions(
            parent=self,
            providers=[*filter(None, given.values()), *self._platforms(name, given)],
            depends_on=planning.gate(self._plan),
        )
        balancer = component(f"{name}-lb", self._plan, below)
        controller = self._controller(f"{name}-ingress", balancer, below)
        for app in self._plan.apps:
            self._app(name, app, controller.serving if controller else (balancer,), below)
        address = balancer.address or (controller.address if controller else None)
        self.address = address if address is not None else pulumi.Output.from_input("")
        first = self._plan.questions[0]
        explain = explained(self._plan.kubernetes, alone=given["kubernetes"] is None)
        self.url = self.address.apply(lambda known: first.url(first.host or known))
        # What the address answers rests on everything else, so nothing else is waited for by name.
        questions = balancer.value(lambda plan: None if plan.late else plan.questions)
        self.answer = pulumi.Output.all(self.address, balancer.ready, questions).apply(
            lambda known: address_answers(self, known[0], known[2], self._plan.wait, self._plan.way, explain)
        )
        self.node_ports = {listener.name: listener.node_port for listener in self._plan.listeners}
        self.details = {"type": self._plan.kind.value.name, **balancer.details}
        self.reasons = self._plan.reasons()
        self.register_outputs({"address": self.address, "url": self.url, memory.KEPT: facts})

    def _platforms(
        self, name: str, given: Mapping[str, pulumi.ProviderResource | None]
    ) -> list[pulumi.ProviderResource]:
        """A provider for each platform that the program gives none for: an offline preview has to tell the
        OpenStack provider that there is no cloud to ask, which the ambient one cannot be told."""
        own = pulumi.ResourceOptions(parent=self)
        made: list[pulumi.ProviderResource] = []
        if given["kubernetes"] is None:
            made.append(providers.kubernetes(f"{name}-cluster", self._plan.kubernetes, own))
        if Platform.OPENSTACK in self._plan.kind.value.platforms and given["openstack"] is None:
            made.append(providers.openstack(f"{name}-cloud", own))
        return made

    def _app(
        self,
        name: str,
        app: AppSettings,
        after: Sequence[pulumi.Resource],
        below: pulumi.ResourceOptions,
    ) -> App:
        return App(
            f"{name}-{app.namespace}.{app.name}",
            AppArgs(
                app,
                self._plan.ingress_class,
                self._plan.names.prefix,
                published=self._plan.ingress is not None,
                after=after,
                by_annotation=self._plan.by_annotation,
            ),
            below,
        )

    def _controller(
        self, name: str, balancer: LoadBalancer, below: pulumi.ResourceOptions
    ) -> IngressController | None:
        chosen = self._plan.ingress
        if chosen is None:
            return None
        proxied = self._plan.client_ip.value is ClientIp.PROXY_V2
        return chosen.controller.load()(
            name,
            ControllerArgs(
                names=self._plan.names,
                plan=chosen,
                listeners=tuple(each for each in self._plan.listeners if not each.direct),
                health=self._plan.health,
                traffic_policy=self._plan.traffic_policy.value,
                trusted=balancer.source_addresses if proxied else (),
                published=balancer.address,
                service=balancer.service,
                after=(balancer,) if self._plan.kind.value.place is Place.INSIDE else (),
                outlives=(balancer,),
            ),
            below,
        )
