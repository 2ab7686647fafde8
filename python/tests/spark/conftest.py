"""What the tests of Spark share: moto's S3, a simulated service, and lists."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from cluster import CLUSTER, is_listening, until

FIRST_NUMBER = 46_701_740_000


def pytest_collection_modifyitems(items):
    """Without Java and pyspark nothing can be tested, unless HLR_SPARK says that there must be."""
    if os.environ.get("HLR_SPARK"):
        return
    missing = None if shutil.which("java") else "Java is missing"
    try:
        import pyspark  # noqa: F401
    except ImportError:
        missing = "pyspark is missing"
    for item in items:
        if missing and Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def bucket(tmp_path_factory):
    """The client of a bucket `lake`. Everybody's environment has the way to it, before a JVM is started."""
    import boto3

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: is_listening(port))
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1",
        "HLR_USERNAME": "user",
        "HLR_PASSWORD": "password",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONWARNINGS": "ignore::FutureWarning",
        "XDG_DATA_HOME": str(tmp_path_factory.mktemp("data")),
    }
    before = dict(os.environ)
    os.environ.update(environment)
    client = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name="us-east-1")
    client.create_bucket(Bucket="lake")
    yield client
    os.environ.clear()
    os.environ.update(before)
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def own_data_folder(bucket):
    """One for all, because executors have the environment of the session's start."""


@pytest.fixture(scope="session")
def spark(bucket):
    from job import session

    with_cluster = session(CLUSTER)
    yield with_cluster
    with_cluster.stop()


@pytest.fixture
def service():
    import hlr

    with hlr.simulate() as running:
        yield running


@pytest.fixture
def a_list(tmp_path):
    """Writes a list with this many rows and different numbers, in four files; returns the folder."""

    def write(rows, numbers, name="list"):
        folder = tmp_path / name
        folder.mkdir()
        for part in range(4):
            places = range(part, rows, 4)
            cells = [f"+{FIRST_NUMBER + place % numbers}" if place % 10 else "call me" for place in places]
            parquet.write_table(pa.table({"id": list(places), "phone": cells}), folder / f"part-{part}.parquet")
        return folder

    return write
