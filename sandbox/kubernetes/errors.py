"""What can go wrong with the sandbox's Kubernetes. Read by every module that raises, and by the sandbox's
command line."""

from __future__ import annotations


class KubernetesError(Exception):
    """The cluster does not come up; the text says what is missing and where to read more."""
