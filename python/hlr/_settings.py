"""The keyword arguments of a run, with their types. A test compares them with the keys of the library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, TypedDict, Union

Path = Union[str, "os.PathLike[str]"]
Duration = Union[str, timedelta]
"""A text with its unit, such as ``"500ms"`` or ``"10s"``, or a timedelta."""
Amount = Union[float, Decimal]


class Settings(TypedDict, total=False):
    """How numbers are read, looked up and paid for. ``docs/reference.md`` describes each key."""

    filter: str | Sequence[str] | None
    keep_columns: str | Sequence[str] | None
    drop_columns: str | Sequence[str] | None
    column: str | Sequence[str] | None
    region: str | None
    region_column: str | None
    international: bool | None
    several_numbers: Literal["refuse", "first", "rows"] | None
    max_invalid: float | None
    endpoint: str | Sequence[str] | None
    product: Literal["real-time", "portability"] | None
    rate: float | None
    rate_schedule: dict[str, float] | None
    concurrency: int | None
    timeout: Duration | None
    attempts: int | None
    retry_on: str | Sequence[str] | None
    nocache: bool | None
    ledger: Path | Literal[False] | None
    no_ledger: bool | None
    max_age: Duration | dict[str, Duration] | None
    refresh: bool | None
    commit_interval: Duration | None
    unsaved_answers: int | None
    ledger_memory_mib: int | None
    answers: str | None
    answers_interval: Duration | None
    lease_ttl: Duration | None
    wait: Duration | None
    price: Amount | dict[str, Amount] | None
    free_results: str | Sequence[str] | None
    accept_results: str | Sequence[str] | None
    max_lookups: int | None
    max_cost: Amount | None
    only: Literal["all", "unresolved"] | None
    cost_column: bool | None
    prefix: str | None
    order: Literal["input", "completion"] | None
    delimiter: str | None
    header: bool | None
    sheet: str | None
    skip_lines: int | None
    quote: str | None
    escape: str | None
    encoding: str | None
    window_rows: int | None
    window_mib: int | None
    row_group_mib: int | None
    compression_level: int | None
    give_up_after: Duration | None
    skip_useless: bool | None
    retry_budget: float | None
    second_pass: Duration | None
    first_backoff: Duration | None
    longest_backoff: Duration | None
    connect_timeout: Duration | None
    late_answer_grace: Duration | None
    credentials_file: Path | None
    username_env: str | None
    password_env: str | None
    ca_file: Path | None
    proxy: str | None
    seed: int | None
    simulator: dict[str, Any] | None


class FileSettings(Settings, total=False):
    """The same, and what only a run over files has."""

    input: Path | Sequence[str] | None
    output: Path | None
    format: Literal["csv", "ndjson", "parquet"] | None
    partition_by: str | Sequence[str] | None
    lock: Path | None
    dry_run: bool | None
    force: bool | None
    summary: Path | None
    metrics: Path | None
    metrics_listen: str | None
    report: Path | None
