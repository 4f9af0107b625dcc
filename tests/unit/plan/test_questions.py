"""Which questions decide in the end whether a front door serves."""

import pytest

from portico.ingress.table import CONTROLLERS
from portico.plan.questions import Question, questions, way
from portico.plan.way import End
from tests.unit.settings.said import APP, AWS, METALLB, OCTAVIA, PAIR, but, read


def traefiks(*facts):
    return Question(*facts, signature=CONTROLLERS[0].signature)


def asked(base=PAIR, **changes):
    return questions(read(base, **changes))


def test_every_application_is_asked_at_its_own_host_and_path_without_tls_where_that_can_be():
    other = {**APP, "name": "api", "host": "*.example.org", "path": "/api"}
    assert asked(apps=[APP, other]) == (
        traefiks(80, False, "shop.example.org"),
        traefiks(80, False, "portico.example.org", "/api"),
        traefiks(443, True),
    )


def test_a_probe_has_a_path_and_codes_of_its_own():
    question, _ = asked(apps=[{**APP, "path": "/v1", "probe": {"path": "/v1/ready", "expect": [200, 404]}}])
    assert (question.path, question.asked, question.expect) == ("/v1", "/v1/ready", (200, 404))
    question, _ = asked(apps=[{**APP, "path": "/v1", "probe": {}}])
    assert (question.asked, question.expect) == ("/v1", ())


def test_an_application_with_a_certificate_is_asked_over_tls_where_a_listener_ends_it():
    secure = {**APP, "tlsSecret": "shop-tls"}
    question, other = asked(apps=[secure])
    assert (question.port, question.tls, question.secret) == (443, True, "default/shop-tls")
    assert other == traefiks(80, False)
    plain = but(PAIR, {"loadBalancer.listeners": [{"name": "http", "port": 80}]})
    (question,) = asked(plain, apps=[secure])
    assert (question.port, question.tls, question.secret) == (80, False, None)


def test_where_clients_are_redirected_the_application_is_asked_where_they_are_led_to():
    redirecting = {**PAIR, "ingress": {"redirectToHttps": True}}
    assert asked(redirecting, apps=[APP]) == (traefiks(443, True, "shop.example.org"), traefiks(80, False))


def test_without_an_application_the_controller_is_asked_and_any_of_its_words_will_do():
    assert asked() == (traefiks(80, False, None), traefiks(443, True, None))


def test_another_controllers_words_are_not_known():
    every = asked(but(PAIR, {"ingress.controller": "none"}), apps=[APP])
    assert [question.signature for question in every] == [None, None]


@pytest.mark.parametrize(
    ("base", "changes", "why"),
    [
        (PAIR, {"loadBalancer.allowedClients": ["192.0.2.0/24"]}, "allowedClients"),
        (OCTAVIA, {"loadBalancer.openstack": {"network": "k8s", "public": False}}, "public: false"),
        (AWS, {"loadBalancer.aws.scheme": "internal"}, "scheme: internal"),
    ],
)
def test_what_may_keep_the_machine_that_asks_out_is_known(base, changes, why):
    (said,) = way(read(but(base, changes))).narrowed
    assert why in said


@pytest.mark.parametrize("base", [PAIR, OCTAVIA, AWS])
def test_a_public_address_for_everybody_keeps_nobody_out(base):
    assert way(read(base)).narrowed == ()


@pytest.mark.parametrize("base", [PAIR, OCTAVIA, AWS, METALLB])
def test_every_end_of_the_way_has_a_sentence_of_its_own(base):
    said = [way(read(base)).sentence(end, "why") for end in End]
    assert len(set(said)) == len(End)


def test_no_floating_ip_is_blamed_where_there_is_none():
    inside = but(PAIR, {"loadBalancer.openstack": {"network": "k8s", "public": False}})
    assert "floating IP" in way(read(PAIR)).sentence(End.SILENT, "")
    assert "floating IP" not in way(read(inside)).sentence(End.SILENT, "")


@pytest.mark.parametrize(
    ("question", "url"),
    [
        (Question(80, False), "http://door/"),
        (Question(8080, False, None, "/shop", "/shop/ready"), "http://door:8080/shop"),
        (Question(443, True), "https://door/"),
    ],
)
def test_a_question_is_a_url_without_the_usual_port(question, url):
    assert question.url("door") == url


TCP = {
    "loadBalancer.listeners": [
        {"name": "ssh", "port": 22222, "protocol": "tcp"},
        {"name": "http", "port": 80},
        {"name": "secure", "port": 8443, "tls": True},
    ],
    "ingress.nodePorts": {"ssh": 30022, "http": 30080, "secure": 30443},
}


def test_a_listener_that_leads_to_a_service_is_asked_and_names_it():
    listeners = [
        {**TCP["loadBalancer.listeners"][0], "service": {"name": "gitea", "namespace": "git", "port": 22}}
    ]
    said = but(PAIR, {"loadBalancer.listeners": listeners, "ingress.nodePorts": {"ssh": 30022}})
    assert asked(said) == (Question(22222, False, direct=True, service="git/gitea"),)


def test_a_tcp_listener_is_asked_besides_and_never_in_the_name_of_an_application():
    direct = Question(22222, False, direct=True)
    secure = traefiks(8443, True)
    assert asked(but(PAIR, TCP), apps=[APP]) == (traefiks(80, False, "shop.example.org"), secure, direct)
    assert asked(but(PAIR, TCP)) == (traefiks(80, False), secure, direct)


def test_a_stack_with_tcp_listeners_alone_asks_those_alone():
    only = {"loadBalancer.listeners": TCP["loadBalancer.listeners"][:1], "ingress.nodePorts": {"ssh": 30022}}
    (question,) = asked(but(PAIR, only))
    assert (question, question.url("door")) == (Question(22222, False, direct=True), "tcp://door:22222")
