"""A Nova virt driver whose servers are systemd-nspawn machines with real ports.

A server is an overlay on one shared root file system, a network namespace of its own, and for each port a
veth pair whose outer end is plugged into Open vSwitch's integration bridge with the port's id, as libvirt
plugs a tap. The guest boots systemd and cloud-init; it learns everything by DHCP and from the metadata
service, or from a config drive. Runs in OpenStack's virtual environment, inside the sandbox's process and
mount namespaces: what it mounts is gone when the sandbox is.
"""

# mypy: ignore-errors
# Nova publishes no types, and is not installed where mypy runs.

from pathlib import Path

import nova.conf
from nova import exception, policy
from nova.api.metadata import base as instance_metadata
from nova.compute import power_state
from nova.virt import configdrive, driver, hardware, node
from oslo_config import cfg
from oslo_log import log as logging

from sandbox import namespaces
from sandbox.openstack.virt.machine import Machine, reap

LOG = logging.getLogger(__name__)
CONF = nova.conf.CONF
CONF.register_opts(
    [
        cfg.StrOpt(
            "image", help="Root file system that all servers share; the lower layer of their overlays."
        ),
        cfg.StrOpt("tools", help="Folder with ovs-vsctl and systemd-nspawn."),
        cfg.StrOpt("ovs_db", help="The local Open vSwitch database, for example unix:/run/db.sock."),
        cfg.StrOpt("netns", help="Network namespace of the local ovs-vswitchd."),
        cfg.StrOpt("group", default="servers", help="Control group that holds the servers' own."),
        cfg.StrOpt("bridge", default="br-int", help="OVN's integration bridge."),
        cfg.IntOpt("vcpus", default=32, help="Virtual CPUs to offer."),
        cfg.IntOpt("memory_mb", default=65536, help="Memory to offer, in MiB."),
        cfg.IntOpt("disk_gb", default=2000, help="Disk to offer, in GiB."),
    ],
    group="nspawn",
)


