"""The tests of tier datapath share one pair; its parts are those of tier engine."""

from tests.engine.conftest import pair, sandbox, toolchain

__all__ = ["pair", "sandbox", "toolchain"]
