"""Drivers as processes of their own, and the processes of a cluster."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

JOB = Path(__file__).with_name("job.py")
CLUSTER = "local-cluster[2,1,1024]"
CONCURRENCY = 20
RATE = 200


def settings(service, store, **more):
    """The arguments of a job with a store of answers of its own."""
    return {"answers": f"s3://lake/{store}", "name": "contacts", "endpoint": service.url, **more}


def paid_twice(service):
    account = service.account()
    return account.requests - account.distinct_numbers


class Job:
    """A driver in a process of its own, with a data folder of its own: another machine."""

    def __init__(self, folder, arguments, master=CLUSTER, environment=None):
        folder.mkdir(exist_ok=True)
        variables = {**os.environ, "XDG_DATA_HOME": str(folder), **(environment or {})}
        command = [sys.executable, str(JOB), master, json.dumps(arguments)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables, start_new_session=True
        )

    def result(self):
        """What it printed."""
        out, errors = self.process.communicate(timeout=240)
        lines = [line for line in out.splitlines() if line.startswith("{")]
        assert lines, f"{out}\n{errors[-4000:]}"
        return json.loads(lines[-1])

    def kill(self):
        """kill -9 of the driver and its JVM: its cluster ends with it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def until(is_so, seconds=120):
    for _ in range(seconds * 50):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def asking(service):
    """The process that has a connection to the service, and its ancestors: worker, daemon, executor."""
    port = int(service.url.rsplit(":", 1)[1])
    remote = f":{port:04X} 01"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    sockets = {f"socket:[{line.split()[9]}]" for line in lines if remote in " ".join(line.split()[2:4])}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if any(os.readlink(name) in sockets for name in (folder / "fd").iterdir()):
                return ancestors(int(folder.name))
        except OSError:
            continue
    return []


def ancestors(process):
    found = []
    while process > 1:
        found.append(process)
        process = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return found
