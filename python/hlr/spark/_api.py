"""The functions of ``hlr.spark``."""

from __future__ import annotations

import json
import logging
import os
import re
import time
import uuid
from typing import TYPE_CHECKING, Any, Callable, Literal

from .. import _errors, _hlr
from .._arguments import Data, keys
from .._errors import ConfigError
from .._figures import Figures
from .._progress import Progressing, listener
from .._shared_answers import SharedAnswers
from . import _cluster, _tasks
from ._tasks import TO_ASK, Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger("hlr")

OF_THE_LIST = {
    "column",
    "delimiter",
    "drop_columns",
    "encoding",
    "escape",
    "filter",
    "header",
    "international",
    "keep_columns",
    "max_invalid",
    "quote",
    "region",
    "region_column",
    "several_numbers",
    "sheet",
    "skip_lines",
}
"""Keys about how a list is read. The asker gets numbers that were read."""

WITHOUT_MEANING = {
    "cost_column": "hlr.spark.plan tells what the lookups of a frame cost",
    "only": "filter the frame, such as df.where(\"hlr_status = 'unknown'\")",
    "order": "order the frame that is returned",
    "refresh": "give max_age='1h' or the like: answers that are older are asked again, and a run that is repeated goes on",
}

ANSWER = ["msisdn", "result", "mcc", "mnc", "location", "checked_at", "attempts"]
"""The columns of an answer that a row is made of."""

CHANGED = "the list has changed since its numbers were asked about"
"""Why a row of the frame that is returned has no answer: every number of the list has a row in the files."""

TRIES = 3
"""How often a job reads answers that are compacted meanwhile, before it is an error."""

FILES = "kind string, file string, rows long"


def enrich(
    df: DataFrame,
    column: str | list[str] | None = None,
    *,
    answers: str,
    name: str,
    where: Literal["driver", "task"] = "driver",
    config: str | os.PathLike[str] | None = None,
    progress: Progressing = None,
    username: str | None = None,
    password: str | None = None,
    **settings: Any,
) -> DataFrame:
    """Look up the number of each row, and return the frame with the columns of an enriched file.

    It asks before it returns. The frame that is returned reads complete files only, so any number of actions, retries
    and evictions costs nothing. The same call again goes on where an earlier one ended, whatever ended it.

    ``answers`` is the store of shared answers (:class:`hlr.SharedAnswers`), which executors reach too; ``name`` names
    the job in it. ``where`` is the process that asks: this one, or with ``"task"`` one single task on an executor.
    ``settings`` are those of :func:`hlr.enrich`; ``wait="10m"`` waits for another run on the contract.

    Raises what :func:`hlr.enrich` and its stream raise, and :class:`hlr.ConfigError` if the executors lack something.
    """
    check_arguments(name, where, settings)
    answers = absolute(answers)
    job = Job(df, column, {**settings, "answers": answers}, config, (username, password))
    folder = f"{answers.rstrip('/')}/_jobs/{name}/{int(time.time())}-{uuid.uuid4().hex[:8]}"
    log.info("hlr.spark: reading the numbers of %s", name)
    known, to_ask = job.write_numbers(folder)
    log.info("hlr.spark: %s numbers are known, %s are asked about", rows_of(known), rows_of(to_ask))
    if to_ask:
        known.append(job.ask([file for file, _ in to_ask], where, f"{folder}/asked", listener(progress)))
        SharedAnswers(answers).compact_parts()
    return job.joined([file for file, _ in known])


def rows_of(files: list[tuple[str, int]]) -> int:
    return sum(rows for _, rows in files)


