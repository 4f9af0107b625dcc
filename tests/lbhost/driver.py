"""Drives the agent inside a guest with its real haproxy and keepalived, and prints what came of each step.

Runs on the guest's own Python, in /mnt: payloads NAME.json in the order of the arguments, one line of JSON in
`steps` for each. systemd is not there; a script in its place starts and reloads both programs as units do.
"""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

SYSTEMCTL = """\
#!/bin/sh
for unit; do :; done
pid=/run/$unit.pid
case "$1 $unit" in
is-active*) kill -0 "$(cat $pid)" ;;
"start haproxy")
    haproxy -W -D -p $pid -f /run/root/etc/haproxy/haproxy.cfg >/mnt/haproxy.log 2>&1
    until [ -s $pid ]; do sleep 0.1; done
    ;;
"start keepalived")
    keepalived -p $pid -f /run/root/etc/keepalived/keepalived.conf
    until [ -s $pid ]; do sleep 0.1; done
    ;;
"reload haproxy") haproxy -c -q -f /run/root/etc/haproxy/haproxy.cfg && kill -USR2 "$(cat $pid)" ;;
"reload keepalived") kill -HUP "$(cat $pid)" ;;
esac 2>/dev/null
"""


def main() -> None:
    tool = Path("/run/bin/systemctl")
    tool.parent.mkdir()
    tool.write_text(SYSTEMCTL)
    tool.chmod(0o755)
    os.environ["PATH"] = f"{tool.parent}:{os.environ['PATH']}"
    Path("/run/root").mkdir()
    Path("/run/console").touch()
    loader = importlib.machinery.SourceFileLoader("portico_sync", "/opt/portico/portico-sync")
    spec = importlib.util.spec_from_loader("portico_sync", loader)
    agent_module = importlib.util.module_from_spec(spec)
    sys.modules["portico_sync"] = agent_module
    loader.exec_module(agent_module)
    agent = agent_module.Sync(Path("/run/root"), "file:///run/meta_data.json", console=Path("/run/console"))
    taken = subprocess.Popen(
        [sys.executable, "-c", "import socket, time; s = socket.create_server(('', 81)); time.sleep(600)"]
    )
    for name in sys.argv[1:]:
        Path("/run/meta_data.json").write_text(Path(f"/mnt/{name}.json").read_text())
        agent.step()
        said = {
            "step": name,
            "tells": agent.generation_of("127.0.0.1"),
            "console": Path("/run/console").read_text().strip().splitlines()[-1],
            "haproxy": Path("/run/haproxy.pid").read_text().strip(),
            "keepalived": Path("/run/keepalived.pid").read_text().strip(),
        }
        with Path("/mnt/steps").open("a") as steps:
            steps.write(json.dumps(said) + "\n")
    taken.kill()


main()
