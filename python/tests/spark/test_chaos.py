"""What takes a cluster with settings of its own, and minutes: run by `just spark-chaos`."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from cluster import CLUSTER, CONCURRENCY, RATE, Job, asking, is_listening, paid_twice, settings, until

pytestmark = pytest.mark.skipif(not os.environ.get("HLR_SPARK_CHAOS"), reason="run by just spark-chaos")

LIMITS = {"rate": RATE, "concurrency": CONCURRENCY, "lease_ttl": "2s", "timeout": "2s", "where": "task"}


@pytest.fixture
def master():
    """A standalone cluster with two workers on two addresses: Spark copies a slow task to another host only."""
    import pyspark

    spark_class = os.path.join(os.path.dirname(pyspark.__file__), "bin", "spark-class")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_LOCAL")}

    def daemon(*words):
        return subprocess.Popen([spark_class, *words], env=environment, **quiet)

    deploy = "org.apache.spark.deploy"
    processes = [daemon(f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")]
    until(lambda: is_listening(port))
    url = f"spark://127.0.0.1:{port}"
    for host in ["127.0.0.2", "127.0.0.3"]:
        size = ["--cores", "1", "--memory", "1g", "--webui-port", "0"]
        processes.append(daemon(f"{deploy}.worker.Worker", "--host", host, *size, url))
    time.sleep(5)
    yield url
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_an_executor_that_is_frozen_past_the_heartbeat_is_replaced(service, a_list, tmp_path):
    session = {
        "spark.network.timeout": "6s",
        "spark.network.timeoutInterval": "1s",
        "spark.executor.heartbeatInterval": "1s",
        "spark.storage.blockManagerHeartbeatTimeoutMs": "6000",
    }
    given = settings(service, "frozen", list=str(a_list(8_000, 4_000)), session=session, **LIMITS)
    job = Job(tmp_path / "data", given, CLUSTER)
    until(lambda: service.account().requests > 300 and len(asking(service)) > 2)
    executor = asking(service)[2]
    os.kill(executor, signal.SIGSTOP)
    result = job.result()
    with contextlib.suppress(ProcessLookupError):
        os.kill(executor, signal.SIGKILL)
    assert (result["rows"], result["statuses"].get("not_checked", 0)) == (8_000, 0)
    account, twice = service.account(), paid_twice(service)
    print(f"frozen executor: {twice} of {account.requests} paid twice")
    assert twice <= CONCURRENCY + RATE * 1.5, twice
    assert account.most_in_a_second <= RATE * 1.1


def test_a_task_that_is_speculated_asks_once(service, a_list, tmp_path, master):
    session = {
        "spark.speculation": "true",
        "spark.speculation.interval": "200ms",
        "spark.speculation.multiplier": "1.1",
        "spark.speculation.quantile": "0.1",
        "spark.speculation.task.duration.threshold": "2s",
        "spark.executor.memory": "512m",
    }
    given = settings(service, "speculated", list=str(a_list(6_000, 3_000)), session=session, **LIMITS)
    result = Job(tmp_path / "data", given, master).result()
    assert (result["rows"], result["statuses"].get("not_checked", 0)) == (6_000, 0), sys.version
    account, twice = service.account(), paid_twice(service)
    print(f"speculation: {twice} of {account.requests} paid twice")
    assert twice <= CONCURRENCY, twice
    assert account.most_in_a_second <= RATE * 1.1
