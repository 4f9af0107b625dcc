"""What a single value must be: each rule here takes anything, and returns the value in its type or says what
is wrong.

Pure: no Pulumi, no network, no clock. Read by fields and the settings. Where a rule comes from stands in its
docstring.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import NoReturn, TypeVar

from .later import Later

T = TypeVar("T")
Rule = Callable[[object], T]

IPV4_ONLY = "must be IPv4: Portico speaks IPv4 only today"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_QUALIFIED = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_PATH_SEGMENT = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = rf"({_LABEL}(\.{_LABEL})*)(:[0-9]{{1,5}})?"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_IMAGE = rf"({_REGISTRY}/)?{_PATH_SEGMENT}(/{_PATH_SEGMENT})*({_TAG})?(@sha256:[0-9a-f]{{64}})?"


TOO_LATE = ("must be known before anything is built, for it decides what", "give a plain value")
"""Rule and remedy for a value that is known only while the program runs, and may not be."""


class Wrong(ValueError):
    """A value breaks a rule."""

    def __init__(self, rule: str, remedy: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


def show(value: object) -> str:
    """A value as a message shows it: the beginning of its first line, and never what may be a secret: what a
    list or mapping holds, or who asks in a URL."""
    if isinstance(value, str):
        first, more, _ = re.sub(r"://\S*@", "://…@", value).partition("\n")
        return repr(first[:60] + "…" if more or len(first) > 60 else first)
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, int) and not -(10**20) < value < 10**20:
        return "a number of more than 20 digits"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, Later):
        return "an Output"
    return f"a {type(value).__name__}"


def plain(value: object) -> object:
    """Anything that is known before the program runs: it decides what is built."""
    if isinstance(value, Later):
        raise Wrong(*TOO_LATE)
    return value


def nearest(word: object, words: Iterable[str]) -> str | None:
    """The word that was probably meant; case, dashes and underscores aside."""
    if not isinstance(word, str) or len(word) > 60:
        return None
    plain = {_plain(candidate): candidate for candidate in words}
    close = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[close[0]] if close else None


def _plain(word: str) -> str:
    return re.sub("[-_ ]", "", word).casefold()


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """A remedy, or nothing."""
    meant = nearest(word, words)
    return f"did you mean {meant!r}?" if meant else ""


def line(longest: int) -> Rule[str]:
    """A text as every text has to be: one line, nothing invisible in it or around it.

    A newline would be a second directive in a configuration file.
    """

    def rule(value: object) -> str:
        if not isinstance(value, str):
            unquoted = isinstance(value, (bool, int, float))
            raise Wrong("must be a text", "put it in quotes" if unquoted else "")
        if not value:
            raise Wrong("must not be empty", "leave the key out for its default")
        if len(value) > longest:
            raise Wrong(f"must have at most {longest} characters, and has {len(value)}")
        for position, character in enumerate(value, start=1):
            if not character.isprintable():
                remedy = f"remove the character {position}, U+{ord(character):04X}"
                raise Wrong("must not hold control or invisible characters", remedy)
        if value != value.strip():
            raise Wrong("must not begin or end with a blank", f"write {show(value.strip())}")
        return value

    return rule


text = line(255)
"""A name: Nova's and Neutron's end at 255 characters."""

path = line(4096)
"""A file's path (Linux, PATH_MAX)."""


def kubeconfig(value: object) -> str:
    """A file's path, or the content of such a file: a text of several lines, or a mapping."""
    if isinstance(value, Mapping):
        try:
            return json.dumps(value)
        except (TypeError, ValueError):
            raise Wrong("must hold plain values, all of them") from None
    if isinstance(value, str) and is_content(value):
        return value
    return path(value)


def is_content(kubeconfig: str) -> bool:
    """Whether it is what a kubeconfig file holds, rather than the file's path."""
    return "\n" in kubeconfig or kubeconfig.lstrip().startswith("{")


