#!/usr/bin/env python3
"""A list against answers that many machines share: `hlr enrich --answers` beside DuckDB joining the same files.

Writes a store of answers in a folder, as a hundred files that each span all numbers, sorts it with
`hlr ledger compact`, and makes a list of some of its numbers in random order. Then `hlr enrich`, with a ledger that
is empty each time, and DuckDB write the enriched list as zstd Parquet, in turns. Prints rows a second, CPU time and
peak memory, and the ratio of each round. Nothing is looked up and nothing leaves this machine. Needs Python 3.10,
duckdb, numpy and pyarrow (pip), a Rust toolchain, and 40 bytes of disk an answer.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as parquet

from compare import release_build
from replay import HERE, show, timed

FIRST_NUMBER = 919_000_000_000
PARTS = 100
RESULTS = ["OK", "OK", "OK", "OK", "UNKNOWN_SUBSCRIBER", "ABSENT_SUBSCRIBER_SM", "CALL_BARRED"]
STATUSES = ["reachable", "reachable", "reachable", "reachable", "dead", "absent", "no_service"]
NETWORKS = ["10", "45", "86", "90"]


def write_list(path: Path, answers: int, rows: int) -> None:
    """Different numbers in random order, all of them in the store."""
    places = numpy.random.default_rng(5).choice(answers, rows, replace=False)
    with open(path, "w") as listed:
        listed.write("id,msisdn\n")
        listed.writelines(f"{row},{number}\n" for row, number in enumerate(numbers(places).tolist()))


def scattered(places: numpy.ndarray) -> numpy.ndarray:
    """A random number below 2^63 for each place, always the same (SplitMix64)."""
    mixed = places.astype(numpy.uint64) * numpy.uint64(0x9E37_79B9_7F4A_7C15)
    mixed = (mixed ^ (mixed >> numpy.uint64(30))) * numpy.uint64(0xBF58_476D_1CE4_E5B9)
    mixed = (mixed ^ (mixed >> numpy.uint64(27))) * numpy.uint64(0x94D0_49BB_1331_11EB)
    return ((mixed ^ (mixed >> numpy.uint64(31))) >> numpy.uint64(1)).astype(numpy.int64)


def numbers(places: numpy.ndarray) -> numpy.ndarray:
    """One of every ten numbers of a range."""
    return FIRST_NUMBER + places * 10 + scattered(places) % 10


def write_store(store: Path, answers: int) -> None:
    """A store as runs leave it, in larger parts."""
    (store / "parts").mkdir(parents=True)
    (store / "_hlr.json").write_text(json.dumps({"format": 1, "answers_of": "this machine"}))
    now = int(datetime.now(timezone.utc).timestamp() * 1000)
    for part in range(PARTS):
        places = numpy.arange(part, answers, PARTS)
        kinds = scattered(places) // 10
        found = kinds % len(RESULTS) < 4

        def words(values: list, known: numpy.ndarray | None = None) -> pa.Array:
            return pa.array(numpy.array(values)[kinds % len(values)], pa.utf8(), mask=None if known is None else ~known)

        columns = {
            "msisdn": pa.array(numbers(places)).cast(pa.utf8()),
            "product": words(["real-time"]),
            "nocache": pa.array(numpy.zeros(len(places), bool)),
            "status": words(STATUSES),
            "result": words(RESULTS),
            "mcc": words(["404"], known=found),
            "mnc": pa.array(numpy.array(NETWORKS)[kinds // 7 % 4], pa.utf8(), mask=~found),
            "location": words(["91"], known=found),
            "network": words(["Airtel"], known=found),
            "country": words(["IN"], known=found),
            "checked_at": pa.array(now - kinds % 2_592_000_000).cast(pa.timestamp("ms", "UTC")),
            "attempts": pa.array(numpy.ones(len(places), numpy.uint16)),
        }
        name = f"part-{now}-bench-{part:06}.parquet"
        parquet.write_table(pa.table(columns), store / "parts" / name, compression="zstd", row_group_size=131_072)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=100_000_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the list and the store are kept for another time")
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        store, listed = folder / "answers", folder / f"list-{arguments.rows}.csv"
        if not listed.exists():
            apart(write_list, listed, arguments.answers, arguments.rows)
        if not (store / "sorted").exists():
            shutil.rmtree(store, ignore_errors=True)
            apart(write_store, store, arguments.answers)
            parts = size(store)
            wall, cpu, peak = timed([hlr, "ledger", "compact", store])
            print(
                f"hlr ledger compact: {arguments.answers / wall:,.0f} answers/s, {wall:.0f} s, {cpu:.0f} CPU s, "
                f"{peak:,.0f} MiB; {parts / arguments.answers:.1f} bytes an answer before, "
                f"{size(store) / arguments.answers:.1f} after\n"
            )
        ours = [hlr, "enrich", listed, "-o", folder / "ours.parquet", "--force", "--answers", store, "--max-age", "40d"]
        ours += ["--endpoint", "simulator", "--max-lookups", "0", "--progress", "none"]
        peer = [sys.executable, HERE / "peer_duckdb.py", listed, store / "sorted/*.parquet", folder / "peer.parquet"]
        contenders = {
            "hlr enrich": lambda: [*ours, "--ledger", Path(tempfile.mkdtemp(dir=folder)) / "ledger.redb"],
            "DuckDB, 2 threads": lambda: [*peer, 2],
        }
        readings = {name: [] for name in contenders}
        for _ in range(arguments.rounds):
            for name, command in contenders.items():
                readings[name].append(timed(command()))
        show(arguments, readings, f"all among {arguments.answers} shared answers")


def apart(work, *arguments) -> None:
    """Runs work in a process of its own: the peak memory of a command is never less than its parent's."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work.__name__} failed")


def size(store: Path) -> int:
    return sum(path.stat().st_size for path in store.rglob("*.parquet"))


if __name__ == "__main__":
    main()
