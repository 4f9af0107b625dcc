"""What the cloud cannot carry is said in one error before anything is made."""

import re
from contextlib import contextmanager

import pytest

from portico.lbhost import MAX_HOSTS
from sandbox.openstack import clouds
from sandbox.openstack.bootstrap import IMAGE
from tests.engine import listing


def refusal(door, run, sandbox):
    """The only reason that was given; nothing may have been made."""
    run.failed()
    reasons = {line.strip() for line in run.output.splitlines() if re.match(r"\s+portico:\S+.*: ", line)}
    assert len(reasons) == 1, run.output
    assert f"{door.prefix}: the platform cannot carry this plan; nothing was made" in run.output
    left = listing.cloud(sandbox) | listing.cluster()
    assert [thing for thing in left if door.stack in thing] == []
    return reasons.pop()


def test_an_unknown_network_is_named(door, sandbox):
    stack = door("unknown", {"portico:loadBalancer": {"openstack": {"network": "k9s"}}})
    reason = refusal(stack, stack.up(), sandbox)
    assert reason.startswith("portico:loadBalancer.openstack.network = 'k9s'")


def test_a_network_of_another_project_refuses_address_pairs(door, sandbox):
    with network_of_another_project(sandbox) as name:
        stack = door("foreign", {"portico:loadBalancer": {"openstack": {"network": name}}})
        reason = refusal(stack, stack.up(), sandbox)
    assert "belongs to another project" in reason


def test_a_network_without_a_router_is_refused_where_a_floating_ip_is_wanted(door, sandbox):
    with network_of_its_own(sandbox) as network:
        where = {"network": network.id, "vip": "10.98.0.1"}
        stack = door("unjoined", {"portico:loadBalancer": {"openstack": where}})
        run = stack.up()
    run.failed()
    assert (
        "portico:loadBalancer.openstack.externalNetwork = 'public': no router joins the subnet" in run.output
    )
    assert (
        "portico:loadBalancer.openstack.vip = '10.98.0.1': is the gateway of the subnet 10.98.0.0/24"
        in run.output
    )
    left = listing.cloud(sandbox) | listing.cluster()
    assert [thing for thing in left if stack.stack in thing] == []


@pytest.mark.alone
@pytest.mark.parametrize("resource", ["ports", "instances"])
def test_a_quota_that_is_one_short_is_named_with_what_it_has_to_be(door, sandbox, resource):
    stack = door(f"quota-{resource}")
    with one_short(sandbox, resource):
        run = stack.up()
    reason = refusal(stack, run, sandbox)
    assert f"more {resource}" in reason
    assert f"openstack quota set --{resource} " in reason


@pytest.mark.alone
def test_more_clients_of_a_stack_that_stands_need_quota_for_their_rules(pair, sandbox):
    pair.door.change(
        {"portico:loadBalancer": {"allowedClients": [f"198.51.100.{index}/32" for index in range(10)]}}
    )
    try:
        with room_for_rules(sandbox, 3):
            run = pair.door.run("preview").failed()
        assert "needs 20 more security group rules, and the quota of" in run.output
        assert "has room for 3" in run.output
    finally:
        pair.door.change()


def test_a_vip_that_a_port_has_is_refused_with_the_port(pair, sandbox):
    name = f"{pair.door.prefix}-host-1-port"
    with clouds.connection(sandbox.paths) as user:
        (port,) = user.network.ports(name=name)
    taken = port.fixed_ips[0]["ip_address"]
    pair.door.change({"portico:loadBalancer": {"openstack": {"vip": taken}}})
    try:
        run = pair.door.run("preview").failed()
        assert f"openstack.vip = '{taken}': is taken: the port {name} ({port.id}) compute:" in run.output
    finally:
        pair.door.change()


