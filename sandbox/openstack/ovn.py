"""Open vSwitch and OVN: the networks' data plane, in userspace, and its way to the internet.

Changes the cloud's and the internet's network namespaces. Neutron stands on it; nodes and servers are plugged
into it.
"""

from __future__ import annotations

from sandbox import namespaces
from sandbox.openstack.services.network import PHYSICAL_NETWORK
from sandbox.openstack.site import Hypervisor, Site
from sandbox.openstack.software import NETWORK
from sandbox.openstack.startup import Check, Service, listens_at
from sandbox.processes import Program

BRIDGE = "br-int"
"""OVN's integration bridge, which every port is plugged into."""

EXTERNAL_BRIDGE = "br-ex"
EXTERNAL_CIDR = "203.0.113.0/24"
ROUTER = "203.0.113.1"
"""The internet's router on the external network."""
CLIENT = "198.51.100.10"
"""A client somewhere in the internet, behind that router."""


def environment(site: Site, hypervisor: Hypervisor) -> dict[str, str]:
    """Where the programs of a hypervisor's Open vSwitch keep their things."""
    share, run, state = NETWORK.folder(site.paths) / "usr/share", str(hypervisor.ovs), str(hypervisor.state)
    common = {"RUNDIR": run, "LOGDIR": str(site.paths.log), "DBDIR": state, "SYSCONFDIR": str(site.paths.etc)}
    both = {f"{suite}_{name}": value for suite in ("OVS", "OVN") for name, value in common.items()}
    return {**both, "OVS_PKGDATADIR": str(share / "openvswitch"), "OVN_PKGDATADIR": str(share / "ovn")}


def databases(site: Site) -> Service:
    """The server of three databases: Open vSwitch's own, OVN's northbound and southbound."""
    hypervisor = site.first
    files = [str(hypervisor.state / name) for name in SCHEMAS]
    options = (f"--remote=punix:{hypervisor.ovs}/db.sock", "--disable-file-column-diff")
    return _service(site, "ovsdb-server", *files, *options, answers=listens_at(hypervisor.ovs / "db.sock"))


def services(site: Site) -> list[Service]:
    """The switch, and OVN's compiler and agent."""
    first = site.first
    remotes = (f"--ovnnb-db={site.ovn}", f"--ovnsb-db={site.ovn}")
    return [
        _service(site, "ovs-vswitchd", first.ovsdb, answers=listens_at(first.ovs / "ovs-vswitchd.ctl")),
        _service(site, "ovn-northd", *remotes, answers=listens_at(first.ovs / "ovn-northd.ctl")),
        _service(
            site,
            "ovn-controller",
            first.ovsdb,
            answers=listens_at(first.ovs / "ovn-controller.ctl"),
            needs=("ovs-vswitchd",),
        ),
    ]


def _service(site: Site, name: str, *arguments: str, answers: Check, needs: tuple[str, ...] = ()) -> Service:
    hypervisor = site.first
    control = f"--unixctl={hypervisor.ovs / name}.ctl"
    program = Program(
        name=name,
        command=(str(site.paths.bin / name), *arguments, control, "-vconsole:warn"),
        netns=hypervisor.netns,
        environment=environment(site, hypervisor),
        directory=hypervisor.state,
    )
    return Service(program, answers, needs)


SCHEMAS = {
    "conf.db": "openvswitch/vswitch.ovsschema",
    "ovnnb.db": "ovn/ovn-nb.ovsschema",
    "ovnsb.db": "ovn/ovn-sb.ovsschema",
}


def make_databases(site: Site) -> None:
    """Empty databases, where there are none."""
    first = site.first
    for folder in (first.state, first.ovs):
        folder.mkdir(parents=True, exist_ok=True)
    for name, schema in SCHEMAS.items():
        if not (first.state / name).exists():
            tool, share = site.paths.bin / "ovsdb-tool", NETWORK.folder(site.paths) / "usr/share"
            namespaces.run(tool, "create", first.state / name, share / schema)


