"""What Portico does not carry is refused in one sentence that says where, what and what to do instead."""

from dataclasses import fields
from ipaddress import IPv4Address, IPv4Network
from typing import get_args, get_type_hints

import pytest

from portico.settings.model import NO_UDP, TCP_ONLY
from portico.values import IPV4_ONLY
from tests.unit.settings.said import AWS, METALLB, OCTAVIA, PAIR, but, complaints
from tests.unit.settings.written import camel, settings_classes
from tools import places

CIDR = {**PAIR, "nodes": {"from": "cidr", "cidr": "10.20.0.0/24"}}
SSH = but(PAIR, {"loadBalancer.hosts.keyPair": "mine"})
HOSTS, WHERE = "loadBalancer.hosts", "loadBalancer.openstack"
ADDRESS, NETWORK = "give its IPv4 address", "give an IPv4 network"

IPV6 = (
    (PAIR, "nodes.addresses.1.address", "fd00::12", ADDRESS),
    (CIDR, "nodes.cidr", "fd00::/120", NETWORK),
    (CIDR, "nodes.exclude.0", "fd00::1", ADDRESS),
    (PAIR, f"{WHERE}.vip", "2001:db8::7", ADDRESS),
    (PAIR, f"{WHERE}.vip", "[2001:db8::7]", ADDRESS),
    (PAIR, f"{WHERE}.vip", "::ffff:192.0.2.7", ADDRESS),
    (PAIR, f"{WHERE}.floatingIp", "2001:db8::7", ADDRESS),
    (PAIR, "loadBalancer.allowedClients.0", "::/0", NETWORK),
    (SSH, f"{HOSTS}.sshFrom.0", "2001:db8::/64", NETWORK),
    (PAIR, "ingress.forwardedHeadersFrom.0", "2001:db8::/64", NETWORK),
    (PAIR, f"{HOSTS}.metricsFrom.0", "2001:db8::/64", NETWORK),
    (OCTAVIA, "loadBalancer.octavia.metricsFrom.0", "2001:db8::/64", NETWORK),
    (AWS, "loadBalancer.aws.subnetCidrs.0", "2001:db8::/64", NETWORK),
    (METALLB, "loadBalancer.metallb.address", "fd00::10", ADDRESS),
    (METALLB, "loadBalancer.metallb.addresses.0", "fd00::/64", NETWORK),
    (METALLB, "loadBalancer.metallb.addresses.0", "fd00::10-fd00::20", ADDRESS),
)
AS_TEXT = {"floatingIp", "addresses"}
"""Keys that hold addresses, and whose type in the model is a text."""


@pytest.mark.parametrize(
    ("base", "path", "value", "remedy"), IPV6, ids=[f"{path}={value}" for _, path, value, _ in IPV6]
)
def test_an_ipv6_address_is_refused_with_its_path_its_value_and_what_to_do(base, path, value, remedy):
    *above, last = path.split(".")
    raw = but(base, {".".join(above): [value]} if last == "0" else {path: value})
    (complaint,) = complaints(raw)
    written = path.replace(".0", "[0]").replace(".1.", "[1].")
    assert complaint.startswith(f"{written} = '{value}': ")
    assert complaint.endswith(f"{IPV4_ONLY}; {remedy}")


def inside(hint):
    """A type and what it is made of, on every level."""
    yield hint
    for argument in get_args(hint):
        yield from inside(argument)


def test_every_key_that_takes_an_address_is_among_those():
    hints = [
        (camel(field.name), get_type_hints(kind)[field.name])
        for kind in settings_classes()
        for field in fields(kind)
    ]
    holding = {name for name, hint in hints if {*inside(hint)} & {IPv4Address, IPv4Network}}
    tried = {[key for key in path.split(".") if not key.isdigit()][-1] for _, path, _, _ in IPV6}
    assert tried == holding | AS_TEXT


@pytest.mark.parametrize("protocol", ["udp", "UDP", "quic", "http3", "https"])
def test_a_listener_is_for_http_or_tcp_and_udp_is_refused_with_what_to_do(protocol):
    listeners = [{"name": "https", "port": 443}, {"name": "h3", "port": 443, "protocol": protocol}]
    assert complaints(but(PAIR, {"loadBalancer.listeners": listeners})) == [
        f"loadBalancer.listeners[1].protocol = '{protocol}': {TCP_ONLY}; {NO_UDP}"
    ]


def test_a_listener_has_no_address_of_its_own():
    listeners = [{"name": "http", "port": 80, "address": "::"}, {"name": "https", "port": 443}]
    assert complaints(but(PAIR, {"loadBalancer.listeners": listeners})) == [
        "loadBalancer.listeners[0].address: is no setting; known here: name, port, tls, protocol, "
        "service, proxyProtocol, "
        "healthCheck"
    ]


@pytest.mark.parametrize("said", [IPV4_ONLY, TCP_ONLY])
def test_the_page_of_limits_quotes_what_is_said(said):
    assert f"`{said}`" in (places.CHECKOUT / "docs/limits.md").read_text()
