"""nova-compute with the sandbox's hypervisor driver. Runs in OpenStack's virtual environment.

Nova looks for `compute_driver` below the package nova.virt only, so this folder joins that package's search
path; nothing is written into the installed Nova. The checkout joins the search path for sandbox.namespaces,
which needs nothing but Python.
"""

# mypy: ignore-errors
# Nova publishes no types, and is not installed where mypy runs.

import sys
from pathlib import Path

import nova.virt
from nova.cmd.compute import main

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[2]))
nova.virt.__path__.append(str(HERE))
sys.exit(main())
