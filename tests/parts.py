"""What a test says whose parts are not on this machine."""

import os
from typing import NoReturn

import pytest


def missing(sentence: str) -> NoReturn:
    """A test without its parts is skipped; under CI=true it fails, so that nothing is left out unseen."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
