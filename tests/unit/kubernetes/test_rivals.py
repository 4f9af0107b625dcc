"""Another controller that serves the same is seen before anything is made: said, and refused where it leads
clients past `allowedClients`."""

from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.kinds.metallb.settings import MetalLb
from portico.kubernetes.answers import Cluster, Container, IngressClass, Object, Workload
from portico.kubernetes.beside import options
from portico.kubernetes.rivals import found
from portico.names import Names
from portico.settings.model import App, AppImage, LoadBalancer, Settings
from tests.unit.plan.worlds import PAIR

NAMES = Names("portico-test")
SAID = replace(PAIR, apps=(App("shop", "shop.example.org", run=AppImage("shop")),))
INGRESS = "--providers.kubernetesingress"
K3S = (
    "--entryPoints.web.address=:8000/tcp",
    "--providers.kubernetescrd",
    "--providers.kubernetescrd.allowEmptyServices=true",
    INGRESS,
    f"{INGRESS}.allowEmptyServices=true",
    f"{INGRESS}.ingressendpoint.publishedservice=kube-system/traefik",
)
"""What k3s 1.35 and RKE2 tell their Traefik (the chart traefik 39)."""
POOL = ("192.0.2.10-192.0.2.20",)


def workload(*words, image="traefik:v3.7.1", kind="Deployment", name="traefik", space="kube-system", **more):
    environment, labels = more.get("environment", {}), more.get("labels", {})
    containers = (Container("proxy:1"), Container(image, words, environment))
    return Workload(Object("apps/v1", kind, space, name), containers, labels)


def ingress(settings=SAID, **said):
    return replace(settings, ingress=replace(settings.ingress, **said))


def narrowed(settings):
    clients = (IPv4Network("198.51.100.0/24"),)
    return replace(settings, load_balancer=replace(settings.load_balancer, allowed_clients=clients))


def sentences(settings, *workloads, classes=(), made=(), pools=()):
    """What is refused, and what is said."""
    where = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools"
    listed = {where: tuple(pools)}
    cluster = Cluster({}, frozenset(), dict.fromkeys(made, "1"), None, workloads, classes, listed)
    return tuple([str(problem) for problem in each] for each in found(settings, NAMES, cluster))


def test_a_traefik_without_a_class_is_said_with_the_way_out():
    refused, said = sentences(SAID, workload(*K3S))
    assert refused == []
    assert said == [
        "portico:ingress.ingressClass = 'portico': Deployment kube-system/traefik is a Traefik that serves "
        "this class as well: applications answer there too, past loadBalancer.allowedClients, and both write "
        "their address into each Ingress; give that one a class of its own with "
        "--providers.kubernetesIngress.ingressClass, or say `namedBy: annotation` (docs/ingress.md, A second "
        "Traefik)"
    ]


def test_it_is_refused_where_not_everybody_is_allowed():
    refused, said = sentences(narrowed(SAID), workload(*K3S))
    assert len(refused) == 1
    assert said == []


