"""The environment in which `pulumi` runs with the fetched tools.

Pure but for reading the caller's environment. Read by run, by the tests of tier engine, and by `python -m
tools env`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from tools import places


def environment(ambient: Mapping[str, str] | None = None) -> dict[str, str]:
    """What to set so that `pulumi` is ours and finds our plugins, and the program the packages of .venv.

    PATH is the caller's, with our folders in front.
    """
    ambient = os.environ if ambient is None else ambient
    home = places.tools()
    chosen = {
        "PATH": os.pathsep.join(
            [str(home / "bin"), str(places.VENV / "bin"), ambient.get("PATH", os.defpath)]
        ),
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # The plugins lie in PULUMI_HOME in the right version: none is looked for on PATH,
        # none is fetched while a program runs.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": ambient.get(
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true"
        ),
    }
    theirs = Path(ambient.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if "PULUMI_CREDENTIALS_PATH" not in ambient and (theirs / "credentials.json").is_file():
        # Whoever is logged in to a Pulumi backend stays so although PULUMI_HOME changes.
        chosen["PULUMI_CREDENTIALS_PATH"] = str(theirs)
    return chosen
