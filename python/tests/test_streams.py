"""Streams that end early: nothing that was paid for is lost, and nothing is paid for twice."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pyarrow as pa
import pytest

import hlr

SLOW = {"median": "100ms"}


def contacts(rows):
    """A table in pieces, as from a file: a single piece would come back as one batch."""
    table = pa.table({"phone": [f"+4670{row:07}" for row in range(rows)]})
    return pa.Table.from_batches(table.to_batches(max_chunksize=64))


def child(code, tmp_path, url, **popen):
    """A Python process that enriches, with a service that outlives it."""
    script = tmp_path / f"child-{time.monotonic_ns()}.py"
    head = f"""
    import sys, time
    import pyarrow as pa, hlr
    URL, LEDGER = {url!r}, {str(tmp_path / "l.redb")!r}
    def contacts(rows):
        table = pa.table({{"phone": [f"+4670{{row:07}}" for row in range(rows)]}})
        return pa.Table.from_batches(table.to_batches(max_chunksize=64))
    def enriched(rows, **settings):
        return hlr.enrich(contacts(rows), endpoint=URL, ledger=LEDGER, **{{"concurrency": 32, **settings}})
    """
    script.write_text(textwrap.dedent(head) + textwrap.dedent(code))
    return subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
    )


def asked_twice(service):
    return [number for number, asked in service.account().numbers.items() if asked["billed"] > 1]


def wait_for_requests(service, count):
    for _ in range(400):
        if service.account().requests >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"the service got fewer than {count} requests")


def finish(service, tmp_path, rows):
    """The same call again completes the rows."""
    table = pa.table(hlr.enrich(contacts(rows), endpoint=service.url, ledger=tmp_path / "l.redb", concurrency=512))
    assert table.num_rows == rows
    assert "not_checked" not in table["hlr_status"].to_pylist()
    return table


def test_a_stream_is_read_once(service):
    rows = hlr.enrich(contacts(10), endpoint=service.url, ledger=False)
    assert rows.schema.names == pa.schema(rows).names
    assert pa.table(rows).num_rows == 10
    for again in [lambda: pa.table(rows), lambda: list(rows)]:
        with pytest.raises(Exception, match="read already"):
            again()
    rows = hlr.enrich(contacts(10), endpoint=service.url, ledger=False)
    assert sum(batch.num_rows for batch in rows) == 10
    with pytest.raises(hlr.Error, match="read already"):
        list(rows)
    assert service.account().requests == 20


def test_asking_for_the_schema_reads_nothing(service):
    duckdb = pytest.importorskip("duckdb")
    rows = hlr.enrich(contacts(10), endpoint=service.url, ledger=False)
    assert duckdb.sql("select count(*) from rows").fetchall() == [(10,)]
    assert service.account().requests == 10


def test_leaving_the_block_early_keeps_what_was_paid(account, tmp_path):
    with hlr.simulate(latency=SLOW) as service:
        with hlr.enrich(
            contacts(3_000), endpoint=service.url, ledger=tmp_path / "l.redb", window_rows=64, concurrency=32
        ) as rows:
            for batch in rows:
                break
        asked = service.account().requests
        assert asked < 3_000
        assert hlr.Ledger(tmp_path / "l.redb").stats().answers == asked
        time.sleep(0.3)
        assert service.account().requests == asked
        finish(service, tmp_path, 3_000)
        assert asked_twice(service) == []


def test_dropping_the_object_keeps_what_was_paid(account, tmp_path):
    with hlr.simulate(latency=SLOW) as service:
        rows = hlr.enrich(contacts(2_000), endpoint=service.url, ledger=tmp_path / "l.redb", concurrency=32)
        iterator = iter(rows)
        next(iterator)
        del rows, iterator
        finish(service, tmp_path, 2_000)
        assert asked_twice(service) == []


def test_stop_gives_the_rows_that_are_done(account, tmp_path):
    with hlr.simulate(latency=SLOW) as service:
        rows = hlr.enrich(contacts(3_000), endpoint=service.url, ledger=tmp_path / "l.redb", concurrency=32)
        with pytest.raises(hlr.Interrupted) as caught:
            for batch in rows:
                rows.stop()
        assert caught.value.summary.ending == "interrupted"
        finish(service, tmp_path, 3_000)
        assert asked_twice(service) == []


def test_a_part_of_a_c_stream_stops_the_rest(account, tmp_path):
    with hlr.simulate(latency=SLOW) as service:
        rows = hlr.enrich(contacts(5_000), endpoint=service.url, ledger=tmp_path / "l.redb", concurrency=32)
        reader = pa.RecordBatchReader.from_stream(rows)
        reader.read_next_batch()
        reader.close()
        del reader, rows
        finish(service, tmp_path, 5_000)
        assert asked_twice(service) == []


@pytest.mark.parametrize("ending", ["pass", "raise SystemExit(3)", "1 / 0"])
def test_the_end_of_the_interpreter_keeps_what_was_paid(account, tmp_path, ending):
    with hlr.simulate(latency=SLOW) as service:
        process = child(f"rows = enriched(2000)\nnext(iter(rows))\n{ending}\n", tmp_path, service.url)
        process.communicate(timeout=60)
        finish(service, tmp_path, 2_000)
        assert asked_twice(service) == []


CONSUMERS = {
    "iterator": "for batch in rows: pass",
    "pyarrow": "pa.table(rows)",
    "polars": "import polars; polars.DataFrame(rows)",
    "pandas": "import pandas; pandas.DataFrame.from_arrow(rows)",
    "duckdb": "import duckdb; duckdb.sql('from rows').fetchall()",
}


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_ctrl_c_ends_each_consumer_at_once(account, tmp_path, consumer):
    if consumer not in ("iterator", "pyarrow"):
        pytest.importorskip(consumer)
    code = f"""
    {"import " + consumer if consumer in ("polars", "pandas", "duckdb") else ""}
    rows = enriched(100_000, rate=200)
    print("reading", flush=True)
    try:
        try:
            {CONSUMERS[consumer]}
        finally:
            time.sleep(0.02)
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
    """
    with hlr.simulate(latency=SLOW) as service:
        process = child(code, tmp_path, service.url)
        assert process.stdout.readline().strip() == "reading"
        wait_for_requests(service, 50)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        # It reaches the program as what it is, whatever the consumer makes of it.
        assert float(out) - sent < 1, (out, err)
        stored = hlr.Ledger(tmp_path / "l.redb").stats().answers
        assert stored == service.account().requests


def test_a_cell_can_be_run_again_after_ctrl_c(account, tmp_path):
    """The first result is still held when the call is made again."""
    code = """
    import threading, _thread
    settings = {"endpoint": URL, "ledger": LEDGER, "concurrency": 32, "rate": 300}
    rows = hlr.enrich(contacts(100_000), **settings)
    threading.Timer(1.0, _thread.interrupt_main).start()
    try:
        try:
            pa.table(rows)
        finally:
            time.sleep(0.02)
    except KeyboardInterrupt:
        pass
    again = hlr.enrich(contacts(100), **settings)
    print(pa.table(again).num_rows, rows.summary.ending, flush=True)
    """
    with hlr.simulate(latency=SLOW) as service:
        out, err = child(code, tmp_path, service.url).communicate(timeout=60)
        assert out.split() == ["100", "interrupted"], (out, err)
        assert asked_twice(service) == []


def test_kill_9_pays_no_more_than_what_was_in_flight_again(account, tmp_path):
    with hlr.simulate(latency={"median": "20ms"}) as service:
        process = child("pa.table(enriched(4000))", tmp_path, service.url)
        wait_for_requests(service, 1_000)
        process.kill()
        process.communicate(timeout=30)
        finish(service, tmp_path, 4_000)
        # 32 in flight, and what was answered in the 20 ms before a commit.
        assert len(asked_twice(service)) <= 32 + 200


def test_progress_and_warnings(service, caplog):
    seen = []
    rows = hlr.enrich(contacts(500), endpoint=service.url, ledger=False, progress=seen.append, rate=1_000)
    pa.table(rows)
    assert seen[-1].rows == 500 and seen[-1].total == 500
    hlr.lookup("+46701740605", endpoint="simulator")
    assert any("SIMULATED" in record.message and record.name == "hlr" for record in caplog.records)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_progress_that_fails_stops_nothing(service):
    def broken(progress):
        raise RuntimeError("broken")

    table = pa.table(hlr.enrich(contacts(50), endpoint=service.url, ledger=False, progress=broken))
    assert table.num_rows == 50


def test_a_bar(service, capfd):
    pa.table(hlr.enrich(contacts(50), endpoint=service.url, ledger=False, progress=True))
    assert os.environ.get("NO_TQDM") or "50" in capfd.readouterr().err


def test_run_a_pipeline(tmp_path, service):
    (tmp_path / "list.csv").write_text("phone\n+46701740605\n+46701740606\n")
    pipeline = tmp_path / "nightly.toml"
    pipeline.write_text(
        f'input = "{tmp_path}/list.csv"\noutput = "{tmp_path}/out.parquet"\nendpoint = "{service.url}"\n'
        f'ledger = "{tmp_path}/l.redb"\n'
    )
    summary = hlr.run(pipeline)
    assert (summary.ending, summary.rows) == ("complete", 2)
    with pytest.raises(hlr.Error, match="exists"):
        hlr.run(pipeline)
    assert hlr.run(pipeline, force=True, rate=50).counts.from_ledger == 2
    with pytest.raises(hlr.ConfigError, match="no dry runs"):
        hlr.run(pipeline, dry_run=True)
    with pytest.raises(hlr.CapReached) as caught:
        hlr.run(pipeline, force=True, max_lookups=0, refresh=True)
    assert caught.value.summary.ending == "stopped" and "nightly.toml" in caught.value.resume


def test_config_gives_the_settings_of_rows(tmp_path, service):
    pipeline = tmp_path / "nightly.toml"
    pipeline.write_text(
        f'input = "elsewhere.csv"\noutput = "out.parquet"\nendpoint = "{service.url}"\nprefix = "n_"\n'
        f'ledger = "{tmp_path}/l.redb"\nregion = "SE"\n'
    )
    [row] = pa.table(hlr.enrich(pa.table({"phone": ["070-174 06 05"]}), config=pipeline)).to_pylist()
    assert row["n_msisdn"] == "46701740605"
    pipeline.write_text("rat = 5\n")
    with pytest.raises(hlr.ConfigError, match=r"nightly.toml:1.*rat"):
        hlr.enrich(contacts(1), config=pipeline)


def test_the_ledger(tmp_path, service):
    from datetime import timedelta

    path = tmp_path / "l.redb"
    pa.table(hlr.enrich(contacts(20), endpoint=service.url, ledger=path))
    ledger = hlr.Ledger(path)
    assert ledger.stats().answers == 20
    [found] = ledger.find("+46700000003")
    assert found.msisdn == "46700000003" and found.product == "real-time"
    assert ledger.find("+46709999999") == []
    assert ledger.export(tmp_path / "answers.parquet") == 20
    with pytest.raises(hlr.Error, match="exists"):
        ledger.export(tmp_path / "answers.parquet")
    other = hlr.Ledger(tmp_path / "other.redb")
    taken = other.import_(tmp_path / "answers.parquet", simulated=True)
    assert (taken.rows, taken.taken) == (20, 20)
    assert other.forget("+46700000003", "0700000004", region="SE") == 2
    assert other.prune(timedelta(days=1), dry_run=True) == 0
    assert other.prune(timedelta(0)) == 18
    with pytest.raises(hlr.ListError):
        other.forget("nobody")
    with pytest.raises(hlr.LedgerError):
        hlr.Ledger(tmp_path / "missing.redb").stats()
    assert json.dumps(taken)
