"""What is wrong, said so that a reader can mend it: where, what was found, which rule it breaks and what to
do.

Pure: no Pulumi, no network, no clock. Settings, probes and the plan collect problems; whoever collected them
raises Refused once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    path: str
    """Where, as in the stack file: `portico:loadBalancer.openstack.network`."""
    value: str
    """What was found there, as Python would show it; empty where nothing was."""
    rule: str
    """What must hold: `must be a whole number from 1 to 5`."""
    remedy: str = ""
    """What to do: `did you mean 'addresses'?`, `raise the quota: openstack quota set --ports 12 PROJECT`."""

    def __str__(self) -> str:
        found = f" = {self.value}" if self.value else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.path}{found}: {self.rule}{remedy}"


class Refused(Exception):
    """Raised before anything is made; holds every problem that was found, and prints one line for each."""

    def __init__(self, title: str, problems: Iterable[Problem]) -> None:
        self.title, self.problems = title, tuple(problems)
        super().__init__(title + "".join(f"\n  {problem}" for problem in self.problems))
