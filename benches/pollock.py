#!/usr/bin/env python3
"""Scores how hlr and DuckDB read the files of the Pollock benchmark, with detection alone.

Pollock (Vitagliano et al., VLDB 2023, github.com/HPI-Information-Systems/Pollock) holds CSV files
that are polluted in one way each, and a sample of real ones, both with the table that is right. Its
own code measures what was read; nothing of it is kept here.

    cargo build --release --example read_list
    pip install duckdb numpy chardet multiset joblib python-dateutil price-parser
    benches/pollock.py CHECKOUT target/release/examples/read_list

CHECKOUT is a checkout of the benchmark's repository. The second argument is the example program
that prints how hlr reads a list: the program itself asks about numbers, and these files have none.
`--worst N` lists the files on which hlr loses most.
"""

import argparse
import csv
import functools
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MEASURES = 10
DATASETS = {"polluted": "polluted_files", "real": "survey_sample"}


def read_with_hlr(read_list, files, folder):
    for start in range(0, len(files), 500):
        subprocess.run([read_list, folder, *files[start : start + 500]], check=True)


def read_with_duckdb(files, folder):
    """As the benchmark's own sut/duckdbauto does, with every column as text."""
    import duckdb

    for file in files:
        connection = duckdb.connect()
        with open(folder / file.name, "w", newline="", encoding="utf-8") as out:
            try:
                table = connection.read_csv(
                    str(file), strict_mode=False, ignore_errors=True, null_padding=True, all_varchar=True
                )
                rows = table.fetchall()
                writer = csv.writer(out)
                writer.writerow(table.columns)
                writer.writerows(rows)
            except Exception as error:
                out.seek(0)
                out.truncate()
                out.write(f"Application Error\n{error}")


def with_names_of_benchmark(files, folder, dataset):
    """Names that a reader made up are in no file, so nobody can read them right. Pollock's clean
    tables have none for a list without a header, or `col_0`, `col_1` in the sample of real files."""
    for file in files:
        table = folder / file.name
        with open(table, newline="", encoding="utf-8") as read:
            rows = list(csv.reader(read))
        made_up = [re.fullmatch("column_?[0-9]+", name) for name in rows[0]] if rows else []
        if not made_up or not all(made_up):
            continue
        names = [[f"col_{index}" for index in range(len(made_up))]] if dataset == "real" else []
        with open(table, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(names + rows[1:])


def measure(job):
    clean, loaded = job
    import pollock.metrics as metrics

    try:
        if not metrics.successful_csv(loaded):
            return 0.0
        return 1.0 + float(sum(metrics.header_record_cell_measures_csv(clean, loaded)))
    except Exception as error:
        print(f"{loaded}: cannot be measured: {error}", file=sys.stderr)
        return 0.0


def prepare(checkout):
    """Imports the metric of the checkout, and remembers what it made of a cell: cells repeat."""
    sys.path.insert(0, str(checkout))
    csv.field_size_limit(2**31 - 1)
    import pollock.metrics as metrics

    metrics.normalize_cell = functools.lru_cache(maxsize=1_000_000)(metrics.normalize_cell)


def scores_of(pool, checkout, dataset, names, folder):
    clean = checkout / DATASETS[dataset] / "clean"
    jobs = [(str(clean / name), str(folder / name)) for name in names]
    return dict(zip(names, pool.imap(measure, jobs, chunksize=4)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("read_list")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--without-duckdb", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what was read in this folder")
    parser.add_argument(
        "--names",
        choices=("as-read", "benchmark"),
        default="as-read",
        help="names that a reader made up for a list without a header: as it made them, or as the benchmark does",
    )
    parser.add_argument("--only", choices=DATASETS)
    options = parser.parse_args()
    csv.field_size_limit(2**31 - 1)
    checkout = options.checkout.resolve()
    weights = json.loads((checkout / "pollock_weights.json").read_text())
    readers = {"hlr": functools.partial(read_with_hlr, options.read_list)}
    if not options.without_duckdb:
        readers["duckdb"] = read_with_duckdb

    results = {}
    with tempfile.TemporaryDirectory() as scratch, multiprocessing.Pool(initializer=prepare, initargs=(checkout,)) as pool:
        for reader, read in readers.items():
            for dataset, folder_name in DATASETS.items():
                if options.only not in (None, dataset):
                    continue
                files = sorted(f for f in (checkout / folder_name / "csv").iterdir() if f.name.lower().endswith("csv"))
                folder = (options.keep or Path(scratch)) / reader / dataset
                os.makedirs(folder, exist_ok=True)
                read(files, folder)
                if options.names == "benchmark":
                    with_names_of_benchmark(files, folder, dataset)
                results[reader, dataset] = scores_of(pool, checkout, dataset, [f.name for f in files], folder)

    print(f"{'reader':8} {'simple':>7} {'weighted':>9} {'real':>7}   (of {MEASURES})")
    for reader in readers:
        polluted, real = results.get((reader, "polluted"), {}), results.get((reader, "real"), {})
        total = sum(weights.get(name, -1) for name in polluted)
        mean = lambda scores: sum(scores.values()) / len(scores) if scores else float("nan")
        weighted = sum(score * weights.get(name, -1) for name, score in polluted.items()) / total if total else float("nan")
        print(f"{reader:8} {mean(polluted):7.3f} {weighted:9.3f} {mean(real):7.3f}")
    counts = {dataset: len(results.get(("hlr", dataset), {})) for dataset in DATASETS}
    print(f"{counts['polluted']} polluted files, {counts['real']} real files")
    for dataset in DATASETS:
        scores = results.get(("hlr", dataset), {})
        for name, score in sorted(scores.items(), key=lambda item: item[1])[: options.worst]:
            others = [f"{r} {results[r, dataset][name]:.3f}" for r in readers if r != "hlr"]
            print(f"{dataset} {score:7.3f} {name}", *others)


if __name__ == "__main__":
    main()
