// A front door from a program in TypeScript: the words are those of a stack file (docs/settings.md).
import * as portico from "@pulumi/portico";

const door = new portico.Exposure("door", {
  nodes: {
    from: "addresses",
    addresses: ["10.20.0.11", "10.20.0.12", "10.20.0.13"],
    securityGroup: "k8s-workers",
  },
  loadBalancer: {
    type: "openstack-haproxy",
    openstack: { network: "k8s", externalNetwork: "public" },
    hosts: { image: "debian-12", flavor: "m1.small" },
  },
  apps: [{ name: "shop", host: "shop.example.org", service: { name: "shop", port: 8080 } }],
});

export const address = door.address;
