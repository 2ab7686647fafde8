#!/usr/bin/env python3
"""Whether the contract's limits are used to the full and never passed, judged by the service.

Runs `hlr enrich` against `hlr simulate` on 127.0.0.1, as processes of their own, and reads the account that the
simulator writes: how many requests arrived in each 10 ms. Three tables:

- the rate, from one request in ten seconds to more than this machine carries: the most within any second, the most within
  10 ms, and what part of the rate was used from the first request to the last;
- an account that allows 100 ongoing requests and does not say so, with answers after 200 ms: how much of the ideal is
  reached after five seconds, and how much was refused;
- one number in twenty on a network that takes 8 s, the others 0.1 s: how much of the rate is held.

Takes some three minutes. Needs Python 3.9 and a Rust toolchain. The machine's other work is in the readings: a packet that
is held up makes one second fuller and another emptier.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import Simulator, machine, release_build

SLOW, QUICK = 46_701_000_000, 46_702_000_000


class Run:
    """One run of `hlr enrich` over a list, as the simulator saw it."""

    def __init__(self, hlr: Path, folder: Path, numbers: list, simulate: list, enrich: list):
        source, account = folder / "numbers.csv", folder / "account.json"
        source.write_text("msisdn\n" + "".join(f"{n}\n" for n in numbers))
        simulator = Simulator(hlr, *simulate, "--account", account)
        try:
            environment = dict(os.environ, HLR_USERNAME="user", HLR_PASSWORD="password")
            command = [hlr, "enrich", source, "-o", folder / "out.parquet", "--force", "--no-ledger", "-q"]
            command += ["--endpoint", simulator.url, *enrich]
            done = subprocess.run([str(part) for part in command], env=environment, timeout=300)
        finally:
            simulator.stop()
        if done.returncode not in (0, 3):
            sys.exit(f"hlr enrich failed with exit code {done.returncode}")
        self.account = json.loads(account.read_text())
        slots = self.account["per_10ms"]
        self.slots = slots[next(place for place, count in enumerate(slots) if count) :]

    def rate(self, from_second: float = 0.0, to_second: float = float("inf")) -> float:
        """Requests a second between two moments after the first request."""
        last = min(len(self.slots), int(min(to_second, 1e6) * 100))
        slots = self.slots[int(from_second * 100) : last]
        return sum(slots) / (len(slots) / 100)


def rates(hlr: Path, folder: Path) -> None:
    print("| `--rate` | requests | most in any second | most in 10 ms | used from the first request to the last |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for rate, count in [(0.1, 4), (50, 500), (1_000, 10_000), (5_000, 50_000), (20_000, 200_000), (None, 400_000)]:
        flags = ["--rate", rate] if rate else []
        run = Run(hlr, folder, range(QUICK, QUICK + count), ["--latency", "5ms"], [*flags, "--concurrency", "400"])
        most, burst = run.account["most_in_a_second"], run.account["most_in_10ms"]
        if rate is None:
            print(f"| none | {count:,} | {most:,} | {burst} | {run.rate():,.0f}/s |")
            continue
        # The first request opens the first interval, and is no part of any that has passed.
        seconds = (len(run.slots) - 1) / 100
        used = (sum(run.slots) - 1) / seconds / rate
        print(f"| {rate:,} | {count:,} | {most:,} ({most / rate:.3f} ×) | {burst} | {used:.4f} |")


def unknown_limit(hlr: Path, folder: Path) -> None:
    limit, latency = 100, 0.2
    ideal = limit / latency
    run = Run(
        hlr,
        folder,
        range(QUICK, QUICK + 15_000),
        ["--latency", "200ms", "--throttle-above", limit],
        ["--concurrency", "1000"],
    )
    refused = run.account["throttled"] / run.account["requests"]
    # The last fifth of a second is the end of the list.
    late = run.rate(5.0, len(run.slots) / 100 - latency)
    print("| limit, not told | answers after | ideal | reached after 5 s | of it | refused |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    print(f"| {limit} | 200 ms | {ideal:.0f}/s | {late:.0f}/s | {late / ideal:.3f} | {refused:.2%} |")


def slow_network(hlr: Path, folder: Path) -> None:
    rate, count = 500, 15_000
    slow = range(SLOW, SLOW + count // 20)
    quick = range(QUICK, QUICK + count - count // 20)
    middle = len(quick) // 2
    lists = [("first", [*slow, *quick], 300), ("in the middle", [*quick[:middle], *slow, *quick[middle:]], 500)]
    print("| slow numbers stand | `--concurrency` | held of 500/s |")
    print("| --- | ---: | ---: |")
    for where, numbers, places in lists:
        simulate = ["--latency", "100ms", "--slow", f"{SLOW // 1_000_000}=8s"]
        flags = ["--rate", rate, "--concurrency", places, "--timeout", "20s"]
        run = Run(hlr, folder, numbers, simulate, flags)
        print(f"| {where} | {places} | {run.rate() / rate:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="whether the contract's limits are used to the full and never passed")
    parts = {"rates": rates, "limit": unknown_limit, "slow": slow_network}
    parser.add_argument("--only", choices=parts, help="one of the tables")
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        for part in [arguments.only] if arguments.only else parts:
            print(flush=True)
            parts[part](hlr, Path(name))


if __name__ == "__main__":
    main()
