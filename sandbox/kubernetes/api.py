"""The few questions that the sandbox itself asks of the Kubernetes API while the cluster comes up.

Reads over the network of the control plane's namespace. Read by cluster. Whoever needs more uses kubectl.
"""

from __future__ import annotations

import datetime
import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox import namespaces
from sandbox.kubernetes import layout


class ApiError(Exception):
    """The API server does not answer, or says no."""


class Api:
    """The API server as its administrator sees it."""

    def __init__(self, netns: str, certificates: Path) -> None:
        self._netns = netns
        self._context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
        self._context.load_cert_chain(certificates / "admin.crt", certificates / "admin.key")

    def get(self, path: str) -> bytes:
        """What the server answers under a path. Raises ApiError."""
        try:
            with namespaces.entered(self._netns):
                connection = http.client.HTTPSConnection(
                    "127.0.0.1", layout.API_PORT, timeout=5, context=self._context
                )
                try:
                    connection.request("GET", path)
                    response = connection.getresponse()
                    body = response.read()
                finally:
                    connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"GET {path}: {error}") from error
        if response.status != http.HTTPStatus.OK:
            raise ApiError(f"GET {path}: {response.status} {body.decode(errors='replace').strip()}")
        return body

    def items(self, path: str) -> list[Mapping[str, Any]]:
        """The objects of a list."""
        found: list[Mapping[str, Any]] = json.loads(self.get(path))["items"]
        return found


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether a node says that it can take pods."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def renewed(lease: Mapping[str, Any]) -> float:
    """When a node was last heard of, in seconds since the epoch."""
    return datetime.datetime.fromisoformat(lease["spec"]["renewTime"]).timestamp()
