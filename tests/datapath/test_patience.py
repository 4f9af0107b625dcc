"""What takes long comes through the front door: nothing on the way cuts it by a default of its own."""

from __future__ import annotations

import pytest

from tests.datapath.patient import Patient, application, come_through, whole
from tests.engine.pair import CLIENT, INSIDE, Pair


@pytest.mark.slow
def test_a_slow_upload_a_late_answer_and_a_silent_web_socket_come_through(pair: Pair, tmp_path):
    """Longer than the minute that is the default of most parts; bench_patience.py is silent for longer."""
    with application(pair, tmp_path) as host:
        wanted = Patient(pair.door.outputs()["address"], host, CLIENT)
        assert come_through(wanted, INSIDE) == whole(wanted)
