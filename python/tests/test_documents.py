"""The README's example and the recipes of docs/python.md, run as they are written."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "sample-data", tmp_path / "sample-data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_prints_its_table(folder):
    pytest.importorskip("polars")
    [code, _] = blocks("README.md", "python")
    environment = {**os.environ, "POLARS_TABLE_WIDTH": "100", "POLARS_FMT_TABLE_CELL_LIST_LEN": "3"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in [text.strip() for text in blocks("README.md", "text")]


def test_the_recipes_run(folder, capsys):
    for package in ["polars", "pandas", "duckdb", "pyarrow"]:
        pytest.importorskip(package)
    import pandas

    if not hasattr(pandas.DataFrame, "from_arrow"):
        pytest.skip("the recipes are written for pandas 3")
    names = {"pathlib": pathlib}
    recipes = blocks("docs/python.md", "python")
    assert len(recipes) > 10
    for recipe in recipes:
        needed = re.match(r"# needs (\w+)", recipe)
        if needed and importlib.util.find_spec(needed[1]) is None:
            assert "HLR_LAKES" not in os.environ, f"{needed[1]} is not installed"
            continue
        exec(compile(recipe, recipe, "exec"), names)
    assert "limit of 1 lookup" in capsys.readouterr().out
