#!/usr/bin/env python3
"""What one more row costs, from short lists to long ones: seconds, CPU time and peak memory of `hlr enrich`, and the
size of the ledger.

Looks up lists of different numbers against `hlr simulate` on this machine, without latency, sorted and shuffled. Then
reads lists of different numbers in random order whose answers are all in a ledger that has as many answers as the list
has rows. Peak memory must not follow the number of rows. Nothing leaves this machine. Needs Python 3.10, numpy and
pyarrow (pip), a Rust toolchain, and 100 bytes of disk for each row of the longest list.
"""

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import large_ledger
from compare import release_build
from large_ledger import apart
from replay import timed

ORDERS = ["sorted", "shuffled"]
FIRST_NUMBER = 46_700_000_000
POWERS = [10**5, 10**6, 10**7, 10**8]


def numbers(order: str, rows: int):
    listed = range(FIRST_NUMBER, FIRST_NUMBER + rows)
    return random.Random(5).sample(listed, rows) if order == "shuffled" else listed


def write_list(path: Path, order: str, rows: int) -> None:
    with open(path, "w") as listed:
        listed.write("msisdn\n")
        listed.writelines(f"{number}\n" for number in numbers(order, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", type=int, nargs="*", default=POWERS[:3], help="rows that are looked up")
    parser.add_argument("--orders", nargs="*", default=ORDERS, choices=ORDERS)
    parser.add_argument("--known", type=int, nargs="*", default=POWERS, help="rows that the ledger knows")
    parser.add_argument("--port", type=int, default=3791)
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    os.environ.update(HLR_USERNAME="user", HLR_PASSWORD="password")
    print(f"{date.today()}, {os.cpu_count()} cores, {platform.processor() or platform.machine()}")
    print(f"{'rows':>12}  {'order':12} {'answers':8} {'seconds':>8} {'rows/s':>9} {'µs CPU/row':>10} {'peak MiB':>8} {'ledger, B/row':>13}")
    service = [hlr, "simulate", "--port", str(arguments.port)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        listed, ledger = folder / "list.csv", folder / "ledger.redb"
        command = [hlr, "enrich", listed, "-o", folder / "out.parquet", "--force", "--progress", "none"]
        command += ["--ledger", ledger, "--endpoint", f"http://127.0.0.1:{arguments.port}", "--concurrency", "128"]
        command += ["--international"]

        def reading(rows: int, order: str, answers: str, *flags) -> None:
            wall, cpu, peak = timed([*command, *flags])
            figures = f"{wall:8.1f} {rows / wall:9,.0f} {1e6 * cpu / rows:10.2f} {peak:8.0f}"
            figures += f" {ledger.stat().st_size / rows:13.1f}"
            print(f"{rows:12,}  {order:12} {answers:8} {figures}", flush=True)

        def live(order: str, rows: int) -> None:
            ledger.unlink(missing_ok=True)
            apart(write_list, listed, order, rows)
            simulator = subprocess.Popen([str(part) for part in service], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1)
            try:
                reading(rows, order, "live")
            finally:
                simulator.kill()
                simulator.wait()

        for rows in arguments.live:
            for order in arguments.orders:
                live(order, rows)
        for rows in arguments.known:
            ledger.unlink(missing_ok=True)
            answers = folder / "answers.parquet"
            apart(large_ledger.write_answers, answers, rows)
            subprocess.run([hlr, "ledger", "import", answers, "--ledger", ledger, "--simulated"], check=True)
            answers.unlink()
            apart(large_ledger.write_list, listed, rows, rows)
            reading(rows, "shuffled", "known", "--max-age", "365d", "--max-lookups", "0")


if __name__ == "__main__":
    sys.exit(main())
