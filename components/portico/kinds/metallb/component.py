"""`metallb`: an address pool and its announcement inside the cluster, and MetalLB itself where wanted.

May touch Pulumi. What was chosen and why: this folder's plan. What is changed in MetalLB's own manifest and
why: docs/metallb.md.
"""

import re
from collections.abc import Callable, Iterator, Mapping

import pulumi
import pulumi_kubernetes as k8s

from ...plan.make import Plan
from ..face import LoadBalancer, ServiceShape
from .manifest import documents, for_class, in_namespace
from .plan import MetalLbPlan

MAKERS: Mapping[str, Callable[..., pulumi.Resource]] = {
    "Namespace": k8s.core.v1.Namespace,
    "CustomResourceDefinition": k8s.apiextensions.v1.CustomResourceDefinition,
    "ServiceAccount": k8s.core.v1.ServiceAccount,
    "Role": k8s.rbac.v1.Role,
    "ClusterRole": k8s.rbac.v1.ClusterRole,
    "RoleBinding": k8s.rbac.v1.RoleBinding,
    "ClusterRoleBinding": k8s.rbac.v1.ClusterRoleBinding,
    "ConfigMap": k8s.core.v1.ConfigMap,
    "Secret": k8s.core.v1.Secret,
    "Service": k8s.core.v1.Service,
    "Deployment": k8s.apps.v1.Deployment,
    "DaemonSet": k8s.apps.v1.DaemonSet,
    "ValidatingWebhookConfiguration": k8s.admissionregistration.v1.ValidatingWebhookConfiguration,
}
"""Every kind in the manifest."""

TYPE = ("apiVersion", "kind")
"""What a maker says itself."""

NAMESPACE, GROUND, RUNNING, WEBHOOK = range(4)
"""The layers of an installation, each on those before it: the namespace, types and rights, what runs, and the
webhook. As soon as that is registered the API server asks it about every pool, but it answers only when the
kubelet has handed it its certificate, up to two minutes later: so the pool comes before it."""

LAYERS: Mapping[str, int] = {
    "Namespace": NAMESPACE,
    "Service": RUNNING,
    "Deployment": RUNNING,
    "DaemonSet": RUNNING,
    "ValidatingWebhookConfiguration": WEBHOOK,
}
"""The layer of each kind; GROUND of all others."""


class MetalLb(LoadBalancer):
    """MetalLB in layer 2 mode: a node answers for the address, and the controller's Service gets it."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        own = plan.load_balancer
        if not isinstance(own, MetalLbPlan):
            raise TypeError(f"{name}: the plan is {type(own).__name__}")
        self._name, self._own = name, own
        namespaces = self._install(NAMESPACE, after=[])
        ground = [*namespaces, *self._install(GROUND, after=namespaces)]
        pool = k8s.apiextensions.CustomResource(
            f"{name}-pool",
            api_version="metallb.io/v1beta1",
            kind="IPAddressPool",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=plan.names.of("pool"), namespace=own.namespace),
            spec={"addresses": list(own.addresses)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=ground),
        )
        announcement = k8s.apiextensions.CustomResource(
            f"{name}-announcement",
            api_version="metallb.io/v1beta1",
            kind="L2Advertisement",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=plan.names.of("pool"), namespace=own.namespace),
            spec={
                "ipAddressPools": [plan.names.of("pool")],
                **({"interfaces": list(own.interfaces)} if own.interfaces else {}),
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[pool]),
        )
        self._install(RUNNING, after=ground)
        self._install(WEBHOOK, after=[announcement])
        self.service = _service(own, plan.names.of("pool"))
        self.source_addresses = pulumi.Output.from_input([])
        self.ready = pulumi.Output.from_input("MetalLB announces the address as soon as the Service has it")
        self.details = {"pool": pulumi.Output.from_input(plan.names.of("pool"))}
        self.register_outputs({"sourceAddresses": self.source_addresses, **self.details})

    def _install(self, layer: int, after: list[pulumi.Resource]) -> list[pulumi.Resource]:
        """Registers a layer of MetalLB itself; nothing where it is not to be installed."""
        if not self._own.install.value:
            return []
        made = []
        for document in documents():
            kind = document["kind"]
            if LAYERS.get(kind, GROUND) == layer and kind.lower() not in self._own.existing:
                moved = for_class(in_namespace(document, self._own.namespace), self._own.load_balancer_class)
                name = f"{self._name}-{kind.lower()}-{document['metadata']['name'].replace(':', '-')}"
                said = {_argument(key): value for key, value in moved.items() if key not in TYPE}
                opts = pulumi.ResourceOptions(parent=self, depends_on=after)
                made.append(MAKERS[kind](name, **said, opts=opts))
        return made


def _argument(key: str) -> str:
    """The Python argument for a top-level key: `roleRef` is role_ref. Below it keys are Kubernetes' own."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter.group().lower()}", key)


def _service(own: MetalLbPlan, pool: str) -> ServiceShape:
    """The controller's Service: out of this pool, with the wanted address, for the allowed clients."""
    return ServiceShape(
        type="LoadBalancer",
        annotations=dict(_annotations(own, pool)),
        load_balancer_class=own.load_balancer_class,
        source_ranges=()
        if any(clients.prefixlen == 0 for clients in own.allowed_clients)
        else tuple(str(clients) for clients in own.allowed_clients),
    )


def _annotations(own: MetalLbPlan, pool: str) -> Iterator[tuple[str, str]]:
    yield "metallb.io/address-pool", pool
    if own.address is not None:
        yield "metallb.io/loadBalancerIPs", str(own.address)
