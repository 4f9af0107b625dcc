"""An application behind the ingress controller: its Ingress and, from an image, its Deployment and Service.

May touch Pulumi. Read by exposure. What the pods may do: docs/ingress.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from . import inputs, pods
from .settings import model

LEAVE_SECONDS = 5
"""How long a pod goes on serving after it was told to go: until every controller has heard that it left."""

CLASS = "kubernetes.io/ingress.class"
"""The annotation that named an Ingress's class before there were ingress classes; it is still read."""

TERMINATION_SECONDS = 30
"""The pod's terminationGracePeriodSeconds, the time to leave included."""


@dataclass(frozen=True)
class AppArgs:
    """What is exposed, and by whom."""

    app: model.App
    ingress_class: str
    instance: str
    """Tells this stack's objects from another's: the prefix of its names."""
    published: bool = True
    """Whether the controller writes its address into the Ingress; otherwise the Ingress is not waited for."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be there before the Ingress."""
    by_annotation: bool = False
    """Whether the Ingress names its class in an annotation."""


class App(pulumi.ComponentResource):
    """An application under a host name and a path."""

    host: pulumi.Output[str]
    service: pulumi.Output[str]
    """The name of the Service that the Ingress points to."""

    def __init__(self, name: str, args: AppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        app = args.app
        super().__init__("portico:index:App", name, {"host": app.host, "path": app.path}, opts)
        self._name, self._app = name, app
        self._labels = pods.labels(app.name, args.instance)
        self._child = pulumi.ResourceOptions(parent=self)
        if app.run is not None:
            port = app.run.port
            self.service = self._run(app.run).metadata["name"]
        elif app.service is not None:
            port = app.service.port
            self.service = inputs.given(app.service.name)
        else:
            raise ValueError(
                f"the app {app.name} has neither service nor run; the reader lets no such app through"
            )
        self._ingress(args, port)
        self.host = pulumi.Output.from_input(app.host)
        self.register_outputs({"host": self.host, "service": self.service})

    def _metadata(self, annotations: Mapping[str, str] | None = None) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=self._app.name, namespace=self._app.namespace, labels=self._labels, annotations=annotations
        )

    def _run(self, run: model.AppImage) -> k8s.core.v1.Service:
        container = k8s.core.v1.ContainerArgs(
            name="app",
            image=run.image,
            image_pull_policy="IfNotPresent",
            ports=[k8s.core.v1.ContainerPortArgs(container_port=run.port, protocol="TCP")],
            # Which paths an image answers is its own affair; that it accepts connections is not.
            readiness_probe=k8s.core.v1.ProbeArgs(
                tcp_socket=k8s.core.v1.TCPSocketActionArgs(port=run.port),
                period_seconds=1,
                failure_threshold=2,
            ),
            lifecycle=k8s.core.v1.LifecycleArgs(
                pre_stop=k8s.core.v1.LifecycleHandlerArgs(
                    sleep=k8s.core.v1.SleepActionArgs(seconds=LEAVE_SECONDS)
                )
            ),
            resources=k8s.core.v1.ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "64Mi"}),
            security_context=pods.container_security(),
            volume_mounts=[pods.scratch_mount()],
        )
        k8s.apps.v1.Deployment(
            f"{self._name}-pods",
            metadata=self._metadata(),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=run.replicas,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=self._labels),
                strategy=pods.surge(),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=self._labels),
                    spec=k8s.core.v1.PodSpecArgs(
                        automount_service_account_token=False,
                        termination_grace_period_seconds=TERMINATION_SECONDS,
                        security_context=pods.pod_security(run.port),
                        topology_spread_constraints=pods.spread(self._labels),
                        containers=[container],
                        volumes=[pods.scratch_volume()],
                    ),
                ),
            ),
            opts=self._child,
        )
        pods.disruption_budget(
            f"{self._name}-budget", self._metadata(), self._labels, run.replicas, self._child
        )
        return k8s.core.v1.Service(
            f"{self._name}-service",
            metadata=self._metadata(pods.NO_WAIT),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="ClusterIP",
                cluster_ip="None" if run.headless else None,
                selector=self._labels,
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name="http", port=run.port, target_port=run.port, protocol="TCP"
                    )
                ],
            ),
            opts=self._child,
        )

    def _annotations(self, args: AppArgs) -> dict[str, str] | None:
        said = {CLASS: args.ingress_class} if args.by_annotation else {}
        return (said if args.published else {**said, **pods.NO_WAIT}) or None

    def _ingress(self, args: AppArgs, port: int) -> None:
        app = self._app
        path = k8s.networking.v1.HTTPIngressPathArgs(
            path=app.path,
            path_type="Prefix",
            backend=k8s.networking.v1.IngressBackendArgs(
                service=k8s.networking.v1.IngressServiceBackendArgs(
                    name=self.service, port=k8s.networking.v1.ServiceBackendPortArgs(number=port)
                )
            ),
        )
        k8s.networking.v1.Ingress(
            f"{self._name}-ingress",
            metadata=self._metadata(self._annotations(args)),
            spec=k8s.networking.v1.IngressSpecArgs(
                ingress_class_name=None if args.by_annotation else args.ingress_class,
                rules=[
                    k8s.networking.v1.IngressRuleArgs(
                        host=app.host, http=k8s.networking.v1.HTTPIngressRuleValueArgs(paths=[path])
                    )
                ],
                tls=[
                    k8s.networking.v1.IngressTLSArgs(
                        hosts=[app.host], secret_name=inputs.given(app.tls_secret)
                    )
                ]
                if app.tls_secret
                else None,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
