"""The example of the README and of docs/spark.md, and the recipe without Spark, run as they are written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "sample-data", tmp_path / "sample-data")
    return tmp_path


def test_the_example_runs(folder):
    [_, readme] = blocks("README.md", "python")
    [guide] = blocks("docs/spark.md", "python")
    assert readme == guide
    done = subprocess.run([sys.executable, "-c", guide], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = dict(re.findall(r"\|\s*(\w+)\|\s*(\d+)\|", done.stdout))
    assert sum(map(int, counts.values())) == 4_000 and int(counts["reachable"]) > 1_000, done.stdout


def test_the_three_steps_run_with_duckdb(folder, program):
    duckdb = pytest.importorskip("duckdb")
    write, join, everywhere = blocks("docs/spark.md", "sql")
    *_, ask = blocks("docs/spark.md", "sh")
    database = duckdb.connect()
    before = os.getcwd()
    os.chdir(folder)
    try:
        database.execute(write)
        environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
        subprocess.run(["sh", "-c", ask], check=True, env=environment, stderr=subprocess.DEVNULL)
        database.execute(join)
        [(rows, statuses)] = database.execute("select count(*), count(hlr_status) from contacts_enriched").fetchall()
        # Rows without a number were not written to be asked about.
        [(without,)] = database.execute("select count(*) from 'sample-data/contacts.csv' where phone is null").fetchall()
        assert (rows, statuses) == (4_000, 4_000 - without)
        database.execute("create view contacts as from 'sample-data/contacts.csv'")
        database.execute("create view enriched as from 'enriched.parquet'")
        assert len(database.execute(everywhere).fetchall()) == 4_000
    finally:
        os.chdir(before)