@pytest.mark.parametrize(
    "words",
    [
        (INGRESS,),
        (f"{INGRESS}=true",),
        ("--providers.kubernetesIngress", "--api"),
        (f"{INGRESS}.ingressclass", "portico"),
        (f"{INGRESS}.ingressClass=portico",),
        (f"{INGRESS}.allowexternalnameservices=true",),
        (INGRESS, f"{INGRESS}.namespaces=shops,default"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
def test_whoever_serves_every_class_or_this_one_is_a_rival(words, kind):
    assert len(sentences(SAID, workload(*words, kind=kind, image="own.example.org/edge:1"))[1]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--providers.kubernetescrd",),
        ("--providers.kubernetesingressnginx",),
        (f"{INGRESS}=false",),
        (INGRESS, f"{INGRESS}.ingressclass=traefik"),
        (INGRESS, f"{INGRESS}.labelselector=edge=internal"),
        (INGRESS, f"{INGRESS}.namespaces=shops"),
        (INGRESS, f"{INGRESS}.disableIngressClassLookup=true"),
        (INGRESS, f"{INGRESS}.disableClusterScopeResources=true"),
        ("/nginx-ingress-controller", "--controller-class=k8s.io/ingress-nginx", "--ingress-class=nginx"),
        ("/nginx-ingress-controller", "--watch-ingress-without-class=true"),
        (),
    ],
    ids=" ".join,
)
def test_whoever_does_not_serve_it_is_none(words):
    assert sentences(narrowed(SAID), workload(*words)) == ([], [])


def test_what_it_is_told_in_the_environment_counts_where_the_command_line_says_nothing():
    on = {"TRAEFIK_PROVIDERS_KUBERNETESINGRESS": "true"}
    assert len(sentences(SAID, workload(environment=on))[1]) == 1
    filtered = {**on, "TRAEFIK_PROVIDERS_KUBERNETESINGRESS_INGRESSCLASS": "traefik"}
    assert sentences(SAID, workload(environment=filtered)) == ([], [])
    assert sentences(SAID, workload("--providers.docker", environment=on)) == ([], [])


def test_this_stacks_own_controller_is_no_rival_of_its_own():
    own = workload(
        f"{INGRESS}.ingressClass=portico",
        kind="DaemonSet",
        space="portico-ingress",
        name="portico-test-traefik",
    )
    assert sentences(narrowed(SAID), own) == ([], [])


def test_this_stacks_own_controller_in_the_namespace_that_it_leaves_is_none_either():
    left = workload(f"{INGRESS}.ingressClass=portico", space="left", name="portico-test-traefik")
    assert sentences(narrowed(SAID), left, made=[left.object]) == ([], [])
    assert len(sentences(narrowed(SAID), left)[0]) == 1


def test_a_second_stack_that_serves_the_same_class_is_a_rival():
    other = workload(f"{INGRESS}.ingressClass=portico", name="portico-else-traefik")
    assert len(sentences(SAID, other)[1]) == 1


@pytest.mark.parametrize(
    ("name", "words", "rivals"),
    [
        ("portico", (INGRESS,), 0),
        ("portico", (f"{INGRESS}.ingressclass=portico",), 1),
        ("traefik", (INGRESS,), 1),
    ],
)
def test_an_annotation_is_served_by_nobody_who_does_not_name_it(name, words, rivals):
    """Traefik without a class takes an Ingress without an annotation, and the annotation `traefik`."""
    settings = ingress(named_by="annotation", ingress_class=name)
    assert len(sentences(settings, workload(*words))[1]) == rivals


def test_no_controller_of_ours_has_no_rivals():
    assert sentences(ingress(controller="none"), workload(*K3S)) == ([], [])


def test_what_could_not_be_asked_is_not_judged():
    assert found(SAID, NAMES, Cluster({}, frozenset())) == ([], [])
    assert found(SAID, NAMES, None) == ([], [])


NGINX, OURS = IngressClass("nginx", True), IngressClass("portico", True)


def test_a_second_default_class_is_refused_before_it_is_made():
    settings = ingress(default_class=True)
    assert sentences(settings, classes=[NGINX])[0] == [
        "portico:ingress.defaultClass = True: IngressClass nginx is the default already, and of two the one "
        "made last is taken; leave it out, or take the mark from that class"
    ]
    made = [Object("networking.k8s.io/v1", "IngressClass", None, "portico")]
    refused, said = sentences(settings, classes=[NGINX, OURS], made=made)
    assert (len(refused), len(said)) == (0, 1), "both stand: a front door that is up can still be changed"
    assert sentences(settings, classes=[OURS, IngressClass("nginx", False)], made=made) == ([], [])
    renamed = ingress(default_class=True, ingress_class="public")
    assert sentences(renamed, classes=[OURS], made=made) == ([], [])
    assert sentences(SAID, classes=[NGINX]) == ([], [])


def test_who_serves_ingresses_without_a_class_is_said_where_this_class_is_to_be_the_default():
    nginx = workload("/nginx-ingress-controller", "--watch-ingress-without-class=true", name="nginx")
    assert sentences(ingress(default_class=True), nginx)[1] == [
        "portico:ingress.defaultClass = True: Deployment kube-system/nginx serves the Ingresses that name no "
        "class: it keeps those that are there, and gets no new one; name the class of each, or leave it out"
    ]


# Who gives addresses


def metallb(**said):
    return Settings(load_balancer=LoadBalancer("metallb", metallb=MetalLb(POOL, **said)))


SVCLB = workload(
    kind="DaemonSet",
    name="svclb-traefik-1a2b3c",
    image="rancher/klipper-lb:v0.4.13",
    labels={"svccontroller.k3s.cattle.io/svcname": "traefik"},
)
CCM = "registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.35.0"
VIP = "ghcr.io/kube-vip/kube-vip:v1.0.1"


def ccm(*words):
    return workload(*words, image=CCM, kind="DaemonSet", name="ccm")


def kube_vip(**environment):
    return workload("manager", image=VIP, kind="DaemonSet", name="kube-vip", environment=environment)


@pytest.mark.parametrize(
    ("rival", "name"),
    [
        (SVCLB, "k3s' servicelb (DaemonSet kube-system/svclb-traefik-1a2b3c)"),
        (ccm(), "a cloud's controller (DaemonSet kube-system/ccm)"),
        (ccm("--controllers=*,-node-route-controller"), "a cloud's controller (DaemonSet kube-system/ccm)"),
        (ccm("--controllers=service-lb-controller"), "a cloud's controller (DaemonSet kube-system/ccm)"),
        (kube_vip(svc_enable="true"), "kube-vip (DaemonSet kube-system/kube-vip)"),
    ],
)
def test_who_gives_an_address_to_every_service_is_named(rival, name):
    expected = (
        f"portico:loadBalancer.metallb.loadBalancerClass: {name} gives an address to every Service without a "
        "class, this one included: clients would get to it past loadBalancer.allowedClients; say one, such "
        "as `portico.example.org/metallb`; a Service that stands is replaced then"
    )
    assert sentences(metallb(), rival, SVCLB) == ([], [expected])
    assert sentences(narrowed(metallb()), rival) == ([expected], [])
    assert sentences(narrowed(metallb(load_balancer_class="lb")), rival) == ([], [])


def test_a_front_door_that_is_up_is_told_and_not_stopped():
    service = Object("v1", "Service", "portico-ingress", "portico-test-traefik")
    refused, said = sentences(narrowed(metallb()), SVCLB, made=[service])
    assert (len(refused), len(said)) == (0, 1)


@pytest.mark.parametrize(
    "harmless",
    [
        ccm("--controllers=*,-service"),
        ccm("--controllers", "cloud-node,cloud-node-lifecycle"),
        ccm("--controllers=*,-service-lb-controller"),
        kube_vip(svc_enable="false", cp_enable="true"),
        kube_vip(svc_enable="true", lb_class_only="true"),
        workload(image="registry.k8s.io/coredns/coredns:v1.13"),
    ],
)
def test_who_gives_none_is_no_rival(harmless):
    assert sentences(narrowed(metallb()), harmless) == ([], [])


def test_a_load_balancer_outside_the_cluster_has_no_rival_for_addresses():
    assert sentences(narrowed(SAID), SVCLB, ccm()) == ([], [])


def pool(name, *addresses):
    return {"metadata": {"name": name}, "spec": {"addresses": list(addresses)}}


@pytest.mark.parametrize("addresses", ["192.0.2.20-192.0.2.30", "192.0.2.0/24", "192.0.2.12-192.0.2.13"])
def test_addresses_of_another_pool_are_refused(addresses):
    """With pools that overlap MetalLB takes no configuration at all."""
    refused, _ = sentences(metallb(), pools=[pool("theirs", "fd00::/120", addresses)])
    assert refused == [
        "portico:loadBalancer.metallb.addresses[0] = '192.0.2.10-192.0.2.20': overlaps "
        f"{addresses} of IPAddressPool theirs; leave those addresses out"
    ]


def test_other_addresses_and_this_stacks_own_pool_are_fine():
    near, empty = pool("theirs", "192.0.2.21-192.0.2.30"), {"metadata": {"name": "empty"}}
    others = [near, pool("portico-test-pool", *POOL), empty]
    assert sentences(metallb(), pools=others) == ([], [])


def announcer(*words):
    image = "quay.io/metallb/controller:v0.16.1"
    return workload("--port=7472", *words, image=image, name="controller", space="metallb-system")


@pytest.mark.parametrize(
    ("said", "words", "rule"),
    [
        (None, ("--lb-class=edge",), "serves Services of the class edge alone"),
        ("edge", (), "serves Services of no class alone"),
        ("edge", ("--lb-class=other",), "serves Services of the class other alone"),
        ("edge", ("--lb-class=edge",), None),
        (None, (), None),
    ],
)
def test_a_metallb_that_would_not_serve_the_service_is_refused(said, words, rule):
    settings = metallb(install=False, load_balancer_class=said)
    refused, _ = sentences(settings, announcer(*words))
    assert len(refused) == (rule is not None)
    if rule:
        assert f"Deployment metallb-system/controller {rule}, and this one would get no address" in refused[0]


def test_a_metallb_that_is_installed_here_is_told_its_class_by_this_very_up():
    assert sentences(metallb(load_balancer_class="edge"), announcer()) == ([], [])


names = st.from_regex(r"[a-z][a-zA-Z.]{0,10}", fullmatch=True)
said = st.text("abc=/:,*.", min_size=1)


@given(st.dictionaries(names, said), st.lists(st.booleans(), min_size=10, max_size=10))
def test_an_option_may_be_one_word_or_two(told, split):
    by_name = {name.lower(): value for name, value in told.items()}
    words = [
        word
        for (name, value), two in zip(by_name.items(), split * 10, strict=False)
        for word in ((f"--{name}", value) if two else (f"--{name}={value}",))
    ]
    assert options(Container("", tuple(words))) == by_name


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (("--a.B=c",), {"a.b": "c"}),
        (("-a", "b", "--c"), {"a": "b", "c": "true"}),
        (("run", "--a", "--b=c=d"), {"a": "true", "b": "c=d"}),
        ((), {}),
    ],
)
def test_options_are_read_as_programs_read_them(words, read):
    assert options(Container("", words)) == read
