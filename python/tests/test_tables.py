"""Tables in and out: every kind of table, and the same rows as the command line."""

import os
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hlr

# More by hand: HLR_ROWS=1000000.
ROWS = int(os.environ.get("HLR_ROWS", "20000"))
# The columns that do not depend on the moment of the lookup.
ENRICHED = [
    "hlr_msisdn",
    "hlr_status",
    "hlr_result",
    "hlr_mcc",
    "hlr_mnc",
    "hlr_location",
    "hlr_network",
    "hlr_country",
    "hlr_location_country",
    "hlr_roaming",
    "hlr_attempts",
    "hlr_reason",
]


def contacts(rows=ROWS):
    phones = [f"+46 70-{row:07}" if row % 100 else "no number" for row in range(rows)]
    return pa.table({"id": pa.array(range(rows), pa.int64()), "phone": phones})


def from_pyarrow(table):
    return table


def from_reader(table):
    return pa.RecordBatchReader.from_batches(table.schema, iter(table.to_batches(max_chunksize=700)))


def from_pandas(table):
    pytest.importorskip("pandas")
    return table.to_pandas()


def from_polars(table):
    return pytest.importorskip("polars").from_arrow(table)


def from_duckdb(table):
    return pytest.importorskip("duckdb").arrow(table)


def to_pyarrow(rows):
    return pa.table(rows)


def to_pandas(rows):
    pandas = pytest.importorskip("pandas")
    if not hasattr(pandas.DataFrame, "from_arrow"):
        return pa.table(rows)
    return pa.Table.from_pandas(pandas.DataFrame.from_arrow(rows))


def to_polars(rows):
    return pytest.importorskip("polars").DataFrame(rows).to_arrow()


def to_duckdb(rows):
    return pytest.importorskip("duckdb").sql("from rows").to_arrow_table()


def iterated(rows):
    batches = list(rows)
    return pa.Table.from_batches(batches)


@pytest.fixture(scope="module")
def expected(program, tmp_path_factory):
    """What the command line makes of the same list."""
    folder = tmp_path_factory.mktemp("expected")
    pq.write_table(contacts(), folder / "list.parquet")
    command = [program, "enrich", folder / "list.parquet", "-o", folder / "out.parquet", "--endpoint", "simulator"]
    subprocess.run([*command, "--progress", "none"], check=True, capture_output=True)
    return pq.read_table(folder / "out.parquet")


@pytest.mark.parametrize("given", [from_pyarrow, from_reader, from_pandas, from_polars, from_duckdb])
def test_each_kind_of_table_gives_the_rows_of_the_command_line(given, expected):
    table = pa.table(hlr.enrich(given(contacts()), column="phone", endpoint="simulator"))
    assert table.num_rows == ROWS
    assert table.column_names == expected.column_names
    for name in ENRICHED:
        assert table.schema.field(name).type == expected.schema.field(name).type, name
        assert table[name].to_pylist() == expected[name].to_pylist(), name
    assert table["id"].to_pylist() == expected["id"].to_pylist()
    assert table.schema.field("hlr_checked_at").type == pa.timestamp("ms", "UTC")


@pytest.mark.parametrize("taken", [to_pyarrow, to_pandas, to_polars, to_duckdb, iterated])
def test_each_consumer_gets_every_row(taken, expected):
    table = taken(hlr.enrich(contacts(), column="phone", endpoint="simulator"))
    for name in ["id", "hlr_msisdn", "hlr_status"]:
        texts = [None if value is None or value != value else value for value in table[name].to_pylist()]
        assert texts == expected[name].to_pylist(), name


def test_a_path_is_read_like_a_list(tmp_path, expected):
    path = tmp_path / "list.parquet"
    pq.write_table(contacts(), path)
    for given in [path, str(path), [path]]:
        rows = hlr.enrich(given, column="phone", endpoint="simulator")
        assert pa.table(rows)["hlr_status"].to_pylist() == expected["hlr_status"].to_pylist()
    csv = tmp_path / "list.csv"
    csv.write_text("name;phone\nAda;070-174 06 05\n")
    [row] = pa.table(hlr.enrich(csv, region="SE", endpoint="simulator")).to_pylist()
    assert (row["name"], row["hlr_msisdn"]) == ("Ada", "46701740605")


def test_empty_tables_and_types_survive():
    empty = contacts(0)
    assert pa.table(hlr.enrich(empty, column="phone", endpoint="simulator")).num_rows == 0
    nested = pa.table(
        {
            "phone": pa.array(["+46701740605", None]).dictionary_encode(),
            "tags": pa.array([["a", "b"], []]),
            "seen": pa.array([1, 2], pa.timestamp("us", "Europe/Stockholm")),
            "price": pa.array([Decimal("1.5"), None], pa.decimal128(9, 2)),
            "view": pa.array(["x", "a text that is longer than twelve bytes"], pa.string_view()),
        }
    )
    table = pa.table(hlr.enrich(nested, endpoint="simulator"))
    for name in nested.column_names:
        assert table.schema.field(name).type == nested.schema.field(name).type
        assert table[name].to_pylist() == nested[name].to_pylist()


