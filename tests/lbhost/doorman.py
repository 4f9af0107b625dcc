"""A guest's own SSH server beside a real HAProxy on port 22 with another SSH server behind it.

Runs on the guest's own Python, in /mnt: haproxy.cfg, and drop-in/ for sshd_config.d. Prints as JSON whose key
answers on which port with the image's own sshd_config, with the drop-in, and without an SSH server of the
host's own. Standard library alone.
"""

import json
import subprocess
import time
from pathlib import Path

BEHIND = ("127.0.1.10", 30022)


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def key(name):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"/run/{name}")
    return Path(f"/run/{name}.pub").read_text().split()[1]


def sshd(name, *options):
    words = ["/usr/sbin/sshd", "-D", "-e", "-h", f"/run/{name}", *options]
    started = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    time.sleep(1)
    return started


def answers(port):
    """The key of the SSH server that a client finds on the host's address."""
    found = run("ssh-keyscan", "-T", "5", "-t", "ed25519", "-p", str(port), "10.0.0.11").stdout.split()
    return names.get(found[-1], "a stranger") if found else "nobody"


def beside():
    """What the ports answer while HAProxy runs, or that it cannot."""
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"], stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    if haproxy.poll() is not None:
        return "cannot bind" if "cannot bind socket" in haproxy.stderr.read() else "failed"
    found = {port: answers(port) for port in (22, 2222)}
    haproxy.kill()
    haproxy.wait()
    return found


Path("/run/sshd").mkdir()
names = {key("host"): "the host", key("behind"): "the Service"}
behind = sshd("behind", "-f", "/dev/null", "-o", f"ListenAddress={BEHIND[0]}:{BEHIND[1]}")
found = {}
host = sshd("host")
found["as the image has it"] = beside()
host.kill()
host.wait()
run("mount", "--bind", "/mnt/drop-in", "/etc/ssh/sshd_config.d")
host = sshd("host")
found["moved"] = beside()
host.kill()
host.wait()
found["off"] = beside()
behind.kill()
print(json.dumps(found))
