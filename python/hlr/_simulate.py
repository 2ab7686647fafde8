"""A simulated lookup service on this machine."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any

from . import _hlr
from ._arguments import plain


class Simulation:
    """A simulated service that runs until the block ends, or :meth:`stop`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._simulation = _hlr.Simulation(json.dumps(settings, default=plain))
        self._account: Any = None

    @property
    def url(self) -> str:
        """Its address, for ``endpoint``. User name and password are ``user`` and ``password``."""
        return self._simulation.url

    @property
    def certificate(self) -> str | None:
        """With ``scheme="https"``, its certificate as PEM, for the file that ``ca_file`` names."""
        return self._simulation.certificate

    def account(self) -> Any:
        """What it was asked and what it would bill; after :meth:`stop`, the last account."""
        account = self._simulation.account()
        return self._account if account is None else account

    def stop(self) -> Any:
        """End it, and return its last account."""
        account = self._simulation.stop()
        if account is not None:
            self._account = account
        return self._account

    def __enter__(self) -> Simulation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def simulate(**settings: Any) -> Simulation:
    """Start a simulated lookup service. It makes no lookups; an answer depends only on the seed and the number.

    The keywords are the keys of the table ``[simulator]`` of a pipeline file, for example
    ``latency={"median": "50ms"}``, ``faults={"unavailable": 0.02}``, ``seed=7``.

    >>> import hlr
    >>> with hlr.simulate(seed=1) as service:
    ...     answers = hlr.lookup(
    ...         "+46701740605", endpoint=service.url, username="user", password="password", ledger=False
    ...     )
    ...     service.account().requests
    1

    Raises :class:`hlr.ConfigError` when a value cannot be simulated.
    """
    return Simulation(settings)
