"""Every mistake at once, each in one message, in a firm order; the consequence of one is not another."""

from pathlib import Path

import pytest
import yaml

from portico.kinds.table import KINDS as ROWS
from portico.kinds.table import TYPES
from portico.problems import Refused
from portico.settings import SECTIONS, HealthCheck, Wait, parse
from portico.values import show
from tests.unit.settings.said import (
    APP,
    AWS,
    KINDS,
    METALLB,
    NOTHING,
    OCTAVIA,
    PAIR,
    but,
    complaints,
    problems,
    read,
)

REQUIRED = {row.type: row.required for row in ROWS}
TWELVE = Path(__file__).with_name("twelve_mistakes.yaml")
LISTENERS = [{"name": "http", "port": 80}, {"name": "https", "port": 443}]
MQTT = {"name": "mqtt", "port": 1883}


MENDED = {
    "kubernetes": {},
    "nodes.addresses.3.address": "10.20.0.14",
    "ingress.ingressClass": "public",
    "loadBalancer.allowedClients": ["10.1.0.0/16"],
    "loadBalancer.hosts": {"image": "debian-12", "flavor": "m1.small"},
    "apps.0.host": "shop.example.org",
}
"""What the first seven messages ask for."""


def test_a_file_with_twelve_mistakes_gets_its_messages_in_two_rounds_and_in_its_order():
    config = yaml.safe_load(TWELVE.read_text())["config"]
    raw = {key.removeprefix("portico:"): value for key, value in config.items()}
    rounds = []
    for written in (raw, but(raw, MENDED)):
        with pytest.raises(Refused) as refused:
            parse(written, "twelve_mistakes.yaml")
        rounds.append(refused.value)
    assert [len(refused.problems) for refused in rounds] == [7, 5]
    assert "".join(f"{refused}\n" for refused in rounds) == TWELVE.with_suffix(".txt").read_text()


def test_one_mistake_is_counted_in_the_singular():
    with pytest.raises(Refused, match=r"^prod\.yaml: 1 setting is wrong\n"):
        parse(but(PAIR, {"wait.minutes": 0}), "prod.yaml")


def test_the_sections_complain_in_the_order_of_the_reference_however_they_were_given():
    raw = dict.fromkeys((*reversed(SECTIONS), "unheard"), "wrong")
    assert [problem.path for problem in problems(raw)] == [
        f"portico:{section}" for section in (*SECTIONS, "unheard")
    ]


def test_nothing_at_all_lacks_only_the_load_balancer():
    assert complaints({}) == ["loadBalancer: is required; say at least its `type`"]


def test_a_load_balancer_without_a_type_lacks_only_that():
    assert complaints({"loadBalancer": {}}) == [
        f"loadBalancer.type: is required; say one of {', '.join(TYPES)}"
    ]


@pytest.mark.parametrize("path", ["typ", "Type", "_type"])
def test_a_misspelt_key_is_not_missed_as_well(path):
    raw = but(PAIR, {"loadBalancer.type": NOTHING, f"loadBalancer.{path}": "openstack-haproxy"})
    assert complaints(raw) == [f"loadBalancer.{path}: is no setting; did you mean 'type'?"]


def test_a_misspelt_section_is_not_missed_as_well():
    nodes = PAIR["nodes"]
    assert complaints(but(PAIR, {"nodes": NOTHING, "node": nodes})) == [
        "node: is no setting; did you mean 'nodes'?"
    ]


def test_an_unknown_key_far_from_all_is_told_what_is_known():
    assert complaints(but(PAIR, {"wait.colour": "red"})) == [
        "wait.colour: is no setting; known here: rolling, hosts, address, minutes, until"
    ]


def test_the_value_of_an_unknown_key_is_not_shown_for_it_may_be_a_secret():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.openstack.password": "correct horse"}))
    assert "correct" not in complaint


def test_what_a_list_or_mapping_holds_is_not_shown_for_it_may_be_a_secret():
    context = {"users": [{"user": {"token": "correct horse"}}]}
    assert complaints(but(PAIR, {"kubernetes.context": context})) == [
        "kubernetes.context = a mapping: must be a text"
    ]


def test_only_the_first_line_of_a_text_is_shown_for_the_others_may_hold_a_secret():
    (complaint,) = complaints(but(PAIR, {"kubernetes.context": "apiVersion: v1\nusers: [correct horse]"}))
    assert complaint.startswith("kubernetes.context = 'apiVersion: v1…': must not hold control")


def test_an_unknown_key_with_a_newline_stays_on_one_line():
    (complaint,) = complaints(but(PAIR, {"wait.a\nb": 1}))
    assert complaint.startswith("wait['a…']: is no setting")


# Types and their sections


def test_every_type_of_load_balancer_says_which_sections_it_requires():
    assert set(REQUIRED) == set(TYPES) == set(KINDS)


@pytest.mark.parametrize(
    ("type", "section"), [(kind, section) for kind, sections in REQUIRED.items() for section in sections]
)
def test_a_section_that_a_type_requires_is_missed(type, section):
    raw = but(KINDS[type], {f"loadBalancer.{section}": NOTHING})
    assert complaints(raw) == [f"loadBalancer.{section}: is required with `type: {type}`"]


@pytest.mark.parametrize(
    ("type", "section"),
    [
        ("openstack-haproxy", "octavia"),
        ("openstack-haproxy", "aws"),
        ("octavia", "hosts"),
        ("octavia", "metallb"),
        ("aws-nlb", "openstack"),
        ("metallb", "hosts"),
    ],
)
def test_a_section_of_another_type_is_out_of_place(type, section):
    raw = but(KINDS[type], {f"loadBalancer.{section}": {"whatever": 1}})
    rule = f"does not belong to `type: {type}`; leave it out"
    assert complaints(raw) == [f"loadBalancer.{section} = a mapping: {rule}"]


