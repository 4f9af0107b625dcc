"""Traefik on fixed node ports, as typed Kubernetes resources.

May touch Pulumi. Read by exposure. Decides nothing: what it listens on and whom it believes comes from the
plan and from the load balancer. Why each setting: docs/ingress.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import pulumi
import pulumi_kubernetes as k8s

from ... import pods
from ...settings.model import Resources, Toleration
from ..face import ControllerArgs, IngressController
from ..table import HEALTH
from . import front, tcp, watching
from .arguments import PING_PATH, arguments, termination_seconds

READ = ["list", "watch"]
"""All that an informer does."""


class Traefik(IngressController):
    """The ingress controller Traefik."""

    service: k8s.core.v1.Service

    def __init__(self, name: str, args: ControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        self._name, self._args = name, args
        self._labels = pods.labels("traefik", args.names.prefix)
        self._child = pulumi.ResourceOptions(parent=self)
        self._space = self._namespace()
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=self._metadata(),
            automount_service_account_token=False,
            opts=self._child,
        )
        may_read = self._permissions(account)
        classes = self._class()
        workload = self._workload(self._template(account, self._routes()), may_read)
        # A `destroy` for which the cluster is dead stops at the class, else at the Service.
        self.service = self._service([*args.after, *(args.outlives if not classes else ())])
        self.address = self._address()
        self.serving = (*classes, workload, self.service)
        self.register_outputs({"address": self.address, "service": self.service.metadata["name"]})

    def _namespace(self) -> pulumi.Input[str]:
        """The name of the namespace, which is made unless it is there already."""
        settings = self._args.plan.settings
        if "namespace" in settings.existing:
            return settings.namespace
        made = k8s.core.v1.Namespace(
            f"{self._name}-namespace",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=settings.namespace,
                labels={
                    **self._labels,
                    "pod-security.kubernetes.io/enforce": "restricted",
                    "pod-security.kubernetes.io/warn": "restricted",
                },
            ),
            opts=self._child,
        )
        name: pulumi.Output[str] = made.metadata["name"]
        return name

    def _class(self) -> tuple[k8s.networking.v1.IngressClass, ...]:
        """The ingress class, unless it is there already or applications name an annotation."""
        settings = self._args.plan.settings
        if not settings.makes_class:
            return ()
        made = k8s.networking.v1.IngressClass(
            f"{self._name}-class",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=settings.ingress_class,
                labels=self._labels,
                annotations={"ingressclass.kubernetes.io/is-default-class": "true"}
                if settings.default_class
                else {},
            ),
            spec=k8s.networking.v1.IngressClassSpecArgs(
                controller=self._args.plan.controller.class_controller
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.outlives)),
        )
        return (made,)

    def _metadata(self) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=self._args.names.of("traefik"),
            namespace=self._space,
            labels=self._labels,
        )

    def _permissions(self, account: k8s.core.v1.ServiceAccount) -> k8s.rbac.v1.ClusterRoleBinding:
        """What Traefik's informers list and watch, and the one thing it writes: the status of an Ingress.

        Secrets are read in the whole cluster, because the certificate that an Ingress names lies in the
        application's own namespace, and RBAC cannot say `type: kubernetes.io/tls`.
        """
        metadata = k8s.meta.v1.ObjectMetaArgs(name=self._args.names.of("traefik"), labels=self._labels)
        rule = k8s.rbac.v1.PolicyRuleArgs
        role = k8s.rbac.v1.ClusterRole(
            f"{self._name}-role",
            metadata=metadata,
            rules=[
                rule(api_groups=[""], resources=["services", "secrets", "nodes"], verbs=READ),
                rule(api_groups=["discovery.k8s.io"], resources=["endpointslices"], verbs=READ),
                rule(api_groups=["networking.k8s.io"], resources=["ingresses", "ingressclasses"], verbs=READ),
                rule(api_groups=["networking.k8s.io"], resources=["ingresses/status"], verbs=["update"]),
            ],
            opts=self._child,
        )
        return k8s.rbac.v1.ClusterRoleBinding(
            f"{self._name}-binding",
            metadata=metadata,
            role_ref=k8s.rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io",
                kind="ClusterRole",
                name=role.metadata["name"],
            ),
            subjects=[
                k8s.rbac.v1.SubjectArgs(
                    kind="ServiceAccount",
                    name=account.metadata["name"],
                    namespace=account.metadata["namespace"],
                )
            ],
            opts=self._child,
        )

    def _command_line(self) -> pulumi.Output[list[str]]:
        args, settings = self._args, self._args.plan.settings
        of_service = (
            f"{settings.namespace}/{args.names.of('traefik')}"
            if args.service.type == "LoadBalancer"
            else None
        )
        return pulumi.Output.all(trusted=args.trusted, published=args.published).apply(
            lambda known: front.command_line(
                [
                    *arguments(
                        args.listeners,
                        args.health,
                        settings.ingress_class,
                        args.plan.timeouts,
                        trusted=known["trusted"],
                        published=known["published"],
                        published_service=of_service,
                        noticed_after=args.plan.noticed_after,
                    ),
                    *watching.arguments(settings),
                ],
                settings,
                args.listeners,
            )
        )

    def _routes(self) -> k8s.core.v1.ConfigMap | None:
        """The file of Traefik's file provider: routes for TCP, the default certificate. None where there is
        neither."""
        routes = tcp.routes(self._args.listeners)
        if self._args.plan.settings.default_certificate:
            data = {front.FILE: front.certificate_file(routes)}
        elif routes:
            data = {tcp.FILE: routes}
        else:
            return None
        return k8s.core.v1.ConfigMap(
            f"{self._name}-routes", metadata=self._metadata(), data=data, opts=self._child
        )

    def _volume(self, routes: k8s.core.v1.ConfigMap) -> k8s.core.v1.VolumeArgs:
        """The file, and the certificate beside it. A renewed one is a new folder to the kubelet, and Traefik
        notices."""
        name, secret = routes.metadata["name"], self._args.plan.settings.default_certificate
        if secret is None:
            return k8s.core.v1.VolumeArgs(
                name="routes", config_map=k8s.core.v1.ConfigMapVolumeSourceArgs(name=name)
            )
        files = [k8s.core.v1.KeyToPathArgs(key=key, path=key) for key in ("tls.crt", "tls.key")]
        sources = [
            k8s.core.v1.VolumeProjectionArgs(config_map=k8s.core.v1.ConfigMapProjectionArgs(name=name)),
            k8s.core.v1.VolumeProjectionArgs(
                secret=k8s.core.v1.SecretProjectionArgs(name=secret, items=files)
            ),
        ]
        return k8s.core.v1.VolumeArgs(
            name="routes", projected=k8s.core.v1.ProjectedVolumeSourceArgs(sources=sources)
        )

    def _marks(self, routes: k8s.core.v1.ConfigMap | None) -> Mapping[str, pulumi.Input[str]] | None:
        marks: dict[str, pulumi.Input[str]] = dict(watching.marks(self._args.plan.settings) or {})
        if routes and not self._args.plan.settings.default_certificate:
            # Traefik reads its routes once: other routes are other pods.
            marks["portico/routes"] = routes.data.apply(_digest)
        return marks or None

    def _template(
        self, account: k8s.core.v1.ServiceAccount, routes: k8s.core.v1.ConfigMap | None
    ) -> k8s.core.v1.PodTemplateSpecArgs:
        settings, health = self._args.plan.settings, self._args.health
        ports = [
            *(listener.node_port for listener in self._args.listeners),
            health.node_port,
            *watching.ports(settings),
        ]
        ping = k8s.core.v1.HTTPGetActionArgs(path=PING_PATH, port=health.node_port)
        container = k8s.core.v1.ContainerArgs(
            name="traefik",
            image=settings.image,
            image_pull_policy="IfNotPresent",
            args=self._command_line(),
            # A container port is its node port: one number from the load balancer to the process.
            ports=[k8s.core.v1.ContainerPortArgs(container_port=port, protocol="TCP") for port in ports],
            # The health endpoint answers a moment before the first Ingress is loaded.
            readiness_probe=k8s.core.v1.ProbeArgs(
                http_get=ping, initial_delay_seconds=2, period_seconds=1, failure_threshold=2
            ),
            liveness_probe=k8s.core.v1.ProbeArgs(
                http_get=ping,
                initial_delay_seconds=10,
                period_seconds=10,
                timeout_seconds=5,
                failure_threshold=3,
            ),
            resources=_resources(settings.resources),
            security_context=pods.container_security(),
            volume_mounts=[
                pods.scratch_mount(),
                *([_mount()] if routes else []),
            ],
        )
        return k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels=self._labels, annotations=self._marks(routes)),
            spec=k8s.core.v1.PodSpecArgs(
                service_account_name=account.metadata["name"],
                automount_service_account_token=True,
                termination_grace_period_seconds=termination_seconds(self._args.plan.noticed_after),
                security_context=pods.pod_security(min(ports)),
                priority_class_name=settings.priority_class,
                tolerations=[_toleration(each) for each in settings.tolerations] or None,
                node_selector=dict(settings.node_selector or {}) or None,
                topology_spread_constraints=pods.spread(self._labels) if settings.replicas else None,
                containers=[container],
                volumes=[pods.scratch_volume(), *([self._volume(routes)] if routes else [])],
            ),
        )

    def _workload(
        self, template: k8s.core.v1.PodTemplateSpecArgs, may_read: k8s.rbac.v1.ClusterRoleBinding
    ) -> k8s.apps.v1.DaemonSet | k8s.apps.v1.Deployment:
        selector = k8s.meta.v1.LabelSelectorArgs(match_labels=self._labels)
        opts = pulumi.ResourceOptions(parent=self, depends_on=[may_read])
        replicas = self._args.plan.settings.replicas
        if self._args.plan.workload.value == "DaemonSet" or replicas is None:
            # No budget: a drain leaves the pods of a DaemonSet alone, and no budget can count them.
            return k8s.apps.v1.DaemonSet(
                f"{self._name}-pods",
                metadata=self._metadata(),
                spec=k8s.apps.v1.DaemonSetSpecArgs(
                    selector=selector,
                    template=template,
                    update_strategy=k8s.apps.v1.DaemonSetUpdateStrategyArgs(
                        type="RollingUpdate",
                        rolling_update=k8s.apps.v1.RollingUpdateDaemonSetArgs(max_surge=1, max_unavailable=0),
                    ),
                ),
                opts=opts,
            )
        pods.disruption_budget(f"{self._name}-budget", self._metadata(), self._labels, replicas, self._child)
        return k8s.apps.v1.Deployment(
            f"{self._name}-pods",
            metadata=self._metadata(),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=replicas, selector=selector, template=template, strategy=pods.surge()
            ),
            opts=opts,
        )

    def _service(self, after: list[pulumi.Resource]) -> k8s.core.v1.Service:
        args, shape = self._args, self._args.service
        inside = shape.type == "LoadBalancer"
        ports = [
            k8s.core.v1.ServicePortArgs(
                name=listener.name,
                port=listener.port,
                target_port=listener.node_port,
                node_port=None if inside else listener.node_port,
                protocol="TCP",
            )
            for listener in args.listeners
        ]
        if not inside:
            # Inside the cluster the endpoints tell who serves, and every port of the Service would be public.
            ports.append(
                k8s.core.v1.ServicePortArgs(
                    name=HEALTH,
                    port=args.health.node_port,
                    target_port=args.health.node_port,
                    node_port=args.health.node_port,
                    protocol="TCP",
                )
            )
        return k8s.core.v1.Service(
            f"{self._name}-service",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=args.names.of("traefik"),
                namespace=self._space,
                labels=self._labels,
                annotations={**shape.annotations, **({} if inside else pods.NO_WAIT)},
            ),
            spec=k8s.core.v1.ServiceSpecArgs(
                type=shape.type,
                external_traffic_policy=args.traffic_policy,
                selector=self._labels,
                ports=ports,
                load_balancer_class=shape.load_balancer_class,
                load_balancer_source_ranges=list(shape.source_ranges) or None,
                # A node port would be a way around loadBalancerSourceRanges.
                allocate_load_balancer_node_ports=False if inside else None,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=after,
                # Kubernetes changes a class of no Service, and the name is taken until the old one has gone.
                replace_on_changes=["spec.loadBalancerClass"],
                delete_before_replace=True,
            ),
        )

    def _address(self) -> pulumi.Output[str] | None:
        if self._args.service.type == "LoadBalancer":
            return self.service.status.apply(published)
        return pulumi.Output.from_input(self._args.published) if self._args.published is not None else None


def _resources(said: Resources) -> k8s.core.v1.ResourceRequirementsArgs:
    limits = {"cpu": said.cpu_limit, "memory": said.memory_limit}
    return k8s.core.v1.ResourceRequirementsArgs(
        requests={"cpu": said.cpu, "memory": said.memory},
        limits={name: most for name, most in limits.items() if most is not None} or None,
    )


def _toleration(said: Toleration) -> k8s.core.v1.TolerationArgs:
    return k8s.core.v1.TolerationArgs(
        key=said.key,
        operator="Exists" if said.value is None else "Equal",
        value=said.value,
        effect=said.effect,
        toleration_seconds=said.toleration_seconds,
    )


def _mount() -> k8s.core.v1.VolumeMountArgs:
    return k8s.core.v1.VolumeMountArgs(name="routes", mount_path=tcp.FOLDER, read_only=True)


def _digest(data: Mapping[str, str]) -> str:
    return sha256(data[tcp.FILE].encode()).hexdigest()[:16]


def published(status: k8s.core.v1.outputs.ServiceStatus | None) -> str:
    """The address in a Service's status; empty where there is none yet."""
    balancer = status.load_balancer if status else None
    points = (balancer.ingress if balancer else None) or []
    # In a cluster of both families the IPv6 address may come first.
    known = sorted((point.ip or point.hostname or "" for point in points), key=lambda said: ":" in said)
    return next(iter(known), "")
