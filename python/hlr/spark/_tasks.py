"""What runs on the executors. Each function takes the record batches of a partition, and yields others."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Callable

TO_ASK = "number_to_ask"
"""The column of the files with the numbers to ask about."""

Batches = Iterable[Any]
"""Record batches of pyarrow."""


@dataclass(frozen=True)
class Settings:
    """Keyword arguments as JSON, and the text of a pipeline file: the file itself is on the driver."""

    keys: str
    config: str | None = None
    account: tuple[str | None, str | None] = field(default=(None, None), repr=False)

    def calling(self, call: Callable[[Any], Any]) -> Any:
        """Makes a call of the compiled part with these settings."""
        from .._arguments import Call

        arguments = Call({}, None, *self.account)
        arguments.keys = self.keys
        if self.config is None:
            return call(arguments)
        with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
            file.write(self.config)
            file.flush()
            arguments.config = file.name
            return call(arguments)


def renamed(names: list[str], task: Callable[[Batches], Iterator[Any]]) -> Callable[[Batches], Iterator[Any]]:
    """A task whose columns have these names; outside, they are numbered. Spark takes names with dots apart."""

    def work(batches: Batches) -> Iterator[Any]:
        for batch in task(batch.rename_columns(names) for batch in batches):
            yield batch.rename_columns([f"c{place}" for place in range(batch.num_columns)])

    return work


def probe(batches: Batches) -> Iterator[Any]:
    """Which versions the executor has."""
    import pandas  # type: ignore[import-untyped,unused-ignore]
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    from .. import __version__

    for _ in batches:
        pass
    yield pa.RecordBatch.from_pydict({"hlr": [__version__], "pandas": [pandas.__version__]})


def head(rows: int) -> Callable[[Batches], Iterator[Any]]:
    """The first rows of each partition."""

    def first(batches: Batches) -> Iterator[Any]:
        left = rows
        for batch in batches:
            yield batch.slice(0, left)
            left -= batch.num_rows
            if left <= 0:
                return

    return first


def normalise(settings: Settings, reading: str) -> Callable[[Batches], Iterator[Any]]:
    """The rows with their numbers."""

    def normalised(batches: Batches) -> Iterator[Any]:
        from .. import _hlr

        return converted(
            batches, lambda data: settings.calling(lambda call: _hlr.normalise_part(data, call, reading))
        )

    return normalised


def fresh(settings: Settings, now: int) -> Callable[[Batches], Iterator[Any]]:
    """The answers that may be used at this moment."""

    def used(batches: Batches) -> Iterator[Any]:
        from .. import _hlr

        return converted(batches, lambda data: settings.calling(lambda call: _hlr.fresh_answers(data, call, now)))

    return used


def read(batches: Batches) -> Iterator[Any]:
    """The rows of the files that a column ``file`` names."""
    from .. import _hlr
    from .._arguments import Call, Data

    for batch in batches:
        for file in batch.column("file").to_pylist():
            yield from map(for_spark, _hlr.read_rows(Data(file), Call({})))


def write_numbers(settings: Settings, folder: str) -> Callable[[Batches], Iterator[Any]]:
    """Writes numbers: those with an answer as rows of an enriched file, and the others as numbers to ask.

    Yields the names of the files, with their rows. A task that runs twice writes files with other names, and only those
    that Spark has the names of are read.
    """

    def written(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
        import pyarrow.compute as compute  # type: ignore[import-untyped,unused-ignore]

        from .. import _hlr
        from .._arguments import Data

        batches = list(batches)
        if not batches:
            return
        table = pa.Table.from_batches(batches)
        is_known = compute.is_valid(table["result"])
        known: Any = table.filter(is_known)
        unknown = table.filter(compute.invert(is_known)).select(["msisdn"]).sort_by("msisdn")
        if known.num_rows > 0:
            rows = Data(known)
            known = settings.calling(lambda call: _hlr.answered_rows(rows, call))
            yield from files("known", write(known, f"{folder}/known"))
        if unknown.num_rows > 0:
            yield from files("ask", write(to_ask(unknown), f"{folder}/ask"))

    return written


def to_ask(numbers: Any) -> Any:
    """The numbers of a column ``msisdn`` as the asker reads them: complete, and clearly so."""
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    import pyarrow.compute as compute  # type: ignore[import-untyped,unused-ignore]

    return pa.table({TO_ASK: compute.binary_join_element_wise("+", numbers["msisdn"], "")})


def files(kind: str, written: tuple[str, int]) -> Iterator[Any]:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    name, rows = written
    yield pa.RecordBatch.from_pydict({"kind": [kind], "file": [name], "rows": [rows]})


def write(rows: Any, folder: str) -> tuple[str, int]:
    """Writes rows to a file with a name of its own. Returns the name, and how many they are."""
    from .. import _hlr
    from .._arguments import Data

    if "://" not in folder:
        os.makedirs(folder, exist_ok=True)
    name = f"{folder}/{uuid.uuid4().hex}.parquet"
    return name, _hlr.write_rows(Data(rows), name, False)


def ask(settings: Settings, names: list[str], folder: str) -> Callable[[Batches], Iterator[Any]]:
    """Asks, in one task. Yields the name of the file with the rows, or why there is none.

    A task that fails is tried again, and would ask again up to a limit of the run: so an error is a result.
    """

    def asked(batches: Batches) -> Iterator[Any]:
        from .._errors import Error

        for _ in batches:
            pass
        try:
            yield from files("asked", rows_of_numbers(settings, names, folder, None))
        except Error as error:
            told = json.dumps([type(error).__name__, error.message, error.help])
            yield from files("error", (told, 0))

    return asked


def rows_of_numbers(settings: Settings, names: list[str], folder: str, progress: Any) -> tuple[str, int]:
    """Asks about the numbers of these files. Writes their rows when all is done."""
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    from .. import _hlr
    from .._arguments import Data

    def enriched(call: Any) -> Any:
        call.progress = progress
        return _hlr.enrich(Data(names), call)

    with settings.calling(enriched) as rows:
        schema = pa.schema(rows.schema)
        added = (batch.drop_columns([TO_ASK]) for batch in rows)
        reader = pa.RecordBatchReader.from_batches(schema.remove(schema.get_field_index(TO_ASK)), added)
        try:
            return write(reader, folder)
        except Exception:
            # What ended the rows says more than that they ended.
            if rows.error is not None:
                raise rows.error from None
            raise


def estimate(settings: Settings) -> Callable[[Batches], Iterator[Any]]:
    """What it costs to ask about these numbers."""

    def estimated(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

        from .. import _hlr
        from .._arguments import Data

        batches = list(batches)
        if not any(batch.num_rows for batch in batches):
            return
        table = pa.Table.from_batches(batches)
        plan = settings.calling(lambda call: _hlr.plan(Data(to_ask(table)), call))
        figures = {name: plan[name] for name in PLANNED}
        yield pa.RecordBatch.from_pydict({"plan": [json.dumps(figures, default=float)]})

    return estimated


PLANNED = ["to_look_up", "lookups_at_most", "cost", "cost_at_most", "seconds_at_rate"]


def converted(batches: Batches, convert: Callable[[Any], Any]) -> Iterator[Any]:
    """The batches of a partition, through a call that takes a stream. An empty partition has no schema, and no rows."""
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    from .._arguments import Data

    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return

    def all_batches() -> Iterator[Any]:
        yield first
        yield from batches

    reader = pa.RecordBatchReader.from_batches(first.schema, all_batches())
    yield from map(for_spark, convert(Data(reader)))


def for_spark(batch: Any) -> Any:
    """The batch with types that Spark has: no unsigned numbers, times in microseconds, no field metadata."""
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    fields = []
    for column in batch.schema:
        kind = column.type
        if pa.types.is_unsigned_integer(kind):
            kind = {8: pa.int16(), 16: pa.int32()}.get(kind.bit_width, pa.int64())
        elif pa.types.is_timestamp(kind) and kind.unit != "us":
            kind = pa.timestamp("us", kind.tz)
        fields.append(pa.field(column.name, kind, column.nullable))
    return batch.cast(pa.schema(fields))
