"""A real Kubernetes for the sandbox: one control plane and three worker nodes that sit on a tenant network of
the sandbox's OpenStack.

The door is Kubernetes (the cluster) and Workers (its nodes' Neutron ports and cables). Kubernetes needs
nothing of OpenStack and can come up beside it; Workers joins the two when both are there.
"""

from sandbox.kubernetes.cluster import Kubernetes
from sandbox.kubernetes.errors import KubernetesError
from sandbox.kubernetes.workers import Worker, Workers, WorkersError

__all__ = ["Kubernetes", "KubernetesError", "Worker", "Workers", "WorkersError"]