def test_an_unknown_type_is_the_only_complaint_about_its_sections():
    (complaint,) = complaints(but(OCTAVIA, {"loadBalancer.type": "octavio", "nodes": NOTHING}))
    assert complaint.endswith("did you mean 'octavia'?")


def test_address_pairs_are_nothing_for_octavia():
    (complaint,) = complaints(but(OCTAVIA, {"loadBalancer.openstack.addressPairsAllowed": True}))
    assert "is not used with `type: octavia`" in complaint


def test_a_new_floating_ip_needs_an_external_network():
    raw = but(OCTAVIA, {"loadBalancer.openstack.externalNetwork": NOTHING})
    (complaint,) = complaints(raw)
    assert complaint.startswith(
        "loadBalancer.openstack.externalNetwork: is required; name where floating IPs come"
    )


def test_an_address_that_is_not_there_cannot_be_kept():
    openstack = {"network": "k8s", "public": False, "keepAddress": True}
    (complaint,) = complaints(but(OCTAVIA, {"loadBalancer.openstack": openstack}))
    assert complaint.startswith("loadBalancer.openstack.keepAddress = True: is not used with `public: false`")


def test_a_floating_ip_that_is_wrong_asks_for_no_external_network():
    openstack = {"network": "k8s", "floatingIp": "mine"}
    (complaint,) = complaints(but(OCTAVIA, {"loadBalancer.openstack": openstack}))
    assert complaint.startswith("loadBalancer.openstack.floatingIp = 'mine'")


def test_without_a_floating_ip_nothing_may_be_said_of_one():
    openstack = {"network": "k8s", "public": False, "externalNetwork": "public", "floatingIp": "203.0.113.7"}
    assert complaints(but(OCTAVIA, {"loadBalancer.openstack": openstack})) == [
        "loadBalancer.openstack.floatingIp = '203.0.113.7': is not used with `public: false`; leave it out",
        "loadBalancer.openstack.externalNetwork = 'public': is not used with `public: false`; leave it out",
    ]


@pytest.mark.parametrize(
    ("volume", "complaint"),
    [
        ({}, "volume.size: is required; give the GiB of the volume; 10 suffice"),
        ({"size": 0}, "volume.size = 0: must be a whole number from 1 to 16384"),
        ({"size": "10GB"}, "volume.size = '10GB': must be a whole number from 1 to 16384"),
        ({"size": 10, "Type": "ssd"}, "volume.Type: is no setting; did you mean 'type'?"),
        ({"size": 10, "type": ""}, "volume.type = '': must not be empty; leave the key out for its default"),
        (10, "volume = 10: must be a mapping; write `key: value` lines below it"),
    ],
)
def test_a_volume_has_a_size_and_perhaps_a_type(volume, complaint):
    assert complaints(but(PAIR, {"loadBalancer.hosts.volume": volume})) == [f"loadBalancer.hosts.{complaint}"]


SHOWN = "'http://…@proxy.example.org:3128'"


@pytest.mark.parametrize("key", ["aptMirror", "aptSecurityMirror", "httpProxy"])
@pytest.mark.parametrize("who", ["me:hidden@", "me@", ":hidden@", "me:hid/den@", "me:hid@den@"])
def test_a_url_with_a_password_is_refused_with_the_reason_and_not_shown(key, who):
    said = {"aptMirror": "http://mirror.example.org/debian", key: f"http://{who}proxy.example.org:3128"}
    (complaint,) = complaints(but(PAIR, {f"loadBalancer.hosts.{key}": value for key, value in said.items()}))
    assert complaint == (
        f"loadBalancer.hosts.{key} = {SHOWN}: must hold no user and no password: user_data can be read by "
        "everyone in the project; let it ask for none, and admit the hosts by their addresses"
    )


@pytest.mark.parametrize(
    "url",
    [
        "mirror.example.org/debian",
        "ftp://mirror.example.org/debian",
        "http://",
        "http:///debian",
        "http://mirror.example.org/debian?suite=bookworm",
        "http://mirror.example.org/debian#main",
        'http://mirror.example.org/"; echo',
        "http://mirror.example.org/a b",
        "http://mirror..example.org/debian",
        "http://-mirror.example.org/debian",
        "http://mirror.example.org:port/debian",
        "http://mirror.example.org//debian",
        "http://mirror.example.org/{{ ds }}",
        "http://mirror.example.org/$RELEASE",
    ],
)
def test_a_mirror_is_a_plain_url(url):
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.aptMirror": url}))
    assert "must be a mirror's URL, such as http://mirror.example.org/debian" in complaint


@pytest.mark.parametrize("url", ["http://proxy.example.org:3128/apt", "proxy:3128", "socks5h://proxy:1080"])
def test_a_proxy_is_a_plain_url_without_a_path(url):
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.httpProxy": url}))
    assert "must be a proxy's URL, such as http://proxy.example.org:3128, without a path" in complaint


def test_a_proxy_has_no_ipv6_address():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.httpProxy": "http://[2001:db8::1]:3128"}))
    assert "must be IPv4" in complaint


def test_a_mirror_of_security_updates_stands_beside_one_of_the_rest():
    said = {"loadBalancer.hosts.aptSecurityMirror": "http://mirror.example.org/debian-security"}
    (complaint,) = complaints(but(PAIR, said))
    assert "aptSecurityMirror = 'http://mirror.example.org/debian-security': is not used without" in complaint


def test_ssh_without_a_key_pair_lets_nobody_in():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.sshFrom": ["192.0.2.0/24"]}))
    assert complaint.startswith("loadBalancer.hosts.keyPair: is required with sshFrom")


def test_a_syslog_server_that_is_told_nothing_is_a_mistake():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.logs": {"syslog": "192.0.2.7:514"}}))
    assert complaint.startswith("loadBalancer.hosts.logs.syslog")
    assert "is used only with `access: true`" in complaint


