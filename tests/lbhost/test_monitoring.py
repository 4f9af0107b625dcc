"""docs/monitoring: its rules before promtool, and all figures in it before the real HAProxy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from portico.lbhost import haproxy
from tests.lbhost.test_metrics import GENERATION, WATCHED
from tests.monitoring import prometheus
from tools import places

FOLDER = places.CHECKOUT / "docs/monitoring"
ALERTS = FOLDER / "alerts.yml"
PAGE = (places.CHECKOUT / "docs/monitoring.md").read_text()
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ALLOWED = """\
ip address add 10.0.9.7/32 dev lo
haproxy -D -f haproxy.cfg 2>/dev/null
curl --silent --interface 10.0.9.7 10.0.0.11:61404/metrics
"""


@pytest.fixture(scope="module")
def promtool():
    program = prometheus() / "promtool"

    def run(*words, **more):
        return subprocess.run([program, *words], capture_output=True, text=True, timeout=120, **more)

    return run


@pytest.fixture(scope="module")
def metrics(guest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "haproxy.cfg").write_text(haproxy.render(WATCHED).replace("@generation@", GENERATION))
    return guest.run(ALLOWED, folder)


def tested(promtool, folder, rules):
    (folder / "alerts.yml").write_text(rules)
    shutil.copy(places.CHECKOUT / "tests/lbhost/alerts.yml", folder / "test.yml")
    return promtool("test", "rules", "test.yml", cwd=folder)


def test_every_alert_is_raised_for_what_it_says_and_for_nothing_else(promtool, tmp_path):
    done = tested(promtool, tmp_path, ALERTS.read_text())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_that_never_is_raised_is_noticed(promtool, tmp_path, rule):
    groups = yaml.safe_load(ALERTS.read_text())
    (deaf,) = [one for one in groups["groups"][0]["rules"] if one["alert"] == rule["alert"]]
    deaf["expr"] = f"({deaf['expr']}) and vector(0) == 1"
    assert rule["alert"] in tested(promtool, tmp_path, yaml.safe_dump(groups)).stderr


def test_every_question_of_the_dashboard_can_be_asked(promtool, tmp_path):
    rules = [{"record": f"shown:{number}", "expr": expr} for number, expr in enumerate(SHOWN)]
    (tmp_path / "shown.yml").write_text(yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]}))
    done = promtool("check", "rules", str(tmp_path / "shown.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SHOWN)} rules found" in done.stdout


@pytest.mark.parametrize("expr", dict.fromkeys([*(rule["expr"] for rule in RULES), *SHOWN]))
def test_every_figure_is_one_that_a_host_tells(metrics, expr):
    """By its name, its proxy, and its state where one is asked for."""
    for name, labels in re.findall(r"\b(haproxy_\w+)(?:{(.*?)})?", expr):
        asked = dict(re.findall(r'(proxy|state)=~?"(.*?)"', labels))
        told = [line for line in metrics.splitlines() if re.match(rf"{name}[ {{]", line)]
        for label, value in asked.items():
            told = [line for line in told if re.search(rf'\b{label}="(?:{value})"', line)]
        assert told, f"{name}{{{labels}}}"


def test_the_page_tells_of_every_alert():
    assert re.findall(r"^\| `(Portico\w+)` \|", PAGE, re.MULTILINE) == [rule["alert"] for rule in RULES]
