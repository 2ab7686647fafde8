"""A job of Spark in a process of its own: `job.py MASTER ARGUMENTS`, where ARGUMENTS is JSON.

Prints one line of JSON: what came out, or the error.
"""

import json
import os
import sys
from collections import Counter


def session(master, **settings):
    """A session whose executors have this interpreter."""
    from pyspark.sql import SparkSession

    if master.startswith("connect:"):
        # A server of Spark Connect in this process.
        return SparkSession.builder.remote(master.removeprefix("connect:")).getOrCreate()
    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.memory", "1g").config("spark.sql.shuffle.partitions", "4")
    builder = builder.config("spark.executor.memory", "1g").config("spark.driver.host", "127.0.0.1")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.log.level", "ERROR")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def main():
    import hlr.spark

    master, given = sys.argv[1], json.loads(sys.argv[2])
    spark = session(master, **given.pop("session", {}))
    frame = spark.read.parquet(given.pop("list"))
    try:
        out = hlr.spark.enrich(frame, "phone", **given)
        rows = out.select("hlr_msisdn", "hlr_status", "hlr_source").collect()
    except hlr.Error as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}), flush=True)
        return
    print(
        json.dumps(
            {
                "rows": len(rows),
                "numbers": len({row.hlr_msisdn for row in rows} - {None}),
                "statuses": Counter(row.hlr_status for row in rows),
                "sources": Counter(row.hlr_source for row in rows),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    main()
