"""Figures and answers as objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class Figures(dict[str, Any]):
    """Figures by name, also as attributes: ``summary["counts"]`` is ``summary.counts``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def figures(text: str) -> Any:
    """JSON with its objects as :class:`Figures`."""
    return json.loads(text, object_hook=Figures)


@dataclass(frozen=True)
class Progress:
    """How far a run is. ``total`` is ``None`` where the number of rows is not known."""

    rows: int
    total: int | None
    total_is_exact: bool


@dataclass(frozen=True)
class Answer:
    """What is known about a number. Fields that nobody knows are ``None``.

    ``status`` is ``reachable``, ``absent``, ``no_service``, ``dead``, ``assigned``, ``unknown``, ``not_checked`` or
    ``invalid``; ``source`` is ``live``, ``ledger``, ``duplicate`` or ``none``.
    """

    number: str
    msisdn: str | None
    status: str
    result: str | None
    mcc: str | None
    mnc: str | None
    location: str | None
    network: str | None
    country: str | None
    location_country: str | None
    roaming: bool | None
    source: str
    checked_at: datetime | None
    attempts: int
    reason: str | None
