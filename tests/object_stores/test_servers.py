"""Lists, outputs and shared answers on servers that nobody here wrote."""

import gzip
import io
import json
import time
import uuid

import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import SAMPLES

NO_LEDGER = ("--no-ledger", "--endpoint", "simulator")


def numbers(count, start=0):
    return "phone\n" + "".join(f"+4670{1740000 + n:07}\n" for n in range(start, start + count))


def lake(store, key):
    return f"{store.scheme}://lake/{key}"


def wait_until(is_so):
    for _ in range(6_000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it took longer than a minute")


@pytest.fixture
def prefix():
    return f"t-{uuid.uuid4().hex[:8]}"


def test_every_format_in_and_out(store, machine, prefix):
    csv = (SAMPLES / "contacts.csv").read_bytes()
    lists = {
        "contacts.csv": csv,
        "contacts.csv.gz": gzip.compress(csv),
        "contacts.parquet": (SAMPLES / "contacts.parquet").read_bytes(),
        "list.ndjson": "".join(json.dumps({"phone": f"+4670{1740000 + n}"}) + "\n" for n in range(300)).encode(),
    }
    for name, content in lists.items():
        store.put(f"{prefix}/{name}", content)
        (machine.folder / name).write_bytes(content)
        for ending in ("parquet", "csv", "ndjson"):
            remote, local = f"{prefix}/out-{name}.{ending}", machine.folder / f"out-{name}.{ending}"
            machine.run("enrich", lake(store, f"{prefix}/{name}"), "-o", lake(store, remote), *NO_LEDGER)
            machine.run("enrich", name, "-o", local, *NO_LEDGER, "--force")
            assert rows(store.get(remote), ending) == rows(local.read_bytes(), ending), (name, ending)
    assert not [key for key in store.keys(prefix) if ".lock" in key]


def rows(content, ending):
    if ending == "parquet":
        table = pyarrow.parquet.read_table(io.BytesIO(content))
        return table.drop_columns(["hlr_checked_at"]).to_pylist()
    if ending == "csv":
        table = pyarrow.csv.read_csv(io.BytesIO(content))
        return table.drop_columns(["hlr_checked_at"]).to_pylist()
    return [{**json.loads(line), "hlr_checked_at": None} for line in content.splitlines()]


def test_patterns_folders_and_partitions(store, machine, prefix):
    for country, start in (("GB", 0), ("SE", 10)):
        store.put(f"{prefix}/in/country={country}/a.csv", numbers(10, start).encode())
    store.put(f"{prefix}/in/_SUCCESS", b"")
    for list_, name in ((f"{prefix}/in", "folder"), (f"{prefix}/in/*/*.csv", "glob")):
        said = machine.run("enrich", lake(store, list_), "-o", f"{name}.csv", *NO_LEDGER)
        assert "20 rows" in said
    out = f"{prefix}/out"
    flags = ("--partition-by", "status", *NO_LEDGER)
    machine.run("enrich", lake(store, f"{prefix}/in"), "-o", lake(store, out), *flags)
    first = store.keys(out)
    assert f"{out}/_SUCCESS" in first and len(first) > 1
    said = machine.run("enrich", lake(store, f"{prefix}/in"), "-o", lake(store, out), *flags, code=2)
    assert "already exists" in said
    machine.run("enrich", lake(store, f"{prefix}/in"), "-o", lake(store, out), *flags, "--force")
    assert set(first) & set(store.keys(out)) == {f"{out}/_SUCCESS"}


def test_what_is_missing_or_refused_is_said_before_anything_is_asked(store, machine, prefix, service):
    lookups = ("--no-ledger", "--endpoint", service.url)
    store.put(f"{prefix}/list.csv", numbers(3).encode())
    store.put(f"{prefix}/mine.csv", b"mine")
    list_ = lake(store, f"{prefix}/list.csv")
    for arguments, words in (
        ((lake(store, f"{prefix}/none.csv"), "-o", "a.csv"), "there is no such object"),
        ((f"{store.scheme}://pond/list.csv", "-o", "a.csv"), "there is no such"),
        ((list_, "-o", f"{store.scheme}://pond/a.csv"), "there is no such"),
        ((list_, "-o", lake(store, f"{prefix}/mine.csv")), "already exists"),
    ):
        assert words in machine.run("enrich", *arguments, *lookups, code=2), arguments
    assert store.get(f"{prefix}/mine.csv") == b"mine"
    wrong = "d3JvbmcgLSBrZXkgLSB3cm9uZyAtIGtleSAtIHdyb25nIC0ga2V5IC0gd3JvbmcgLSBrZXk="
    for name, value in store.variables.items():
        if name.endswith(("SECRET_ACCESS_KEY", "ACCOUNT_KEY")):
            said = machine.run("enrich", list_, "-o", "a.csv", *lookups, code=2, **{name: ""})
            assert "credentials" in said or "cannot be used" in said
            assert name.split("_")[0] in said and value not in said
            if store.scheme == "az":
                said = machine.run("enrich", list_, "-o", "a.csv", *lookups, code=2, **{name: wrong})
                # A refused HEAD has no body that says why.
                assert "these credentials" in said and wrong not in said
    assert service.account()["requests"] == 0


def test_a_run_that_is_killed_while_it_uploads_leaves_nothing_visible(store, machine, prefix):
    note = "x" * 3_000
    lines = "".join(f"+46701740605,{note}{n}\n" for n in range(60_000))
    (machine.folder / "list.csv").write_text("phone,note\n" + lines)
    key = f"{prefix}/out.csv"
    command = ("enrich", "list.csv", "-o", lake(store, key), *NO_LEDGER)
    process = machine.start(*command)
    wait_until(lambda: store.unfinished() or store.keys(key) or process.poll() is not None)
    process.kill()
    process.wait()
    assert store.keys(key) == [], "it was killed before the last part"
    machine.run(*command)
    assert store.keys(key) == [key] and len(store.get(key)) > 180_000_000


def test_machines_share_what_was_paid_for(store, another_machine, prefix, service):
    answers = lake(store, f"{prefix}/answers")
    flags = ("--endpoint", service.url, "--answers", answers, "--rate", "400", "--wait", "1m")
    for count in (300, 500):
        machine = another_machine()
        (machine.folder / "list.csv").write_text(numbers(count))
        machine.run("enrich", "list.csv", "-o", "out.csv", *flags)
        assert service.account()["requests"] == count
    machine = another_machine()
    machine.run("ledger", "compact", answers)
    assert [key for key in store.keys(f"{prefix}/answers") if "/parts/" in key] == []
    (machine.folder / "list.csv").write_text(numbers(500))
    machine.run("enrich", "list.csv", "-o", "out.csv", *flags)
    assert service.account()["requests"] == 500
    sorted_ = [key for key in store.keys(f"{prefix}/answers/sorted")]
    table = pyarrow.parquet.read_table(io.BytesIO(store.get(sorted_[0])))
    assert table.num_rows == 500 and table["msisdn"].to_pylist() == sorted(table["msisdn"].to_pylist())


def test_two_machines_never_ask_at_the_same_time(store, another_machine, prefix, service):
    answers = lake(store, f"{prefix}/answers")
    flags = ("--endpoint", service.url, "--answers", answers, "--rate", "100")
    first, second = another_machine(), another_machine()
    for machine in (first, second):
        (machine.folder / "list.csv").write_text(numbers(400))
    process = first.start("enrich", "list.csv", "-o", "out.csv", *flags)
    wait_until(lambda: service.account()["requests"] >= 20)
    assert "another run asks on this contract" in second.run("enrich", "list.csv", "-o", "out.csv", *flags, code=5)
    second.run("enrich", "list.csv", "-o", "out.csv", *flags, "--wait", "1m")
    assert process.wait() == 0
    account = service.account()
    assert (account["requests"], account["distinct_numbers"]) == (400, 400)
    assert account["most_in_a_second"] <= 110


def test_machines_that_are_lost_are_followed(store, another_machine, prefix, service):
    answers = lake(store, f"{prefix}/answers")
    flags = ("--endpoint", service.url, "--answers", answers, "--rate", "400", "--concurrency", "20", "--wait", "1m")
    for _ in range(3):
        machine = another_machine()
        (machine.folder / "list.csv").write_text(numbers(2_500))
        before = service.account()["requests"]
        process = machine.start("enrich", "list.csv", "-o", "out.csv", *flags)
        wait_until(lambda: service.account()["requests"] >= before + 500)
        process.kill()
        process.wait()
    machine = another_machine()
    (machine.folder / "list.csv").write_text(numbers(2_500))
    said = machine.run("enrich", "list.csv", "-o", "out.csv", *flags)
    assert "did not end cleanly: up to 820 numbers" in said
    account = service.account()
    twice = account["requests"] - account["distinct_numbers"]
    # In flight, and what came between two parts.
    assert twice <= 3 * (20 + 400 * 1.5), twice
    assert account["distinct_numbers"] == 2_500
