"""Traefik's routes for TCP: each listener to its Service, and to no other."""

import json

from hypothesis import given
from hypothesis import strategies as st

from portico.ingress.traefik import tcp
from portico.traffic import Listener, Service

LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,13}[a-z0-9])?", fullmatch=True)
PORTS = st.integers(1, 65535)
LISTENERS = st.lists(
    st.builds(
        Listener,
        *(LABELS, PORTS, PORTS),
        proxy_protocol=st.booleans(),
        service=st.none() | st.builds(Service, LABELS, LABELS, PORTS),
    ),
    unique_by=lambda listener: listener.name,
)


@given(listeners=LISTENERS)
def test_each_listener_leads_to_its_service_with_the_header_that_it_asked_for(listeners):
    leading = {listener.name: listener for listener in listeners if listener.service}
    text = tcp.routes(listeners)
    assert (text is None) == (not leading)
    assert bool(tcp.arguments(listeners)) == bool(leading)
    said = json.loads(text)["tcp"] if text else {"routers": {}, "services": {}, "serversTransports": {}}
    assert set(said["routers"]) == set(said["services"]) == set(said["serversTransports"]) == set(leading)
    for name, listener in leading.items():
        router, service = said["routers"][name], said["services"][name]["loadBalancer"]
        assert (router["entryPoints"], router["service"]) == ([name], name)
        to = listener.service
        assert service["servers"] == [{"address": f"{to.name}.{to.namespace}.svc:{to.port}"}]
        header = said["serversTransports"][service["serversTransport"]].get("proxyProtocol")
        assert header == ({"version": 2} if listener.proxy_protocol else None)
