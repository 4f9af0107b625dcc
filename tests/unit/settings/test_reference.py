"""docs/settings.md and the reader say the same as the model."""

import dataclasses
import re

import pytest

from portico.ingress import table as controllers
from portico.ingress.traefik import arguments as traefik_arguments
from portico.ingress.traefik import watching
from portico.kinds.openstack_haproxy.settings import MOST_CONNECTIONS
from portico.kinds.table import KINDS, TYPES, find
from portico.lbhost import fleet
from portico.problems import Refused
from portico.settings import SECTIONS, Listener, Settings, model, parse
from tests.unit.settings.said import PAIR, but, complaints
from tests.unit.settings.written import camel
from tools.make import settings_reference
from tools.make.declared import every_section, keys, written

CLASSES = every_section()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_setting_says_what_it_means(kind):
    assert all(key.text.endswith(".") for key in keys(kind))


def test_the_page_in_docs_is_the_one_that_the_model_makes():
    assert settings_reference.main(["--check"]) == 0, "run `python -m tools.make.settings_reference`"


def test_a_stale_page_is_noticed(tmp_path, monkeypatch, capsys):
    pages = {tmp_path / "page.md": "right"}
    monkeypatch.setattr(settings_reference, "pages", lambda: pages)
    assert settings_reference.main(["--check"]) == 1
    assert settings_reference.main([]) == 0
    assert settings_reference.main(["--check"]) == 0
    (tmp_path / "page.md").write_text("changed")
    assert settings_reference.main(["--check"]) == 1
    assert "page.md is stale" in capsys.readouterr().err


def test_every_link_of_the_page_leads_to_a_heading():
    page = settings_reference.PAGE.read_text()
    headings = {re.sub(r"[^a-z]", "", line.lower()) for line in page.splitlines() if line.startswith("#")}
    links = set(re.findall(r"\(#(\w+)\)", page))
    assert links
    assert links <= headings


def test_the_message_shown_on_the_page_is_the_one_that_comes():
    raw = but(PAIR, {"nodes.from": "adresses", "loadBalancer.hosts.count": 0})
    with pytest.raises(Refused) as refused:
        parse(raw, "stacks/Pulumi.prod.yaml")
    assert f"```\n{refused.value}\n```" in settings_reference.PAGE.read_text()


def test_defaults_are_shown_as_they_would_be_written():
    assert written((Listener("http", 80), Listener("https", 443, tls=True))) == (
        "[{name: http, port: 80}, {name: https, port: 443, tls: true}]"
    )


def test_the_sections_are_those_of_the_model_in_its_order():
    assert tuple(camel(field.name) for field in dataclasses.fields(Settings)) == SECTIONS


def test_the_reader_asks_for_every_key_of_the_model_and_for_no_other():
    nothing = {"x": 1}
    raw = {
        "kubernetes": nothing,
        "nodes": {**nothing, "addresses": [nothing]},
        "ingress": {**nothing, "tolerations": [nothing], "resources": nothing},
        "loadBalancer": {
            **nothing,
            "listeners": [{**nothing, "service": nothing, "healthCheck": nothing}],
            "timeouts": nothing,
            "healthCheck": nothing,
            **dict.fromkeys(model.kinds_sections(), nothing),
            "hosts": {**nothing, "logs": nothing, "volume": nothing},
        },
        "apps": [{**nothing, "probe": nothing}, {**nothing, "service": nothing}, {**nothing, "run": nothing}],
        "wait": nothing,
    }
    asked = {
        tuple(sorted(line.partition("known here: ")[2].split(", ")))
        for line in complaints(raw)
        if "known here: " in line
    }
    known = {tuple(sorted(camel(field.name) for field in dataclasses.fields(kind))) for kind in CLASSES}
    # An app with a service may have no image as well, so that this key is not offered.
    assert asked | {tuple(sorted(SECTIONS))} == known


def test_the_types_are_named_in_the_reference():
    (text,) = (key.text for key in keys(model.LoadBalancer) if key.name == "type")
    assert re.findall(r"`([a-z-]+)`", text) == list(TYPES)


def test_every_subsection_is_named_with_the_type_that_it_belongs_to():
    texts = {key.name: key.text for key in keys(model.LoadBalancer)}
    for row in KINDS:
        assert all(row.type in texts[section] for section in row.sections)


def test_what_lb_hosts_keep_for_themselves_is_what_the_reader_refuses():
    assert fleet.STATUS_PORT in find("openstack-haproxy").taken_ports
    assert fleet.MAX_CONNECTIONS == MOST_CONNECTIONS


def test_the_port_of_traefiks_metrics_is_the_one_that_the_reader_keeps_free():
    assert controllers.CONTROLLERS[0].metrics_port == watching.METRICS_PORT


def test_the_path_where_traefik_says_that_it_serves_is_the_default():
    assert model.Ingress.health_path == controllers.CONTROLLERS[0].health_path == traefik_arguments.PING_PATH
