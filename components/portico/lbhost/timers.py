"""The VRRP timers of an LB host, and how long a failover takes with them.

Pure: no Pulumi, no network, no clock. Read by plan and lbhost.keepalived. Why two profiles: docs/lb-host.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Timers:
    """How often a master announces itself, and how much silence its backups bear."""

    name: str
    """The profile's name in the settings."""

    advert_interval: int
    """How often the master announces itself, in centiseconds, 1..4095 (RFC 5798, 5.2.7)."""

    missed_adverts: int = 3
    """After how many intervals of silence a backup takes over, 1..100. RFC 5798 (6.1) says 3; keepalived's
    `down_timer_adverts` (since 2.2.3) lets it be more, so that a pause is borne without slower adverts."""

    def __post_init__(self) -> None:
        if not 1 <= self.advert_interval <= 4095:
            raise ValueError(f"advert_interval = {self.advert_interval}: must be 1..4095 centiseconds")
        if not 1 <= self.missed_adverts <= 100:
            raise ValueError(f"missed_adverts = {self.missed_adverts}: must be 1..100")

    def takeover(self, priority: int = 200) -> float:
        """Seconds of silence after which a backup of that priority (1..254) is master.

        Master_Down_Interval = missed adverts × interval + skew, skew = (256 - priority)/256 × interval (RFC
        5798, 6.1). Counted from the last advert: a client waits up to one interval less, and for the ARP of
        the VIP.
        """
        interval = self.advert_interval / 100
        return self.missed_adverts * interval + (256 - priority) / 256 * interval

    def tolerated_pause(self, priority: int = 200) -> float:
        """Seconds a master may stand still, as in a live migration, before a backup of that priority moves.

        One interval less than `takeover`: the pause may begin just before an advert was due.
        """
        return self.takeover(priority) - self.advert_interval / 100


FAST = Timers("fast", advert_interval=10)
"""A host's death is answered in 0.3-0.4 s; a pause of a quarter of a second moves the VIP."""

STEADY = Timers("steady", advert_interval=5, missed_adverts=13)
"""The default: 0.6-0.7 s. A pause of half a second moves nothing, with 0.1 s to spare.

A machine that was held up sends late: with 20 ms to spare (6 intervals of 0.1 s) one pause of three moved the
VIP on a busy one.
"""

TIMERS = MappingProxyType({timers.name: timers for timers in (FAST, STEADY)})
"""The profiles by the name they have in the settings."""
