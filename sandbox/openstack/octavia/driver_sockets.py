"""Moves the sockets between Octavia and its providers into the folder that PORTICO_OCTAVIA_SOCKETS names.

octavia-lib's DriverLibrary defaults to /var/run/octavia and the OVN provider passes no others
(octavia_lib/api/drivers/driver_lib.py), so its defaults are replaced before a provider makes one. Runs in
OpenStack's virtual environment.
"""

# mypy: ignore-errors
# Octavia publishes no types, and is not installed where mypy runs.

import os
from pathlib import Path

from octavia_lib.api.drivers import driver_lib

FOLDER = Path(os.environ["PORTICO_OCTAVIA_SOCKETS"])

constructor = driver_lib.DriverLibrary.__init__
sockets = tuple(str(FOLDER / f"octavia-{name}.sock") for name in ("status", "stats", "get"))
constructor.__defaults__ = (*sockets, *constructor.__defaults__[len(sockets) :])
