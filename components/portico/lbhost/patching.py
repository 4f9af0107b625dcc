"""When a host is patched by its image's own unattended-upgrades: no two hosts in the same hour.

Pure: no Pulumi, no network, no clock. Read by userdata and by the kind's plan; judged by systemd in
tests/lbhost. What patches a host, and what a patch does to connections: docs/operations.md.
"""

from __future__ import annotations

FIRST_HOUR = 2
"""By the image's clock. The others follow an hour apart: with the most hosts, the last has the one at 6."""

TIMER = "apt-daily-upgrade.timer"
"""Debian's and Ubuntu's: it runs unattended-upgrades, where that is installed, and on Ubuntu what restarts
programs for it (needrestart)."""

DROP_IN = f"/etc/systemd/system/{TIMER}.d/portico.conf"

COMMANDS = (("systemctl", "try-restart", TIMER),)
"""What has a running timer follow the drop-in."""


def hour(index: int) -> int:
    """The hour of a host, by its place among the hosts."""
    return FIRST_HOUR + index


def drop_in(hour: int) -> str:
    """What the timer is told. A host that was off at its hour is not patched as soon as it starts: the next
    day is soon enough, and another may be at work just then."""
    return f"[Timer]\nOnCalendar=\nOnCalendar=*-*-* {hour:02}:00\nRandomizedDelaySec=30m\nPersistent=no\n"
