"""Which keys belong together: sections with the type of load balancer, keys with the source of the nodes.

Pure: no Pulumi, no network, no clock. Read by parsing, before the values themselves are judged: what is out
of place needs no judging. The kinds' rows say what is theirs.
"""

from __future__ import annotations

from ..ingress.table import NONE
from ..kinds.table import TYPES, Kind, Place, find
from .model import kinds_sections
from .reading import Reading

SOURCES = {
    "addresses": ("addresses",),
    "openstack": ("names", "tag", "metadata", "network"),
    "cidr": ("cidr", "exclude"),
}
"""The values of `nodes.from`, each with the keys that belong to it alone."""

UNCONTROLLED = (
    "namespace",
    "existing",
    "defaultClass",
    "image",
    "replicas",
    "nodeSelector",
    "tolerations",
    "priorityClass",
    "resources",
    "redirectToHttps",
    "defaultCertificate",
    "forwardedHeadersFrom",
    "extraArgs",
)
"""The keys that only a controller of ours uses."""


def check(read: Reading) -> None:
    """Reports what is out of place, and notes what has to be there."""
    written = read.found("loadBalancer", "type")
    kind = find(written) if isinstance(written, str) and written in TYPES else None
    if kind:
        _sections(read, kind)
    _nodes(read, kind)
    if read.found("ingress", "controller") == NONE:
        read.refuse("ingress", keys=UNCONTROLLED, rule="is not used with `controller: none`")
    apps = read.found("apps")
    for index, app in enumerate(apps if isinstance(apps, list) else ()):
        if isinstance(app, dict):
            _app(read, index, app)


def _sections(read: Reading, kind: Kind) -> None:
    for name in kind.required:
        read.require("loadBalancer", keys=(name,), rule=f"is required with `type: {kind.type}`")
    others = [name for name in kinds_sections() if name not in kind.sections]
    read.refuse("loadBalancer", keys=others, rule=f"does not belong to `type: {kind.type}`")


def _nodes(read: Reading, kind: Kind | None) -> None:
    group = getattr(kind.settings(), "NODES", None) if kind else None
    by_group = group and read.given(*group)
    if kind and kind.place is Place.INSIDE:
        remedy = "leave it out: a load balancer inside the cluster knows the nodes itself"
        read.refuse(keys=("nodes",), rule=f"may not be given with `type: {kind.type}`", remedy=remedy)
        return
    if kind and not by_group:
        read.require(
            keys=("nodes",), instead=group or (), remedy="say who the backends are, beginning with `from`"
        )
    if not isinstance(read.found("nodes"), dict):
        return
    if group and by_group:
        others = ["from", *(name for names in SOURCES.values() for name in names)]
        rule = f"may not be given with {'.'.join(group[1:])}"
        read.refuse(
            "nodes", keys=others, rule=rule, remedy="leave it out: the group's instances are the nodes"
        )
        return
    if kind:
        read.require("nodes", keys=("from",), remedy=f"say one of {', '.join(SOURCES)}")
    _source(read, read.found("nodes", "from"))


def _source(read: Reading, source: object) -> None:
    if not isinstance(source, str) or source not in SOURCES:
        return
    for other, names in SOURCES.items():
        if other != source:
            remedy = f"leave it out, or say `from: {other}`"
            read.refuse("nodes", keys=names, rule=f"belongs to `from: {other}`", remedy=remedy)
    if source == "openstack":
        rule = "`from: openstack` needs one of names, tag and metadata"
        read.require("nodes", keys=("names", "tag", "metadata"), rule=rule)
    else:
        read.require("nodes", keys=(source,), rule=f"is required with `from: {source}`")


def _app(read: Reading, index: int, app: dict[str, object]) -> None:
    if "service" in app and "run" in app:
        rule, remedy = "may not be given beside service", "keep one of them"
        read.refuse("apps", index, keys=("run",), rule=rule, remedy=remedy)
    read.require(
        "apps",
        index,
        keys=("service", "run"),
        rule="needs one of service and run",
        remedy="say `service` for an existing Service, `run` for an image",
    )
