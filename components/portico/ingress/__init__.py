"""The ingress controllers. Siblings do not know each other; what a controller needs is decided by plan.

May touch Pulumi. Read by exposure.
"""

from collections.abc import Mapping

from .traefik.component import Traefik, TraefikArgs

CONTROLLERS: Mapping[str, type[Traefik]] = {"traefik": Traefik}
"""`ingress.controller` -> class. `none` has no row: the plan then holds no controller."""

__all__ = ["CONTROLLERS", "Traefik", "TraefikArgs"]
