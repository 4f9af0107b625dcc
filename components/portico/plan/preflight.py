"""Whether the platform can carry the plan: asked before the first resource, all reasons at once.

Pure: no Pulumi, no network, no clock. What was not asked is not judged.
"""

from __future__ import annotations

from ..capabilities import Capabilities
from ..names import Names
from ..problems import Refused
from ..settings.model import Settings


def preflight(plan: object, settings: Settings, capabilities: Capabilities, names: Names) -> None:
    """Checks a load balancer's plan against what the platform answered.

    Raises:
        Refused: with every reason.
    """
    problems = list(capabilities.problems)
    if problems:
        raise Refused("the platform cannot carry this plan", problems)