def whole_number(low: int, high: int) -> Rule[int]:
    """A whole number; 2.0 is one, since other languages know no difference. A text or a boolean is none."""

    must = f"must be a whole number from {low} to {high}"

    def rule(value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            quoted = isinstance(value, str) and value.strip().isdigit()
            raise Wrong(must, "remove the quotes" if quoted else "")
        if not low <= value <= high:
            raise Wrong(must)
        return value

    return rule


def flag(value: object) -> bool:
    """True or false, and nothing that looks like it."""
    if not isinstance(value, bool):
        raise Wrong("must be true or false", "remove the quotes" if value in ("true", "false") else "")
    return value


def choice(allowed: Iterable[str]) -> Rule[str]:
    """One of some words."""
    words = tuple(allowed)

    def rule(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Wrong(f"must be one of {', '.join(words)}", did_you_mean(value, words))
        return value

    return rule


def shaped(pattern: str, must: str, remedy: str = "") -> Rule[str]:
    """A text of a certain shape."""
    compiled = re.compile(pattern, re.ASCII)

    def rule(value: object) -> str:
        written = text(value)
        if not compiled.fullmatch(written):
            lower = written.lower()
            raise Wrong(must, f"did you mean {show(lower)}?" if compiled.fullmatch(lower) else remedy)
        return written

    return rule


label = shaped(
    _LABEL,
    "must be a DNS label (RFC 1123): at most 63 of a-z, 0-9 and '-', neither first nor last a '-'",
)

service_name = shaped(
    r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    "must be a DNS label that begins with a letter (RFC 1035), as a Service is named",
)

port_name = shaped(
    r"(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "must be a port name (RFC 6335, 5.1): at most 15 of a-z, 0-9 and single '-' inside, with a letter",
)

subdomain = shaped(
    rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*",
    "must be DNS labels joined by dots (RFC 1123): a-z, 0-9, '-' and '.'",
)

url_path = shaped(
    r"(?!.*//)(?!.*/\.{1,2}(/|$))/[A-Za-z0-9._~/-]*",
    "must be a path that begins with '/': letters, digits and -._~/, without '//', '/.' and '/..'",
)

_HOST = r"(?P<host>[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(:[0-9]{1,5})?"
_URL = re.compile(rf"https?://{_HOST}(?P<path>/[A-Za-z0-9._~/+-]*)?", re.ASCII)


def _url(value: object, must: str) -> re.Match[str]:
    """A URL that everyone may read who can read a server's user_data."""
    said = text(value)
    authority = said.partition("://")[2].partition("/")[0]
    if "@" in said:
        raise Wrong(
            "must hold no user and no password: user_data can be read by everyone in the project",
            "let it ask for none, and admit the hosts by their addresses",
        )
    if authority.startswith("["):
        raise Wrong(IPV4_ONLY, "give a host name or an IPv4 address")
    found = _URL.fullmatch(said)
    if found is None or ".." in found["host"] or "//" in (found["path"] or ""):
        raise Wrong(must)
    return found


def mirror(value: object) -> str:
    """The URL of a package mirror, as apt takes it (sources.list(5)), without a slash at its end."""
    must = "must be a mirror's URL, such as http://mirror.example.org/debian, with nothing behind its path"
    return _url(value, must)[0].rstrip("/")


def proxy(value: object) -> str:
    """The URL of an HTTP proxy, as apt takes it (apt-transport-http(1))."""
    must = "must be a proxy's URL, such as http://proxy.example.org:3128, without a path"
    found = _url(value, must)
    if (found["path"] or "/") != "/":
        raise Wrong(must)
    return found[0].rstrip("/")


health_path = shaped(
    r"/[A-Za-z0-9._~/=&?,:@+-]{0,200}",
    "must be a path that begins with '/': at most 200 letters, digits and -._~/=&?,:@+",
)

node_name = shaped(
    rf"(?=.{{1,63}}$){_LABEL}(\.{_LABEL})*",
    "must be DNS labels joined by dots (RFC 1123), at most 63 characters in all",
)

image = shaped(
    _IMAGE,
    "must be an image reference (registry/name:tag or name@sha256:digest) in lower case, without blanks",
)

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?", re.ASCII)
_UNITS = {
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("", "k", "M", "G", "T"))},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), start=1)},
}


def quantity(value: object) -> str:
    """An amount of processor or memory (Kubernetes, Quantity), without exponents; a number is one, too."""
    said = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    if not isinstance(said, str) or not _QUANTITY.fullmatch(said) or not amount(said):
        raise Wrong("must be a quantity above 0 (Kubernetes, Quantity)", "such as 500m or 256Mi")
    return said


def amount(said: str) -> Decimal:
    """The number that a quantity stands for."""
    number, unit = _QUANTITY.fullmatch(said).groups(default="")  # type: ignore[union-attr]
    return Decimal(number) * _UNITS[unit]


openstack_id = shaped(
    r"[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}",
    "must be an id (a UUID)",
)

server_tag = shaped(
    r"[^/,]{1,60}",
    "must be a server tag: at most 60 characters, without '/' and ',' (Nova API, server tags)",
)

interface = shaped(
    r"(?!\.{1,2}$)[^/:\s]{1,15}",
    "must be the name of a network interface: at most 15 characters, without blanks, '/' and ':'",
)

label_key = shaped(
    rf"((?=[^/]{{1,253}}/){_LABEL}(\.{_LABEL})*/)?{_QUALIFIED}",
    "must be a label key (Kubernetes, Labels, Syntax), such as node-role.kubernetes.io/ingress",
)


def label_value(value: object) -> str:
    """The value of a Kubernetes label, which may be empty (Kubernetes, Labels, Syntax)."""
    return "" if value == "" else _label_value(value)


