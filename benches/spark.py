#!/usr/bin/env python3
"""A list in Spark beside the command line: the same Parquet files, the same answers known, the same simulator.

Makes a list with ten rows of each number and a store of shared answers that knows half of the numbers. `hlr enrich`
writes the enriched list as one file, and `hlr.spark.enrich` in `local[*]` as a folder, each with a store of its own. Prints
the wall time of both, and how long each stage of the job of Spark took. Everything stays on 127.0.0.1. Needs a Rust
toolchain, Java 17, and pyspark, pandas, pyarrow, numpy and this package (built with optimisation) in this Python.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as parquet

from compare import Simulator, release_build
from shared_answers import apart, numbers, write_store

FILES = 20
ROWS_OF_A_NUMBER = 10


def write_list(folder: Path, rows: int) -> None:
    folder.mkdir(parents=True)
    different = rows // ROWS_OF_A_NUMBER
    random = numpy.random.default_rng(5)
    for part in range(FILES):
        of_part = rows // FILES
        cells = numbers(random.integers(0, different, of_part))
        phones = pa.array(cells).cast(pa.utf8())
        ids = numpy.arange(part * of_part, (part + 1) * of_part)
        parquet.write_table(pa.table({"id": ids, "phone": phones}), folder / f"part-{part:03}.parquet")


def write_half(store: Path, different: int) -> None:
    """The answers to the first half of the numbers."""
    write_store(store, different // 2)


def spark_job(listed: str, store: str, output: str, url: str) -> None:
    """In a process of its own: the stages, with their seconds, as a line of JSON."""
    from pyspark.sql import SparkSession

    import hlr.spark
    from hlr.spark import _api

    builder = SparkSession.builder.master("local[*]").config("spark.driver.memory", "3g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    seconds: dict = {}

    def timed(name: str, owner: object) -> None:
        work = getattr(owner, name)

        def measured(*words: object, **more: object) -> object:
            began = time.perf_counter()
            done = work(*words, **more)
            seconds[name] = round(time.perf_counter() - began, 1)
            return done

        setattr(owner, name, measured)

    began = time.perf_counter()
    spark = builder.getOrCreate()
    seconds["session"] = round(time.perf_counter() - began, 1)
    for name in ["__init__", "write_numbers", "ask"]:
        timed(name, _api.Job)
    frame = spark.read.parquet(listed)
    settings = {"name": "bench", "endpoint": url, "max_age": "40d", "ledger": False}
    out = hlr.spark.enrich(frame, "phone", answers=store, **settings)
    began = time.perf_counter()
    out.write.parquet(output)
    seconds["join and write"] = round(time.perf_counter() - began, 1)
    seconds["rows"] = spark.read.parquet(output).count()
    print(json.dumps(seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000, 20_000_000])
    arguments = parser.parse_args()
    hlr = release_build("bin", "hlr")
    environment = {**os.environ, "HLR_USERNAME": "user", "HLR_PASSWORD": "password"}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "PYTHONWARNINGS": "ignore"}
    print(f"{os.cpu_count()} cores, {datetime.now():%Y-%m-%d}; {ROWS_OF_A_NUMBER} rows a number, half of the numbers known\n")
    print("| rows | hlr enrich, s | hlr.spark, s | spark is | where the time goes, s |")
    print("| ---: | ---: | ---: | ---: | --- |")
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            apart(write_list, folder / "list", rows)
            apart(write_half, folder / "one", rows // ROWS_OF_A_NUMBER)
            subprocess.run([hlr, "ledger", "compact", folder / "one"], check=True, capture_output=True)
            shutil.copytree(folder / "one", folder / "two")
            service = Simulator(hlr)
            command = [hlr, "enrich", folder / "list", "-o", folder / "out.parquet", "--column", "phone", "--no-ledger"]
            command += ["--endpoint", service.url, "--answers", folder / "one", "--max-age", "40d", "--progress", "none"]
            began = time.perf_counter()
            subprocess.run([str(word) for word in command], env=environment, check=True, capture_output=True)
            alone = time.perf_counter() - began
            code = "import sys, spark; spark.spark_job(*sys.argv[1:])"
            words = [folder / "list", folder / "two", folder / "spark", service.url]
            began = time.perf_counter()
            job = subprocess.run(
                [sys.executable, "-c", code, *map(str, words)],
                env={**environment, "PYTHONPATH": str(Path(__file__).parent)},
                capture_output=True,
                text=True,
            )
            with_spark = time.perf_counter() - began
            service.process.kill()
            lines = [line for line in job.stdout.splitlines() if line.startswith("{")]
            if not lines:
                sys.exit(job.stderr)
            stages = json.loads(lines[-1])
            assert stages.pop("rows") == rows
            shown = ", ".join(f"{name.strip('_')} {seconds}" for name, seconds in stages.items())
            print(f"| {rows:,} | {alone:.1f} | {with_spark:.1f} | {with_spark / alone:.2f} × | {shown} |", flush=True)


if __name__ == "__main__":
    main()
