"""hlr.spark on separate processes, judged by the service's own account."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from cluster import CONCURRENCY, RATE, Job, asking, paid_twice, settings, until

import hlr
import hlr.spark
from hlr.spark import _cluster

@pytest.fixture(autouse=True)
def own_ledger(tmp_path, monkeypatch):
    """The driver's ledger of each test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "driver"))


def test_rows_are_those_of_the_command_line(spark, service, a_list, tmp_path, program):
    folder = a_list(2_000, 300)
    cells = ["", "070-174 06 05", "+46 8 465 004 00", "12345", "+46701740605, +46701740606", None, "+46701740605"]
    odd = pa.table({"id": range(10_000, 10_000 + len(cells)), "phone": cells})
    parquet.write_table(odd, folder / "odd.parquet")
    out = hlr.spark.enrich(spark.read.parquet(str(folder)), **settings(service, "equal"))
    done = subprocess.run(
        [program, "enrich", folder, "-o", tmp_path / "out.parquet", "--endpoint", service.url, "--no-ledger"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    expected = spark.read.parquet(str(tmp_path / "out.parquet"))
    assert [(field.name, field.dataType) for field in out.schema] == [
        (field.name, field.dataType) for field in expected.schema
    ]
    ours, theirs = ({row.id: row.asDict() for row in frame.collect()} for frame in (out, expected))
    assert len(ours) == len(theirs) == 2_007
    for row, cells in theirs.items():
        for changing in ["hlr_checked_at", "hlr_source"]:
            ours[row].pop(changing), cells.pop(changing)
        assert ours[row] == cells


def test_any_number_of_actions_asks_once(spark, service, a_list, tmp_path):
    out = hlr.spark.enrich(spark.read.parquet(str(a_list(2_000, 400))), "phone", **settings(service, "actions"))
    asked = service.account().requests
    assert out.count() == 2_000
    out.write.parquet(str(tmp_path / "written"))
    assert len(out.collect()) == 2_000
    hlr.SharedAnswers("s3://lake/actions").compact()
    assert out.where("hlr_status = 'invalid'").count() == 200
    account = service.account()
    assert account.requests == asked == account.distinct_numbers
    again = hlr.spark.enrich(spark.read.parquet(str(a_list(2_000, 400, "again"))), **settings(service, "actions"))
    assert again.where("hlr_source = 'ledger'").count() == 1_800
    assert service.account().requests == asked


def test_answers_that_are_compacted_meanwhile_are_found(spark, service, a_list, monkeypatch):
    folder = str(a_list(1_000, 200))
    hlr.spark.enrich(spark.read.parquet(folder), "phone", **settings(service, "moving"))
    original, moved = _cluster.files, []

    def files(spark, names, schema):
        if not moved and any("/sorted/" in name for name in names):
            moved.append(hlr.SharedAnswers("s3://lake/moving").compact())
        return original(spark, names, schema)

    monkeypatch.setattr(_cluster, "files", files)
    asked = service.account().requests
    out = hlr.spark.enrich(spark.read.parquet(folder), "phone", **settings(service, "moving"))
    assert moved and out.where("hlr_source = 'ledger'").count() == 900
    assert service.account().requests == asked


def test_names_and_types_of_any_kind_come_back(spark, service):
    rows = [(1, "+46701740605", 2.5, [1, 2], {"a": None}), (2, None, None, None, None)]
    frame = spark.createDataFrame(rows, "id int, `mobile phone` string, `x.y` double, l array<int>, m map<string,int>")
    out = hlr.spark.enrich(frame, **settings(service, "names", prefix="n_", drop_columns=["id", "n_reason"]))
    assert out.schema["x.y"] == frame.schema["x.y"] and "id" not in out.columns and "n_reason" not in out.columns
    [row] = out.where("n_status <> 'invalid'").collect()
    assert (row["mobile phone"], row["x.y"], row.l, row.m) == ("+46701740605", 2.5, [1, 2], {"a": None})
    # A frame that was enriched before.
    again = hlr.spark.enrich(out.drop("n_msisdn"), column="mobile phone", **settings(service, "names"))
    assert again.where("hlr_status = 'reachable'").count() == out.where("n_status = 'reachable'").count()


def test_a_plan_has_the_figures_of_a_plan_without_spark(spark, service, a_list):
    folder = a_list(1_000, 300)
    given = {"endpoint": service.url, "price": 0.01, "rate": 100}
    planned = hlr.spark.plan(spark.read.parquet(str(folder)), "phone", **given)
    alone = hlr.plan(str(folder), column="phone", ledger=False, **given)
    for name in ["rows", "invalid", "invalid_by_reason", "duplicates", "distinct", "to_look_up", "lookups_at_most"]:
        assert planned[name] == alone[name], name
    assert planned.cost == pytest.approx(float(alone.cost))
    assert planned.seconds_at_rate == pytest.approx(alone.seconds_at_rate)
    hlr.spark.enrich(spark.read.parquet(str(folder)), "phone", **settings(service, "plan"))
    after = hlr.spark.plan(spark.read.parquet(str(folder)), "phone", answers="s3://lake/plan", endpoint=service.url)
    assert (after.to_look_up, after.fresh_in_ledger) == (0, planned.distinct)
    assert hlr.spark.answers(spark, "s3://lake/plan").count() == planned.distinct
    assert hlr.spark.answers(spark, "s3://lake/plan", max_age="1ms").count() == 0


def test_a_frame_is_read_in_one_way_whatever_its_parts_are(spark, service, tmp_path):
    # The second file alone would not say that its numbers are complete.
    for place, numbers in enumerate([range(46701740000, 46701740100), range(46701740100, 46701740102)]):
        parquet.write_table(pa.table({"mobile": [str(n) for n in numbers]}), tmp_path / f"{place}.parquet")
    rows = hlr.spark.normalise(spark.read.parquet(str(tmp_path)))
    assert rows.where("hlr_reason is null").count() == 102
    with pytest.raises(hlr.ListError, match="column"):
        hlr.spark.normalise(spark.createDataFrame([(1, 2)], "a int, b int"))
    with pytest.raises(hlr.ListError, match="not clear|national"):
        hlr.spark.enrich(
            spark.createDataFrame([(f"70174{n:04}",) for n in range(200)], "phone string"), **settings(service, "bare")
        )
    assert service.account().requests == 0


def test_what_has_no_meaning_is_refused_before_anything_is_asked(spark, service, a_list):
    frame = spark.read.parquet(str(a_list(100, 10)))
    for more, words in [
        ({"refresh": True}, "max_age"),
        ({"only": "unresolved"}, "filter the frame"),
        ({"name": "a/b"}, "name"),
        ({"where": "everywhere"}, "driver"),
        ({"rat": 3}, "rate"),
        ({"drop_columns": "emial"}, "emial"),
    ]:
        with pytest.raises(hlr.ConfigError, match=words):
            hlr.spark.enrich(frame, "phone", **settings(service, "refused", **more))
    with pytest.raises(hlr.CapReached):
        hlr.spark.enrich(frame, "phone", **settings(service, "cap", max_lookups=5))
    with pytest.raises(hlr.CapReached, match="on the executor"):
        hlr.spark.enrich(frame, "phone", **settings(service, "cap", max_lookups=2, where="task"))
    assert service.account().requests == 7, "a task that fails is not tried again"


@pytest.mark.parametrize("victim", ["worker", "executor"])
def test_a_task_that_asks_may_be_killed(spark, service, a_list, victim):
    """Another attempt takes over under the lease; the work of the lost one is in the shared answers."""
    frame = spark.read.parquet(str(a_list(4_000, 1_500)))
    limits = {"rate": RATE, "concurrency": CONCURRENCY, "lease_ttl": "2s", "timeout": "2s", "where": "task"}
    done = []
    job = threading.Thread(
        target=lambda: done.append(
            hlr.spark.enrich(frame, "phone", **settings(service, victim, **limits))
        )
    )
    began = time.monotonic()
    job.start()
    until(lambda: service.account().requests > 300 and len(asking(service)) > 2)
    worker, _, executor, *_ = asking(service)
    os.kill(worker if victim == "worker" else executor, signal.SIGKILL)
    job.join(timeout=180)
    [out] = done
    assert out.count() == 4_000
    assert out.where("hlr_status = 'not_checked'").count() == 0
    account, twice = service.account(), paid_twice(service)
    print(f"{victim}: {twice} of {account.requests} paid twice, {time.monotonic() - began:.0f} s")
    assert twice <= CONCURRENCY + RATE * 1.5, twice
    assert account.most_in_a_second <= RATE * 1.1


def test_a_driver_that_is_killed_goes_on_where_it_ended(service, a_list, tmp_path):
    given = settings(service, "driver", list=str(a_list(4_000, 2_000)), rate=RATE, concurrency=CONCURRENCY, wait="1m")
    first = Job(tmp_path / "one", given, "local[2]")
    until(lambda: service.account().requests > 500)
    first.kill()
    before = service.account().requests
    result = Job(tmp_path / "two", given, "local[2]").result()
    assert (result["rows"], result["numbers"]) == (4_000, 1_800)
    twice = paid_twice(service)
    print(f"driver: {twice} of {before} paid twice")
    assert twice <= CONCURRENCY + RATE * 1.5, twice


def test_two_drivers_at_once_ask_one_after_the_other(service, a_list, tmp_path):
    folder = str(a_list(3_000, 1_000))
    given = settings(service, "two", list=folder, rate=RATE, concurrency=CONCURRENCY, wait="2m")
    jobs = [Job(tmp_path / name, given, "local[1]") for name in ["one", "two"]]
    for job in jobs:
        result = job.result()
        assert (result["rows"], result["statuses"].get("not_checked", 0)) == (3_000, 0)
    account = service.account()
    assert account.requests == account.distinct_numbers
    assert account.most_in_a_second <= RATE * 1.1


def test_spark_connect_works_too(service, a_list, tmp_path):
    pytest.importorskip("grpc")
    given = settings(service, "connect", list=str(a_list(1_000, 200)))
    result = Job(tmp_path / "data", given, "connect:local[2]").result()
    assert (result["rows"], result["numbers"], result["statuses"]["invalid"]) == (1_000, 180, 100)
    assert service.account().requests == 180


@pytest.mark.parametrize("lacking", ["no interpreter", "no packages"])
def test_what_executors_lack_is_named(service, a_list, tmp_path, lacking):
    interpreter = tmp_path / "python"
    if lacking == "no packages":
        interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
        interpreter.chmod(0o755)
    given = settings(service, "lacking", list=str(a_list(100, 10)))
    given["session"] = {"spark.pyspark.python": str(interpreter), "spark.pyspark.driver.python": sys.executable}
    result = Job(tmp_path / "data", given, "local[1]", {"PYSPARK_PYTHON": str(interpreter)}).result()
    assert result["error"] == "ConfigError", json.dumps(result)
    expected = "do not find their Python" if lacking == "no interpreter" else "do not have"
    assert "the executors" in result["message"] and expected in result["message"]
    assert service.account().requests == 0
