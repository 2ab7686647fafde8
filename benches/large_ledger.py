#!/usr/bin/env python3
"""A ledger that has grown: its size, its opening, a list that it knows, and new numbers beside it.

Imports answers into a ledger, compacts it, and then

- opens it (`hlr ledger stats` reads all of it, so `hlr lookup` of one known number is timed);
- enriches a list of known numbers in random order, at the default memory;
- looks up new numbers from `hlr simulate` without latency, beside that ledger and beside an empty one, in turns.

Prints rows a second, CPU time and peak memory. Nothing leaves this machine. Needs Python 3.10, numpy and pyarrow
(pip), a Rust toolchain, and 30 bytes of disk an answer.
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date, datetime, timezone
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as parquet

from compare import Simulator, machine, release_build
from replay import timed
from shared_answers import FIRST_NUMBER, NETWORKS, RESULTS, numbers, scattered, write_list

ROWS_OF_A_PART = 5_000_000
DAYS = 90


def write_answers(path: Path, answers: int) -> None:
    """Answers of ninety days, in order of their numbers, in the form that `hlr ledger import` takes."""
    now = int(datetime.now(timezone.utc).timestamp() * 1000)
    writer = None
    for first in range(0, answers, ROWS_OF_A_PART):
        places = numpy.arange(first, min(answers, first + ROWS_OF_A_PART))
        kinds = scattered(places) // 10
        found = kinds % len(RESULTS) < 4

        def words(values: list, known: numpy.ndarray | None = None) -> pa.Array:
            mask = None if known is None else ~known
            return pa.array(numpy.array(values)[kinds // 7 % len(values)], pa.utf8(), mask=mask)

        columns = {
            "msisdn": pa.array(numbers(places)).cast(pa.utf8()),
            "result": pa.array(numpy.array(RESULTS)[kinds % len(RESULTS)], pa.utf8()),
            "mcc": words(["404"], found),
            "mnc": words(NETWORKS, found),
            "location": words(["91"], found),
            "checked_at": pa.array(now - kinds % (DAYS * 86_400_000), pa.timestamp("ms", tz="UTC")),
            "attempts": pa.array(numpy.ones(len(places), numpy.int64)),
        }
        table = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def write_new(path: Path, rows: int) -> None:
    """Numbers between those that the ledger knows."""
    places = numpy.random.default_rng(6).choice(10 * rows, rows, replace=False)
    last_digits = (numbers(places) + 1) % 10
    with open(path, "w") as listed:
        listed.write("msisdn\n")
        listed.writelines(f"{number}\n" for number in (numbers(places) // 10 * 10 + last_digits).tolist())


def apart(work, *arguments) -> None:
    """Runs in a process of its own: a program that is started here begins with the memory of this one."""
    process = multiprocessing.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        sys.exit("the list could not be made")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=100_000_000)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the list that the ledger knows")
    parser.add_argument("--new", type=int, default=1_000_000, help="numbers that are looked up")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the ledger is kept for another time")
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    os.environ.update(HLR_USERNAME="user", HLR_PASSWORD="password")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        ledger, listed, new = folder / "ledger.redb", folder / "list.csv", folder / "new.csv"
        print(f"{machine()}, {date.today()}; {arguments.answers:,} answers, {arguments.rounds} rounds")
        if not ledger.exists():
            answers = folder / "answers.parquet"
            apart(write_answers, answers, arguments.answers)
            wall, _, peak = timed([hlr, "ledger", "import", answers, "--ledger", ledger, "--simulated"])
            print(f"import: {arguments.answers / wall:,.0f} answers/s, {peak:.0f} MiB")
            answers.unlink()
            subprocess.run([hlr, "ledger", "prune", "--older-than", "1000d", "--ledger", ledger], check=True)
        apart(write_list, listed, arguments.answers, arguments.rows)
        apart(write_new, new, arguments.new)
        bytes_of_answer = ledger.stat().st_size / arguments.answers
        print(f"size: {bytes_of_answer:.1f} bytes an answer")
        known = [hlr, "lookup", str(int(numbers(numpy.array([7]))[0])), "--ledger", ledger, "--max-lookups", "0"]
        known += ["--max-age", "365d"]
        opening = [timed([*known, "--endpoint", "simulator"])[0] for _ in range(max(5, arguments.rounds))]
        print(f"a lookup of one known number, as a process: {1e3 * statistics.median(opening):.0f} ms")

        def enriched(name: str, rows: int, lists: Path, in_ledger: Path, *flags) -> None:
            output = ["-o", folder / "out.parquet", "--force", "--progress", "none", "--international"]
            command = [hlr, "enrich", lists, "--ledger", in_ledger, *output, *flags]
            wall, cpu, peak = timed(command)
            print(f"{name:34} {rows / wall:10,.0f} rows/s {1e6 * cpu / rows:6.2f} µs CPU {peak:6.0f} MiB", flush=True)

        for _ in range(arguments.rounds):
            flags = ["--endpoint", "simulator", "--max-lookups", "0", "--max-age", "365d"]
            enriched("known", arguments.rows, listed, ledger, *flags)
        for _ in range(arguments.rounds if arguments.new else 0):
            for name, start in [("new, beside the ledger", ledger), ("new, beside an empty ledger", None)]:
                copy = folder / "copy.redb"
                copy.unlink(missing_ok=True)
                if start:
                    shutil.copyfile(start, copy)
                simulator = Simulator(hlr)
                try:
                    enriched(name, arguments.new, new, copy, "--endpoint", simulator.url, "--concurrency", "128")
                finally:
                    simulator.stop()
                copy.unlink()


if __name__ == "__main__":
    main()
