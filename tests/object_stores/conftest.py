"""Object stores of other people's making: moto for S3, Azurite for Azure.

Each store is looked at with its cloud's own client, never with the program that is tested.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = os.environ.get("HLR_PROGRAM", "hlr")
SAMPLES = Path(__file__).parents[2] / "sample-data"
# The account that Azurite's manual names.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process):
    for _ in range(300):
        assert process.poll() is None, "the server has ended"
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not listen")


class S3:
    """moto's server."""

    scheme = "s3"

    def __init__(self, folder):
        import boto3

        self.port = free_port()
        server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process)
        self.url = f"http://127.0.0.1:{self.port}"
        keys = {"aws_access_key_id": "k", "aws_secret_access_key": "secret-of-moto", "region_name": "us-east-1"}
        self.client = boto3.client("s3", endpoint_url=self.url, **keys)
        self.client.create_bucket(Bucket="lake")
        self.variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "secret-of-moto",
            "AWS_REGION": "us-east-1",
        }

    def put(self, key, content):
        self.client.put_object(Bucket="lake", Key=key, Body=content)

    def get(self, key):
        return self.client.get_object(Bucket="lake", Key=key)["Body"].read()

    def keys(self, prefix=""):
        found = self.client.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])
        return sorted(entry["Key"] for entry in found)

    def unfinished(self):
        return len(self.client.list_multipart_uploads(Bucket="lake").get("Uploads", []))


class Azure:
    """Azurite, with the node of the Python environment if it has one."""

    scheme = "az"

    def __init__(self, folder):
        from azure.storage.blob import BlobServiceClient

        self.port = free_port()
        program = os.environ["HLR_AZURITE"]
        node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
        server = [node, program, "--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(folder)]
        server += ["--silent", "--skipApiVersionCheck", "--loose"]
        self.process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process)
        self.url = f"http://127.0.0.1:{self.port}/{ACCOUNT}"
        self.client = BlobServiceClient(self.url, credential=KEY)
        self.container = self.client.create_container("lake")
        self.variables = {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_STORAGE_ENDPOINT": self.url,
        }

    def put(self, key, content):
        self.container.upload_blob(key, content, overwrite=True)

    def get(self, key):
        return self.container.download_blob(key).readall()

    def keys(self, prefix=""):
        return sorted(blob.name for blob in self.container.list_blobs(name_starts_with=prefix))

    def unfinished(self):
        begun = {blob.name for blob in self.container.list_blobs(include=["uncommittedblobs"])}
        return len(begun - set(self.keys()))


@pytest.fixture(scope="module", params=[S3, Azure], ids=["moto", "azurite"])
def store(request, tmp_path_factory):
    if request.param is Azure and "HLR_AZURITE" not in os.environ:
        pytest.skip("HLR_AZURITE does not name Azurite's blob server")
    store = request.param(tmp_path_factory.mktemp("store"))
    yield store
    store.process.kill()
    store.process.wait()


class Machine:
    """A folder and a ledger of its own, and a service that counts what it is asked."""

    def __init__(self, folder, store):
        self.folder = folder
        names = ("AWS_", "AZURE_", "GOOGLE_", "STORAGE_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "HLR_USERNAME": "user", "HLR_PASSWORD": "password"}
        self.variables = {**clean, **home, **store.variables}

    def command(self, *arguments):
        return [PROGRAM, *map(str, arguments)]

    def run(self, *arguments, code=0, **variables):
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        return done.stderr

    def start(self, *arguments):
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(self.command(*arguments), cwd=self.folder, env=self.variables, **silent)


@pytest.fixture
def machine(store, tmp_path):
    return Machine(tmp_path, store)


@pytest.fixture
def another_machine(store, tmp_path_factory):
    return lambda: Machine(tmp_path_factory.mktemp("machine"), store)


@pytest.fixture
def service(tmp_path_factory):
    """`hlr simulate`; its account is what was paid for."""
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "simulate", "--port", str(port), "--latency", "20ms"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(port, process)

    class Service:
        url = f"http://127.0.0.1:{port}"

        def account(self):
            import urllib.request

            with urllib.request.urlopen(f"{self.url}/account", timeout=10) as reply:
                return json.load(reply)

    yield Service()
    process.kill()
    process.wait()
