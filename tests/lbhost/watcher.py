"""Those who watch a host, behind a guest's real HAProxy, and one who may not.

Runs on the guest's own Python, in /mnt: starts HAProxy with haproxy.cfg and prints as JSON what each got. The
addresses 10.0.9.* are the guest's own, so that a request can come from any of them. Standard library alone.
"""

import contextlib
import http.client
import json
import socket
import subprocess
import time
from pathlib import Path

HOST, VIP = "10.0.0.11", "10.0.0.100"
AGENT, WATCHER, STRANGER, SYSLOG = "127.0.0.1", "10.0.9.7", "10.0.9.99", "10.0.9.5"
LONG = 30


def ask(source, path, host=HOST):
    """Status and text; or the error's name."""
    connection = http.client.HTTPConnection(host, 61404, timeout=3, source_address=(source, 0))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as error:
        return 0, type(error).__name__
    finally:
        connection.close()


def figure(name):
    """What the watcher reads."""
    lines = ask(WATCHER, "/metrics")[1].splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " ")), None)


def until(name, value):
    """The seconds until a figure has a value; None when it never has."""
    began = time.monotonic()
    while figure(name) != value:
        if time.monotonic() - began > 5:
            return None
        time.sleep(0.05)
    return time.monotonic() - began


def address(change, which, device):
    subprocess.run(["ip", "address", change, f"{which}/32", "dev", device], check=True)


def crowded():
    """What the agent is answered while the watcher holds all connections that it gets, of more that it asks
    for."""
    held = []
    for _ in range(LONG):
        with contextlib.suppress(ConnectionError):
            held.append(socket.create_connection((HOST, 61404), 3, (WATCHER, 0)))
    answers = [ask(AGENT, "/", "127.0.0.1")[0] for _ in range(10)]
    for connection in held:
        connection.close()
    return answers


def connect(source, heard):
    """A connection of a client that is answered by nobody; what the syslog server hears of it."""
    with socket.create_connection((HOST, 80), 3, (source, 0)) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        client.settimeout(5)
        client.recv(100)
    try:
        return heard.recv(4096).decode()
    except TimeoutError:
        return ""


def main():
    for each in (WATCHER, STRANGER, SYSLOG):
        address("add", each, "lo")
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind((SYSLOG, 514))
    heard.settimeout(2)
    journal = Path("/run/journal")
    with journal.open("w") as written:
        haproxy = subprocess.Popen(["haproxy", "-W", "-db", "-f", "haproxy.cfg"], stdout=written)
    until("haproxy_process_jobs", None)
    held = 'haproxy_server_status{proxy="holds-vip",server="this-host",state="UP"}'
    said = {"before": until(held, 0.0)}
    address("add", VIP, "eth0")
    said["taken"] = until(held, 1.0)
    address("delete", VIP, "eth0")
    said["given"] = until(held, 0.0)
    pulse = 'haproxy_backend_http_requests_total{proxy="agent"}'
    began = figure(pulse)
    ask(WATCHER, "/")
    said["pulse"] = [figure(pulse) - began]
    for _ in range(3):
        ask(AGENT, "/", "127.0.0.1")
    said["pulse"].append(figure(pulse) - began)
    said["generation"] = [ask(AGENT, "/", "127.0.0.1"), ask(HOST, "/")]
    said["stranger"] = [ask(STRANGER, "/metrics"), ask(STRANGER, "/")]
    said["metrics"] = ask(WATCHER, "/metrics")
    said["crowded"] = crowded()
    said["syslog"] = connect(STRANGER, heard)
    time.sleep(0.2)
    said["journal"] = journal.read_text()
    haproxy.terminate()
    haproxy.wait()
    print(json.dumps(said))


main()