def test_settings_take_the_values_of_python(tmp_path):
    table = contacts(50)
    rows = hlr.enrich(
        table,
        column=["phone"],
        endpoint="simulator",
        timeout=timedelta(seconds=3),
        price={"default": Decimal("0.01"), "NO": 0.02},
        retry_on="SYSTEM_FAILURE",
        ledger=tmp_path / "ledger.redb",
        max_age=timedelta(days=3),
        keep_columns=["id"],
        prefix="x_",
        cost_column=True,
        several_numbers="first",
        order="completion",
        filter="id!=3",
    )
    table = pa.table(rows)
    assert "phone" not in table.column_names and "x_cost" in table.column_names
    assert table.num_rows == 49
    settings = {setting.name: setting.value for setting in rows.summary.settings}
    assert settings["timeout"] == "3s"


def test_many_rows_in_bounded_memory(tmp_path):
    """A stream of a million rows, of which no more than a window is held."""
    code = """
import resource, sys
import pyarrow as pa, hlr
def batches():
    for part in range(250):
        phones = [f"+4670{(part * 4000 + row) % 40000:07}" for row in range(4000)]
        yield pa.record_batch({"phone": phones, "note": ["x" * 100] * 4000})
first = next(batches())
list(hlr.enrich(first, endpoint="simulator"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(b.num_rows for b in hlr.enrich(pa.RecordBatchReader.from_batches(first.schema, batches()), endpoint="simulator"))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(rows, (peak - before) // 1024)
"""
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows, grown = map(int, done.stdout.split())
    assert rows == 1_000_000
    # A million such rows take 130 MiB; the window takes 64 at most.
    assert grown < 120, f"{grown} MiB"


def test_normalise_asks_nobody():
    rows = hlr.normalise(contacts(1_000), column="phone")
    table = pa.table(rows)
    assert table.column_names == ["id", "phone", "hlr_msisdn", "hlr_reason"]
    assert table["hlr_reason"].to_pylist().count("not_a_number") == 10
    assert table["hlr_msisdn"][1].as_py() == "46700000001"


def test_a_plan_has_the_figures_of_a_dry_run(program, tmp_path):
    pq.write_table(contacts(), tmp_path / "list.parquet")
    figures = hlr.plan(contacts(), column="phone", endpoint="simulator", price=0.01, rate=100)
    assert (figures.rows, figures.invalid, figures.to_look_up) == (ROWS, ROWS // 100, ROWS - ROWS // 100)
    assert figures.cost == pytest.approx(198)
    assert figures.seconds_at_rate == pytest.approx(198)
    command = [program, "enrich", tmp_path / "list.parquet", "-o", tmp_path / "o.parquet", "--endpoint", "simulator"]
    command += ["--dry-run", "--price", "0.01", "--rate", "100", "--summary", tmp_path / "plan.json"]
    subprocess.run(command, check=True, capture_output=True)
    import json

    assert json.loads(Path(tmp_path / "plan.json").read_text())["survey"] == figures


def test_a_few_numbers():
    known, invalid = hlr.lookup("+46 70-174 06 05", "12", endpoint="simulator")
    assert (known.msisdn, known.status, known.attempts) == ("46701740605", "reachable", 1)
    assert known.checked_at.utcoffset() == timedelta(0)
    assert (invalid.status, invalid.reason, invalid.msisdn) == ("invalid", "too_short", None)
    assert hlr.lookup(endpoint="simulator") == []
    assert hlr.lookup("not one", endpoint="simulator")[0].status == "invalid"


def test_tables_that_others_make():
    polars, pandas = pytest.importorskip("polars"), pytest.importorskip("pandas")
    frame = polars.DataFrame({"phone": ["+46701740605", None], "empty": [None, None]})
    table = pa.table(hlr.enrich(frame, endpoint="simulator"))
    assert (table.num_rows, table["empty"].to_pylist()) == (2, [None, None])
    mixed = pandas.DataFrame({"phone": ["+46701740605", 46701740606]}, dtype=object)
    with pytest.raises(hlr.ListError, match="phone") as caught:
        hlr.enrich(mixed, endpoint="simulator")
    assert isinstance(caught.value.__cause__, pa.ArrowInvalid | pa.ArrowTypeError)
    with pytest.raises(hlr.ListError, match="to_frame"):
        hlr.enrich(polars.Series("phone", ["+46701740605"]), endpoint="simulator")

    class Unready:
        """Like a table of ibis: it has an Arrow stream, and refuses to be counted."""

        columns = ("phone",)

        def __len__(self):
            raise RuntimeError("use .count()")

        def __arrow_c_stream__(self, requested_schema=None):
            return contacts(10).__arrow_c_stream__(requested_schema)

    assert pa.table(hlr.enrich(Unready(), endpoint="simulator")).num_rows == 10
    with pytest.raises(hlr.ListError, match="several columns"):
        twice = pa.Table.from_arrays([pa.array(["+46701740605"])] * 2, names=["phone", "phone"])
        hlr.enrich(twice, endpoint="simulator")


def test_threads_share_nothing_but_the_process():
    from concurrent.futures import ThreadPoolExecutor

    def enriched(_):
        return pa.table(hlr.enrich(contacts(500), column="phone", endpoint="simulator")).num_rows

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(enriched, range(16))) == [500] * 16
