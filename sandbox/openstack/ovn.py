"""Open vSwitch and OVN: the networks' data plane, in userspace, and its way to the internet.

Changes the network namespaces of the hypervisors and of the internet. Neutron stands on it; nodes and servers
are plugged into it.
"""

from __future__ import annotations

from sandbox import namespaces
from sandbox.namespaces import End
from sandbox.openstack.services.network import PHYSICAL_NETWORK
from sandbox.openstack.site import TUNNELS, Hypervisor, Site, Station
from sandbox.openstack.software import NETWORK
from sandbox.openstack.startup import Service, listens_at
from sandbox.processes import Program

BRIDGE = "br-int"
"""OVN's integration bridge, which every port is plugged into."""

TUNNEL_BRIDGE = "br-tun"
"""Where a hypervisor has its address in the network between hypervisors: a switch in userspace finds its way
to others only by a bridge of its own."""

EXTERNAL_BRIDGE = "br-ex"
EXTERNAL_LINK = "ext0"
EXTERNAL_CIDR = "203.0.113.0/24"
ROUTER = "203.0.113.1"
"""The internet's router on the external network."""
CLIENT = "198.51.100.10"
"""A client somewhere in the internet, behind that router."""
CLIENTS = "198.18.0.0/15"
"""What it may speak as besides (RFC 2544: addresses for measurements)."""

SWITCH = {"conf.db": "openvswitch/vswitch.ovsschema"}
OVN = {"ovnnb.db": "ovn/ovn-nb.ovsschema", "ovnsb.db": "ovn/ovn-sb.ovsschema"}
"""Databases and the schemas they are made by."""


def environment(site: Site, station: Station) -> dict[str, str]:
    """Where the programs of a station keep their things."""
    share, run, state = NETWORK.folder(site.paths) / "usr/share", str(station.run), str(station.state)
    common = {"RUNDIR": run, "LOGDIR": str(site.paths.log), "DBDIR": state, "SYSCONFDIR": str(site.paths.etc)}
    both = {f"{suite}_{name}": value for suite in ("OVS", "OVN") for name, value in common.items()}
    return {**both, "OVS_PKGDATADIR": str(share / "openvswitch"), "OVN_PKGDATADIR": str(share / "ovn")}


def databases(site: Site) -> list[Service]:
    """The servers of the databases: OVN's northbound and southbound, and Open vSwitch's of each
    hypervisor."""
    central = _server(site, site.central, "ovn-databases", *OVN)
    return [central, *(switch_database(site, hypervisor) for hypervisor in site.hypervisors)]


def services(site: Site) -> list[Service]:
    """OVN's compiler, and the switch and OVN's agent of each hypervisor."""
    remotes = (f"--ovnnb-db={site.ovn}", f"--ovnsb-db={site.ovn}")
    compiler = _service(site, site.central, "ovn-northd", "ovn-northd", *remotes)
    agents = [make(site, hypervisor) for hypervisor in site.hypervisors for make in (switch, controller)]
    return [compiler, *agents]


def switch_database(site: Site, hypervisor: Hypervisor) -> Service:
    """The server of Open vSwitch's own database on a hypervisor."""
    return _server(site, hypervisor, f"ovsdb-server-{hypervisor.name}", *SWITCH)


def switch(site: Site, hypervisor: Hypervisor) -> Service:
    """The switch of a hypervisor: every packet of its servers goes through this program."""
    name = f"ovs-vswitchd-{hypervisor.name}"
    return _service(site, hypervisor, name, "ovs-vswitchd", hypervisor.ovsdb)


def controller(site: Site, hypervisor: Hypervisor) -> Service:
    """OVN's agent on a hypervisor, which tells the switch what to do."""
    name = f"ovn-controller-{hypervisor.name}"
    needs = (f"ovs-vswitchd-{hypervisor.name}",)
    return _service(site, hypervisor, name, "ovn-controller", hypervisor.ovsdb, needs=needs)


def _server(site: Site, station: Station, name: str, *files: str) -> Service:
    arguments = (
        *(str(station.state / file) for file in files),
        f"--remote=punix:{station.run}/db.sock",
        "--disable-file-column-diff",
    )
    return _service(site, station, name, "ovsdb-server", *arguments, socket="db.sock")


def _service(
    site: Site,
    station: Station,
    name: str,
    binary: str,
    *arguments: str,
    socket: str = "",
    needs: tuple[str, ...] = (),
) -> Service:
    """A program of Open vSwitch or OVN; it answers on a socket of its station, by default on the one it is
    controlled by."""
    control = f"{binary}.ctl"
    program = Program(
        name=name,
        command=(
            str(site.paths.bin / binary),
            *arguments,
            f"--unixctl={station.run / control}",
            "-vconsole:warn",
        ),
        netns=station.netns,
        environment=environment(site, station),
        directory=station.state,
    )
    return Service(program, listens_at(station.run / (socket or control)), needs)


def make_databases(site: Site) -> None:
    """Empty databases, where there are none."""
    tool, share = site.paths.bin / "ovsdb-tool", NETWORK.folder(site.paths) / "usr/share"
    for station, schemas in ((site.central, OVN), *((hypervisor, SWITCH) for hypervisor in site.hypervisors)):
        for folder in (station.state, station.run):
            folder.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas.items():
            if not (station.state / name).exists():
                namespaces.run(tool, "create", station.state / name, share / schema)


