"""Lists in Spark: the cluster reads, deduplicates and joins, and one process asks.

    >>> import hlr.spark                                                             # doctest: +SKIP
    >>> enriched = hlr.spark.enrich(                                                 # doctest: +SKIP
    ...     contacts, "phone", answers="s3://bucket/hlr/answers", name="contacts", endpoint="eu", rate=100
    ... )

Spark runs a task again whenever it likes, and a lookup is paid for each time. So no task of the frame asks: ``enrich``
asks before it returns, under the lease of the contract, and the frame that it returns reads files that are complete.
Needs pyspark 3.5 or newer, and this package, pandas and pyarrow on the executors.
"""

from ._api import answers, enrich, normalise, plan

__all__ = ["answers", "enrich", "normalise", "plan"]
