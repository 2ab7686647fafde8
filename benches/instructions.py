#!/usr/bin/env python3
"""Instructions for each lookup and for each row of a replay, counted by valgrind's callgrind.

Time says little on a shared machine; instructions say the same on every run of the same binary, to a part in a hundred
(threads take turns under valgrind, and how often they wait is chance). Each figure is a difference: the whole job with many
rows less the same with few, so that starting and ending do not count.

    benches/instructions.py                 the table
    benches/instructions.py --functions 15  and where the instructions of the lookups go

`hlr simulate` answers, outside of valgrind. Needs Python 3.9, valgrind and a Rust toolchain; stays on 127.0.0.1.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import Simulator, machine, release_build

FIRST_NUMBER = 46_700_000_000
# How many rows the two jobs have whose difference counts.
LOOKUPS = (5_000, 25_000)
REPLAYED = (40_000, 200_000)


class Bench:
    """The binary, a simulator, and a folder for lists and ledgers."""

    def __init__(self, hlr: Path, folder: Path, url: str):
        self.hlr, self.folder, self.url = hlr, folder, url
        self.ledger = folder / "ledger.redb"

    def run(self, rows: int, flags: list, under: list) -> str:
        """One whole job over so many different numbers; gives its standard error."""
        source = self.folder / f"{rows}.csv"
        source.write_text("id,msisdn\n" + "".join(f"{n},{FIRST_NUMBER + n}\n" for n in range(rows)))
        command = [*under, self.hlr, "enrich", source, "-o", self.folder / "out.parquet", "--force"]
        command += ["--endpoint", self.url, "--concurrency", 64, "-q", *flags]
        environment = dict(os.environ, HLR_USERNAME="user", HLR_PASSWORD="password")
        done = subprocess.run([str(part) for part in command], env=environment, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"hlr enrich failed with exit code {done.returncode}\n{done.stderr}")
        return done.stderr

    def each(self, sizes: tuple, flags: list, profile: str, is_fresh: bool = False) -> int:
        """Instructions for each row that the larger job has more."""
        counts = []
        for rows in sizes:
            if is_fresh:
                self.ledger.unlink(missing_ok=True)
            callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder / profile}"]
            said = self.run(rows, flags, callgrind)
            counts.append(int(re.search(r"Collected : (\d+)", said)[1]))
        return (counts[1] - counts[0]) // (sizes[1] - sizes[0])


def functions(profile: Path, count: int) -> str:
    """The functions that take the most instructions themselves."""
    said = subprocess.run(["callgrind_annotate", profile], stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line for line in said.splitlines() if re.match(r"\s*[\d,]+ \(\s*[\d.]+%\)\s+\S+:", line)]
    return "\n".join(re.sub(r"\s*\[[^]]*\]$", "", line)[:140] for line in lines[:count])


def main() -> None:
    parser = argparse.ArgumentParser(description="instructions for each lookup and for each row of a replay")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="also the N dearest functions of the lookups")
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    print(f"{machine()}; {arguments.rounds} rounds\n")
    print("| what | instructions each |")
    print("| --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        simulator = Simulator(hlr)
        try:
            bench = Bench(hlr, Path(name), simulator.url)
            kept = ["--ledger", bench.ledger]

            def show(what: str, count) -> None:
                print(f"| {what} | {', '.join(f'{count():,}' for _ in range(arguments.rounds))} |", flush=True)

            show("lookup, without a ledger", lambda: bench.each(LOOKUPS, ["--no-ledger"], "lookups"))
            show("lookup, every answer on disk", lambda: bench.each(LOOKUPS, kept, "kept", is_fresh=True))
            # The first run gets the answers, the second puts the ledger's journal away.
            for _ in range(2):
                bench.run(REPLAYED[1], kept, [])
            show("row, answered by the ledger", lambda: bench.each(REPLAYED, kept, "replay"))
        finally:
            simulator.stop()
        if arguments.functions:
            print(f"\n{functions(Path(name) / 'lookups', arguments.functions)}")


if __name__ == "__main__":
    main()