def configure(site: Site) -> None:
    """Tells the switch who it is, makes its bridges and plugs the internet in. The database server has to
    answer."""
    first = site.first
    settings = {
        "external_ids:system-id": f"chassis-{first.name}",
        "external_ids:hostname": first.name,
        "external_ids:rundir": str(first.ovs),
        "external_ids:ovn-remote": site.ovn,
        "external_ids:ovn-encap-type": "geneve",
        "external_ids:ovn-encap-ip": first.tunnel,
        "external_ids:ovn-bridge": BRIDGE,
        "external_ids:ovn-bridge-datapath-type": "netdev",
        "external_ids:ovn-bridge-mappings": f"{PHYSICAL_NETWORK}:{EXTERNAL_BRIDGE}",
        "external_ids:ovn-cms-options": "enable-chassis-as-gw",
        "external_ids:ovn-monitor-all": "true",
        "other_config:vlan-limit": "0",
    }
    # No waiting: the switch itself starts after this and finds everything there.
    _vsctl(site, "--no-wait", "init")
    _vsctl(
        site, "--no-wait", "set", "Open_vSwitch", ".", *(f"{key}={value}" for key, value in settings.items())
    )
    userspace = ("datapath_type=netdev",)
    guarded = (*userspace, "fail-mode=secure", "other_config:disable-in-band=true")
    for bridge, options in ((BRIDGE, guarded), (EXTERNAL_BRIDGE, userspace)):
        _vsctl(site, "--no-wait", "--may-exist", "add-br", bridge, "--", "set", "Bridge", bridge, *options)
    _vsctl(site, "--no-wait", "--may-exist", "add-port", EXTERNAL_BRIDGE, "ext0")
    namespaces.run(site.paths.bin / "ovn-nbctl", f"--db={site.ovn}", "init")
    namespaces.run(site.paths.bin / "ovn-sbctl", f"--db={site.ovn}", "init")


def connect_internet(site: Site) -> None:
    """The cable to the internet, its router, and the client that everything there speaks as."""
    paths = site.paths
    namespaces.veth(namespaces.End(paths.cloud, "ext0"), namespaces.End(paths.inet, "eth0"))
    length = EXTERNAL_CIDR.rpartition("/")[2]
    ip = ("ip", "-n", paths.inet)
    namespaces.run(*ip, "address", "replace", f"{ROUTER}/{length}", "dev", "eth0")
    namespaces.run(*ip, "address", "replace", f"{CLIENT}/32", "dev", "lo")
    namespaces.run(*ip, "route", "replace", EXTERNAL_CIDR, "dev", "eth0", "src", CLIENT)
    # The client's address is not one of the external network, so it is no answer to who asks there.
    namespaces.run("sysctl", "-qw", "net.ipv4.conf.eth0.arp_announce=2", netns=paths.inet)
    namespaces.run("sysctl", "-qw", "net.ipv4.ip_forward=0", netns=paths.cloud)


def plug(site: Site, link: str, port: str, mac: str) -> None:
    """Makes a link of the cloud's namespace a Neutron port: `port` is the port's id, `mac` its address."""
    add = ("--may-exist", "add-port", BRIDGE, link)
    ids = (
        f"external_ids:iface-id={port}",
        "external_ids:iface-status=active",
        f'external_ids:attached-mac="{mac}"',
    )
    _vsctl(site, "--timeout=20", *add, "--", "set", "Interface", link, *ids)


def unplug(site: Site, link: str) -> None:
    """Takes a link out of the switch, if it is in."""
    _vsctl(site, "--timeout=20", "--if-exists", "del-port", BRIDGE, link)


def _vsctl(site: Site, *words: str) -> None:
    namespaces.run(site.paths.bin / "ovs-vsctl", f"--db={site.ovn}", *words)
