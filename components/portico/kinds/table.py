"""The table of load balancer kinds: a row says where the kind stands, what it needs, and where its folder is.

Pure: no Pulumi, no network, no clock. Read by settings, the questions, the plan and exposure. A new kind is
one row here and one folder: docs/add-a-kind.md. A folder's modules are imported when its kind is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from ..problems import Problem, Refused
from ..traffic import Checking

if TYPE_CHECKING:
    from ..plan.planner import Planner
    from .face import LoadBalancer

    Component: TypeAlias = type[LoadBalancer]


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
class Asks:
    """How a kind asks the nodes: what holds where nothing is said, and what it can be told."""

    usual: Checking
    interval: tuple[int, int] = (1, 300)
    """The least and the most, in seconds; the others alike."""
    timeout: tuple[int, int] = (1, 120)
    down: tuple[int, int] = (1, 10)
    up: tuple[int, int] = (1, 10)
    longer_interval: bool = False
    """Whether the interval has to be longer than the timeout."""


class Platform(Enum):
    """What a kind is built on, beside the cluster that every kind has."""

    OPENSTACK = "openstack"
    AWS = "aws"


@dataclass(frozen=True)
class Kind:
    """A row of the table."""

    type: str
    """The value of `loadBalancer.type`."""
    package: str
    """The Python package of the kind: `plan` with its PLANNER, `component` with its class, and `ask` where an
    OpenStack cloud is asked more than any kind there asks."""
    component: str
    """The class in `component`."""
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
    platforms: frozenset[Platform] = frozenset()
    """Whose provider is made, and who is asked before anything is made."""
    sections: tuple[str, ...] = ()
    """The keys under `loadBalancer` that this type takes."""
    required: tuple[str, ...] = ()
    """Those of them without which it cannot be."""
    longest_idle: int | None = None
    """The most that `timeouts.idle` may be, in seconds, where that is less than the settings take."""
    asks_nodes: Asks | None = None
    """None where no load balancer asks: the cluster itself knows who serves."""
    balances: Mapping[str, str] = field(default_factory=dict)
    """The values that `balance` may take, each with the platform's own word for it."""
    balances_by_itself: str = ""
    """What happens where none is said, in a sentence's words."""
    connects: bool = False
    """Whether it opens the connections to the nodes and can be told how long that may take."""
    taken_ports: Mapping[int, str] = field(default_factory=dict)
    """The ports that no listener can have, with who has them."""
    variant_key: tuple[str, ...] = ()
    """Where the settings name the variant, from `loadBalancer` on; empty where the type has one row."""
    variant: str = ""
    """The variant, where one type has several. The first row is what holds where none is named."""
    address_pairs: bool = False
    """Whether it sets allowed address pairs on ports of an OpenStack network."""
    sdk: str = ""
    """The Python package that the component needs and that Portico installs only as an extra."""
    traffic_policy: str = "Local"
    """`externalTrafficPolicy`. With Cluster a node's own address hides the load balancer's, so that the
    controller could trust no PROXY header narrowly (Kubernetes, Service, External traffic policy)."""

    def checking(self, load_balancer: Any) -> Checking:
        """How the nodes are asked, as the section `loadBalancer` says it and else as is usual here."""
        usual, said = self.asks_nodes.usual if self.asks_nodes else Checking(), load_balancer.health_check
        return Checking(
            *(
                getattr(usual, each.name) if (value := getattr(said, each.name)) is None else value
                for each in fields(Checking)
            )
        )

    @property
    def name(self) -> str:
        """The row's name: the type, and the variant where there is one."""
        return f"{self.type} ({self.variant})" if self.variant else self.type

    def planner(self) -> Planner[Any]:
        """How it is planned."""
        planner: Planner[Any] = import_module(f"{self.package}.plan").PLANNER
        return planner

    def load(self) -> Component:
        """The class that builds it.

        Raises:
            Refused: it needs a package that is not installed.
        """
        try:
            module = import_module(f"{self.package}.component")
        except ModuleNotFoundError as missing:
            if not self.sdk or missing.name != self.sdk:
                raise
            raise Refused(f"the provider of {self.type} is not installed", [self._lacks()]) from missing
        component: Component = getattr(module, self.component)
        return component

    def asks(self) -> ModuleType | None:
        """The kind's own questions to its platform; None where it has none."""
        return import_module(f"{self.package}.ask") if find_spec(f"{self.package}.ask") else None

    def settings(self) -> ModuleType | None:
        """The kind's own settings, with SECTIONS by key; None where it takes others' sections alone."""
        return import_module(f"{self.package}.settings") if find_spec(f"{self.package}.settings") else None

    def _lacks(self) -> Problem:
        extras = ",".join(sorted(platform.value for platform in self.platforms))
        return Problem(
            "portico:loadBalancer.type",
            repr(self.type),
            f"needs the Python package {self.sdk.replace('_', '-')}, which is not installed",
            f'run `pip install "./components[{extras}]"` in a checkout of Portico',
        )