_label_value = shaped(
    _QUALIFIED,
    "must be a label value (Kubernetes, Labels, Syntax): at most 63 letters, digits, '-', '_' and '.'",
)


def aws_id(prefix: str) -> Rule[str]:
    """An AWS resource id, such as `vpc-0a1b2c3d`."""
    return shaped(rf"{prefix}-[0-9a-f]{{8,17}}", f"must be an id that begins with {prefix!r} and '-'")


def host_name(value: object) -> str:
    """A host name, its first label perhaps `*` (RFC 1123, 2.1; Kubernetes, Ingress, Hostname wildcards)."""
    written = text(value)
    if re.fullmatch(r"[0-9.]+", written) or ":" in written:
        raise Wrong("must be a host name, neither an address nor a port", "an Ingress is chosen by name")
    try:
        subdomain(written.removeprefix("*."))
    except Wrong as wrong:
        must = "must be a host name (RFC 1123) in lower case, which may begin with '*.'"
        raise Wrong(must, wrong.remedy and f"did you mean {show(written.lower())}?") from wrong
    return written


def address(value: object) -> IPv4Address:
    """An IPv4 address that a host can have."""
    written = text(value)
    try:
        found = IPv4Address(written)
    except ValueError:
        _refuse_ipv6(written, "give its IPv4 address")
        raise Wrong("must be an IPv4 address, such as 192.0.2.7") from None
    if found.is_multicast or found.is_unspecified or found.is_loopback or found.is_reserved:
        raise Wrong("must be an address that another host can reach")
    return found


def network(value: object) -> IPv4Network:
    """An IPv4 network in CIDR notation; an address alone is a /32. Its host bits are zero (RFC 4632, 3.1)."""
    written = text(value)
    if not re.fullmatch(r"[0-9.]+(/[0-9]{1,2})?", written, re.ASCII):
        _refuse_ipv6(written, "give an IPv4 network")
        _refuse_network()
    try:
        found = IPv4Network(written, strict=False)
    except ValueError:
        _refuse_network()
    if found.network_address != IPv4Address(written.partition("/")[0]):
        raise Wrong("must be a network, its host bits zero", f"did you mean '{found}'?")
    return found


def not_everybody(value: object) -> IPv4Network:
    """A network whose word is taken for something."""
    found = network(value)
    if found.prefixlen == 0:
        raise Wrong("must not be everybody: whoever is believed may claim any client's address")
    return found


def _refuse_network() -> NoReturn:
    raise Wrong("must be an IPv4 network, such as 192.0.2.0/24")


def _refuse_ipv6(written: str, remedy: str) -> None:
    try:
        version6 = isinstance(ip_network(written.strip("[]"), strict=False), IPv6Network)
    except ValueError:
        return
    if version6:
        raise Wrong(IPV4_ONLY, remedy)


def node_network(value: object) -> IPv4Network:
    """A network small enough that each of its addresses can be a backend."""
    found = network(value)
    if not 22 <= found.prefixlen <= 30:
        raise Wrong(
            "must be a network from /22 to /30",
            "name the nodes' own subnet; each of its addresses is checked",
        )
    return found


def aws_subnet(value: object) -> IPv4Network:
    """The CIDR of a subnet of a VPC (Amazon VPC, Subnet sizing)."""
    found = network(value)
    if not 16 <= found.prefixlen <= 28:
        raise Wrong("must be a subnet's network, from /16 to /28")
    return found


def floating_ip(value: object) -> str:
    """A floating IP by its address or its id."""
    written = text(value)
    if "." in written or ":" in written:
        return str(address(written))
    try:
        return openstack_id(written)
    except Wrong:
        raise Wrong("must be a floating IP's IPv4 address or its id (a UUID)") from None


def span(written: str) -> tuple[IPv4Address, IPv4Address]:
    """The first and the last address of what address_range let through."""
    first, dash, last = written.partition("-")
    if dash:
        return IPv4Address(first.strip()), IPv4Address(last.strip())
    whole = IPv4Network(written)
    return whole[0], whole[-1]


def address_range(value: object) -> str:
    """A range `first-last` or a CIDR, as MetalLB's IPAddressPool takes them."""
    written = text(value)
    first, dash, last = written.partition("-")
    if not dash:
        if "/" not in written:
            address(written)
            raise Wrong("must be a range or a CIDR", f"did you mean '{written}/32'?")
        return str(network(written))
    try:
        ends = address(first.strip()), address(last.strip())
    except Wrong as wrong:
        raise Wrong(
            f"each end {wrong.rule}" if first and last else "must be a range, such as 192.0.2.10-192.0.2.20",
            wrong.remedy,
        ) from wrong
    if ends[0] > ends[1]:
        raise Wrong(
            "must be a range from a lower to a higher address", f"did you mean '{ends[1]}-{ends[0]}'?"
        )
    return f"{ends[0]}-{ends[1]}"
