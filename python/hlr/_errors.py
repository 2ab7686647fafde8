"""The exceptions of the package. Each has the message and the help of the command line."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Something went wrong. The base of all exceptions of this package.

    ``message`` says what, ``help`` what to do about it. After a run that had started, ``summary`` has its figures and
    ``resume`` says how to go on; before, both are ``None``.
    """

    message: str
    help: str
    summary: Any
    resume: str | None

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message, help)
        self.message = message
        self.help = help
        self.summary = None
        self.resume = None

    def __str__(self) -> str:
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message


class ConfigError(Error, ValueError):
    """An argument, or a key of the pipeline file, cannot be used. Nothing was sent."""


class ListError(Error):
    """The rows cannot be read, their columns are not clear, or they hold too few numbers."""


class Busy(Error):
    """Another run uses the ledger or the output. Try again later."""


class AccountRefused(Error):
    """The provider refuses the account: wrong credentials, no permission, no credit."""


class ServiceDown(Error):
    """No endpoint has answered for as long as ``give_up_after`` allows."""


class CapReached(Error):
    """``max_lookups`` or ``max_cost`` is reached. The same call goes on from there."""


class Interrupted(Error):
    """The run was stopped. The same call goes on from there."""


class LedgerError(Error):
    """The ledger cannot be read or written, so further answers would be paid for and lost."""