@pytest.mark.parametrize(
    "said", ["logs.example.org:514", "192.0.2.7:0", "192.0.2.7:70000", "[::1]:514", "192.0.2.7:"]
)
def test_a_syslog_server_is_an_address_and_a_port(said):
    logs = {"access": True, "syslog": said}
    (complaint,) = complaints(but(PAIR, {"loadBalancer.hosts.logs": logs}))
    where = f"loadBalancer.hosts.logs.syslog = {said!r}"
    assert complaint.startswith(f"{where}: must be an IPv4 address and a port")


def test_a_syslog_server_without_a_port_has_the_usual_one():
    logs = {"access": True, "syslog": "192.0.2.7"}
    hosts = parse(but(PAIR, {"loadBalancer.hosts.logs": logs}), "").load_balancer.hosts
    assert hosts.logs.syslog == "192.0.2.7:514"


def test_an_ovn_load_balancer_has_no_figures():
    octavia = {"provider": "ovn", "metricsFrom": ["192.0.2.0/24"]}
    (complaint,) = complaints(but(OCTAVIA, {"loadBalancer.octavia": octavia}))
    assert complaint.startswith("loadBalancer.octavia.metricsFrom")
    assert "is not used with `provider: ovn`" in complaint


def test_figures_and_a_listener_do_not_share_a_port():
    octavia = {"metricsFrom": ["192.0.2.0/24"], "metricsPort": 443}
    (complaint,) = complaints(but(OCTAVIA, {"loadBalancer.octavia": octavia}))
    assert complaint.startswith("loadBalancer.octavia.metricsPort = 443: must not be 443 like")
    parse(but(OCTAVIA, {"loadBalancer.octavia": {"metricsPort": 443}}), "")


@pytest.mark.parametrize("key", ["metrics", "accessLog"])
def test_a_controller_of_somebody_elses_is_not_told_what_to_tell(key):
    (complaint,) = complaints(but(PAIR, {"ingress": {"controller": "none", key: True}}))
    assert complaint.startswith(f"ingress.{key} = True: is not used with `controller: none`")


def test_subnets_and_their_cidrs_are_as_many():
    raw = but(AWS, {"loadBalancer.aws.subnetCidrs": ["10.0.1.0/24", "10.0.2.0/24"]})
    (complaint,) = complaints(raw)
    assert "must hold one CIDR for each of subnets, which are 1" in complaint


@pytest.mark.parametrize("second", ["192.0.2.20-192.0.2.30", "192.0.2.0/24", "192.0.2.12-192.0.2.13"])
def test_ranges_of_addresses_do_not_overlap(second):
    raw = but(METALLB, {"loadBalancer.metallb.addresses": ["192.0.2.10-192.0.2.20", second]})
    (complaint,) = complaints(raw)
    assert "addresses[1]" in complaint
    assert "must not overlap portico:loadBalancer.metallb.addresses[0]" in complaint


def test_an_address_outside_the_ranges_cannot_be_had():
    (complaint,) = complaints(but(METALLB, {"loadBalancer.metallb.address": "192.0.2.21"}))
    assert "must be in one of the ranges of addresses" in complaint


def test_an_address_is_not_measured_against_ranges_that_are_wrong():
    raw = but(
        METALLB, {"loadBalancer.metallb.address": "192.0.2.21", "loadBalancer.metallb.addresses": ["x"]}
    )
    assert len(complaints(raw)) == 1


# Nodes


def test_a_load_balancer_outside_the_cluster_needs_nodes():
    assert complaints(but(PAIR, {"nodes": NOTHING})) == [
        "nodes: is required; say who the backends are, beginning with `from`"
    ]


def test_a_load_balancer_inside_the_cluster_takes_no_nodes():
    (complaint,) = complaints(but(METALLB, {"nodes": PAIR["nodes"]}))
    assert complaint.startswith("nodes = a mapping: may not be given with `type: metallb`")


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("addresses", "nodes.addresses: is required with `from: addresses`"),
        ("cidr", "nodes.cidr: is required with `from: cidr`"),
        ("openstack", "nodes: `from: openstack` needs one of names, tag and metadata"),
    ],
)
def test_each_source_of_nodes_needs_its_own_key(source, missing):
    assert complaints(but(PAIR, {"nodes": {"from": source}})) == [missing]


def test_a_key_of_another_source_is_out_of_place():
    nodes = {"from": "cidr", "cidr": "10.20.0.0/24", "addresses": [], "tag": "x"}
    assert complaints(but(PAIR, {"nodes": nodes})) == [
        "nodes.addresses = a list: belongs to `from: addresses`; leave it out, or say `from: addresses`",
        "nodes.tag = 'x': belongs to `from: openstack`; leave it out, or say `from: openstack`",
    ]


def test_a_wrong_source_makes_no_key_out_of_place():
    (complaint,) = complaints(but(PAIR, {"nodes.from": "adresses", "nodes.tag": "x"}))
    assert complaint.startswith("nodes.from = 'adresses'")


def test_the_nodes_of_aws_do_not_come_from_openstack():
    (complaint,) = complaints(but(AWS, {"nodes": {"from": "openstack", "tag": "x"}}))
    assert complaint.startswith("nodes.from = 'openstack': must be addresses or cidr with aws-nlb")


@pytest.mark.parametrize("said", [0, 1001, "many"])
def test_a_security_group_has_at_most_a_thousand_rules(said):
    (complaint,) = complaints(but(AWS, {"loadBalancer.aws.rulesPerGroup": said}))
    assert complaint.startswith(
        f"loadBalancer.aws.rulesPerGroup = {said!r}: must be a whole number from 1 to 1000"
    )


