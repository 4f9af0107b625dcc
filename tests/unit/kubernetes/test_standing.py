"""What stands in the cluster and is not this stack's is refused by name, each setting in one sentence."""

from dataclasses import replace

import pytest

from portico.capabilities import Capabilities
from portico.kinds.metallb.settings import MetalLb
from portico.kubernetes import objects
from portico.kubernetes.answers import Cluster, Object, Standing
from portico.kubernetes.standing import obstacles
from portico.names import Names
from portico.plan.make import make
from portico.problems import Problem, Refused
from portico.settings.model import App, AppImage, Ingress, LoadBalancer, Settings
from tests.unit.plan.worlds import CLOUD, PAIR

NAMES = Names("portico-test")
SAID = replace(PAIR, apps=(App("shop", "shop.example.org", run=AppImage("shop")),))
METALLB = Settings(load_balancer=LoadBalancer("metallb", metallb=MetalLb(("192.0.2.10-192.0.2.20",))))
SPACE = Object("v1", "Namespace", None, "portico-ingress")
DEFAULT = Object("v1", "Namespace", None, "default")
CLASS = Object("networking.k8s.io/v1", "IngressClass", None, "portico")
SERVICE = Object("v1", "Service", "portico-ingress", "portico-test-traefik")
OURS = "portico-test"


def cluster(*there, made=(), node_ports=None, settings=SAID, **standing):
    """A cluster that was asked for everything and holds these, and the namespace of the application."""
    holds = {thing: Standing(f"uid of {thing}", **standing) for thing in there}
    asked = [each.object for each in objects.wanted(settings, NAMES)]
    asked += [each.object for each in objects.needed(settings, NAMES)]
    return Cluster(
        {DEFAULT: Standing("default"), **holds},
        frozenset(asked),
        {thing: f"uid of {thing}" for thing in made},
        node_ports,
    )


def problems(there, settings=SAID):
    return list(obstacles(settings, NAMES, there))


def every(settings):
    return [each.object for each in objects.wanted(settings, NAMES)]


def test_an_empty_cluster_is_accepted():
    assert problems(cluster()) == []


def test_a_cluster_that_was_not_asked_is_not_judged():
    assert problems(None) == []


@pytest.mark.parametrize("thing", every(SAID), ids=str)
def test_each_object_that_stands_there_is_refused_by_name(thing):
    (problem,) = problems(cluster(thing))
    assert f"{thing} is there already and is not this stack's" in problem.rule
    assert "choose another name" in problem.remedy


@pytest.mark.parametrize("settings", [SAID, METALLB], ids=["traefik and an app", "metallb"])
def test_what_this_stack_made_may_stand(settings):
    there = every(settings)
    assert problems(cluster(*there, made=there, settings=settings), settings) == []


def test_one_of_the_same_name_that_this_stack_did_not_make_is_foreign():
    (problem,) = problems(replace(cluster(SPACE), made={SPACE: "the uid of the one that was"}))
    assert "run `pulumi refresh`" in problem.remedy


def test_the_namespace_of_another_controller_is_refused_with_the_setting_that_names_it():
    settings = replace(SAID, ingress=Ingress(namespace="ingress-nginx", ingress_class="public"))
    namespace = Object("v1", "Namespace", None, "ingress-nginx")
    public = Object("networking.k8s.io/v1", "IngressClass", None, "public")
    there = cluster(namespace, settings=settings)
    there = replace(
        there,
        standing={**there.standing, public: Standing("another", controller="k8s.io/ingress-nginx")},
    )
    assert [str(problem) for problem in problems(there, settings)] == [
        "portico:ingress.namespace = 'ingress-nginx': Namespace ingress-nginx is there already and is not "
        "this stack's; choose another name, or say `existing: [namespace]` to use it as it is",
        "portico:ingress.ingressClass = 'public': IngressClass public is there already and is not this "
        "stack's: its controller is k8s.io/ingress-nginx; choose another name, or say `controller: none` "
        "where the class has a controller that shall go on",
    ]


def test_an_application_that_stands_there_is_one_sentence():
    there = [thing for thing in every(SAID) if thing.namespace == "default"]
    (problem,) = problems(cluster(*there))
    assert problem.path == "portico:apps[0].name"
    assert problem.rule.startswith("Ingress default/shop, Deployment default/shop, Service default/shop")


def test_what_a_stack_of_the_same_name_made_is_one_sentence_with_the_way_out():
    (problem,) = problems(cluster(*every(SAID), instance=OURS))
    assert problem.path == "the stack's name"
    assert "made by a stack of this name whose state is not the one in use" in problem.rule
    assert "python -m portico.recovery" in problem.remedy
    assert "choose another name for the stack" in problem.remedy


def test_a_metallb_that_is_there_is_one_sentence():
    manifest = [thing for thing in every(METALLB) if thing.name != "portico-test-pool"][:26]
    (problem,) = problems(cluster(*manifest, settings=METALLB), METALLB)
    assert problem.path == "portico:loadBalancer.metallb.install"
    assert "and 23 more are there already" in problem.rule
    assert "say `install: false`" in problem.remedy


def test_a_metallb_that_is_missing_is_refused():
    settings = replace(
        METALLB,
        load_balancer=LoadBalancer("metallb", metallb=MetalLb(("192.0.2.10-192.0.2.20",), install=False)),
    )
    rules = [problem.rule for problem in problems(cluster(settings=settings), settings)]
    assert rules == ["there is no such namespace", "MetalLB is not in the cluster"]


