"""Lists and shared answers in an object store: moto's S3, looked at with boto3."""

import io
import socket
import subprocess
import sys
import time
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import hlr


@pytest.fixture(scope="module")
def moto():
    boto3 = pytest.importorskip("boto3")
    pytest.importorskip("moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        assert process.poll() is None, "moto has ended"
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    yield boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys)
    process.kill()
    process.wait()


@pytest.fixture
def bucket(moto, monkeypatch):
    """The client of an empty bucket `lake`, and the environment of whoever uses it."""
    moto.create_bucket(Bucket="lake")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.meta.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    yield moto
    for found in moto.list_objects_v2(Bucket="lake").get("Contents", []):
        moto.delete_object(Bucket="lake", Key=found["Key"])
    moto.delete_bucket(Bucket="lake")


def put_list(bucket, key, first, count):
    content = io.BytesIO()
    numbers = [f"+{number}" for number in range(first, first + count)]
    parquet.write_table(pa.table({"phone": numbers}), content)
    bucket.put_object(Bucket="lake", Key=key, Body=content.getvalue())


def test_a_list_is_read_from_a_bucket(bucket, service):
    put_list(bucket, "lists/a.parquet", 46701740600, 30)
    put_list(bucket, "lists/b.parquet", 46701740630, 30)
    assert pa.table(hlr.normalise("s3://lake/lists/*.parquet")).num_rows == 60
    assert hlr.plan("s3://lake/lists/*.parquet", endpoint=service.url).to_look_up == 60
    rows = pa.table(hlr.enrich("s3://lake/lists/*.parquet", endpoint=service.url))
    assert rows["hlr_msisdn"].to_pylist() == [str(number) for number in range(46701740600, 46701740660)]
    assert service.account().requests == 60


def test_answers_are_shared_by_two_ledgers(bucket, service, tmp_path):
    table = pa.table({"phone": [f"+{number}" for number in range(46701740600, 46701740640)]})
    answers = "s3://lake/answers"
    for ledger in ["one.redb", "two.redb"]:
        rows = hlr.enrich(table, endpoint=service.url, answers=answers, ledger=tmp_path / ledger)
        assert set(pa.table(rows)["hlr_source"].to_pylist()) == {"live" if ledger == "one.redb" else "ledger"}
        rows.close()
    assert service.account().requests == 40
    keys = [found["Key"] for found in bucket.list_objects_v2(Bucket="lake")["Contents"]]
    assert any(key.startswith("answers/parts/") for key in keys)


def test_the_store_between_runs(bucket, service, tmp_path):
    table = pa.table({"phone": [f"+{number}" for number in range(46701740600, 46701740640)]})
    for ledger in ["one.redb", "two.redb"]:
        hlr.enrich(table, endpoint=service.url, answers="s3://lake/answers", ledger=tmp_path / ledger).close()
    pa.table(hlr.enrich(table, endpoint=service.url, answers="s3://lake/answers"))
    store = hlr.SharedAnswers("s3://lake/answers")
    assert store.stats().answers == 40
    compacted = store.compact()
    assert (compacted.answers, compacted.files_after) == (40, 1)
    [(url, size)] = store.files()
    assert url.startswith("s3://lake/answers/sorted/") and size > 0
    assert store.forget("+46701740600") == 1
    assert store.export("s3://lake/export.parquet") == 39
    with pytest.raises(hlr.Error, match="already exists"):
        store.export("s3://lake/export.parquet")
    other = hlr.SharedAnswers("s3://lake/other")
    with pytest.raises(hlr.Error, match="there are no shared answers here"):
        other.compact()
    with pytest.raises(hlr.ListError, match="simulated"):
        other.import_("s3://lake/export.parquet")
    assert other.import_("s3://lake/export.parquet", simulated=True).taken == 39
    assert other.prune(timedelta(days=1)) == 0
    assert other.prune(timedelta(0), dry_run=True) == 39


def test_somebody_else_who_asks_is_named(bucket, service, tmp_path):
    table = pa.table({"phone": [f"+{number}" for number in range(46701740600, 46701740640)]})
    shared = {"endpoint": service.url, "answers": "s3://lake/answers"}
    with hlr.enrich(table, rate=20, ledger=tmp_path / "one.redb", **shared) as first:
        next(iter(first))
        # Another process, which has an account of its own with the process.
        script = (
            "import hlr, pyarrow as pa, sys\n"
            "try:\n"
            f"    hlr.enrich(pa.table({{'phone': ['+46701740699']}}), ledger=sys.argv[1], **{shared!r})\n"
            "except hlr.Busy as busy:\n"
            "    print('busy:', busy)\n"
        )
        other = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "two.redb"], capture_output=True, text=True, timeout=60
        )
    assert "busy:" in other.stdout and "asks" in other.stdout, other


def test_a_bucket_that_is_missing_is_named(bucket, service):
    with pytest.raises(hlr.ListError, match="s3://nowhere"):
        hlr.enrich("s3://nowhere/list.parquet", endpoint=service.url)
    table = pa.table({"phone": ["+46701740600"]})
    with pytest.raises(hlr.Error, match="s3://nowhere"):
        hlr.enrich(table, endpoint=service.url, answers="s3://nowhere/answers")
    assert service.account().requests == 0
