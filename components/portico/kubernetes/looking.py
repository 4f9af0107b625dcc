"""What Services, Secrets and Ingresses of applications look like, asked of the cluster.

Only reads, and of a Secret its type alone: a certificate's key never comes here. Read by the preflight and by
serving. What these credentials may not see is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from .answers import Look, Object
from .cluster import Cluster, Forbidden, asked_of_each, location

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
"""Asks for the columns that `kubectl get` shows (Kubernetes API Concepts, Receiving resources as Tables)."""


def looks(cluster: Cluster, things: Iterable[Object]) -> dict[Object, Look | None]:
    """Those that could be asked; None where one is not there.

    Raises:
        NoAnswer: the cluster does not answer.
    """
    seen, _ = asked_of_each(things, lambda thing: _LOOKS[thing.kind](cluster, thing))
    return seen


def _service(cluster: Cluster, thing: Object) -> Look | None:
    found = cluster.get(location(thing))
    if found is None:
        return None
    spec = found["spec"]
    ports = [port["port"] for port in spec.get("ports") or () if port.get("protocol", "TCP") == "TCP"]
    return Look(spec.get("type", "ClusterIP"), tuple(ports), _ready(cluster, thing))


def _ready(cluster: Cluster, service: Object) -> int | None:
    """How many of its endpoints are ready (Kubernetes, EndpointSlices, Conditions)."""
    selector = quote(f"kubernetes.io/service-name={service.name}", safe="")
    path = f"/apis/discovery.k8s.io/v1/namespaces/{service.namespace}/endpointslices?labelSelector={selector}"
    try:
        slices = cluster.get(path)
    except Forbidden:
        return None
    return None if slices is None else sum(map(_serves, _endpoints(slices)))


def _endpoints(slices: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (endpoint for each in slices.get("items") or () for endpoint in each.get("endpoints") or ())


def _serves(endpoint: Mapping[str, Any]) -> bool:
    return (endpoint.get("conditions") or {}).get("ready") is not False


def _secret(cluster: Cluster, thing: Object) -> Look | None:
    table = cluster.get(f"{location(thing)}?includeObject=None", TABLE)
    if table is None:
        return None
    columns = [column["name"] for column in table.get("columnDefinitions") or ()]
    cells = [row["cells"] for row in table.get("rows") or ()]
    return Look(str(cells[0][columns.index("Type")]) if cells and "Type" in columns else "")


def _ingress(cluster: Cluster, thing: Object) -> Look | None:
    return None if cluster.get(location(thing)) is None else Look()


_LOOKS = {"Service": _service, "Secret": _secret, "Ingress": _ingress}
