"""Answers that many machines share, between runs."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from . import _hlr


class SharedAnswers:
    """The store of answers that ``answers=`` names: the URL of an object store, or a folder that machines share.

    Its files are never changed, and hold every answer that was ever paid for; the newest of a number counts.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self._store = _hlr.AnswerStore(os.fspath(place))

    @property
    def url(self) -> str:
        """Where it is."""
        return self._store.url

    def __repr__(self) -> str:
        return f"hlr.SharedAnswers({self.url!r})"

    def files(self) -> list[tuple[str, int]]:
        """The URLs of its Parquet files, each with its size in bytes."""
        return self._store.files()

    def stats(self) -> Any:
        """Size, ages, and answers by status, result, country and network. Reads every answer."""
        return self._store.stats()

    def compact(self) -> Any:
        """Sort many small files into large ones, beside running jobs if need be. Returns ``answers``, ``removed``,
        ``files_before`` and ``files_after``."""
        return self._store.compact()

    def compact_parts(self) -> Any:
        """Sort the small files alone, and leave the large ones as they are: what a job does at its end."""
        return self._store.compact_parts()

    def export(self, path: str | os.PathLike[str], *, force: bool = False) -> int:
        """Write every answer to a .parquet, .csv or .ndjson file, and return how many. An existing file is replaced
        only with ``force``."""
        return self._store.export(os.fspath(path), force)

    def import_(
        self,
        path: str | os.PathLike[str],
        *,
        prefix: str | None = None,
        product: str | None = None,
        nocache: bool = False,
        simulated: bool = False,
    ) -> Any:
        """Store the answers of an export or an enriched file. Returns ``rows``, ``without_answer`` and ``taken``."""
        return self._store.import_(os.fspath(path), prefix, product, nocache, simulated)

    def forget(self, *numbers: str, region: str | None = None) -> int:
        """Remove all answers to these numbers, and return how many there were. Older versions of objects, where the
        bucket keeps them, still have the numbers."""
        return self._store.forget(list(numbers), region)

    def prune(self, older_than: timedelta, *, dry_run: bool = False) -> int:
        """Remove answers older than this, and return how many. With ``dry_run`` they are only counted."""
        return self._store.prune(older_than.total_seconds(), dry_run)