def normalise(
    df: DataFrame,
    column: str | list[str] | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> DataFrame:
    """Read the number of each row, and ask nobody: the frame with ``hlr_msisdn`` and ``hlr_reason``, both text.

    How the numbers are read is decided here, on a sample of the frame, and is the same in every task.
    """
    return Job(df, column, settings, config).normalised()


def plan(
    df: DataFrame,
    column: str | list[str] | None = None,
    *,
    answers: str | None = None,
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Any:
    """Estimate what :func:`enrich` would ask, over the cluster. Asks nobody, and writes nothing.

    Returns the figures of :func:`hlr.plan`; ``fresh_in_ledger`` counts the numbers with a fresh shared answer.
    """
    given = {**settings, "answers": absolute(answers)} if answers else settings
    job = Job(df, column, given, config)
    return job.plan()


def answers(spark: SparkSession, url: str, *, max_age: Any = None, **settings: Any) -> DataFrame:
    """The newest shared answer of each number, if it is young enough: ``msisdn``, ``result``, ``mcc``, ``mnc``,
    ``location``, ``checked_at`` and ``attempts``. Reads the files that are there now."""
    url = absolute(url)
    given = {**settings, "answers": url}
    if max_age is not None:
        given["max_age"] = max_age
    return newest_answers(spark, names_of_files(url), Settings(keys({**given, "ledger": False})))


class Job:
    """A frame, and how its numbers are read."""

    def __init__(
        self,
        df: DataFrame,
        column: str | list[str] | None,
        settings: dict[str, Any],
        config: str | os.PathLike[str] | None,
        account: tuple[str | None, str | None] = (None, None),
    ) -> None:
        self.df, self.spark = df, df.sparkSession
        if column is not None:
            settings = {**settings, "column": column}
        self.settings, self.account = settings, account
        self.answers: str | None = settings.get("answers")
        self.prefix = settings.get("prefix") or "hlr_"
        self.config = None
        if config is not None:
            with open(config, encoding="utf-8") as file:
                self.config = file.read()
        repeated = {name for name in df.columns if df.columns.count(name) > 1}
        if repeated:
            raise ConfigError(f"the frame has several columns {sorted(repeated)[0]!r}", "rename them, so that each is clear")
        # Everything that is wrong with the settings is found before the cluster does anything.
        self.of_tasks = Settings(keys({**settings, "ledger": False, "keep_columns": None, "drop_columns": None}), self.config)
        _cluster.check(self.spark)
        sample = _cluster.sample(df)
        self.reading = self.of_tasks.calling(lambda call: _hlr.read_numbers(Data(sample), call))
        shown = self.of_tasks.calling(lambda call: _hlr.normalise_part(Data(sample), call, self.reading))
        self.columns = shown.schema.names
        added = [self.prefix + name for name in [*_cluster.ADDED, "column"]]
        self.own = [name for name in self.columns if name not in added]
        self.kept, self.dropped = self.named("keep_columns", self.own), self.named("drop_columns", self.own + added)

    def normalised(self) -> DataFrame:
        from pyspark.sql.types import StringType, StructField, StructType

        added = [self.prefix + name for name in ("msisdn", "reason", "column")]
        of_list = {field.name: field for field in self.df.schema.fields if field.name not in added}
        fields = [of_list.get(name) or StructField(name, StringType()) for name in self.columns]
        return _cluster.rows_through(self.df, _tasks.normalise(self.of_tasks, self.reading), StructType(fields))

    def numbers(self) -> DataFrame:
        """The different numbers, in a column ``msisdn``."""
        from pyspark.sql import functions as F

        number = F.col(quoted(f"{self.prefix}msisdn")).alias("msisdn")
        return self.normalised().select(number).where("msisdn is not null").distinct()

    def with_answers(self, files: list[str]) -> DataFrame:
        """The different numbers, each with its newest fresh answer in these files, or nulls."""
        newest = newest_answers(self.spark, files, self.of_tasks)
        return self.numbers().join(newest, "msisdn", "left").select(*ANSWER)

    def with_stable_answers(self, work: Callable[[DataFrame], Any]) -> Any:
        """Work on the numbers and their answers, again where files were compacted meanwhile: they are elsewhere now."""
        assert self.answers is not None
        files = names_of_files(self.answers)
        for _ in range(TRIES):
            try:
                return work(self.with_answers(files))
            except Exception:
                before, files = files, names_of_files(self.answers)
                if set(before) <= set(files):
                    raise
        return work(self.with_answers(files))

    def write_numbers(self, folder: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """Writes the numbers with an answer, and those to ask. Returns the files of both, each with its rows."""
        written = self.with_stable_answers(
            lambda numbers: numbers.mapInArrow(_tasks.write_numbers(self.of_tasks, folder), FILES).collect()
        )
        known, to_ask = ([(row.file, row.rows) for row in written if row.kind == kind] for kind in ("known", "ask"))
        return known, to_ask

    def of_asker(self) -> dict[str, Any]:
        """The settings of a run over the numbers to ask."""
        given = {name: value for name, value in self.settings.items() if name not in OF_THE_LIST}
        return {**given, "column": TO_ASK, "max_invalid": 1.0}

    def ask(self, names: list[str], where: str, folder: str, progress: Any) -> tuple[str, int]:
        """Asks about the numbers of these files. Returns the file with their rows."""
        given = self.of_asker()
        if where == "task":
            # A task may run on any machine, so the shared answers are the ones that count; and it may run twice at the
            # same time, so that one waits for the other.
            given.setdefault("ledger", False)
            given.setdefault("wait", "10m")
        settings = Settings(keys(given), self.config, self.account)
        if where == "driver":
            return _tasks.rows_of_numbers(settings, names, folder, progress)
        asked = self.spark.range(0, 1, 1, 1).mapInArrow(_tasks.ask(settings, names, folder), FILES)
        [row] = asked.collect()
        if row.kind == "error":
            kind, message, help = json.loads(row.file)
            raise getattr(_errors, kind)(f"on the executor: {message}", help)
        return row.file, row.rows

    def joined(self, known: list[str]) -> DataFrame:
        """The rows with the answers of complete files."""
        from pyspark.sql import functions as F

        schema = _cluster.added_schema(self.prefix)
        number, reason = f"{self.prefix}msisdn", f"{self.prefix}reason"
        looked_up = _cluster.files(self.spark, known, schema)
        rows = self.normalised()
        names = [self.prefix + name for name in _cluster.ADDED]
        more = [name for name in self.columns if name == f"{self.prefix}column"]
        nothing = _cluster.not_asked(self.prefix, "not_checked", F.lit(CHANGED))
        valid = rows.where(F.col(quoted(number)).isNotNull()).drop(reason)
        valid = valid.join(looked_up, number, "left").select(
            *[F.col(quoted(name)) for name in self.own],
            *[self.or_nothing(name, nothing) for name in names],
            *[F.col(quoted(name)) for name in more],
        )
        invalid = _cluster.not_asked(self.prefix, "invalid", F.col(quoted(reason)))
        refused = rows.where(F.col(quoted(number)).isNull()).select(
            *[F.col(quoted(name)) for name in self.own],
            *[invalid[name].alias(name) for name in names],
            *[F.col(quoted(name)) for name in more],
        )
        return self.chosen(valid.unionByName(refused))

    def or_nothing(self, name: str, nothing: dict[str, Any]) -> Any:
        from pyspark.sql import functions as F

        if name == f"{self.prefix}msisdn":
            return F.col(quoted(name))
        without = F.col(quoted(f"{self.prefix}status")).isNull()
        return F.when(without, nothing[name]).otherwise(F.col(quoted(name))).alias(name)

    def named(self, key: str, known: list[str]) -> list[str]:
        """The columns that a setting names."""
        value = self.settings.get(key) or []
        names = [value] if isinstance(value, str) else list(value)
        for name in names:
            if name not in known:
                raise ConfigError(f"{key}: the frame lacks a column {name!r}", f"the columns are {', '.join(known)}")
        return names

    def chosen(self, frame: DataFrame) -> DataFrame:
        """The columns that ``keep_columns`` and ``drop_columns`` leave."""
        left_out = [name for name in self.own if self.kept and name not in self.kept]
        return frame.drop(*left_out, *self.dropped)

    def plan(self) -> Any:
        from pyspark.sql import functions as F

        reason = F.coalesce(F.col(quoted(f"{self.prefix}reason")), F.lit(""))
        counted = self.normalised().groupBy(reason.alias("reason")).count().collect()
        by_reason = {row["reason"]: row["count"] for row in counted}
        valid = by_reason.pop("", 0)
        numbers = self.numbers()
        distinct = numbers.count()
        given = {**self.of_asker(), "answers": None, "ledger": False}
        estimate = _tasks.estimate(Settings(keys(given), self.config))

        def estimated(to_ask: DataFrame) -> list[Any]:
            return [json.loads(row.plan) for row in to_ask.mapInArrow(estimate, "plan string").collect()]

        if self.answers is None:
            parts = estimated(numbers)
        else:
            parts = self.with_stable_answers(
                lambda known: estimated(known.where("result is null").select("msisdn"))
            )
        sums = {name: total([part[name] for part in parts]) for name in _tasks.PLANNED}
        to_look_up = sums["to_look_up"] or 0
        return Figures(
            rows=valid + sum(by_reason.values()),
            invalid=sum(by_reason.values()),
            invalid_by_reason=Figures(by_reason),
            duplicates=valid - distinct,
            distinct=distinct,
            fresh_in_ledger=distinct - to_look_up,
            **{**sums, "to_look_up": to_look_up, "lookups_at_most": sums["lookups_at_most"] or 0},
        )


def total(figures: list[Any]) -> Any:
    """The sum, unless there is none."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None


def names_of_files(store: str) -> list[str]:
    """The files of a store of shared answers."""
    return [file for file, _ in SharedAnswers(store).files()]


def newest_answers(spark: SparkSession, files: list[str], settings: Settings) -> DataFrame:
    """The newest answer of each number in these files that may be used, unless it was taken back since."""
    from pyspark.sql import functions as F

    columns = "msisdn string, product string, nocache boolean, status string, result string, mcc string, mnc string, "
    columns += "location string, network string, country string, checked_at timestamp, attempts int"
    table = _cluster.files(spark, files, columns)
    used = table.mapInArrow(_tasks.fresh(settings, int(time.time() * 1000)), columns)
    is_withdrawal = F.col("result") == "WITHDRAWN"
    answer = F.struct(*[name for name in ANSWER if name != "msisdn"])
    newest = used.groupBy("msisdn").agg(
        F.max_by(answer, F.when(~is_withdrawal, F.col("checked_at"))).alias("answer"),
        F.max(F.when(is_withdrawal, F.col("checked_at"))).alias("withdrawn"),
    )
    counts = F.col("withdrawn").isNull() | (F.col("answer.checked_at") > F.col("withdrawn"))
    return newest.where(F.col("answer").isNotNull() & counts).select("msisdn", "answer.*")


def absolute(place: str | os.PathLike[str]) -> str:
    """The place of shared answers, the same on every machine: executors have other folders of their own."""
    place = os.fspath(place)
    if place.startswith("file://"):
        place = place.removeprefix("file://")
    return place if "://" in place else os.path.abspath(place)


def quoted(name: str) -> str:
    """A column name for Spark's parser, which takes dots apart."""
    return "`" + name.replace("`", "``") + "`"


def check_arguments(name: str, where: str, settings: dict[str, Any]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ConfigError(f"name {name!r} is not a name of a job", "use letters, digits, dots, hyphens and underscores")
    if where not in ("driver", "task"):
        raise ConfigError(f"where is {where!r}", 'give "driver" or "task"')
    for key, help in WITHOUT_MEANING.items():
        if settings.get(key):
            raise ConfigError(f"{key} has no meaning for a frame of Spark", help)

