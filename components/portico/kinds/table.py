"""The table of load balancer kinds: who keeps the client's address, how health is asked, what stands inside
the cluster.

Pure: no Pulumi, no network, no clock. Read by settings, plan and exposure; a new kind is one row here
and one folder beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """Where a load balancer stands, which decides who has to exist first."""

    OUTSIDE = "outside"
    """In front of the cluster: it is made first and forwards to node ports chosen in the plan."""
    INSIDE = "inside"
    """In the cluster: the controller's Service is of type LoadBalancer and its status holds the address."""


class ClientIp(Enum):
    """How the client's address reaches the ingress controller."""

    PROXY_V2 = "PROXY protocol v2"
    """The load balancer connects from an address of its own and names the client's in a header."""
    KEPT = "kept"
    """The packets arrive with the client's own source address."""


class Check(Enum):
    """How a load balancer asks whether a node can serve."""

    HTTP = "HTTP GET on the health node port"
    TCP = "TCP connect to the node port"
    CLUSTER = "the cluster's own endpoints"


class Carries(Enum):
    """What a health check brings along in front of its question."""

    NOTHING = "nothing"
    PROXY_V2 = "a PROXY protocol v2 header"


@dataclass(frozen=True)
class Kind:
    """A row of the table."""

    type: str
    """The value of `loadBalancer.type`."""
    place: Place
    client_ip: ClientIp
    check: Check
    check_carries: Carries
    """HAProxy, and Octavia's amphora with it, sends no header with a check that has a port of its own
    (HAProxy manual, check-send-proxy; Octavia's macros.j2 says `send-proxy` and `port`, and nowhere
    `check-send-proxy`). AWS sends it with every check of a group that has it on, without a client in it
    (Network Load Balancers, Proxy protocol, Health check connections)."""
    because: str
    """Why the client's address is or is not kept, as shown to the user."""
    provider: str = ""
    """The variant, where one type has several: Octavia's provider driver."""
    traffic_policy: str = "Local"
    """`externalTrafficPolicy`. With Cluster a node's own address hides the load balancer's, so that the
    controller could trust no PROXY header narrowly (Kubernetes, Service, External traffic policy)."""

    @property
    def name(self) -> str:
        """The row's name: the type, and the variant where there is one."""
        return f"{self.type} ({self.provider})" if self.provider else self.type


KINDS: tuple[Kind, ...] = (
    Kind(
        "openstack-haproxy",
        Place.OUTSIDE,
        ClientIp.PROXY_V2,
        Check.HTTP,
        Carries.NOTHING,
        because="HAProxy connects to the nodes from its host's own address",
    ),
    Kind(
        "octavia",
        Place.OUTSIDE,
        ClientIp.PROXY_V2,
        Check.HTTP,
        Carries.NOTHING,
        because="an amphora connects to the nodes from an address of its own",
        provider="amphora",
    ),
    Kind(
        "octavia",
        Place.OUTSIDE,
        ClientIp.KEPT,
        Check.TCP,
        Carries.NOTHING,
        because="OVN rewrites the destination only",
        provider="ovn",
    ),
    Kind(
        "aws-nlb",
        Place.OUTSIDE,
        ClientIp.PROXY_V2,
        Check.HTTP,
        Carries.PROXY_V2,
        because="with targets by address the load balancer's own address is the source",
    ),
    Kind(
        "metallb",
        Place.INSIDE,
        ClientIp.KEPT,
        Check.CLUSTER,
        Carries.NOTHING,
        because="a node answers for the address itself, and the traffic policy Local rewrites no source",
    ),
)

TYPES: tuple[str, ...] = tuple(dict.fromkeys(kind.type for kind in KINDS))
"""The values that `loadBalancer.type` may take."""


def find(type: str, provider: str = "") -> Kind:
    """The row of a type; the provider is needed only where a type has several rows.

    Raises:
        LookupError: no such row.
    """
    for kind in KINDS:
        if kind.type == type and kind.provider in ("", provider):
            return kind
    raise LookupError(f"no load balancer kind {type!r} with the provider {provider!r}")
