"""No cluster is near, whatever the shell and the home of whoever runs the tests say."""

from pathlib import Path

import pytest

from portico import connections


@pytest.fixture(autouse=True)
def no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    connections.cluster.cache_clear()
