"""Errors: each has its class, says what to do, and costs nothing that is not told."""

import subprocess
import sys

import pyarrow as pa
import pytest

import hlr


def contacts(rows=10):
    return pa.table({"phone": [f"+4670{row:07}" for row in range(rows)]})


def test_an_endpoint_is_never_a_default():
    with pytest.raises(hlr.ConfigError, match="no endpoint is named"):
        hlr.enrich(contacts())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"regoin": "SE"}, "did you mean region"),
        ({"rate": "fast"}, "rate"),
        ({"timeout": 10}, "duration with its unit"),
        ({"region": "XX"}, "XX"),
        ({"max_cost": 5}, "a cost limit needs a price"),
        ({"output": "x.parquet"}, "the rows go to the caller"),
        ({"window_rows": 0}, "window_rows"),
        ({"rate": float("nan")}, "JSON"),
        ({"rate": object()}, "object is not a value"),
        ({"ledger": "/no/such/folder/ledger.redb"}, None),
        ({"config": "/no/such/file.toml"}, "cannot be read"),
        ({"progress": 7}, "progress"),
        ({"username": "ada"}, "belong together"),
    ],
)
def test_settings_that_cannot_be_used(settings, message):
    expected = hlr.LedgerError if message is None else hlr.ConfigError
    with pytest.raises(expected, match=message):
        hlr.enrich(contacts(), endpoint="simulator", **settings)


def test_a_config_error_is_a_value_error():
    assert issubclass(hlr.ConfigError, ValueError)
    for kind in ["ListError", "Busy", "AccountRefused", "ServiceDown", "CapReached", "Interrupted", "LedgerError"]:
        assert issubclass(getattr(hlr, kind), hlr.Error)


@pytest.mark.parametrize("data", [7, None, {"phone": ["+46701740605"]}, ["+46701740605", 7], object()])
def test_what_is_not_a_table_is_refused(data):
    with pytest.raises(hlr.ListError, match="__arrow_c_stream__"):
        hlr.enrich(data, endpoint="simulator")


def test_a_lazy_frame_is_refused_with_the_way_out():
    polars = pytest.importorskip("polars")
    with pytest.raises(hlr.ListError, match=r"collect\(\)"):
        hlr.enrich(polars.from_arrow(contacts()).lazy(), endpoint="simulator")


def test_lists_without_numbers_cost_nothing(service):
    for table in [
        pa.table({"phone": ["Ada", "Grace"]}),
        pa.table({"a": ["x"], "b": ["y"]}),
        pa.table({"phone": pa.array([[1], [2]])}),
    ]:
        with pytest.raises(hlr.ListError):
            hlr.enrich(table, endpoint=service.url, ledger=False)
    with pytest.raises(hlr.ListError, match="No such file|cannot|no file"):
        hlr.enrich("/no/such/list.csv", endpoint=service.url, ledger=False)
    assert service.account().requests == 0


def test_an_error_of_the_callers_stream_keeps_its_words(service):
    def batches():
        yield contacts(100).to_batches()[0]
        raise RuntimeError("the source has gone")

    reader = pa.RecordBatchReader.from_batches(contacts().schema, batches())
    with pytest.raises(hlr.ListError, match="the source has gone"):
        list(hlr.enrich(reader, endpoint=service.url, ledger=False))


def test_a_cap_raises_after_the_rows_that_are_done(service, tmp_path):
    settings = {"endpoint": service.url, "ledger": tmp_path / "l.redb", "concurrency": 1}
    rows = hlr.enrich(contacts(100), max_lookups=30, **settings)
    done = []
    with pytest.raises(hlr.CapReached) as caught:
        for batch in rows:
            done += batch["hlr_source"].to_pylist()
    assert done.count("live") == 30
    assert caught.value.summary.counts.billed == 30
    assert "l.redb" in caught.value.resume
    assert rows.error is caught.value
    table = pa.table(hlr.enrich(contacts(100), **settings))
    assert table["hlr_source"].to_pylist().count("ledger") == 30
    assert service.account().requests == 100