def test_an_auto_scaling_group_leaves_no_nodes_to_list():
    (one, two) = complaints(but(AWS, {"loadBalancer.aws.autoScalingGroup": "workers"}))
    assert one.startswith("nodes.from = 'addresses': may not be given with aws.autoScalingGroup")
    assert two.startswith("nodes.addresses = a list: may not be given with aws.autoScalingGroup")


@pytest.mark.parametrize("second", ["10.20.0.11", {"name": "w2", "address": "10.20.0.11"}])
def test_a_node_is_listed_once(second):
    (complaint,) = complaints(but(PAIR, {"nodes.addresses": ["10.20.0.11", second]}))
    assert complaint.startswith("nodes.addresses[1]")
    assert "must not be the same as portico:nodes.addresses[0]" in complaint


def test_two_nodes_have_two_names():
    nodes = [{"name": "w", "address": "10.20.0.11"}, {"name": "w", "address": "10.20.0.12"}]
    (complaint,) = complaints(but(PAIR, {"nodes.addresses": nodes}))
    assert complaint.startswith("nodes.addresses[1].name = 'w': must not be the same as")


def test_nodes_without_an_address_are_reported_and_compared_when_they_have_one():
    nodes = [{"name": "w"}, {"name": "x"}, "10.20.0.11", "10.20.0.11"]
    assert [problem.path for problem in problems(but(PAIR, {"nodes.addresses": nodes}))] == [
        "portico:nodes.addresses[0].address",
        "portico:nodes.addresses[1].address",
    ]
    assert [problem.path for problem in problems(but(PAIR, {"nodes.addresses": nodes[2:]}))] == [
        "portico:nodes.addresses[1]"
    ]


def test_somebody_has_to_be_left_in_the_subnet():
    nodes = {"from": "cidr", "cidr": "10.20.0.0/30", "exclude": ["10.20.0.1", "10.20.0.2"]}
    (complaint,) = complaints(but(PAIR, {"nodes": nodes}))
    assert "must leave a node in nodes.cidr, 10.20.0.0/30" in complaint


@pytest.mark.parametrize("vip", ["10.20.1.5", "10.20.0.0", "10.20.0.255"])
def test_the_vip_is_a_hosts_address_in_the_subnet(vip):
    nodes = {"from": "cidr", "cidr": "10.20.0.0/24"}
    (complaint,) = complaints(but(PAIR, {"nodes": nodes, "loadBalancer.openstack.vip": vip}))
    assert "must be a host's address in nodes.cidr, 10.20.0.0/24" in complaint


def test_the_vip_is_no_nodes_address():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.openstack.vip": "10.20.0.12"}))
    assert "must not be a node's address, that of w2" in complaint


# Ports


@pytest.mark.parametrize(("field", "value"), [("name", "http"), ("port", 80), ("port", 80.0)])
def test_no_two_listeners_share_a_name_or_a_port(field, value):
    listeners = [*LISTENERS, {**MQTT, field: value}]
    ports = {"http": 30080, "https": 30443, "mqtt": 31883}
    if field == "name":
        del ports["mqtt"]
    (complaint,) = complaints(but(PAIR, {"loadBalancer.listeners": listeners, "ingress.nodePorts": ports}))
    assert complaint.startswith(f"loadBalancer.listeners[2].{field} = {value!r}: must not be the same as")


def test_a_listener_leaves_an_lb_hosts_own_port_alone():
    listeners = [{"name": "http", "port": 61404}]
    (complaint,) = complaints(but(PAIR, {"loadBalancer.listeners": listeners}))
    assert "must not be 61404 with `type: openstack-haproxy`" in complaint
    parse(but(OCTAVIA, {"loadBalancer.listeners": listeners}), "")


def test_a_listener_leaves_a_name_of_traefiks_own_alone():
    http = {"name": "traefik", "port": 80}
    taken = {"loadBalancer.listeners": [http], "ingress.nodePorts": {"traefik": 30080}}
    assert complaints(but(PAIR, taken)) == [
        "loadBalancer.listeners[0].name = 'traefik': is a name that traefik keeps for itself; choose another"
    ]
    parse(but(PAIR, {**taken, "ingress.controller": "none"}), "")
    past = {**taken, "loadBalancer.listeners": [{**http, "protocol": "tcp"}]}
    parse(but(PAIR, past), "")


def test_a_node_port_leaves_the_port_of_the_controllers_metrics_alone():
    low = {"ingress.nodePortRange": [9000, 32767], "ingress.healthPort": 9100}
    assert complaints(but(PAIR, {**low, "ingress.metrics": True})) == [
        "ingress.healthPort = 9100: must not be 9100 with `metrics: true`: traefik tells its metrics there; "
        "choose another"
    ]
    parse(but(PAIR, low), "")


SHELL = {"loadBalancer.listeners": [{"name": "http", "port": 22}], "ingress.nodePorts": {"http": 30080}}


@pytest.mark.parametrize(
    ("hosts", "complaint"),
    [
        ({"sshPort": 2222}, "hosts.sshPort = 2222: is not used without keyPair, since nobody can log in"),
        ({"keyPair": "me"}, "listeners[0].port = 22: must not be 22: the hosts' own SSH server is there for"),
        ({"keyPair": "me", "sshPort": 61404}, "hosts.sshPort = 61404: must not be 61404: the host's own"),
    ],
)
def test_port_22_is_a_listeners_where_the_hosts_own_ssh_server_leaves_it(hosts, complaint):
    written = {f"loadBalancer.hosts.{key}": value for key, value in hosts.items()}
    (said,) = complaints(but(PAIR, {**SHELL, **written}))
    assert said.startswith(f"loadBalancer.{complaint}")


def test_an_ssh_server_that_nobody_can_log_in_to_or_that_moved_is_in_no_listeners_way():
    moved = {"loadBalancer.hosts.keyPair": "me", "loadBalancer.hosts.sshPort": 2222}
    assert [
        parse(but(PAIR, {**SHELL, **more}), "").load_balancer.listeners[0].port for more in ({}, moved)
    ] == [22, 22]