def configure(site: Site) -> None:
    """Tells each switch who it is, makes its bridges and plugs the cables in. The databases have to
    answer."""
    for hypervisor in site.hypervisors:
        # No waiting: the switch itself starts after this and finds everything there.
        _vsctl(site, hypervisor, "--no-wait", "init")
        _vsctl(site, hypervisor, "--no-wait", *_description(site, hypervisor))
    namespaces.run(site.paths.bin / "ovn-nbctl", f"--db={site.ovn}", "init")
    namespaces.run(site.paths.bin / "ovn-sbctl", f"--db={site.ovn}", "init")


def _description(site: Site, hypervisor: Hypervisor) -> list[str]:
    """What ovs-vsctl(8) is told of a hypervisor, as one command."""
    settings = {
        "external_ids:system-id": f"chassis-{hypervisor.name}",
        "external_ids:hostname": hypervisor.name,
        "external_ids:rundir": str(hypervisor.run),
        "external_ids:ovn-remote": site.ovn,
        "external_ids:ovn-encap-type": "geneve",
        "external_ids:ovn-encap-ip": hypervisor.tunnel,
        "external_ids:ovn-bridge": BRIDGE,
        "external_ids:ovn-bridge-datapath-type": "netdev",
        "external_ids:ovn-monitor-all": "true",
        "other_config:vlan-limit": "0",
    }
    bridges = {
        BRIDGE: ("fail-mode=secure", "other_config:disable-in-band=true"),
        TUNNEL_BRIDGE: (),
    }
    links = [(TUNNEL_BRIDGE, end.name) for end in _ends(site) if end.netns == hypervisor.netns]
    if hypervisor.gateway:
        settings["external_ids:ovn-bridge-mappings"] = f"{PHYSICAL_NETWORK}:{EXTERNAL_BRIDGE}"
        settings["external_ids:ovn-cms-options"] = "enable-chassis-as-gw"
        bridges[EXTERNAL_BRIDGE] = ()
        links.append((EXTERNAL_BRIDGE, EXTERNAL_LINK))
    words = ["set", "Open_vSwitch", ".", *(f"{key}={value}" for key, value in settings.items())]
    for name, options in bridges.items():
        words += ["--", "--may-exist", "add-br", name]
        words += ["--", "set", "Bridge", name, "datapath_type=netdev", *options]
    for bridge, link in links:
        words += ["--", "--may-exist", "add-port", bridge, link]
    return words


def cables(site: Site) -> list[tuple[End, End]]:
    """The cables between hypervisors: from the first one, whose switch joins them, to each other one."""
    first, *others = site.hypervisors
    return [(End(first.netns, f"to-{other.name}"), End(other.netns, f"to-{first.name}")) for other in others]


def _ends(site: Site) -> list[End]:
    return [end for cable in cables(site) for end in cable]


def connect_hypervisors(site: Site) -> None:
    """The network between hypervisors: its cables and addresses."""
    for cable in cables(site):
        namespaces.veth(*cable)
    for end in _ends(site):
        # The address is the bridge's. A kernel answers for it on the cable as well, with the cable's own link
        # address, and what the other switch sends there is lost: until it asks again, a quarter of an hour.
        namespaces.run("sysctl", "-qw", f"net.ipv4.conf.{end.name}.arp_ignore=1", netns=end.netns)
    for hypervisor in site.hypervisors:
        # The switch takes a tap of its bridge's name for the bridge's own link, and the address that it finds
        # there outlives the switch.
        namespaces.tap(hypervisor.netns, TUNNEL_BRIDGE)
        address = f"{hypervisor.tunnel}/{TUNNELS.prefixlen}"
        namespaces.run("ip", "-n", hypervisor.netns, "address", "replace", address, "dev", TUNNEL_BRIDGE)


def connect_internet(site: Site) -> None:
    """The cable to the internet, its router, and the client that everything there speaks as."""
    paths = site.paths
    namespaces.veth(End(site.first.netns, EXTERNAL_LINK), End(paths.inet, "eth0"))
    length = EXTERNAL_CIDR.rpartition("/")[2]
    ip = ("ip", "-n", paths.inet)
    namespaces.run(*ip, "address", "replace", f"{ROUTER}/{length}", "dev", "eth0")
    namespaces.run(*ip, "address", "replace", f"{CLIENT}/32", "dev", "lo")
    namespaces.run(*ip, "route", "replace", "local", CLIENTS, "dev", "lo")
    namespaces.run(*ip, "route", "replace", EXTERNAL_CIDR, "dev", "eth0", "src", CLIENT)
    # The client's address is not one of the external network, so it is no answer to who asks there.
    namespaces.run("sysctl", "-qw", "net.ipv4.conf.eth0.arp_announce=2", netns=paths.inet)
    namespaces.run("sysctl", "-qw", "net.ipv4.ip_forward=0", netns=paths.cloud)


def plug(site: Site, link: str, port: str, mac: str) -> None:
    """Makes a link of the first hypervisor a Neutron port: `port` is the port's id, `mac` its address."""
    add = ("--may-exist", "add-port", BRIDGE, link)
    ids = (
        f"external_ids:iface-id={port}",
        "external_ids:iface-status=active",
        f'external_ids:attached-mac="{mac}"',
    )
    _vsctl(site, site.first, "--timeout=20", *add, "--", "set", "Interface", link, *ids)


def unplug(site: Site, link: str) -> None:
    """Takes a link out of the switch, if it is in."""
    _vsctl(site, site.first, "--timeout=20", "--if-exists", "del-port", BRIDGE, link)


def _vsctl(site: Site, hypervisor: Hypervisor, *words: str) -> None:
    namespaces.run(site.paths.bin / "ovs-vsctl", f"--db={hypervisor.ovsdb}", *words)
