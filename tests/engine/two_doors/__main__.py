"""A front door for each entry of the configuration, by its name."""

import pulumi

from portico import Exposure

for name, settings in pulumi.Config().require_object("doors").items():
    door = Exposure(name, settings)
    pulumi.export(name, {"address": door.address, "answer": door.answer})