def test_a_listener_is_not_named_after_the_controllers_own_port():
    listeners = [{"name": "portico-health", "port": 80}]
    ports = {"portico-health": 30080}
    (complaint,) = complaints(but(PAIR, {"loadBalancer.listeners": listeners, "ingress.nodePorts": ports}))
    assert "is the name of the controller's own port" in complaint


def test_a_listener_needs_a_node_port():
    (complaint,) = complaints(but(PAIR, {"loadBalancer.listeners": [*LISTENERS, MQTT]}))
    assert complaint.startswith(
        "ingress.nodePorts.mqtt: is required for the listener 'mqtt'; choose a free one"
    )


def test_a_node_port_needs_a_listener():
    ports = {"http": 30080, "https": 30443, "mqtt": 31883}
    (complaint,) = complaints(but(PAIR, {"ingress.nodePorts": ports}))
    assert (
        complaint == "ingress.nodePorts.mqtt = 31883: belongs to no listener; the listeners are http, https"
    )


@pytest.mark.parametrize("misspelt", ["htps", "HTTPS"])
def test_a_misspelt_node_port_is_one_mistake(misspelt):
    (complaint,) = complaints(but(PAIR, {"ingress.nodePorts": {"http": 30080, misspelt: 30443}}))
    assert complaint.startswith(f"ingress.nodePorts.{misspelt}")
    assert complaint.endswith("did you mean 'https'?")


@pytest.mark.parametrize(
    "listeners",
    [5, [], [*LISTENERS, 5], [*LISTENERS, {"name": "MQTT", "port": 1883}], [*LISTENERS, {"port": 1883}]],
)
def test_node_ports_are_not_compared_with_listeners_that_are_wrong(listeners):
    ports = {"http": 30080, "https": 30443, "mqtt": 31883}
    raw = but(PAIR, {"loadBalancer.listeners": listeners, "ingress.nodePorts": ports})
    (complaint,) = complaints(raw)
    assert complaint.startswith("loadBalancer.listeners")


def test_node_ports_are_not_compared_with_listeners_that_are_misspelt():
    raw = but(PAIR, {"loadBalancer.listner": [MQTT], "ingress.nodePorts": {"mqtt": 31883}})
    assert complaints(raw) == ["loadBalancer.listner: is no setting; did you mean 'listeners'?"]


@pytest.mark.parametrize(
    ("ingress", "path"),
    [
        ({"healthPort": 30080}, "ingress.healthPort = 30080"),
        ({"healthPort": 30080, "nodePorts": {}}, "ingress.healthPort = 30080"),
        ({"nodePorts": {"http": 30082, "https": 30443}}, "ingress.nodePorts.http = 30082"),
        ({"nodePorts": {"http": 30080, "https": 30080}}, "ingress.nodePorts.https = 30080"),
        ({"nodePorts": {"http": 30080, "https": 30443}, "healthPort": 30443}, "ingress.healthPort = 30443"),
    ],
)
def test_no_two_node_ports_are_the_same(ingress, path):
    (complaint,) = complaints({**PAIR, "ingress": ingress})
    assert complaint.startswith(f"{path}: must not be")


def test_defaults_outside_the_clusters_own_range_have_to_be_chosen():
    assert [problem.path for problem in problems({**PAIR, "ingress": {"nodePortRange": [20000, 20999]}})] == [
        "portico:ingress.nodePorts.http",
        "portico:ingress.nodePorts.https",
        "portico:ingress.healthPort",
    ]


@pytest.mark.parametrize("range", [[20000], [20999, 20000], "20000-20999", [0, 20999]])
def test_node_ports_are_not_measured_against_a_range_that_is_wrong(range):
    ingress = {"nodePortRange": range, "nodePorts": {"http": 20080, "https": 20443}, "healthPort": 20082}
    (complaint,) = complaints({**PAIR, "ingress": ingress})
    assert complaint.startswith("ingress.nodePortRange")


# The controller and the applications


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("image", "traefik"),
        ("replicas", 2),
        ("namespace", "mine"),
        ("defaultClass", True),
        ("nodeSelector", {"a": "b"}),
    ],
)
def test_what_a_missing_controller_would_use_is_out_of_place(key, value):
    (complaint,) = complaints({**PAIR, "ingress": {"controller": "none", key: value}})
    assert "is not used with `controller: none`; leave it out" in complaint


def test_a_controller_of_ones_own_may_answer_on_another_health_path():
    ingress = {"controller": "none", "healthPath": "/healthz?full=1"}
    assert parse({**PAIR, "ingress": ingress}, "").ingress.health_path == "/healthz?full=1"


def test_metallb_needs_a_controller_that_takes_its_address():
    (complaint,) = complaints({**METALLB, "ingress": {"controller": "none"}})
    assert complaint.startswith("ingress.controller = 'none': may not be none with `type: metallb`")


def test_an_app_is_either_there_or_made():
    run = {"image": "nginx"}
    (both,) = complaints({**PAIR, "apps": [{**APP, "run": run}]})
    assert both == "apps[0].run = a mapping: may not be given beside service; keep one of them"
    (neither,) = complaints({**PAIR, "apps": [but(APP, {"service": NOTHING})]})
    assert (
        neither
        == "apps[0]: needs one of service and run; say `service` for an existing Service, `run` for an image"
    )


@pytest.mark.parametrize(("path", "other"), [("/", "/"), ("/cart", "/cart/")])
def test_no_two_apps_answer_to_the_same_host_and_path(path, other):
    apps = [{**APP, "path": path}, {**APP, "name": "cart", "path": other}]
    (complaint,) = complaints({**PAIR, "apps": apps})
    assert complaint.startswith(
        "apps[1].host = 'shop.example.org': must not be the same as portico:apps[0].host"
    )