class NspawnDriver(driver.ComputeDriver):
    capabilities = {
        **driver.ComputeDriver.capabilities,
        "has_imagecache": False,
        "supports_attach_interface": True,
        "supports_evacuate": False,
        "supports_image_type_qcow2": True,
        "supports_image_type_raw": True,
    }

    def __init__(self, virtapi, read_only=False):
        super().__init__(virtapi)
        self.options = CONF.nspawn
        self.root = Path(CONF.state_path) / "instances"

    def _machine(self, instance):
        return Machine(self.root / instance.uuid, self.options.group)

    def _machines(self):
        folders = self.root.iterdir() if self.root.exists() else []
        return [machine for folder in folders if (machine := Machine(folder, self.options.group)).known]

    def _boot(self, machine):
        machine.boot(f"{self.options.tools}/systemd-nspawn", self.options.image)

    # The host.

    def init_host(self, host):
        # Loaded lazily, the policy is not safe with native threads: of two first servers at once, one failed.
        policy.init()
        self.root.mkdir(parents=True, exist_ok=True)

    def get_available_nodes(self, refresh=False):
        return [CONF.host]

    def get_nodenames_by_uuid(self, refresh=False):
        return {node.get_local_node_uuid(): CONF.host}

    def get_host_ip_addr(self):
        return CONF.my_ip

    def get_host_uptime(self):
        return namespaces.run("uptime").strip()

    def get_num_instances(self):
        return len(self._machines())

    def get_available_resource(self, nodename):
        used = [machine.info for machine in self._machines()]
        return {
            "vcpus": self.options.vcpus,
            "memory_mb": self.options.memory_mb,
            "local_gb": self.options.disk_gb,
            "vcpus_used": sum(info.vcpus for info in used),
            "memory_mb_used": sum(info.memory for info in used),
            "local_gb_used": 0,
            "disk_available_least": self.options.disk_gb,
            "hypervisor_type": "nspawn",
            "hypervisor_version": 252000,
            "hypervisor_hostname": nodename,
            "uuid": node.get_local_node_uuid(),
            "cpu_info": "{}",
            "supported_instances": [("x86_64", "lxc", "exe")],
            "numa_topology": None,
        }

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        ratios = self._get_allocation_ratios(provider_tree.data(nodename).inventory)
        totals = {
            "VCPU": self.options.vcpus,
            "MEMORY_MB": self.options.memory_mb,
            "DISK_GB": self.options.disk_gb,
        }
        inventory = {
            resource: {
                "total": total,
                "min_unit": 1,
                "max_unit": total,
                "step_size": 1,
                "reserved": 0,
                "allocation_ratio": ratios[resource],
            }
            for resource, total in totals.items()
        }
        provider_tree.update_inventory(nodename, inventory)

    # What is there.

    def list_instance_uuids(self):
        return [machine.uuid for machine in self._machines()]

    def list_instances(self):
        return [machine.info.name for machine in self._machines()]

    def get_info(self, instance, use_cache=True):
        machine = self._machine(instance)
        if not machine.known:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        reap()
        return hardware.InstanceInfo(state=power_state.RUNNING if machine.pid() else power_state.SHUTDOWN)

    def instance_on_disk(self, instance):
        return self._machine(instance).folder.exists()

    def get_console_output(self, context, instance):
        return self._machine(instance).console_output()

    # Ports.

    def _tap(self, vif):
        return vif.get("devname") or f"tap{vif['id']}"[:14]

    def _ovs(self, *words):
        namespaces.run(
            f"{self.options.tools}/ovs-vsctl", f"--db={self.options.ovs_db}", "--timeout=20", *words
        )

    def _plug(self, instance, vif, index):
        machine, tap = self._machine(instance), self._tap(vif)
        mtu = vif["network"].get_meta("mtu") or 1500
        namespaces.ensure(machine.netns)
        outer = namespaces.End(self.options.netns, tap)
        namespaces.veth(outer, namespaces.End(machine.netns, f"eth{index}", mac=vif["address"]), mtu=mtu)
        self._ovs(
            *("--may-exist", "add-port", self.options.bridge, tap),
            *("--", "set", "Interface", tap, f"mtu_request={mtu}"),
            f"external_ids:iface-id={vif['id']}",
            f'external_ids:attached-mac="{vif["address"]}"',
            "external_ids:iface-status=active",
            f"external_ids:vm-uuid={instance.uuid}",
        )

    def _unplug(self, vif):
        tap = self._tap(vif)
        self._ovs("--if-exists", "del-port", self.options.bridge, tap)
        namespaces.delete_link(self.options.netns, tap)

    def plug_vifs(self, instance, network_info):
        for index, vif in enumerate(network_info or []):
            self._plug(instance, vif, index)

    def unplug_vifs(self, instance, network_info):
        for vif in network_info or []:
            self._unplug(vif)

    def attach_interface(self, context, instance, image_meta, vif):
        taken = namespaces.links(self._machine(instance).netns)
        self._plug(instance, vif, next(index for index in range(100) if f"eth{index}" not in taken))

    def detach_interface(self, context, instance, vif):
        self._unplug(vif)

    # Life.

    def spawn(
        self,
        context,
        instance,
        image_meta,
        injected_files,
        admin_password,
        allocations,
        network_info=None,
        block_device_info=None,
        power_on=True,
        accel_info=None,
    ):
        machine = self._machine(instance)
        machine.remember(instance.name, instance.flavor.memory_mb, instance.flavor.vcpus)
        machine.mount(self.options.image)
        if configdrive.required_by(instance):
            self._config_drive(machine, instance, injected_files, network_info)
        wait = CONF.vif_plugging_timeout
        inactive = [vif for vif in network_info or [] if not vif.get("active", True)] if wait else []
        events = [("network-vif-plugged", vif["id"]) for vif in inactive]
        try:
            with self.virtapi.wait_for_instance_event(instance, events, timeout=wait):
                self.plug_vifs(instance, network_info)
        except Exception as error:  # whatever it is, as in the libvirt driver
            LOG.warning("plugging failed: %s", error, instance=instance)
            if CONF.vif_plugging_is_fatal:
                self.destroy(context, instance, network_info)
                raise exception.VirtualInterfaceCreateException from error
        if power_on:
            self._boot(machine)

    def _config_drive(self, machine, instance, injected_files, network_info):
        metadata = instance_metadata.InstanceMetadata(
            instance, content=injected_files, network_info=network_info
        )
        seed = machine.root / "var/lib/cloud/seed/config_drive"
        for path, data in metadata.metadata_for_config_drive():
            file = seed / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data if isinstance(data, bytes) else data.encode())

    def destroy(
        self,
        context,
        instance,
        network_info,
        block_device_info=None,
        destroy_disks=True,
        destroy_secrets=True,
    ):
        self._machine(instance).stop()
        self.cleanup(context, instance, network_info, block_device_info, destroy_disks)

    def cleanup(
        self,
        context,
        instance,
        network_info,
        block_device_info=None,
        destroy_disks=True,
        migrate_data=None,
        destroy_vifs=True,
        destroy_secrets=True,
    ):
        if destroy_vifs:
            self.unplug_vifs(instance, network_info)
        self._machine(instance).delete(disk=destroy_disks)

    def power_off(self, instance, timeout=0, retry_interval=0):
        self._machine(instance).stop(seconds=min(timeout, 20))

    def power_on(
        self, context, instance, network_info, block_device_info=None, accel_info=None, share_info=None
    ):
        self.plug_vifs(instance, network_info)
        machine = self._machine(instance)
        if not machine.pid():
            self._boot(machine)

    def reboot(
        self,
        context,
        instance,
        network_info,
        reboot_type,
        block_device_info=None,
        bad_volumes_callback=None,
        accel_info=None,
        share_info=None,
    ):
        self._machine(instance).stop(seconds=20 if reboot_type == "SOFT" else 0)
        self.power_on(context, instance, network_info)

    def resume_state_on_host_boot(
        self, context, instance, network_info, share_info=None, block_device_info=None
    ):
        self.power_on(context, instance, network_info)
