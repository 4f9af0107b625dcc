"""A wrong value: one message that names its path, shows it, and says the rule and what to do."""

import pytest

from tests.unit.settings.said import APP, AWS, METALLB, OCTAVIA, PAIR, but, complaints, read

RUN = {"name": "hello", "host": "hello.example.org", "run": {"image": "nginx"}}
WITH_APP = {**PAIR, "apps": [APP, RUN]}
CIDR = {**PAIR, "nodes": {"from": "cidr", "cidr": "10.20.0.0/24"}}
HOSTS = "loadBalancer.hosts"
WHERE = "loadBalancer.openstack"
POOL = "loadBalancer.metallb.addresses"

WRONG = (
    # texts
    (PAIR, "kubernetes.context", 7, "= 7: must be a text; put it in quotes"),
    (PAIR, "kubernetes.context", True, "= True: must be a text; put it in quotes"),
    (PAIR, "kubernetes.context", ["a"], "= a list: must be a text"),
    (PAIR, "kubernetes.context", "", "= '': must not be empty; leave the key out for its default"),
    (PAIR, "kubernetes.context", " a", "= ' a': must not begin or end with a blank; write 'a'"),
    (
        PAIR,
        "kubernetes.context",
        "a\x00b",
        "must not hold control or invisible characters; remove the character 2, U+0000",
    ),
    (PAIR, "kubernetes.context", "a\u202eb", "remove the character 2, U+202E"),
    (PAIR, "kubernetes.context", "x" * 256, "must have at most 255 characters, and has 256"),
    # numbers, flags, words
    (PAIR, f"{HOSTS}.count", 0, "= 0: must be a whole number from 1 to 5"),
    (PAIR, f"{HOSTS}.count", 6, "= 6: must be a whole number from 1 to 5"),
    (PAIR, f"{HOSTS}.count", 2.5, "= 2.5: must be a whole number from 1 to 5"),
    (PAIR, f"{HOSTS}.count", True, "= True: must be a whole number from 1 to 5"),
    (PAIR, f"{HOSTS}.count", "2", "= '2': must be a whole number from 1 to 5; remove the quotes"),
    (PAIR, f"{HOSTS}.count", float("nan"), "= nan: must be a whole number from 1 to 5"),
    (PAIR, f"{HOSTS}.routerId", 256, "must be a whole number from 1 to 255"),
    (PAIR, f"{HOSTS}.maxConnections", 99, "must be a whole number from 100 to 200000"),
    (PAIR, f"{HOSTS}.maxConnectionsPerSource", 0, "must be a whole number from 1 to 200000"),
    (
        PAIR,
        f"{HOSTS}.maxConnectionsPerSource",
        4001,
        "= 4001: must not be more than maxConnections, which is 4000; lower it, or raise maxConnections",
    ),
    (PAIR, f"{HOSTS}.settleSeconds", 9, "must be a whole number from 10 to 1800"),
    (PAIR, "loadBalancer.timeouts.idle", 59, "= 59: must be a whole number from 60 to 86400"),
    (PAIR, "loadBalancer.timeouts.read", -1, "= -1: must be a whole number from 0 to 86400"),
    (PAIR, "loadBalancer.timeouts.read", 1.5, "= 1.5: must be a whole number from 0 to 86400"),
    (PAIR, "loadBalancer.timeouts", 60, "= 60: must be a mapping"),
    (
        AWS,
        "loadBalancer.timeouts.idle",
        6001,
        "= 6001: must be from 60 to 6000 with `type: aws-nlb`, whose listeners take no more; 6000",
    ),
    (PAIR, "loadBalancer.timeouts.connectMilliseconds", 49, "must be a whole number from 50 to 60000"),
    (PAIR, "loadBalancer.healthCheck.interval", 0, "must be a whole number from 1 to 300"),
    (PAIR, "loadBalancer.healthCheck.down", 11, "must be a whole number from 1 to 10"),
    (PAIR, "loadBalancer.balance", "leastcon", "must be one of roundrobin, leastconn, source; did you mean"),
    (PAIR, f"{HOSTS}.drainSeconds", 59, "must be a whole number from 60 to 604800"),
    (PAIR, f"{HOSTS}.drainChanges", 0, "must be a whole number from 1 to 500"),
    (PAIR, "wait.minutes", 61, "must be a whole number from 1 to 60"),
    (PAIR, "ingress.replicas", 0, "must be a whole number from 1 to 100"),
    (PAIR, "ingress.defaultClass", "true", "= 'true': must be true or false; remove the quotes"),
    (PAIR, "ingress.defaultClass", 1, "= 1: must be true or false"),
    (PAIR, f"{HOSTS}.timers", "Fast", "must be one of steady, fast; did you mean 'fast'?"),
    (PAIR, f"{HOSTS}.antiAffinity", "soft-anti", "must be one of soft, hard, none"),
    (OCTAVIA, "loadBalancer.octavia.provider", "ovnn", "must be one of amphora, ovn; did you mean 'ovn'?"),
    (AWS, "loadBalancer.aws.scheme", "internet", "must be one of internet-facing, internal"),
    (PAIR, "wait.until", {}, "= a mapping: must be one of serving, nothing"),
    # names
    (PAIR, "ingress.namespace", "Ingress", "must be a DNS label (RFC 1123)"),
    (PAIR, "ingress.namespace", "a" * 64, "must be a DNS label (RFC 1123)"),
    (PAIR, "ingress.namespace", "default", "is made for the controller and is there already; leave it out"),
    (PAIR, "ingress.ingressClass", "public_1", "must be DNS labels joined by dots (RFC 1123)"),
    (PAIR, "ingress.healthPath", "ping", "must be a path that begins with '/'"),
    (PAIR, "ingress.healthPath", "/healthz", "must be '/ping' with traefik, which answers nowhere else"),
    (PAIR, "ingress.image", "traefik latest", "must be an image reference"),
    (PAIR, "ingress.image", "traefik:", "must be an image reference"),
    (PAIR, "ingress.image", "docker.io/Library/traefik", "did you mean 'docker.io/library/traefik'?"),
    (PAIR, "ingress.nodeSelector", {"a b": "c"}, "ingress.nodeSelector['a b']: the key must be a label key"),
    (PAIR, "ingress.nodeSelector", {"a": "b c"}, "ingress.nodeSelector.a = 'b c': must be a label value"),
    (PAIR, "ingress.nodeSelector", ["a"], "= a list: must be a mapping"),
    (PAIR, "nodes.addresses.1.name", "w_2", "must be DNS labels joined by dots (RFC 1123), at most 63"),
    (OCTAVIA, "nodes.tag", "a,b", "must be a server tag"),
    (OCTAVIA, "nodes.tag", "a" * 61, "must be a server tag"),
    (OCTAVIA, "nodes.names", [], "must not be an empty list"),
    (
        OCTAVIA,
        "nodes.names",
        ["w1", "w1"],
        "nodes.names[1] = 'w1': must not be the same as portico:nodes.names[0]",
    ),
    (OCTAVIA, "nodes.metadata", {}, "must not be an empty mapping"),
    (OCTAVIA, "nodes.metadata", {"role": 1}, "nodes.metadata.role = 1: must be a text; put it in quotes"),
    (
        OCTAVIA,
        "nodes.metadata",
        {" role": "w"},
        "nodes.metadata[' role']: the key must not begin or end with a blank",
    ),
    (OCTAVIA, "loadBalancer.octavia.flavor", "active", "must be an id (a UUID)"),
    (AWS, "loadBalancer.aws.vpc", "vpc-main", "must be an id that begins with 'vpc' and '-'"),
    (AWS, "loadBalancer.aws.subnets", ["subnet-1"], "must be an id that begins with 'subnet' and '-'"),
    (AWS, "nodes.securityGroup", "k8s-workers", "must be an id that begins with 'sg' and '-'"),
    (METALLB, "loadBalancer.metallb.interfaces", ["eth0/1"], "must be the name of a network interface"),
    # addresses
    (PAIR, f"{WHERE}.vip", "10.20.0", "must be an IPv4 address, such as 192.0.2.7"),
    (PAIR, f"{WHERE}.vip", "10.20.0.010", "must be an IPv4 address, such as 192.0.2.7"),
    (PAIR, f"{WHERE}.vip", "fd00::1", "= 'fd00::1': must be IPv4: Portico speaks IPv4 only today"),
    (PAIR, f"{WHERE}.vip", "127.0.0.1", "must be an address that another host can reach"),
    (PAIR, f"{WHERE}.vip", "224.0.0.18", "must be an address that another host can reach"),
    (PAIR, f"{WHERE}.floatingIp", "public-ip", "must be a floating IP's IPv4 address or its id (a UUID)"),
    (PAIR, f"{WHERE}.floatingIp", "2001:db8::1", "must be IPv4: Portico speaks IPv4 only today"),
    (PAIR, "loadBalancer.allowedClients", [], "must not be an empty list"),
    (PAIR, "loadBalancer.allowedClients", "0.0.0.0/0", "= '0.0.0.0/0': must be a list"),
    (PAIR, "loadBalancer.allowedClients", ["0.0.0.0/33"], "must be an IPv4 network, such as 192.0.2.0/24"),
    (PAIR, "loadBalancer.allowedClients", ["10.0.0.0/255.0.0.0"], "must be an IPv4 network"),
    (PAIR, "loadBalancer.allowedClients", ["::/0"], "must be IPv4: Portico speaks IPv4 only today"),
    (PAIR, "loadBalancer.allowedClients", ["10.0.0.1/8"], "host bits zero; did you mean '10.0.0.0/8'?"),
    (
        PAIR,
        "loadBalancer.allowedClients",
        ["10.0.0.1", "10.0.0.1/32"],
        "[1] = '10.0.0.1/32': must not be the same",
    ),
    (CIDR, "nodes.cidr", "10.20.0.0/21", "must be a network from /22 to /30"),
    (CIDR, "nodes.cidr", "10.20.0.1/24", "host bits zero; did you mean '10.20.0.0/24'?"),
    (
        CIDR,
        "nodes.exclude",
        ["10.21.0.1"],
        "nodes.exclude[0] = '10.21.0.1': must be in nodes.cidr, 10.20.0.0/24",
    ),
    (AWS, "loadBalancer.aws.subnetCidrs", ["0.0.0.0/0"], "must be a subnet's network, from /16 to /28"),
    (
        METALLB,
        POOL,
        ["192.0.2.20-192.0.2.10"],
        "from a lower to a higher address; did you mean '192.0.2.10-192.0.2.20'?",
    ),
    (METALLB, POOL, ["192.0.2.1"], "must be a range or a CIDR; did you mean '192.0.2.1/32'?"),
    (METALLB, POOL, ["192.0.2.1-"], "must be a range, such as 192.0.2.10-192.0.2.20"),
    (METALLB, POOL, ["192.0.2.1-7"], "each end must be an IPv4 address"),
    (METALLB, POOL, ["192.0.2.7/24"], "host bits zero; did you mean '192.0.2.0/24'?"),
    (METALLB, POOL, ["fd00::/64"], "must be IPv4: Portico speaks IPv4 only today"),
    # apps
    (WITH_APP, "apps.0.name", "my_shop", "apps[0].name = 'my_shop': must be a DNS label (RFC 1123)"),
    (WITH_APP, "apps.1.name", "1hello", "must be a DNS label that begins with a letter (RFC 1035)"),
    (WITH_APP, "apps.0.host", "shop_1.example.org", "must be a host name (RFC 1123)"),
    (WITH_APP, "apps.0.host", "Shop.example.org", "did you mean 'shop.example.org'?"),
    (WITH_APP, "apps.0.host", "shop.*.org", "must be a host name (RFC 1123)"),
    (WITH_APP, "apps.0.host", "10.0.0.1", "must be a host name, neither an address nor a port"),
    (WITH_APP, "apps.0.host", "shop.example.org:80", "must be a host name, neither an address nor a port"),
    (WITH_APP, "apps.0.path", "/a/../b", "must be a path that begins with '/'"),
    (WITH_APP, "apps.0.path", "/a b", "must be a path that begins with '/'"),
    (WITH_APP, "apps.0.service.port", 65536, "must be a whole number from 1 to 65535"),
    (WITH_APP, "apps.1.run.image", "nginx :1", "must be an image reference"),
    (WITH_APP, "apps.1.run.replicas", 101, "must be a whole number from 1 to 100"),
    (WITH_APP, "apps.0.tlsSecret", "Shop", "did you mean 'shop'?"),
    (WITH_APP, "apps.0", "shop", "apps[0] = 'shop': must be a mapping"),
)


@pytest.mark.parametrize(
    ("base", "path", "value", "message"), WRONG, ids=[f"{path}={value!r}"[:60] for _, path, value, _ in WRONG]
)
def test_a_wrong_value_makes_one_message(base, path, value, message):
    (complaint,) = complaints(but(base, {path: value}))
    assert message in complaint
    written = path.replace(".0", "[0]").replace(".1", "[1]")
    assert complaint.startswith(written)


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.29",
        "docker.io/library/traefik:v3.7.9",
        "registry.example.org:5000/team/shop_web__a-b:1",
        f"ghcr.io/team/shop@sha256:{'0' * 64}",
        f"localhost:5000/shop:1@sha256:{'a' * 64}",
    ],
)
def test_an_image_reference_as_registries_know_it_is_right(image):
    assert read(PAIR, ingress={"image": image}).ingress.image == image


def test_a_number_that_is_too_long_to_print_is_refused_all_the_same():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.count": 10**5000}))
    assert complaint.startswith("loadBalancer.hosts.count = a number of more than 20 digits: must be a whole")


def test_a_value_that_is_long_is_shown_short():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.image": "x" * 300}))
    assert len(complaint) < 160
