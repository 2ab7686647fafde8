"""What the tests share: a simulated service, and the program to compare with."""

import os
import subprocess
from pathlib import Path

import pytest

import hlr

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    """No test touches the ledger of the person who runs it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("HLR_USERNAME", raising=False)
    monkeypatch.delenv("HLR_PASSWORD", raising=False)


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setenv("HLR_USERNAME", "user")
    monkeypatch.setenv("HLR_PASSWORD", "password")


@pytest.fixture
def service(account):
    with hlr.simulate() as running:
        yield running


@pytest.fixture(scope="session")
def program():
    """The binary `hlr`."""
    named = os.environ.get("HLR_PROGRAM")
    if named:
        return Path(named)
    subprocess.run(["cargo", "build", "--locked"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "hlr"
