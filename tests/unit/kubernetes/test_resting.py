"""What keeps an application from being served is named: its Ingress, its Service, its Secret."""

from dataclasses import replace

import pytest

from portico.kubernetes.answers import Look, Object
from portico.kubernetes.resting import led_to, obstacles, reasons, resting_on, serving, warnings
from portico.settings.model import App, AppImage, AppService, Ingress, Listener, ListenerService
from tests.unit.plan.worlds import PAIR

SHOP = App("shop", "shop.example.org", service=AppService("web", 8080), tls_secret="shop-tls")
RUN = App("run", "run.example.org", run=AppImage("image", port=80))
SERVICE = Object("v1", "Service", "default", "web")
SECRET = Object("v1", "Secret", "default", "shop-tls")
INGRESS = Object("networking.k8s.io/v1", "Ingress", "default", "shop")
SOUND = {
    SERVICE: Look("ClusterIP", (8080,), ready=2),
    SECRET: Look("kubernetes.io/tls"),
    INGRESS: Look(),
}


def settings(*apps, controller="traefik"):
    return replace(PAIR, apps=apps, ingress=Ingress(controller=controller))


def warned(looks, *apps):
    return [str(each) for each in warnings(settings(*(apps or (SHOP,))), looks)]


def test_what_is_asked_before_is_what_nobody_of_ours_makes():
    assert resting_on(SHOP) == (SERVICE, SECRET)
    assert resting_on(RUN) == ()
    assert serving(SHOP) == (INGRESS, SERVICE, SECRET)


@pytest.mark.parametrize("looks", [SOUND, {}], ids=["all is there", "nothing was told"])
def test_there_is_nothing_to_say_where(looks):
    assert warned(looks) == []
    assert list(reasons(SHOP, looks)) == []
    assert list(obstacles(settings(SHOP), looks)) == []


@pytest.mark.parametrize(
    ("thing", "look", "said"),
    [
        (SERVICE, None, "service = 'web': there is no Service default/web; create it, or name another"),
        (
            SERVICE,
            Look("ClusterIP", (80, 443), ready=2),
            "service = 'web': the Service default/web has no TCP port 8080; it has 80, 443; name one",
        ),
        (SERVICE, Look("ClusterIP", ()), "has no TCP port 8080; it has none"),
        (SERVICE, Look("ClusterIP", (8080,), ready=0), "has no endpoint that is ready; see whether its"),
        (SECRET, None, "tlsSecret = 'shop-tls': there is no Secret default/shop-tls; create it with"),
        (SECRET, Look("Opaque"), "is of type Opaque, not kubernetes.io/tls; it has to hold tls.crt"),
    ],
)
def test_each_fault_has_a_warning_with_its_setting_and_is_the_reason_in_the_end(thing, look, said):
    (warning,) = warned({**SOUND, thing: look}, RUN, SHOP)
    assert warning.startswith("portico:apps[1].")
    assert said in warning
    (reason,) = reasons(SHOP, {**SOUND, thing: look})
    assert reason in warning


def test_endpoints_that_could_not_be_counted_are_no_fault():
    assert warned({**SOUND, SERVICE: Look("ClusterIP", (8080,), ready=None)}) == []


def test_an_ingress_that_somebody_deleted_is_a_reason_in_the_end():
    (reason,) = reasons(SHOP, {**SOUND, INGRESS: None})
    assert reason == "there is no Ingress default/shop; `pulumi up --refresh` makes it again"


def test_the_pods_of_an_image_that_are_not_ready_are_a_reason_in_the_end():
    looks = {Object("v1", "Service", "default", "run"): Look("ClusterIP", (80,), ready=0)}
    (reason,) = reasons(RUN, looks)
    assert "the Service default/run has no endpoint that is ready" in reason


def test_a_service_that_is_a_dns_name_is_refused_where_the_controller_does_not_serve_it():
    looks = {**SOUND, SERVICE: Look("ExternalName")}
    (problem,) = obstacles(settings(RUN, SHOP), looks)
    assert str(problem).startswith(
        "portico:apps[1].service.name = 'web': the Service is of type ExternalName"
    )
    assert "traefik does not serve" in problem.rule
    assert "an EndpointSlice with the addresses" in problem.remedy
    assert list(obstacles(settings(SHOP, controller="none"), looks)) == []
    assert warned(looks) == [], "it is said once"


GIT = Object("v1", "Service", "git", "gitea")


def leading(controller="traefik"):
    ssh = Listener("ssh", 22, protocol="tcp", service=ListenerService("gitea", 2222, "git"))
    balancer = replace(PAIR.load_balancer, listeners=(Listener("http", 80), ssh))
    return replace(PAIR, load_balancer=balancer, ingress=Ingress(controller=controller))


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (None, "there is no Service git/gitea; create it, or name another"),
        (
            Look("ClusterIP", (22,), ready=1),
            "the Service git/gitea has no TCP port 2222; it has 22; name one",
        ),
        (Look("ClusterIP", (2222,), ready=0), "the Service git/gitea has no endpoint that is ready; see"),
    ],
)
def test_the_service_that_a_listener_leads_to_is_looked_at_too(look, said):
    assert led_to(leading()) == (GIT,)
    (warning,) = warnings(leading(), {GIT: look})
    assert str(warning).startswith(f"portico:loadBalancer.listeners[1].service = 'gitea': {said}")
    assert list(obstacles(leading(), {GIT: look})) == []


def test_a_listener_leads_nowhere_outside():
    (refused,) = obstacles(leading(), {GIT: Look("ExternalName")})
    assert str(refused).startswith(
        "portico:loadBalancer.listeners[1].service.name = 'gitea': the Service is of type ExternalName, "
        "which traefik does not serve"
    )
    assert list(warnings(leading(), {GIT: Look("ClusterIP", (2222,), ready=1)})) == []
