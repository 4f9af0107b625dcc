"""What all pods that Portico makes have in common: no privileges, spread out, one eviction at a time.

May touch Pulumi, makes only what it is asked for. Read by ingress and apps. Rules: Kubernetes, Pod Security
Standards, profile restricted.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

NOBODY = 65532
"""The user and group that pods run as: a number above every system account, known to no image."""

UNPRIVILEGED_PORTS = 1024
"""The first port that a process without privileges may listen on (ip(7), ip_unprivileged_port_start)."""

NO_WAIT = {"pulumi.com/skipAwait": "true"}
"""The annotation with which Pulumi takes an object as ready once it exists. For a Service whose pods are
waited for anyway: waiting for its endpoints as well takes ten seconds more."""

SCRATCH = "scratch"
"""The name of the volume at /tmp."""


def labels(name: str, instance: str) -> dict[str, str]:
    """The labels that select a workload's pods (Kubernetes, Recommended Labels)."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance}


def pod_security(lowest_port: int) -> k8s.core.v1.PodSecurityContextArgs:
    """No root; a port below 1024 is opened for the pod alone by a safe sysctl, without a capability."""
    sysctls = (
        [k8s.core.v1.SysctlArgs(name="net.ipv4.ip_unprivileged_port_start", value=str(lowest_port))]
        if lowest_port < UNPRIVILEGED_PORTS
        else None
    )
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=NOBODY,
        run_as_group=NOBODY,
        fs_group=NOBODY,
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
        sysctls=sysctls,
    )


def container_security() -> k8s.core.v1.SecurityContextArgs:
    """No capability, no way to gain one, nothing to write to but its volumes."""
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def scratch_volume() -> k8s.core.v1.VolumeArgs:
    """The one place that can be written to: it is empty at the start and gone at the end."""
    return k8s.core.v1.VolumeArgs(name=SCRATCH, empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs())


def scratch_mount() -> k8s.core.v1.VolumeMountArgs:
    """Where it is."""
    return k8s.core.v1.VolumeMountArgs(name=SCRATCH, mount_path="/tmp")  # noqa: S108  the container's own


def spread(selected: Mapping[str, str]) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """One pod a node where the nodes suffice. Never a reason not to run: a hard rule counts a dead node in,
    and keeps its pods off the living ones."""
    return [
        k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key="kubernetes.io/hostname",
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selected),
            match_label_keys=["pod-template-hash"],
        )
    ]


def surge() -> k8s.apps.v1.DeploymentStrategyArgs:
    """A new pod is ready before an old one goes."""
    return k8s.apps.v1.DeploymentStrategyArgs(
        type="RollingUpdate",
        rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
    )


def disruption_budget(
    name: str,
    metadata: k8s.meta.v1.ObjectMetaArgs,
    selected: Mapping[str, str],
    replicas: int,
    opts: pulumi.ResourceOptions,
) -> k8s.policy.v1.PodDisruptionBudget | None:
    """One pod at a time may be evicted. None for a single pod: it would say nothing, or block every drain."""
    if replicas < 2:
        return None
    return k8s.policy.v1.PodDisruptionBudget(
        name,
        metadata=metadata,
        spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selected),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=opts,
    )