def test_a_c_stream_loses_the_class_and_the_object_keeps_it(service, tmp_path):
    rows = hlr.enrich(contacts(100), max_lookups=30, endpoint=service.url, ledger=tmp_path / "l.redb")
    with pytest.raises(Exception, match="limit of 30 lookups") as caught:
        pa.table(rows)
    assert not isinstance(caught.value, hlr.Error)
    assert isinstance(rows.error, hlr.CapReached)
    assert rows.summary.ending == "stopped"


def test_an_account_that_is_refused(account, monkeypatch):
    monkeypatch.setenv("HLR_PASSWORD", "wrong")
    with hlr.simulate() as service:
        with pytest.raises(hlr.AccountRefused) as caught:
            list(hlr.enrich(contacts(), endpoint=service.url, ledger=False))
        assert "wrong" not in f"{caught.value!r} {caught.value} {caught.value.summary}"


def test_a_service_that_is_down(account):
    with hlr.simulate() as service:
        url = service.url
    with pytest.raises(hlr.ServiceDown):
        list(hlr.enrich(contacts(), endpoint=url, ledger=False, give_up_after="1s"))


def test_a_ledger_in_use_is_busy(service, tmp_path):
    ledger = tmp_path / "l.redb"
    with hlr.enrich(contacts(), endpoint=service.url, ledger=ledger):
        with pytest.raises(hlr.Busy):
            hlr.Ledger(ledger).stats()
    assert hlr.Ledger(ledger).stats().answers >= 0


def test_a_damaged_ledger(tmp_path):
    ledger = tmp_path / "l.redb"
    ledger.write_bytes(b"no ledger" * 1000)
    with pytest.raises(hlr.LedgerError):
        hlr.enrich(contacts(), endpoint="simulator", ledger=ledger)


def test_a_password_is_never_shown():
    with hlr.simulate(authentication={"basic": {"username": "ada", "password": "hunter2"}}) as service:
        settings = {"endpoint": service.url, "username": "ada", "password": "hunter2", "ledger": False}
        rows = hlr.enrich(contacts(), **settings)
        assert pa.table(rows).num_rows == 10
        assert "hunter2" not in f"{rows!r} {rows.summary}"


def test_calls_at_the_same_time_share_one_contract(service, tmp_path):
    settings = {"endpoint": service.url, "ledger": tmp_path / "l.redb"}
    first = hlr.enrich(contacts(50), rate=100, **settings)
    second = hlr.enrich(contacts(60), rate=100, **settings)
    with pytest.raises(hlr.ConfigError, match="another value of rate"):
        hlr.enrich(contacts(), rate=200, **settings)
    assert pa.table(first).num_rows == 50
    assert pa.table(second).num_rows == 60
    assert (first.summary.counts.rows, second.summary.counts.rows) == (50, 60)
    assert service.account().requests == 60
    # The ledger is free again, and so is the choice of limits.
    assert hlr.Ledger(tmp_path / "l.redb").stats().answers == 60
    assert pa.table(hlr.enrich(contacts(), rate=200, **settings)).num_rows == 10


def test_after_a_fork_there_is_a_clear_error():
    code = """
import os, sys
import pyarrow as pa, hlr
table = pa.table({"phone": ["+46701740605"]})
assert pa.table(hlr.enrich(table, endpoint="simulator")).num_rows == 1
child = os.fork()
if child == 0:
    try:
        hlr.enrich(table, endpoint="simulator")
        os._exit(1)
    except hlr.Error as error:
        os._exit(0 if "forked" in str(error) and "spawn" in str(error) else 2)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=60).returncode == 0


def test_spawned_processes_work(tmp_path):
    script = tmp_path / "spawned.py"
    script.write_text(
        """
import multiprocessing, hlr
def status(number):
    return hlr.lookup(number, endpoint="simulator")[0].status
if __name__ == "__main__":
    status("+46701740605")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(status, ["+46701740605", "+46701740606"]))
"""
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.stdout.count("reachable") == 2, done.stderr
