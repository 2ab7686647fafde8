"""A progress bar: tqdm where it is installed, a line on standard error elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Union

from ._errors import ConfigError
from ._figures import Progress

Progressing = Union[bool, Callable[[Progress], object], None]


def listener(progress: Progressing) -> Callable[[Progress], object] | None:
    """What is called with the progress of a run."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return bar()
    if not callable(progress):
        raise ConfigError("progress is neither True nor something that can be called")
    return progress


def bar() -> Callable[[Progress], object]:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return lines()
    shown: Any = None

    def update(progress: Progress) -> None:
        nonlocal shown
        if shown is None:
            shown = tqdm(total=progress.total, unit=" rows", unit_scale=True)
        shown.total = progress.total
        shown.update(progress.rows - shown.n)
        if progress.total is not None and progress.total_is_exact and progress.rows >= progress.total:
            shown.close()

    return update


def lines(every: float = 2.0) -> Callable[[Progress], object]:
    last = time.monotonic()

    def update(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= every:
            last = time.monotonic()
            total = "" if progress.total is None else f" of {progress.total:,}"
            print(f"{progress.rows:,}{total} rows", file=sys.stderr, flush=True)

    return update