def test_no_two_apps_of_a_namespace_share_a_name():
    (complaint,) = complaints({**PAIR, "apps": [APP, {**APP, "host": "cart.example.org"}]})
    assert complaint.startswith("apps[1].name = 'shop': must not be the same as portico:apps[0].name")


@pytest.mark.parametrize(
    ("app", "complaint"),
    [
        ({"path": "/api", "probe": {"path": "/healthz"}}, "probe.path = '/healthz': must be under"),
        ({"path": "/api", "probe": {"path": "/apix"}}, "did you mean '/api/apix'?"),
        ({"probe": {"path": "healthz"}}, "probe.path = 'healthz': must be a path that begins with '/'"),
        ({"probe": {"expect": [99]}}, "probe.expect[0] = 99: must be a whole number from 200 to 599"),
        ({"probe": {"expect": ["2xx"]}}, "probe.expect[0] = '2xx': must be a whole number"),
        ({"probe": {"expect": []}}, "probe.expect = a list: must not be an empty list"),
        ({"probe": {"expect": [200, 200]}}, "must not be the same as portico:apps[0].probe.expect[0]"),
        ({"probe": "/healthz"}, "probe = '/healthz': must be a mapping"),
    ],
)
def test_a_probe_asks_the_application_itself_and_expects_status_codes(app, complaint):
    (said,) = complaints(but(PAIR, {"apps": [{**APP, **app}]}))
    assert complaint in said


def test_how_long_a_request_may_take_is_nobodys_affair_without_a_controller_of_ours():
    said = but(PAIR, {"ingress.controller": "none", "loadBalancer.timeouts.read": 30})
    (complaint,) = complaints(said)
    assert complaint == (
        "loadBalancer.timeouts.read = 30: is not used with `controller: none`: only a controller sees whole "
        "requests; leave it out, and tell the controller that is there"
    )


TLS_LESS = {"loadBalancer.listeners": [LISTENERS[0]]}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"ingress.redirectToHttps": True, **TLS_LESS},
            "ingress.redirectToHttps = True: needs a listener with `tls: true` to lead clients to; add one, "
            "or leave it out",
        ),
        (
            {"ingress.forwardedHeadersFrom": ["0.0.0.0/0"]},
            "ingress.forwardedHeadersFrom[0] = '0.0.0.0/0': must not be everybody: whoever is believed may "
            "claim any client's address",
        ),
        (
            {"ingress.tolerations": [{"value": "ingress"}]},
            "ingress.tolerations[0].key: is required with value; name the taint's key",
        ),
        (
            {"ingress.tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]},
            "ingress.tolerations[0].tolerationSeconds = 5: is used with `effect: NoExecute` alone: only that "
            "effect ends pods; leave it out, or say that effect",
        ),
        (
            {"ingress.resources": {"memoryLimit": "0.1Gi"}},
            "ingress.resources.memoryLimit = '0.1Gi': must not be less than memory, which is 128Mi; raise "
            "it, or lower the other",
        ),
        (
            {"ingress.resources.cpu": "much"},
            "ingress.resources.cpu = 'much': must be a quantity above 0 (Kubernetes, Quantity); such as 500m "
            "or 256Mi",
        ),
        (
            {"ingress.extraArgs": ["log.level=DEBUG"]},
            "ingress.extraArgs[0] = 'log.level=DEBUG': must be an option of Traefik's command line; such as "
            "--log.level=DEBUG",
        ),
        (
            {"ingress.extraArgs": ["--entrypoints.http.proxyprotocol.insecure=true"]},
            "ingress.extraArgs[0] = '--entrypoints.http.proxyprotocol.insecure=true': is Portico's to say: "
            "it is believed from the load balancer alone; leave it out",
        ),
        (
            {"ingress.controller": "none", "ingress.redirectToHttps": True},
            "ingress.redirectToHttps = True: is not used with `controller: none`; leave it out",
        ),
    ],
)
def test_what_the_controller_cannot_do_is_said_before_anything_is_made(changes, complaint):
    assert complaints(but(PAIR, changes)) == [complaint]


@pytest.mark.parametrize(
    "argument",
    [
        "--entryPoints.http.address=:80",
        "--ENTRYPOINTS.HTTPS.HTTP.TLS=false",
        "--entryPoints.other.address=:9000",
        "--entryPoints.http.forwardedHeaders.insecure",
        "--entryPoints.http.transport.respondingTimeouts.readTimeout=60s",
        "--entryPoints.http.transport.lifeCycle.graceTimeOut=1s",
        "--providers.kubernetesIngress.ingressClass=other",
        "--providers.kubernetesCRD=true",
        "--providers.file.directory=/tmp",
        "--ping.entryPoint=http",
        "--configFile=/tmp/traefik.yaml",
        "--api.insecure=true",
        "--metrics.prometheus=true",
        "--metrics.prometheus.entryPoint=http",
        "--accessLog=true",
    ],
)
def test_an_extra_argument_that_contradicts_is_refused_in_whatever_case(argument):
    (complaint,) = complaints(but(PAIR, {"ingress.extraArgs": [argument]}))
    assert complaint.startswith(f"ingress.extraArgs[0] = {show(argument)}: is Portico's to say: it ")


@pytest.mark.parametrize(
    "argument",
    [
        "--log.level=DEBUG",
        "--entryPoints.https.http2.maxConcurrentStreams=100",
        "--entryPoints.https.http.middlewares=auth@file",
        "--serversTransport.insecureSkipVerify=true",
        "--certificatesResolvers.le.acme.email=a@example.org",
        "--accessLog.fields.headers.defaultMode=keep",
        "--metrics.prometheus.buckets=0.1,0.5",
    ],
)
def test_any_other_extra_argument_is_taken(argument):
    watched = {"metrics": True, "accessLog": True, "extraArgs": [argument]}
    assert parse(but(PAIR, {"ingress": watched}), "").ingress.extra_args == (argument,)


