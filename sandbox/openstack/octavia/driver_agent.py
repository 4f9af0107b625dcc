"""Octavia's driver agent, with its sockets in the sandbox. Runs in OpenStack's virtual environment."""

# mypy: ignore-errors
# Octavia publishes no types, and is not installed where mypy runs.

import sys

import driver_sockets  # noqa: F401 (before anything of Octavia)
from octavia.cmd.driver_agent import main

sys.exit(main())
