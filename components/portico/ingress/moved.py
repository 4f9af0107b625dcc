"""What a change of node ports on a front door that is up costs, to be said before it is made.

Reads the state that it is given. Read by exposure. A Service has one node port for each port, so the old ones
are gone in the moment in which the new ones are there, and no load balancer changes over in that moment.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..names import Names
from ..state import State
from ..traffic import Health, Listener
from .table import HEALTH, Controller

SERVICE = "kubernetes:core/v1:Service"


def sentence(
    state: State, names: Names, controller: Controller, listeners: Sequence[Listener], health: Health
) -> str | None:
    """What to say; None where every port that is there stays as it is."""
    planned = {listener.name: listener.node_port for listener in listeners} | {HEALTH: health.node_port}
    moves = [
        f"{name} from {port} to {planned[name]}"
        for name, port in _ports(state, names.of(controller.name)).items()
        if name in planned and planned[name] != port
    ]
    if not moves:
        return None
    return (
        f"portico:ingress: node ports of a front door that is up change ({', '.join(moves)}): new "
        "connections fail for about ten seconds while nodes and load balancer change over; to lose none, "
        "bring up a second stack with the new ports and lead DNS from the old address to its"
    )


def _ports(state: State, service_name: str) -> dict[str, int]:
    """The node ports of the controller's Service by name, as the last operation left them."""
    return {
        port["name"]: int(port["nodePort"])
        for service in state.of(SERVICE)
        if service.outputs.get("metadata", {}).get("name") == service_name
        for port in service.outputs.get("spec", {}).get("ports") or ()
        if port.get("nodePort")
    }
