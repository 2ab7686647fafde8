"""The ledger between runs."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from . import _hlr


class Ledger:
    """The file that keeps paid answers; without a path, the one of real lookups in the data folder.

    Each method opens the file and closes it again. While a run uses it, they raise :class:`hlr.Busy`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._file = _hlr.LedgerFile(path)

    @property
    def path(self) -> str:
        """The file."""
        return str(self._file.path)

    def __repr__(self) -> str:
        return f"hlr.Ledger({self.path!r})"

    def stats(self) -> Any:
        """Size, ages, and answers by status, result, country and network. Finds damage: :class:`hlr.LedgerError`."""
        return self._file.stats()

    def find(self, *numbers: str, region: str | None = None) -> list[Any]:
        """The answers to these numbers, of whatever age: ``msisdn``, ``result``, ``mcc``, ``mnc``, ``location``,
        ``checked_at`` (ISO 8601, UTC), ``attempts``, ``product`` and ``nocache``. Asks nobody."""
        return list(self._file.find(list(numbers), region))

    def export(self, path: str | os.PathLike[str], *, force: bool = False) -> int:
        """Write every answer to a .parquet, .csv or .ndjson file, and return how many. An existing file is replaced
        only with ``force``."""
        return self._file.export(path, force)

    def import_(
        self,
        path: str | os.PathLike[str],
        *,
        prefix: str | None = None,
        product: str | None = None,
        nocache: bool = False,
        simulated: bool = False,
    ) -> Any:
        """Take answers from an export or an enriched file; the newest answer to a number is kept. Returns ``rows``,
        ``without_answer`` and ``taken``. If a row cannot be true, nothing of the file is taken:
        :class:`hlr.ListError`."""
        return self._file.import_(os.fspath(path), prefix, product, nocache, simulated)

    def forget(self, *numbers: str, region: str | None = None) -> int:
        """Remove all answers to these numbers, and every trace of them from the file. Returns how many there were."""
        return self._file.forget(list(numbers), region)

    def prune(self, older_than: timedelta, *, dry_run: bool = False) -> int:
        """Remove answers older than this, and return how many. With ``dry_run`` they are only counted."""
        return self._file.prune(older_than.total_seconds(), dry_run)
