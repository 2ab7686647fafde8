"""Types, docstrings and names: what an editor shows is what the library has."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
import typing

import pytest

import hlr
from hlr import _hlr
from hlr._settings import FileSettings, Settings


def test_every_key_is_a_keyword_and_has_a_type():
    keys = set(_hlr.keys())
    assert set(typing.get_type_hints(FileSettings)) == keys
    of_files = {"input", "output", "format", "partition_by", "lock", "force", "summary", "report"}
    of_files |= {"metrics", "metrics_listen", "dry_run"}
    assert set(Settings.__annotations__) == keys - of_files


def test_every_public_name_has_a_docstring():
    for name in hlr.__all__:
        if name != "__version__":
            assert getattr(hlr, name).__doc__, name
    for name, member in vars(hlr.Enriched).items():
        if not name.startswith("_"):
            assert member.__doc__, name


def test_the_examples_run():
    for module in pkgutil.iter_modules(hlr.__path__, "hlr."):
        if module.name != "hlr._hlr":
            assert doctest.testmod(importlib.import_module(module.name)).failed == 0
    assert doctest.testmod(hlr).failed == 0


def test_the_stubs_are_those_of_the_compiled_part():
    pytest.importorskip("mypy")
    for command in [["mypy.stubtest", "hlr"], ["mypy", "--strict", "-p", "hlr"]]:
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
