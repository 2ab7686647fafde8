#!/usr/bin/env python3
"""What one more row costs, from short lists to long ones: seconds, CPU time and peak memory of `hlr enrich`.

Looks up lists of different numbers against `hlr simulate` on this machine, without latency, sorted and shuffled. Then
reads one long list whose numbers are all in the ledger. Peak memory must not follow the number of rows. Nothing leaves
this machine. Needs Python 3.9 and a Rust toolchain.
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

from compare import release_build
from replay import timed

ORDERS = ["sorted", "shuffled"]
FIRST_NUMBER = 46_700_000_000


def numbers(order: str, rows: int):
    listed = range(FIRST_NUMBER, FIRST_NUMBER + rows)
    return random.Random(5).sample(listed, rows) if order == "shuffled" else listed


def write_list(path: Path, order: str, rows: int, repeat: int = 1) -> None:
    with open(path, "w") as listed:
        listed.write("msisdn\n")
        for _ in range(repeat):
            listed.writelines(f"{number}\n" for number in numbers(order, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", type=int, nargs="*", default=[1_000_000, 8_000_000], help="rows that are looked up")
    parser.add_argument("--orders", nargs="*", default=ORDERS, choices=ORDERS)
    parser.add_argument("--replayed", type=int, default=100_000_000, help="rows that the ledger knows; 0 for none")
    parser.add_argument("--port", type=int, default=3791)
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    os.environ.update(HLR_USERNAME="user", HLR_PASSWORD="password")
    print(f"{date.today()}, {os.cpu_count()} cores, {platform.processor() or platform.machine()}")
    print(f"{'rows':>12}  {'order':12} {'answers':8} {'seconds':>8} {'rows/s':>9} {'µs CPU/row':>10} {'peak MiB':>8}")
    service = [hlr, "simulate", "--port", str(arguments.port)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        listed, ledger = folder / "list.csv", folder / "ledger.redb"
        command = [hlr, "enrich", listed, "-o", folder / "out.parquet", "--force", "--progress", "none"]
        command += ["--ledger", ledger, "--endpoint", f"http://127.0.0.1:{arguments.port}", "--concurrency", "128"]
        command += ["--international"]

        def reading(rows: int, order: str, answers: str) -> None:
            wall, cpu, peak = timed(command)
            figures = f"{wall:8.1f} {rows / wall:9,.0f} {1e6 * cpu / rows:10.2f} {peak:8.0f}"
            print(f"{rows:12,}  {order:12} {answers:8} {figures}", flush=True)

        def live(order: str, rows: int) -> None:
            ledger.unlink(missing_ok=True)
            write_list(listed, order, rows)
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
        if arguments.replayed:
            known = min(arguments.replayed, 1_000_000)
            live("shuffled", known)
            repeat = max(1, arguments.replayed // known)
            write_list(listed, "shuffled", known, repeat)
            reading(known * repeat, "shuffled", "known")


if __name__ == "__main__":
    sys.exit(main())
