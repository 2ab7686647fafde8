#!/usr/bin/env python3
"""A list whose answers are all in the ledger: `hlr enrich` beside DuckDB joining the same list with the same answers.

Makes a list of different numbers in random order and a ledger that has an answer to each, then lets both write the
enriched list as zstd Parquet, in turns, from CSV and from Parquet. Prints rows a second, CPU time and peak memory, and
the ratio of each round. Then it says how much of the program's CPU time each kind of thread takes, and what one thread
of each kind would take on 16 cores: threads that there is one of for each core divide their work. Nothing is looked up
and nothing leaves this machine. Needs Python 3.9, duckdb (pip), a Rust toolchain, and Linux for the threads.
"""

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from compare import release_build

HERE = Path(__file__).resolve().parent
FIRST_NUMBER = 46_700_000_000
RESULTS = ["UNKNOWN_SUBSCRIBER", "ABSENT_SUBSCRIBER_SM", "CALL_BARRED"]
NETWORKS = ["01", "02", "07", "08"]


def write_inputs(folder: Path, rows: int) -> None:
    """A list in random order, and its answers in the form that `hlr ledger import` takes."""
    numbers = random.Random(5).sample(range(FIRST_NUMBER, FIRST_NUMBER + 2 * rows), rows)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    with open(folder / "list.csv", "w") as listed, open(folder / "answers.csv", "w") as answers:
        listed.write("id,msisdn\n")
        answers.write("msisdn,result,mcc,mnc,location,checked_at,attempts\n")
        for place, number in enumerate(numbers):
            listed.write(f"{place},{number}\n")
            if number % 5:
                answers.write(f"{number},OK,240,{NETWORKS[number % 4]},46,{now},1\n")
            else:
                answers.write(f"{number},{RESULTS[number % 3]},,,,{now},1\n")


def timed(command: list) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MiB of a command."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    started = time.perf_counter()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}\nfailed\n{process.stderr.read().decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the list and the ledger are kept for another time")
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        ledger, answers = folder / "ledger.redb", folder / "answers.parquet"
        if not answers.exists():
            write_inputs(folder, arguments.rows)
            imported = [hlr, "ledger", "import", folder / "answers.csv", "--ledger", ledger, "--simulated"]
            subprocess.run(imported, check=True)
            subprocess.run([hlr, "ledger", "export", answers, "--ledger", ledger], check=True)
        in_csv, in_parquet = folder / "list.csv", folder / "list.parquet"
        if not in_parquet.exists():
            copied = f"copy (from read_csv('{in_csv}', all_varchar = true)) to '{in_parquet}' (compression zstd)"
            subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.execute({copied!r})"], check=True)

        def ours(listed: Path) -> list:
            command = [hlr, "enrich", listed, "-o", folder / "ours.parquet", "--force", "--ledger", ledger]
            return [*command, "--endpoint", "simulator", "--max-lookups", "0", "--progress", "none"]

        for listed in [in_csv, in_parquet]:
            peer = [sys.executable, HERE / "peer_duckdb.py", listed, answers, folder / "peer.parquet"]
            contenders = {
                "hlr enrich": ours(listed),
                "DuckDB, 2 threads": [*peer, 2],
                "DuckDB, 1 thread": [*peer, 1],
            }
            readings = {name: [] for name in contenders}
            for _ in range(arguments.rounds):
                for name, command in contenders.items():
                    readings[name].append(timed(command))
            show(arguments, readings, f"{listed.suffix[1:]} in, all in the ledger")
        show_threads(ours(in_csv))


def show(arguments, readings: dict, known: str = "all in the ledger") -> None:
    print(
        f"{os.cpu_count()} cores, {platform.machine()} {platform.system()}, {datetime.now():%Y-%m-%d}; "
        f"{arguments.rows} rows, {known}, median of {arguments.rounds} rounds in turn\n"
    )
    print("| who | rows/s | CPU µs a row | peak MiB | ours is |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, of_name in readings.items():
        ratios = [other[0] / own[0] for own, other in zip(readings["hlr enrich"], of_name)]
        wall, cpu, peak = (statistics.median(column) for column in zip(*of_name))
        print(
            f"| {name} | {arguments.rows / wall:,.0f} | {cpu / arguments.rows * 1e6:.2f} | {peak:,.0f} "
            f"| {statistics.median(ratios):.2f} × |"
        )


# There is one of these for each core.
POOLS = ["encoder", "ledger", "tokio-rt-worker"]
CORES = 16


def show_threads(command: list) -> None:
    """The CPU time of each kind of thread, read until the process ends."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ticks = {}
    while process.poll() is None:
        for thread in Path(f"/proc/{process.pid}/task").glob("*/stat"):
            try:
                name, _, figures = thread.read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue
            figures = figures.split()
            ticks[thread.parent.name] = (name, int(figures[11]) + int(figures[12]))
        time.sleep(0.01)
    by_name = {}
    for name, used in ticks.values():
        by_name[name] = by_name.get(name, 0) + used
    total = sum(by_name.values())
    print(f"\n| threads | of the CPU time | one of them on {CORES} cores |\n| --- | ---: | ---: |")
    for name, used in sorted(by_name.items(), key=lambda pair: -pair[1]):
        alone = used / CORES if name in POOLS else used
        print(f"| {name} | {used / total:.1%} | {alone / total:.1%} |")


if __name__ == "__main__":
    main()