OVN = but(OCTAVIA, {"loadBalancer.octavia": {"provider": "ovn"}})


@pytest.mark.parametrize(
    ("base", "changes", "complaint"),
    [
        (
            AWS,
            {"healthCheck.interval": 4},
            "healthCheck.interval = 4: must be a whole number from 5 to 300 with `type: aws-nlb`",
        ),
        (
            AWS,
            {"healthCheck": {"interval": 30, "timeout": 30}},
            "healthCheck.timeout = 30: must be less than the interval with `type: aws-nlb`, and is 30 of "
            "30 s; change one of them",
        ),
        (
            AWS,
            {"healthCheck": {"down": 1}},
            "healthCheck.down = 1: must be a whole number from 2 to 10 with `type: aws-nlb`",
        ),
        (
            OCTAVIA,
            {"healthCheck": {"timeout": 2}},
            "healthCheck.timeout = 2: must be less than the interval with `type: octavia` and the provider "
            "amphora, and is 2 of 2 s; change one of them",
        ),
        (
            METALLB,
            {"healthCheck.up": 3},
            "healthCheck.up = 3: is not used with `type: metallb`: the cluster itself knows which nodes "
            "serve; leave it out",
        ),
        (
            OVN,
            {"balance": "leastconn"},
            "balance = 'leastconn': may not be given with `type: octavia` and the provider ovn: OVN chooses "
            "by both sides' addresses and ports, and knows nothing else; leave it out",
        ),
        (
            AWS,
            {"balance": "roundrobin"},
            "balance = 'roundrobin': must be source with `type: aws-nlb`: AWS chooses by both sides' "
            "addresses and ports; leave it out",
        ),
        (
            METALLB,
            {"balance": "source"},
            "balance = 'source': may not be given with `type: metallb`: the node that answers for the "
            "address passes on to its own pods; leave it out",
        ),
        (
            OVN,
            {"timeouts.connectMilliseconds": 500},
            "timeouts.connectMilliseconds = 500: is not used with `type: octavia` and the provider ovn, "
            "which opens no connection that could be told so; leave it out",
        ),
    ],
)
def test_what_a_kind_cannot_do_is_said_in_the_words_of_its_row(base, changes, complaint):
    said = but(base, {f"loadBalancer.{path}": value for path, value in changes.items()})
    assert complaints(said) == [f"loadBalancer.{complaint}"]


@pytest.mark.parametrize("base", [PAIR, OCTAVIA, OVN, AWS])
def test_every_kind_that_asks_its_nodes_takes_the_same_words(base):
    asked = {"interval": 20, "timeout": 5, "down": 3, "up": 2}
    said = parse(but(base, {"loadBalancer.healthCheck": asked}), "").load_balancer
    assert said.health_check == HealthCheck(**asked)


SSH = {"name": "ssh", "port": 2222, "protocol": "tcp"}
NODE_PORTS = {"http": 30080, "https": 30443, "ssh": 30022}
OVN = but(OCTAVIA, {"loadBalancer.octavia": {"provider": "ovn"}})
ASKED = {"protocol": "http", "path": "/healthz", "port": 30023}


def listening(*listeners, base=PAIR, ports=NODE_PORTS, **sections):
    made = but(base, {"loadBalancer.listeners": list(listeners), "ingress.nodePorts": ports})
    return {**made, **sections}


def test_a_tcp_listener_is_right_with_the_node_port_of_its_service():
    assert parse(listening(*LISTENERS, SSH), "").load_balancer.listeners[2].protocol == "tcp"
    (listener,) = parse(listening({**SSH, "port": 443}, ports={"ssh": 30022}), "").load_balancer.listeners
    assert not listener.tls


def test_a_tcp_listener_needs_a_node_port_and_ends_no_tls():
    (said,) = complaints(listening(*LISTENERS, SSH, ports={"http": 30080, "https": 30443}))
    assert said.startswith("ingress.nodePorts.ssh: is required for the listener 'ssh'")
    (said,) = complaints(listening(*LISTENERS, {**SSH, "tls": True}))
    assert said.startswith("loadBalancer.listeners[2].tls = True: is not used with `protocol: tcp`")


def test_inside_the_cluster_the_controller_alone_has_the_address():
    (said,) = complaints(listening(*LISTENERS, SSH, base=METALLB))
    assert said == (
        "loadBalancer.listeners[2].service: is required with `type: metallb`: the controller's Service alone "
        "has the address; name the Service, or give it the type LoadBalancer itself"
    )


GIT = {"name": "git", "port": 22}


@pytest.mark.parametrize(
    ("ingress", "listener", "complaint"),
    [
        ({"controller": "none"}, {}, "service = a mapping: is not used with `controller: none`"),
        ({}, {"healthCheck": ASKED}, "healthCheck = a mapping: is not used with `service`"),
        ({}, {"protocol": "http"}, "service = a mapping: is not used with `protocol: http`; say"),
        ({}, {"tls": True}, "tls = True: is not used with `protocol: tcp`"),
        ({}, {"service": {"name": "Git", "port": 22}}, "service.name = 'Git': must be"),
        ({}, {"service": {"name": "git"}}, "service.port: is required"),
    ],
)
def test_a_service_is_reached_through_a_controller_of_ours(ingress, listener, complaint):
    said = {**SSH, "service": GIT, **listener}
    (found,) = complaints(listening(*LISTENERS, said, ingress={"nodePorts": NODE_PORTS, **ingress}))
    assert found.startswith(f"loadBalancer.listeners[2].{complaint}")


