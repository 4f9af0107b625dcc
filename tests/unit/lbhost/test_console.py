"""What can be read out of a server's console, and what cannot mislead."""

import zlib

import pytest

from portico.lbhost.console import Served, serving


def line(body: str) -> str:
    return f"portico-sync: {body} [{zlib.crc32(body.encode()):08x}]"


GOOD = line("1790000000 serving 0123456789abcdef")


def test_a_generation_that_serves():
    assert serving(GOOD) == Served("0123456789abcdef", None, 1790000000)


def test_a_generation_that_was_kept_and_why():
    said = line(
        "1790000007 serving 0123456789abcdef; fedcba9876543210 is refused: haproxy -c answers 1: [ALERT] bnid"
    )
    assert serving(said) == Served(
        "0123456789abcdef", "fedcba9876543210 is refused: haproxy -c answers 1: [ALERT] bnid", 1790000007
    )


def test_a_host_that_serves_nothing_yet():
    assert serving(line("1 serving nothing; the metadata service does not answer")) == Served(
        None, "the metadata service does not answer", 1
    )


def test_a_console_on_which_no_agent_spoke():
    assert serving("[    0.000000] Linux version 6.1.0\nlb-1 login: ") is None


@pytest.mark.parametrize(
    "noise",
    [
        "{}",
        "lb-1 login: {}",
        "[  OK  ] Started haproxy.\r\n\r\n{}\r\n\r\n[   12.3] eth0: link up\r\n",
        "{} login:",
        "\x1b[0;32m{}\x1b[0m",
    ],
)
def test_what_others_write_around_a_line_does_not_matter(noise):
    assert serving(noise.format(GOOD)) == Served("0123456789abcdef", None, 1790000000)


def test_the_newest_line_wins_whatever_the_clock_did():
    assert serving(f"{line('1790009999 serving aaaa')}\r\n{GOOD}\r\n") == Served(
        "0123456789abcdef", None, 1790000000
    )


@pytest.mark.parametrize("cut", range(1, len(GOOD)))
def test_a_line_that_lost_its_beginning_or_end_is_passed_over(cut):
    older = line("1789999999 serving aaaa")
    assert serving(f"{older}\r\n{GOOD[:cut]}") == Served("aaaa", None, 1789999999)
    assert serving(f"{GOOD[cut:]}\r\n") is None


@pytest.mark.parametrize("place", range(14, len(GOOD)))
def test_a_line_that_the_kernel_wrote_into_is_passed_over(place):
    assert serving(f"{GOOD[:place]}[ 12.345] eth0: link up\n{GOOD[place:]}") is None