_AMPHORA = Kind(
    "octavia",
    f"{__package__}.octavia",
    "Octavia",
    Place.OUTSIDE,
    ClientIp.PROXY_V2,
    Check.HTTP,
    Carries.NOTHING,
    because="an amphora connects to the nodes from an address of its own",
    platforms=frozenset({Platform.OPENSTACK}),
    sdk="pulumi_openstack",
    sections=("openstack", "octavia"),
    required=("openstack",),
    variant_key=("octavia", "provider"),
    variant="amphora",
    # Octavia API, health monitors: the timeout must be less than the delay.
    asks_nodes=Asks(Checking(interval=2), interval=(2, 300), longer_interval=True),
    balances={"roundrobin": "ROUND_ROBIN", "leastconn": "LEAST_CONNECTIONS", "source": "SOURCE_IP"},
    balances_by_itself="new connections go to the nodes in turn",
    connects=True,
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "openstack-haproxy",
        f"{__package__}.openstack_haproxy",
        "OpenStackHAProxy",
        Place.OUTSIDE,
        ClientIp.PROXY_V2,
        Check.HTTP,
        Carries.NOTHING,
        because="HAProxy connects to the nodes from its host's own address",
        platforms=frozenset({Platform.OPENSTACK}),
        sdk="pulumi_openstack",
        sections=("openstack", "hosts"),
        required=("openstack", "hosts"),
        asks_nodes=Asks(Checking()),
        balances={word: word for word in ("roundrobin", "leastconn", "source")},
        balances_by_itself="new connections go to the nodes in turn",
        connects=True,
        address_pairs=True,
        taken_ports={61404: "the host's own status page"},
    ),
    _AMPHORA,
    replace(
        _AMPHORA,
        variant="ovn",
        client_ip=ClientIp.KEPT,
        check=Check.TCP,
        because="OVN rewrites the destination only",
        balances={},
        balances_by_itself="OVN chooses by both sides' addresses and ports, and knows nothing else",
        connects=False,
    ),
    Kind(
        "aws-nlb",
        f"{__package__}.aws_nlb",
        "AwsNlb",
        Place.OUTSIDE,
        ClientIp.PROXY_V2,
        Check.HTTP,
        Carries.PROXY_V2,
        because="with targets by address the load balancer's own address is the source",
        platforms=frozenset({Platform.AWS}),
        sections=("aws",),
        required=("aws",),
        longest_idle=6000,  # Elastic Load Balancing API, listener attribute tcp.idle_timeout.seconds
        sdk="pulumi_aws",
        # Elastic Load Balancing API, CreateTargetGroup; an interval that is no longer than the timeout is
        # an InvalidConfigurationRequest.
        asks_nodes=Asks(
            Checking(interval=5, timeout=3, down=2, up=2),
            interval=(5, 300),
            timeout=(2, 120),
            down=(2, 10),
            up=(2, 10),
            longer_interval=True,
        ),
        balances={"source": "source_ip"},  # target group attribute stickiness.type
        balances_by_itself="AWS chooses by both sides' addresses and ports",
    ),
    Kind(
        "metallb",
        f"{__package__}.metallb",
        "MetalLb",
        Place.INSIDE,
        ClientIp.KEPT,
        Check.CLUSTER,
        Carries.NOTHING,
        because="a node answers for the address itself, and the traffic policy Local rewrites no source",
        sections=("metallb",),
        required=("metallb",),
        balances_by_itself="the node that answers for the address passes on to its own pods",
    ),
)

TYPES: tuple[str, ...] = tuple(dict.fromkeys(kind.type for kind in KINDS))
"""The values that `loadBalancer.type` may take."""


def chosen(load_balancer: Any) -> Kind:
    """The row that the section `loadBalancer` leads to.

    Raises:
        LookupError: no such row.
    """
    for kind in KINDS:
        if kind.type == load_balancer.type and _variant(load_balancer, kind) in ("", kind.variant):
            return kind
    raise LookupError(f"no load balancer kind {load_balancer.type!r} of that variant")


def _variant(load_balancer: Any, kind: Kind) -> str:
    value = load_balancer
    for key in kind.variant_key:
        if value is None:
            return ""
        value = getattr(value, key)
    return value if isinstance(value, str) and kind.variant_key else ""


def find(type: str, variant: str = "") -> Kind:
    """The row of a type; the variant is needed only where a type has several rows.

    Raises:
        LookupError: no such row.
    """
    for kind in KINDS:
        if kind.type == type and variant in ("", kind.variant):
            return kind
    raise LookupError(f"no load balancer kind {type!r} with the variant {variant!r}")
