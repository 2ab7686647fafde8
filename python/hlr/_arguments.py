"""Arguments of Python, in the form that the library reads."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from . import _hlr
from ._errors import ConfigError, ListError

KEYS: dict[str, tuple[str, bool]] = _hlr.keys()
"""Every keyword of a run with its documentation, and whether the command line has it as a flag."""

LISTS = {"accept_results", "free_results", "retry_on"}
"""Keywords with lists of words; one word alone is a list too."""


class Call:
    """What a call is given, besides its data."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        config: str | os.PathLike[str] | None = None,
        username: str | None = None,
        password: str | None = None,
        progress: Any = None,
    ) -> None:
        self.keys = keys(settings)
        self.config = None if config is None else os.fspath(config)
        self.username = username
        self.password = password
        self.progress = progress


class Data:
    """Rows: paths, or an object with an Arrow stream."""

    def __init__(self, data: Any) -> None:
        self.paths: list[str] | None = None
        self.stream: Any = None
        self.rows: int | None = None
        if isinstance(data, (str, os.PathLike)):
            self.paths = [os.fspath(data)]
        elif isinstance(data, (list, tuple)) and data and all(isinstance(path, (str, os.PathLike)) for path in data):
            self.paths = [os.fspath(path) for path in data]
        elif hasattr(data, "__arrow_c_stream__"):
            self.stream = without_null_columns(data)
            self.rows = rows_of(data)
        else:
            raise ListError(f"{type(data).__name__} has no Arrow stream (__arrow_c_stream__)", advice(data))


def rows_of(data: Any) -> int | None:
    """The number of rows, if the object knows it without reading them."""
    rows = getattr(data, "num_rows", None)
    if not isinstance(rows, int) and hasattr(data, "columns") and hasattr(data, "__len__"):
        try:
            rows = len(data)
        except Exception:  # a table that is not there yet; some refuse to count in words of their own
            rows = None
    return rows if isinstance(rows, int) and not isinstance(rows, bool) else None


def without_null_columns(data: Any) -> Any:
    """The table, or the one of pyarrow for a Polars frame with columns of the type Null.

    Polars exports such a column with a buffer more than the Arrow format has, and readers refuse it.
    """
    is_polars = type(data).__module__.startswith("polars.")
    if not (is_polars and any(str(kind) == "Null" for kind in getattr(data, "dtypes", []))):
        return data
    try:
        return data.to_arrow()
    except ImportError:
        help = "give its columns another type, such as frame.cast({pl.Null: pl.String}), or install pyarrow"
        raise ListError("a column of the type Null cannot be read from Polars", help) from None


def advice(data: Any) -> str:
    """What to give in place of an object that is not a table."""
    kind = f"{type(data).__module__}.{type(data).__name__}"
    if kind.endswith("LazyFrame"):
        return "a LazyFrame holds no rows yet: give frame.collect()"
    if kind.startswith("pandas."):
        return "give a DataFrame of pandas 2.2 or newer, with pyarrow installed"
    if kind.startswith("pyspark."):
        return "give frame.toArrow(), or write the frame to Parquet and give its path"
    if isinstance(data, (list, tuple)):
        return "give a table, such as pyarrow.table({'phone': numbers}); hlr.lookup(*numbers) takes a few numbers"
    return "give a pandas or Polars DataFrame, a pyarrow Table, a DuckDB relation, or the path of a file"


def keys(settings: Mapping[str, Any]) -> str:
    """Keyword arguments as JSON. ``None`` means that the argument is not given."""
    values = {}
    for name, value in settings.items():
        if name not in KEYS:
            near = difflib.get_close_matches(name, KEYS, n=1)
            raise ConfigError(f"unknown argument {name!r}", f"did you mean {near[0]}?" if near else "")
        if value is None:
            continue
        if name == "ledger" and value is False:
            name, value = "no_ledger", True
        if name in LISTS and isinstance(value, str):
            value = [value]
        values[name] = value
    try:
        return json.dumps(values, default=plain, allow_nan=False)
    except (TypeError, ValueError) as fault:
        raise ConfigError(str(fault)) from None


def plain(value: Any) -> Any:
    """A value that JSON has no form for, as one that it has."""
    if isinstance(value, timedelta):
        return f"{value // timedelta(milliseconds=1)}ms"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (PurePath, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not a value of a setting")