@pytest.mark.parametrize("base", [PAIR, OCTAVIA, OVN, AWS, METALLB])
def test_every_type_leads_to_a_service_and_names_the_client(base):
    said = {**SSH, "service": GIT, "proxyProtocol": True}
    (*_, listener) = parse(listening(*LISTENERS, said, base=base), "").load_balancer.listeners
    assert (listener.service.namespace, listener.direct) == ("default", False)


def test_a_tcp_listener_gets_the_header_and_is_checked_as_its_service_says():
    said = {**SSH, "proxyProtocol": True, "healthCheck": ASKED}
    for base in (PAIR, OCTAVIA, AWS):
        parsed = parse(listening(*LISTENERS, said, base=base), "").load_balancer.listeners[2]
        assert parsed.proxy_protocol
        assert (parsed.health_check.protocol, parsed.health_check.port) == ("http", 30023)


@pytest.mark.parametrize(
    ("base", "listener", "complaint"),
    [
        (OVN, {**SSH, "proxyProtocol": True}, "proxyProtocol = True: is not used with octavia (ovn), where"),
        (
            OVN,
            {**SSH, "healthCheck": ASKED},
            "healthCheck = a mapping: is not used with octavia (ovn), which",
        ),
        (OVN, {**SSH, "healthCheck": {"port": 30023}}, "healthCheck = a mapping: is not used with octavia"),
        (
            PAIR,
            {**SSH, "healthCheck": {"path": "/"}},
            "healthCheck.path = '/': is not used with `protocol: tcp`",
        ),
        (
            PAIR,
            {**SSH, "healthCheck": {"port": 9000}},
            "healthCheck.port = 9000: must be from 30000 to 32767",
        ),
        (PAIR, {**SSH, "healthCheck": {"protocol": "ping"}}, "healthCheck.protocol = 'ping': must be one of"),
        (PAIR, {**SSH, "protocol": "http", "proxyProtocol": True}, "proxyProtocol = True: is not used with"),
        (
            PAIR,
            {**SSH, "protocol": "http", "healthCheck": ASKED},
            "healthCheck = a mapping: is not used with",
        ),
    ],
)
def test_what_a_tcp_listener_asks_for_has_to_be_there(base, listener, complaint):
    (said,) = complaints(listening(*LISTENERS, listener, base=base))
    assert said.startswith(f"loadBalancer.listeners[2].{complaint}")


def test_applications_need_a_listener_that_leads_to_the_controller():
    (said,) = complaints(listening(SSH, ports={"ssh": 30022}, apps=[APP]))
    assert said.startswith("loadBalancer.listeners = a list: must hold one with `protocol: http` where there")


# What is there already


@pytest.mark.parametrize("namespace", ["default", "kube-system"])
def test_a_namespace_of_every_cluster_is_used_only_where_that_is_said(namespace):
    (complaint,) = complaints(but(PAIR, {"ingress.namespace": namespace}))
    assert complaint == (
        f"ingress.namespace = {namespace!r}: is made for the controller and is there already; leave it out, "
        "or say `existing: [namespace]`"
    )
    used = parse(but(PAIR, {"ingress.namespace": namespace, "ingress.existing": ["namespace"]}), "")
    assert used.ingress.namespace == namespace


def test_a_class_that_is_there_is_not_made_the_default():
    raw = but(PAIR, {"ingress.defaultClass": True, "ingress.existing": ["ingressClass"]})
    assert complaints(raw) == [
        "ingress.defaultClass = True: is not used with `existing: [ingressClass]`: the class says itself "
        "whether it is the default; leave it out"
    ]


def test_without_a_controller_nothing_is_made_that_could_be_there():
    raw = but(PAIR, {"ingress.controller": "none", "ingress.existing": ["namespace"]})
    assert complaints(raw) == ["ingress.existing = a list: is not used with `controller: none`; leave it out"]


def test_only_what_can_be_used_is():
    (complaint,) = complaints(but(PAIR, {"ingress.existing": ["namespaces"]}))
    assert complaint.startswith("ingress.existing[0] = 'namespaces': must be one of namespace, ingressClass")


def test_a_metallb_that_is_there_is_there_with_its_namespace():
    raw = but(
        METALLB, {"loadBalancer.metallb.existing": ["namespace"], "loadBalancer.metallb.install": False}
    )
    assert complaints(raw) == [
        "loadBalancer.metallb.existing = a list: is not used with `install: false`, where all of MetalLB is "
        "there already; leave it out"
    ]


@pytest.mark.parametrize("beside", [{"defaultClass": True}, {"existing": ["ingressClass"]}])
def test_an_annotation_leaves_no_class_to_be_the_default_or_to_be_used(beside):
    raw = but(PAIR, {"ingress": {"namedBy": "annotation", **beside}})
    assert complaints(raw) == [
        "ingress.namedBy = 'annotation': may not be annotation where a class is the default or used as it "
        "is; leave it out"
    ]


def test_the_class_of_a_service_is_a_label():
    (complaint,) = complaints(but(METALLB, {"loadBalancer.metallb.loadBalancerClass": "a b"}))
    assert complaint.startswith("loadBalancer.metallb.loadBalancerClass = 'a b': must be")


# Waiting


def test_the_older_word_for_waiting_is_two_switches_and_not_the_safety_of_the_hosts():
    assert read(but(PAIR, {"wait.until": "nothing"})).wait == Wait(
        rolling=True, hosts=False, address=False, until="nothing"
    )
    assert read(but(PAIR, {"wait.until": "serving"})).wait == Wait()


@pytest.mark.parametrize("switch", ["hosts", "address"])
def test_the_older_word_for_waiting_may_not_say_otherwise(switch):
    assert complaints(but(PAIR, {"wait": {"until": "nothing", switch: True}})) == [
        f"wait.{switch} = True: may not be true with `until: nothing`; leave `until` out: `hosts` and "
        "`address` say the same, each for itself"
    ]
    assert not getattr(read(but(PAIR, {"wait": {"until": "nothing", switch: False}})).wait, switch)
