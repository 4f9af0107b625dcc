"""Portico as a program: one stack file in, one address out."""

import pulumi

from portico.exposure import SECTIONS, Exposure

config = pulumi.Config("portico")
said = {section: value for section in SECTIONS if (value := config.get_object(section))}
exposure = Exposure("portico", said, source=f"stacks/Pulumi.{pulumi.get_stack()}.yaml")

pulumi.export("address", exposure.address)
pulumi.export("url", exposure.url)
pulumi.export("nodePorts", exposure.node_ports)
pulumi.export("loadBalancer", exposure.load_balancer)
pulumi.export("answer", exposure.answer)
pulumi.export("reasons", exposure.plan.reasons())
