#!/usr/bin/env python3
"""The release binary beside its peers: same machine, same server, same minute.

Starts `hlr simulate` on a free port, and asks it the same number of lookups with each of

- the whole job: `hlr enrich`, CSV in, every answer into a new ledger, zstd Parquet out;
- a bare reqwest worker loop (benches/bare_reqwest.rs), which does nothing with the answers;
- the afternoon's script (benches/peer_aiohttp.py), if aiohttp, uvloop and pyarrow are installed;
- wrk, and oha, if they are installed; they make requests and nothing else.

Prints lookups a second, CPU seconds of the client, and ratios. Absolute numbers say little on a shared
machine; the ratios are from rounds that take turns, and the median of each is shown. Needs Python 3.9 and a Rust
toolchain. Everything stays on 127.0.0.1.
"""

import argparse
import json
import os
import platform
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_NUMBER = 46_700_000_000


def release_build(kind: str, name: str) -> Path:
    """Builds a binary or a bench in release mode, and gives its executable."""
    command = ["cargo", "build", "--release", f"--{kind}", name, "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    messages = (json.loads(line) for line in built.stdout.splitlines() if line.startswith("{"))
    executables = (message for message in messages if message.get("executable"))
    return next(Path(message["executable"]) for message in executables if message["target"]["name"] == name)


class Simulator:
    """`hlr simulate` as a process of its own."""

    def __init__(self, hlr: Path, *flags):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [str(part) for part in [hlr, "simulate", "--port", self.port, *flags]]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit("the simulator did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def timed(command: list, **options) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and standard output of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, timeout=600, **options)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nfailed with exit code {done.returncode}\n{done.stdout}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout


def contenders(arguments, folder: Path, hlr: Path, bare: Path):
    """Each peer's name with a function that runs it and gives (lookups, wall seconds, CPU seconds)."""
    lookups, workers = arguments.lookups, arguments.concurrency
    source, target = folder / "numbers.csv", folder / "enriched.parquet"

    def whole_job(url):
        environment = dict(os.environ, HLR_USERNAME="user", HLR_PASSWORD="password")
        # Every answer goes to disk, into a ledger that has none of them yet.
        ledger = folder / "ledger.redb"
        ledger.unlink(missing_ok=True)
        command = [hlr, "enrich", source, "-o", target, "--force", "--endpoint", url, "-q", "--ledger", ledger]
        wall, cpu, _ = timed([*command, "--concurrency", workers], env=environment, stderr=subprocess.STDOUT)
        return lookups, wall, cpu

    def bare_loop(url):
        wall, cpu, _ = timed([bare, url, lookups, workers])
        return lookups, wall, cpu

    def script(url):
        wall, cpu, _ = timed([sys.executable, arguments.aiohttp_script, source, target, workers, url])
        return lookups, wall, cpu

    def wrk(url):
        seconds = 5
        lua = ROOT / "benches" / "lookup.lua"
        wall, cpu, said = timed(["wrk", "-t1", f"-c{workers}", f"-d{seconds}s", "-s", lua, f"{url}/"])
        return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]) * wall, wall, cpu

    def oha(url):
        options = ["-n", lookups, "-c", workers, "--no-tui", "-a", "user:password", "--output-format", "json"]
        wall, cpu, said = timed(["oha", *options, f"{url}/lookup?msisdn={FIRST_NUMBER}"])
        return lookups, json.loads(said)["summary"]["total"], cpu

    everybody = {"hlr enrich (whole job)": whole_job, "bare reqwest loop": bare_loop}
    if shutil.which("wrk"):
        everybody["wrk"] = wrk
    if shutil.which("oha"):
        everybody["oha"] = oha
    modules = [sys.executable, "-c", "import aiohttp, uvloop, pyarrow"]
    if subprocess.run(modules, stderr=subprocess.DEVNULL).returncode == 0:
        everybody["aiohttp script (whole job)"] = script
    return everybody


def machine() -> str:
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "")
    return f"{os.cpu_count()} cores, {cpu or platform.machine()}, {platform.system()}, {time.strftime('%Y-%m-%d')}"


def main() -> None:
    parser = argparse.ArgumentParser(description="the release binary beside its peers")
    parser.add_argument("--lookups", type=int, default=300_000)
    parser.add_argument("--concurrency", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--aiohttp-script", default=ROOT / "benches" / "peer_aiohttp.py")
    arguments = parser.parse_args()

    hlr = release_build("bin", "hlr")
    bare = release_build("bench", "bare_reqwest")
    readings: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open(folder / "numbers.csv", "w") as numbers:
            numbers.write("id,msisdn\n")
            numbers.writelines(f"{n},{FIRST_NUMBER + n}\n" for n in range(arguments.lookups))
        for _ in range(arguments.rounds):
            for peer, run in contenders(arguments, folder, hlr, bare).items():
                simulator = Simulator(hlr)
                try:
                    lookups, wall, cpu = run(simulator.url)
                finally:
                    simulator.stop()
                readings.setdefault(peer, []).append((lookups / wall, cpu / lookups * 1e6))

    ours_speed, ours_cpu = (statistics.median(column) for column in zip(*readings["hlr enrich (whole job)"]))
    print(f"{machine()}; {arguments.lookups} lookups, {arguments.concurrency} at once, median of {arguments.rounds}\n")
    print("| who | lookups/s | CPU µs per lookup | ours is | our CPU is |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for peer, rounds in readings.items():
        speed, cpu = (statistics.median(column) for column in zip(*rounds))
        print(f"| {peer} | {speed:,.0f} | {cpu:.1f} | {ours_speed / speed:.2f} × | {ours_cpu / cpu:.2f} × |")


if __name__ == "__main__":
    main()
