"""What is asked of Spark: whether the executors can work, samples, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import ConfigError
from .._hlr import __version__
from . import _tasks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

TEXTS = ["msisdn", "status", "result", "mcc", "mnc", "location", "network", "country", "location_country"]
ADDED = [*TEXTS, "roaming", "source", "checked_at", "attempts", "reason"]
"""The columns of an enriched file, in their order."""

SAMPLE_ROWS = 10_000
SAMPLE_OF_A_PARTITION = 500

MISSING = {
    "No module named 'hlr'": (
        "the executors do not have the package hlr",
        "install its wheel in the Python of the executors, which spark.pyspark.python (or PYSPARK_PYTHON) names",
    ),
    "No module named 'pandas'": ("the executors do not have pandas", "install pandas 2.2 or newer in their Python"),
    "Pandas >=": ("the executors do not have pandas, or one that is too old", "install pandas 2.2 or newer in their Python"),
    "No module named 'pyarrow'": ("the executors do not have pyarrow", "install pyarrow in their Python"),
    "PyArrow >=": ("the executors do not have pyarrow, or one that is too old", "install pyarrow in their Python"),
    "PYTHON_VERSION_MISMATCH": (
        "the executors have another version of Python than this process",
        "name one version for both: spark.pyspark.python for the executors, spark.pyspark.driver.python for this process",
    ),
    "Cannot run program": (
        "the executors do not find their Python",
        "name it by its path on the executors: spark.pyspark.python, or PYSPARK_PYTHON",
    ),
}

_checked: set[str] = set()


def check(spark: SparkSession) -> None:
    """Refuses a cluster whose executors lack something, before anything is asked."""
    application = str(spark.conf.get("spark.app.id", "") or "")
    if application in _checked:
        return
    tasks = parallelism(spark)
    probe = spark.range(0, tasks, 1, tasks).mapInArrow(_tasks.probe, "hlr string, pandas string")
    try:
        found = probe.collect()
    except Exception as fault:
        text = str(fault)
        for sign, (problem, help) in MISSING.items():
            if sign in text:
                raise ConfigError(problem, help) from fault
        raise
    versions = {row.hlr for row in found}
    if versions != {__version__}:
        other = ", ".join(sorted(versions - {__version__}))
        raise ConfigError(
            f"the executors have hlr {other}, and this process has {__version__}", "install the same version on all"
        )
    if application:
        _checked.add(application)


def parallelism(spark: SparkSession) -> int:
    """How many tasks run at once, more or less."""
    try:
        return max(1, min(64, int(spark.sparkContext.defaultParallelism)))
    except Exception:  # Spark Connect has no context here
        return 8


def rows_through(df: DataFrame, task: Any, schema: StructType) -> DataFrame:
    """The rows of a frame through a task that sees its columns by their names, whatever characters these have."""
    from pyspark.sql import types as T

    numbered = df.toDF(*[f"c{place}" for place in range(len(df.columns))])
    fields = [T.StructField(f"c{place}", field.dataType) for place, field in enumerate(schema.fields)]
    done = numbered.mapInArrow(_tasks.renamed(df.columns, task), T.StructType(fields))
    return done.toDF(*schema.names)


def sample(df: DataFrame) -> Any:
    """Some rows of every partition, as a table of pyarrow."""
    from pyspark.sql import functions as F

    first = rows_through(df, _tasks.head(SAMPLE_OF_A_PARTITION), df.schema)
    return table(first.orderBy(F.rand(7)).limit(SAMPLE_ROWS))


def table(df: DataFrame) -> Any:
    """The rows as a table of pyarrow."""
    if hasattr(df, "toArrow"):
        return df.toArrow()
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    from pyspark.sql.pandas.types import to_arrow_schema

    batches = df._collect_as_arrow()  # type: ignore[operator]
    return pa.Table.from_batches(batches, batches[0].schema if batches else to_arrow_schema(df.schema))


def files(spark: SparkSession, names: list[str], schema: StructType | str) -> DataFrame:
    """The rows of Parquet files: by Spark, where it has a file system for them, or by the library of this package."""
    if not names:
        return spark.createDataFrame([], schema)
    if reads(spark, names[0]):
        return spark.read.schema(schema).parquet(*[in_spark(name) for name in names])
    listed = spark.createDataFrame([(name,) for name in names], "file string")
    parts = min(len(names), 4 * parallelism(spark))
    return listed.repartition(parts).mapInArrow(_tasks.read, schema)


def in_spark(name: str) -> str:
    """The name of a file as Spark writes it."""
    return f"s3a://{name.removeprefix('s3://')}" if name.startswith("s3://") else name


def reads(spark: SparkSession, name: str) -> bool:
    """Whether Spark has a file system for this file."""
    if name.startswith("az://"):
        # Spark's URL has the account in it, which this one has not.
        return False
    try:
        path = spark._jvm.org.apache.hadoop.fs.Path(in_spark(name))  # type: ignore[union-attr]
        path.getFileSystem(spark._jsc.hadoopConfiguration())
    except Exception:  # Spark Connect has no JVM here, and a missing class is an error of the JVM
        return False
    return True


def added_schema(prefix: str) -> StructType:
    """The columns of an enriched file, with Spark's types."""
    from pyspark.sql import types as T

    kinds = {"roaming": T.BooleanType(), "checked_at": T.TimestampType(), "attempts": T.IntegerType()}
    return T.StructType([T.StructField(prefix + name, kinds.get(name, T.StringType())) for name in ADDED])


def not_asked(prefix: str, status: str, reason: Any) -> dict[str, Any]:
    """The cells of a row whose number was not asked about, by name."""
    from pyspark.sql import functions as F

    known = {"status": F.lit(status), "result": F.lit("not_asked"), "source": F.lit("none"), "attempts": F.lit(0)}
    known["reason"] = reason
    schema = added_schema(prefix)
    return {
        field.name: known.get(name, F.lit(None)).cast(field.dataType)
        for name, field in zip(ADDED, schema.fields, strict=True)
    }
