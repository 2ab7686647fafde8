"""A nightly run of hlr, with a reaction to each of its exit codes (docs/nightly-runs.md).

| code | here |
| --- | --- |
| 0 | success |
| 3, 130, death by a signal | failed, tried again after retry_delay |
| 4, 2, 1 | failed for good: somebody must look |
| 5 | skipped: another run is active |

A retry runs the same command. The ledger knows what was paid for, so it asks only for the rest; the pipeline file needs
`force = true`, because a run that ended with code 3 has written its output.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

HLR = os.environ.get("HLR_BINARY", "/usr/local/bin/hlr")
PIPELINE = "/etc/hlr/nightly.toml"
FOLDER = Path("/var/lib/hlr")
# Longer than `timeout` in the pipeline file, so that answers to lookups that were sent are kept.
SECONDS_TO_END = 60


def run_hlr(*arguments: str) -> int:
    """Runs hlr to its end. When the task is stopped, asks hlr to stop and waits for it."""
    with subprocess.Popen([HLR, *arguments], cwd=FOLDER) as process:
        try:
            return process.wait()
        except BaseException:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def judge(code: int) -> None:
    """Turns an exit code into what Airflow should do."""
    match code:
        case 0:
            return
        case 5:
            raise AirflowSkipException("another run is active")
        case 3:
            raise AirflowException("some rows have no answer; the output is written, a retry may close the gaps")
        case 1 | 2 | 4:
            raise AirflowFailException(f"hlr ended with exit code {code}; the last lines of its log say what to do")
        case _:
            raise AirflowException(f"hlr was killed or interrupted ({code}); a retry continues")


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=20)},
    tags=["hlr"],
)
def hlr_nightly():
    @task
    def check() -> None:
        judge(run_hlr("check", PIPELINE))

    # After the last retry, rows that are still without an answer stay `unknown` or `not_checked`.
    @task(execution_timeout=timedelta(hours=8))
    def enrich() -> str:
        summary = FOLDER / "nightly.json"
        before = summary.stat().st_mtime_ns if summary.exists() else None
        judge(run_hlr("run", PIPELINE, "--summary", str(summary), "--quiet"))
        # A summary that this run did not write belongs to an older run.
        if not summary.exists() or summary.stat().st_mtime_ns == before:
            raise AirflowFailException(f"{summary} was not written by this run")
        return str(summary)

    @task
    def accept(summary: str) -> str:
        """Checks the figures before anything is loaded."""
        figures = json.loads(Path(summary).read_text())
        counts = figures["counts"]
        if figures["simulated"]:
            raise AirflowFailException("the answers are the simulator's")
        if counts["rows"] == 0 or counts["invalid"] > counts["rows"] / 2:
            raise AirflowFailException(f"{counts['invalid']} of {counts['rows']} rows have no valid number; has the export changed?")
        return figures["output"]

    ready = check()
    summary = enrich()
    ready >> summary
    accept(summary)


hlr_nightly()
