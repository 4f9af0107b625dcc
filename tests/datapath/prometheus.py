"""A Prometheus on a worker node, which watches a pair's hosts by the rules of docs/monitoring.

It asks every second, and raises an alert a second after its reason: what the rules wait for is judged by
promtool in tests/lbhost.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from portico.lbhost import STATUS_PORT
from sandbox import namespaces
from tests import monitoring
from tests.engine.pair import Pair, until
from tools import places

ALERTS = places.CHECKOUT / "docs/monitoring/alerts.yml"


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    netns: str

    def ask(self, question: str) -> dict[str, float]:
        """The values of an instant query, by the host's address."""
        told = self._get("query?" + urlencode({"query": question}))
        return {one["metric"]["instance"].partition(":")[0]: float(one["value"][1]) for one in told["result"]}

    def raised(self) -> set[tuple[str, str]]:
        """The alerts that fire: each with the host's address, or nothing where it is about the pair."""
        return {
            (alert["labels"]["alertname"], alert["labels"].get("instance", "").partition(":")[0])
            for alert in self._get("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def _get(self, what: str) -> Any:
        command = ("curl", "--silent", "--fail", "--max-time", "5", f"http://127.0.0.1:9090/api/v1/{what}")
        return json.loads(namespaces.run(*command, netns=self.netns))["data"]


@contextmanager
def prometheus(pair: Pair, worker: str) -> Iterator[Prometheus]:
    """Runs one on a worker node, by its name, until the block ends; it has seen both hosts when it begins."""
    made = Prometheus(pair.sandbox.paths.netns(worker))
    program = monitoring.prometheus() / "prometheus"
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), pair.details["hostAddresses"])
        command = [
            str(program),
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            "--web.listen-address=127.0.0.1:9090",
            "--log.level=warn",
        ]
        with subprocess.Popen(namespaces.inside(made.netns, command)) as process:
            try:
                until("it has asked both hosts", lambda: _has_asked(made), 30)
                yield made
            finally:
                process.terminate()


def _has_asked(made: Prometheus) -> bool:
    try:
        return sum(made.ask("up").values()) == 2
    except namespaces.CommandError:
        return False


def _write(folder: Path, hosts: list[str]) -> None:
    rules = yaml.safe_load(ALERTS.read_text())
    for rule in rules["groups"][0]["rules"]:
        rule["for"] = "1s"
    (folder / "alerts.yml").write_text(yaml.safe_dump(rules))
    often = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    targets = [f"{host}:{STATUS_PORT}" for host in hosts]
    job = {"job_name": "portico-pair", "static_configs": [{"targets": targets}]}
    said = {"global": often, "rule_files": ["alerts.yml"], "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(said))