def test_what_only_a_new_host_needs_is_refused_for_a_new_host_and_stops_no_other_up(pair, sandbox):
    names = [f"{pair.door.prefix}-host-{number}" for number in (1, 2)]
    try:
        with deactivated(sandbox, IMAGE):
            hosts = {"count": 3, "availabilityZones": ["mars"], "volume": {"size": 10}}
            pair.door.change({"portico:loadBalancer": {"hosts": hosts}})
            refused = pair.door.run("preview").failed().output
            nodes = {"from": "openstack", "addresses": None, "names": names}
            pair.door.change({"portico:nodes": nodes})
            with in_error(sandbox, names[1]):
                warned = pair.door.run("preview").succeeded().output
    finally:
        pair.door.change()
    at = "portico:loadBalancer.hosts"
    assert f"{at}.image = '{IMAGE}': is deactivated, and cannot be booted; name another" in refused
    assert f"{at}.availabilityZones = 'mars': there is no such availability zone; available are" in refused
    assert f"{at}.volume = '{{size: 10}}': needs a volume service, and this region's catalogue has" in refused
    assert f"{at}.image = '{IMAGE}': is deactivated, and cannot be booted; the hosts stand" in warned
    assert f"the server {names[1]} (" in warned
    assert "is left out, for its status is ERROR" in warned


@contextmanager
def deactivated(sandbox, name):
    """Nobody may boot the image."""
    with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
        image = admin.image.find_image(name, ignore_missing=False)
        admin.image.deactivate_image(image.id)
    try:
        yield
    finally:
        with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
            admin.image.reactivate_image(image.id)


@contextmanager
def in_error(sandbox, name):
    """Nova says of the server that it is in ERROR; it runs on."""
    with clouds.connection(sandbox.paths) as user:
        server = user.compute.find_server(name, ignore_missing=False)
    with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
        admin.compute.reset_server_state(server, "error")
    try:
        yield
    finally:
        with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
            admin.compute.reset_server_state(server, "active")


@contextmanager
def room_for_rules(sandbox, room):
    with clouds.connection(sandbox.paths) as user:
        project = user.current_project_id
        used = len(list(user.network.security_group_rules(project_id=project)))
    with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
        before = admin.network.get_quota(project).security_group_rules
        admin.network.update_quota(project, security_group_rules=used + room)
    try:
        yield
    finally:
        with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
            admin.network.update_quota(project, security_group_rules=before)


@contextmanager
def network_of_its_own(sandbox):
    """A network of the project's own that no router joins."""
    with clouds.connection(sandbox.paths) as user:
        network = user.network.create_network(name="portico-test-unjoined")
        user.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.98.0.0/24")
    try:
        yield network
    finally:
        with clouds.connection(sandbox.paths) as user:
            user.network.delete_network(network)


@contextmanager
def network_of_another_project(sandbox):
    """A network that the administrator shares with everybody."""
    name = "portico-test-shared"
    with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
        network = admin.network.find_network(name) or admin.network.create_network(name=name, is_shared=True)
        if not network.subnet_ids:
            admin.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.99.0.0/24")
    try:
        yield name
    finally:
        with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
            admin.network.delete_network(network)


@contextmanager
def one_short(sandbox, resource):
    """The project's quota has room for one thing less than a pair needs."""
    with clouds.connection(sandbox.paths) as user:
        project = user.current_project_id
        if resource == "ports":
            used, needs = len(list(user.network.ports(project_id=project))), 1 + MAX_HOSTS
        else:
            used, needs = len(list(user.compute.servers(details=False))), 2
    with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
        service = admin.network if resource == "ports" else admin.compute
        quota = service.get_quota if resource == "ports" else service.get_quota_set
        change = service.update_quota if resource == "ports" else service.update_quota_set
        before = getattr(quota(project), resource)
        change(project, **{resource: used + needs - 1})
    try:
        yield
    finally:
        with clouds.connection(sandbox.paths, clouds.ADMIN) as admin:
            service = admin.network if resource == "ports" else admin.compute
            change = service.update_quota if resource == "ports" else service.update_quota_set
            change(project, **{resource: before})
