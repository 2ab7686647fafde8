"""The functions of the package."""

from __future__ import annotations

import atexit
import json
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from . import _hlr
from ._arguments import Call, Data, keys
from ._errors import ConfigError
from ._figures import Answer
from ._progress import Progressing, listener

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._settings import FileSettings, Settings


def enrich(
    data: Any,
    *,
    config: str | os.PathLike[str] | None = None,
    progress: Progressing = None,
    username: str | None = None,
    password: str | None = None,
    **settings: Unpack[Settings],
) -> _hlr.Enriched:
    """Look up the number of each row, and add columns with network, status and location.

    ``data`` is anything with an Arrow stream (a pandas or Polars DataFrame, a pyarrow Table or RecordBatchReader, a
    DuckDB relation), or the path of a CSV, Parquet, NDJSON or xlsx file, or a list of paths. ``settings`` are the keys
    of a pipeline file; ``endpoint`` has no default, so that invented answers are never an accident.

    Returns an Arrow stream that is read once: ``pl.DataFrame(rows)``, ``pa.table(rows)``,
    ``pandas.DataFrame.from_arrow(rows)``, ``duckdb.sql("from rows")``. It has the rows of ``data`` in their order with
    ``hlr_msisdn``, ``hlr_status``, ``hlr_result``, ``hlr_mcc``, ``hlr_mnc`` and more (``help(hlr.Enriched)``).

    ``progress`` is ``True`` for a bar, or called with a :class:`Progress` some 20 times a second while rows are waited
    for. Warnings go to the logger ``hlr``.

    Raises :class:`ConfigError`, :class:`ListError`, :class:`Busy` or :class:`LedgerError` before anything is sent; the
    stream raises the others as its last item, after the rows that are done.
    """
    rows = Data(data)
    return _hlr.enrich(rows, Call(settings, config, username, password, listener(progress)))


def lookup(
    *numbers: str,
    config: str | os.PathLike[str] | None = None,
    username: str | None = None,
    password: str | None = None,
    **settings: Unpack[Settings],
) -> list[Answer]:
    """Look up a few numbers. Returns an :class:`Answer` for each, in their order.

    Digits alone are a whole international number, if no ``region`` is named.

    >>> import hlr
    >>> [answer] = hlr.lookup("+46 70-174 06 05", endpoint="simulator")
    >>> answer.msisdn, answer.status, answer.network
    ('46701740605', 'reachable', 'Telia')

    Raises what :func:`enrich` and its stream raise.
    """
    call = Call(settings, config, username, password)
    answers = []
    for line in _hlr.lookup([str(number) for number in numbers], call)._json_lines():
        row = json.loads(line)
        if row["checked_at"] is not None:
            row["checked_at"] = datetime.fromisoformat(row["checked_at"]).replace(tzinfo=timezone.utc)
        answers.append(Answer(**row))
    return answers


def normalise(
    data: Any,
    *,
    config: str | os.PathLike[str] | None = None,
    **settings: Unpack[Settings],
) -> _hlr.Rows:
    """Read the number of each row, and ask nobody.

    Returns an Arrow stream with the columns of ``data`` and two more, both text: ``hlr_msisdn``, the number in
    international digits, and ``hlr_reason``, why a row has none.

    >>> import pyarrow as pa, hlr
    >>> rows = hlr.normalise(pa.table({"phone": ["070-174 06 05", "call Ada"]}), region="SE")
    >>> pa.table(rows).select(["hlr_msisdn", "hlr_reason"]).to_pylist()
    [{'hlr_msisdn': '46701740605', 'hlr_reason': None}, {'hlr_msisdn': None, 'hlr_reason': 'not_a_number'}]

    Raises :class:`ConfigError` and :class:`ListError`.
    """
    rows = Data(data)
    return _hlr.normalise(rows, Call(settings, config))


def plan(
    data: Any,
    *,
    config: str | os.PathLike[str] | None = None,
    **settings: Unpack[Settings],
) -> Any:
    """Estimate how many lookups :func:`enrich` would make, what they cost and how long they take. Asks nobody.

    Returns :class:`Figures` with ``rows``, ``invalid``, ``invalid_by_reason``, ``duplicates``, ``distinct``,
    ``fresh_in_ledger``, ``to_look_up``, ``lookups_at_most``, ``cost``, ``cost_at_most`` (money, or ``None`` without a
    ``price``) and ``seconds_at_rate`` (``None`` without a ``rate``). Needs no credentials.

    Raises :class:`ConfigError`, :class:`ListError` and :class:`LedgerError`.
    """
    rows = Data(data)
    return _hlr.plan(rows, Call(settings, config))


def run(
    pipeline: str | os.PathLike[str],
    *,
    progress: Progressing = None,
    username: str | None = None,
    password: str | None = None,
    **overrides: Unpack[FileSettings],
) -> Any:
    """Run a pipeline file from its list to its output, as ``hlr run`` does. ``overrides`` override keys of the file.

    Returns the figures of the summary file. Ctrl-c finishes what was sent, and keeps the rows that are done under the
    partial name.

    Raises :class:`Error` and its kinds; ``summary`` and ``resume`` are set if the run had started.
    """
    if isinstance(pipeline, dict):
        raise ConfigError("pipeline is the path of a file", "give single keys as keyword arguments")
    return _hlr.run(os.fspath(pipeline), keys(overrides), username, password, listener(progress))


def _finish() -> None:
    """Stop every run and wait for what was sent, so that no answer that was paid for is lost with the interpreter."""
    try:
        _hlr.finish_all()
    except Exception:  # after a fork there is nothing of ours to wait for
        pass


atexit.register(_finish)
