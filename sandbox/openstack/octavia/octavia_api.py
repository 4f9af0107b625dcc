"""Octavia's API as a WSGI application, with its providers' sockets in the sandbox. Runs in OpenStack's
virtual environment."""

# mypy: ignore-errors
# Octavia publishes no types, and is not installed where mypy runs.

import driver_sockets  # noqa: F401 (before anything of Octavia)
from octavia.wsgi.api import application  # noqa: F401
