#!/usr/bin/env python3
"""The Python package beside the command line, on the same list, in turns: known answers and live ones.

Writes a Parquet list, lets `hlr enrich` and a Python process enrich it, each in a process of its own, and prints seconds
and the ratio of each pair. The Python process reads the list into a Polars frame first, outside the measured time, and
keeps the result as a frame. Nothing leaves this machine. Needs polars, aiohttp, uvloop,
pyarrow and the package, built in release mode, in the interpreter that runs this, and a Rust toolchain for the program.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from compare import Simulator, release_build

HERE = Path(__file__).resolve().parent

IN_PYTHON = """
import sys, time
import polars as pl, hlr
frame = pl.read_parquet(sys.argv[1])
settings = dict(endpoint=sys.argv[3], ledger=sys.argv[2] or False, column="msisdn", international=True)
if sys.argv[3] != "simulator":
    settings["concurrency"] = 128
started = time.perf_counter()
out = pl.DataFrame(hlr.enrich(frame, **settings))
if len(sys.argv) > 4:
    out.write_parquet(sys.argv[4], compression="zstd", compression_level=1)
print(time.perf_counter() - started)
assert out.height == frame.height
"""


def in_python(listed: Path, ledger: Path, endpoint: str, *out: Path) -> float:
    command = [sys.executable, "-c", IN_PYTHON, listed, ledger, endpoint, *out]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def by_command(hlr: Path, listed: Path, ledger: Path, endpoint: str, out: Path) -> float:
    command = [hlr, "enrich", listed, "-o", out, "--force", "--endpoint", endpoint, "--progress", "none"]
    command += ["--column", "msisdn", "--international"]
    command += ["--ledger", ledger] if ledger else ["--no-ledger"]
    command += [] if endpoint == "simulator" else ["--concurrency", "128"]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, default=2_000_000, help="rows whose answers are in the ledger")
    parser.add_argument("--live", type=int, default=200_000, help="rows that are looked up")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    import polars as pl

    hlr = release_build("bin", "hlr")
    os.environ.update(HLR_USERNAME="user", HLR_PASSWORD="password")
    print(f"{date.today()}, {os.cpu_count()} cores; seconds, and the package as a multiple of the program")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        listed, ledger, out = folder / "list.parquet", folder / "l.redb", folder / "out.parquet"

        def write(rows: int) -> None:
            numbers = pl.int_range(46_700_000_000, 46_700_000_000 + rows, eager=True).shuffle(5)
            pl.DataFrame({"id": pl.int_range(rows, eager=True), "msisdn": numbers}).write_parquet(listed)

        def compare(name: str, rows: int, used: Path | str, endpoint: str) -> None:
            pairs = []
            for _ in range(arguments.rounds):
                program = by_command(hlr, listed, used, endpoint, out)
                frame = in_python(listed, used, endpoint)
                file = in_python(listed, used, endpoint, folder / "frame.parquet")
                pairs.append((program, frame, file))
            program, frame, file = (statistics.median(column) for column in zip(*pairs))
            ratios = [statistics.median(pair[place] / pair[0] for pair in pairs) for place in (1, 2)]
            print(f"{name}, {rows:,} rows: program {program:.2f}; into a frame {frame:.2f} ({ratios[0]:.2f}), ", end="")
            print(f"and into a Parquet file {file:.2f} ({ratios[1]:.2f})", flush=True)

        def by_loop(rows: int, url: str) -> None:
            """The loop that people write in a notebook, with 128 workers, beside the package."""
            pl.read_parquet(listed).write_csv(folder / "list.csv")
            script = [sys.executable, HERE / "peer_aiohttp.py", folder / "list.csv", folder / "loop.parquet", "128", url]
            pairs = []
            for _ in range(arguments.rounds):
                started = time.perf_counter()
                subprocess.run(script, check=True, capture_output=True)
                pairs.append((time.perf_counter() - started, in_python(listed, "", url)))
            loop, package = (statistics.median(column) for column in zip(*pairs))
            print(f"aiohttp loop (uvloop), {rows:,} lookups: {loop:.2f}; the package {package:.2f} ", end="")
            print(f"({loop / package:.1f} times as fast)", flush=True)

        write(arguments.live)
        simulator = Simulator(hlr)
        try:
            compare("live, without ledger", arguments.live, "", simulator.url)
            by_loop(arguments.live, simulator.url)
        finally:
            simulator.stop()
        write(arguments.known)
        by_command(hlr, listed, ledger, "simulator", out)
        compare("known answers", arguments.known, ledger, "simulator")


if __name__ == "__main__":
    main()
