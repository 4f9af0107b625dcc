"""A network, two servers and the front door before them, made by one program.

Ids and addresses that nobody knows before `up` go to the door as Outputs. It looks them up and checks them
when they are known, and makes nothing before. The servers stand for the nodes of a cluster: each answers on
the node port 30080.
"""

import pulumi
import pulumi_openstack as openstack

from portico import Exposure

SERVE = """#cloud-config
locale: C.UTF-8
write_files:
- {path: /srv/web/index.html, content: "hello from the shop"}
runcmd:
- [systemd-run, --unit=web, python3, -m, http.server, "30080", --directory, /srv/web]
"""

config = pulumi.Config()
cloud = openstack.Provider("mine", cloud=pulumi.Config("openstack").require("cloud"))
mine = pulumi.ResourceOptions(provider=cloud)
prefix = f"shop-{pulumi.get_stack()}"
public = openstack.networking.get_network_output(
    name="public", opts=pulumi.InvokeOutputOptions(provider=cloud)
)

network = openstack.networking.Network("shop", name=prefix, opts=mine)
subnet = openstack.networking.Subnet(
    "shop", name=prefix, network_id=network.id, cidr="10.40.0.0/24", ip_version=4, opts=mine
)
router = openstack.networking.Router("shop", name=prefix, external_network_id=public.id, opts=mine)
way_out = openstack.networking.RouterInterface("shop", router_id=router.id, subnet_id=subnet.id, opts=mine)
group = openstack.networking.SecGroup("workers", name=f"{prefix}-workers", opts=mine)
workers = [
    openstack.compute.Instance(
        f"worker-{number}",
        name=f"{prefix}-worker-{number}",
        image_name=config.get("image") or "debian-12",
        flavor_name=config.get("flavor") or "m1.small",
        networks=[openstack.compute.InstanceNetworkArgs(uuid=subnet.network_id)],
        security_groups=[group.name],
        user_data=SERVE,
        opts=pulumi.ResourceOptions(provider=cloud, depends_on=[way_out]),
    )
    for number in (1, 2)
]

door = Exposure(
    "shop",
    {
        "nodes": {
            "from": "addresses",
            "addresses": [worker.access_ip_v4 for worker in workers],
            "security_group": group.id,
        },
        "ingress": {"controller": "none", "node_ports": {"web": 30080}},
        "load_balancer": {
            "type": "openstack-haproxy",
            "listeners": [{"name": "web", "port": 80, "protocol": "tcp"}],
            "openstack": {
                "network": subnet.network_id,
                "subnet": way_out.subnet_id,  # and so after the router's interface
                "external_network": public.name,
            },
            "hosts": {
                "image": config.get("image") or "debian-12",
                "flavor": config.get("flavor") or "m1.small",
            },
        },
    },
    pulumi.ResourceOptions(providers=[cloud]),
)

pulumi.export("address", door.address)
pulumi.export("answer", door.answer)
