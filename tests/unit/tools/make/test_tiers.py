"""What a run of pytest says of its tier."""

from tools.make.tiers import verdict

PASSED = "tests/unit/test_x.py::test_y PASSED [100%]\n===== 3 passed in 0.10s ====="
SKIPPED = """===== short test summary info =====
SKIPPED [2] tests/lbhost/conftest.py:12: haproxy is not on PATH
===== 2 skipped in 0.10s ====="""
SOME_SKIPPED = SKIPPED.replace("2 skipped", "1 passed, 2 skipped")
FAILED = """tests/unit/test_x.py::test_y FAILED [100%]
===== FAILURES =====
E assert 1 == 2
===== 1 failed, 2 passed in 0.10s ====="""


def test_a_passed_tier_is_one_line():
    result = verdict(0, PASSED, strict=True)
    assert (result.fine, result.sentence, result.details) == (True, "3 passed in 0.10s", "")


def test_a_failed_tier_shows_its_failures_from_their_heading_on():
    result = verdict(1, FAILED, strict=False)
    assert not result.fine
    assert result.sentence == "1 failed, 2 passed in 0.10s"
    assert result.details.startswith("===== FAILURES")


def test_a_tier_without_its_parts_is_skipped_with_their_sentence():
    result = verdict(0, SKIPPED, strict=False)
    assert (result.fine, result.sentence) == (True, "skipped: haproxy is not on PATH")


def test_a_skipped_test_is_a_failure_in_ci():
    for output in (SKIPPED, SOME_SKIPPED):
        result = verdict(0, output, strict=True)
        assert not result.fine
        assert "haproxy is not on PATH" in result.details


def test_an_empty_tier_is_a_failure_in_ci_alone():
    assert verdict(5, "===== no tests ran in 0.01s =====", strict=False).fine
    assert not verdict(5, "===== no tests ran in 0.01s =====", strict=True).fine
