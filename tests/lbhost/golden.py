"""The golden files: what lands on an LB host, for a reader. `python -m tests.lbhost.golden` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from portico.lbhost import haproxy, keepalived, userdata
from tests.unit.lbhost.fleets import GOLDEN

FOLDER = Path(__file__).parent / "golden"


def rendered() -> Iterator[tuple[str, str]]:
    """Every golden file's name and what the renderers make of it today."""
    for name, fleet in GOLDEN.items():
        yield f"{name}.haproxy.cfg", haproxy.render(fleet)
        for index, host in enumerate(fleet.hosts):
            yield f"{name}.host-{index + 1}.keepalived.conf", keepalived.render(fleet, host)
    yield "user_data", userdata.render()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for file, text in rendered():
        (FOLDER / file).write_text(text)