def test_a_namespace_that_an_application_needs_and_that_is_missing_is_refused():
    settings = replace(SAID, apps=(replace(SAID.apps[0], namespace="shops"),))
    (problem,) = problems(cluster(settings=settings), settings)
    assert str(problem) == (
        "portico:apps[0].namespace = 'shops': there is no such namespace; `kubectl create namespace shops`"
    )


USES = replace(PAIR, ingress=Ingress(existing=("namespace", "ingressClass")))
TRAEFIK = "traefik.io/ingress-controller"


def used(made=(), **there):
    """A cluster with the namespace and the class that the settings only use."""
    there = {"space": Standing("uid of space"), "of": Standing("uid of class", controller=TRAEFIK)} | there
    standing = {SPACE: there["space"], CLASS: there["of"]}
    standing = {thing: live for thing, live in standing.items() if live is not None}
    return replace(
        cluster(settings=USES), standing=standing, made={each: standing[each].uid for each in made}
    )


@pytest.mark.parametrize("enforced", ["", "privileged", "baseline", "restricted"])
def test_a_namespace_and_a_class_that_are_used_may_stand_whatever_the_namespace_enforces(enforced):
    assert problems(used(space=Standing("1", enforced=enforced)), USES) == []


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        (
            {"space": None},
            "portico:ingress.namespace = 'portico-ingress': there is no such namespace; "
            "`kubectl create namespace portico-ingress`",
        ),
        (
            {"of": None},
            "portico:ingress.ingressClass = 'portico': there is no such ingress class; leave it out of "
            "`existing`, and it is made",
        ),
        (
            {"space": Standing("1", leaving=True)},
            "portico:ingress.namespace = 'portico-ingress': Namespace portico-ingress is being deleted; wait "
            "until it is gone and make it anew, or name another",
        ),
        (
            {"of": Standing("1", controller="k8s.io/ingress-nginx")},
            "portico:ingress.ingressClass = 'portico': IngressClass portico is served by "
            f"k8s.io/ingress-nginx, and not by {TRAEFIK}; name another class, or say `controller: none`",
        ),
        (
            {"of": Standing("1")},
            "portico:ingress.ingressClass = 'portico': IngressClass portico is served by nobody, "
            f"and not by {TRAEFIK}; name another class, or say `controller: none`",
        ),
        (
            {"made": [SPACE]},
            "portico:ingress.existing: Namespace portico-ingress was made by this stack, and would be "
            "deleted as soon as it is only used; leave it out there",
        ),
        (
            {"made": [CLASS]},
            "portico:ingress.existing: IngressClass portico was made by this stack, and would be deleted as "
            "soon as it is only used; leave it out there",
        ),
    ],
    ids=["no namespace", "no class", "going", "another's", "nobody's", "own namespace", "own class"],
)
def test_what_cannot_be_used_is_refused_with_the_way_out(there, sentence):
    assert [str(problem) for problem in problems(used(**there), USES)] == [sentence]


@pytest.mark.parametrize(
    ("enforced", "runs"), [("", True), ("privileged", True), ("baseline", False), ("x", False)]
)
def test_the_speaker_of_metallb_is_not_put_where_it_may_not_run(enforced, runs):
    metallb = MetalLb(("192.0.2.10-192.0.2.20",), existing=("namespace",))
    settings = replace(METALLB, load_balancer=LoadBalancer("metallb", metallb=metallb))
    space = Object("v1", "Namespace", None, "metallb-system")
    there = replace(cluster(settings=settings), standing={space: Standing("1", enforced=enforced)})
    sentences = [str(problem) for problem in problems(there, settings)]
    assert sentences == (
        []
        if runs
        else [
            "portico:loadBalancer.metallb.namespace = 'metallb-system': Namespace metallb-system enforces "
            f"the Pod Security Standard {enforced}, and the pods made there keep privileged only; name "
            "another namespace, or have it enforce less"
        ]
    )


def test_what_may_not_be_asked_is_not_taken_for_missing():
    assert problems(replace(cluster(), standing={}, asked=frozenset())) == []


def test_a_namespace_that_is_being_deleted_is_said_to_be():
    (problem,) = problems(cluster(SPACE, leaving=True))
    assert "is there already, being deleted, and is not this stack's" in problem.rule


@pytest.mark.parametrize(
    ("port", "path"),
    [
        (30080, "portico:ingress.nodePorts.http"),
        (30443, "portico:ingress.nodePorts.https"),
        (30082, "portico:ingress.healthPort"),
    ],
)
def test_a_node_port_that_another_service_holds_is_refused_with_its_holder(port, path):
    (problem,) = problems(cluster(node_ports={port: Object("v1", "Service", "shops", "stock")}))
    assert str(problem) == (
        f"{path} = {port}: the node port is taken by the Service shops/stock; choose a free one"
    )


def test_node_ports_of_this_stacks_own_service_are_free():
    assert problems(cluster(SERVICE, made=[SERVICE], node_ports={30080: SERVICE, 30443: SERVICE})) == []


def test_everything_comes_at_once_with_what_the_cloud_cannot_carry():
    cloudy = Problem("portico:loadBalancer.openstack.network", "'k9s'", "there is no such network")
    with pytest.raises(Refused) as refused:
        make(SAID, Capabilities(CLOUD, cluster(SPACE, CLASS), problems=(cloudy,)), NAMES)
    assert [problem.path for problem in refused.value.problems] == [
        cloudy.path,
        "portico:ingress.namespace",
        "portico:ingress.ingressClass",
    ]
