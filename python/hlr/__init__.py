"""Bulk HLR lookups over Arrow: a table with phone numbers in, the same table with network, status and location out.

    >>> import pyarrow as pa, hlr
    >>> contacts = pa.table({"phone": ["+46 70-174 06 05", "not a number"]})
    >>> table = pa.table(hlr.enrich(contacts, column="phone", endpoint="simulator"))
    >>> table["hlr_status"].to_pylist()
    ['reachable', 'invalid']

Rows go in as anything with an Arrow stream (pandas, Polars, DuckDB, pyarrow) or as files, and come out as an Arrow
stream. Every answer that was paid for is in the ledger before a row shows it, and no number is paid for twice. The
keyword arguments are the keys of a pipeline file, which are the flags of the command line with ``_`` for ``-``.
"""

from ._api import enrich, lookup, normalise, plan, run
from ._errors import (
    AccountRefused,
    Busy,
    CapReached,
    ConfigError,
    Error,
    Interrupted,
    LedgerError,
    ListError,
    ServiceDown,
)
from ._figures import Answer, Figures, Progress
from ._hlr import ArrowSchema, Enriched, Rows, __version__
from ._ledger import Ledger
from ._shared_answers import SharedAnswers
from ._simulate import Simulation, simulate

__all__ = [
    "AccountRefused",
    "Answer",
    "ArrowSchema",
    "Busy",
    "CapReached",
    "ConfigError",
    "Enriched",
    "Error",
    "Figures",
    "Interrupted",
    "Ledger",
    "LedgerError",
    "ListError",
    "Progress",
    "Rows",
    "ServiceDown",
    "SharedAnswers",
    "Simulation",
    "__version__",
    "enrich",
    "lookup",
    "normalise",
    "plan",
    "run",
    "simulate",
]
