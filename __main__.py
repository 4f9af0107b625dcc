"""Portico as a program: one stack file in, one address out."""

import pulumi

from portico import stackfile
from portico.ending import told
from portico.exposure import Exposure

with told():
    exposure = Exposure("portico", stackfile.sections(), source=stackfile.name())

pulumi.export("address", exposure.address)
pulumi.export("url", exposure.url)
pulumi.export("nodePorts", exposure.node_ports)
pulumi.export("loadBalancer", exposure.details)
pulumi.export("answer", exposure.answer)
pulumi.export("reasons", exposure.reasons)
