"""Rebuilds that were asked for over HTTP: one row a job, its progress and what came of it.

services/audit/rebuild_jobs.py writes and asks. The rows belong to no generation and no digest.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from services.store.database import Connection

JobState = Literal["queued", "running", "done", "failed", "lost"]
LISTED_AT_MOST = 500

_COLUMNS = (
    "id, asked_by, asked_at, compare, swap, keep, state, stage, stage_done, stage_total, heartbeat, "
    "finished_at, report, error"
)


class JobRow(NamedTuple):
    """A job; `report` is the JSON of a services.audit.rebuild_job.Report."""

    id: int
    asked_by: str
    asked_at: dt.datetime
    compare: bool
    swap: bool
    keep: bool
    state: JobState
    stage: str | None
    stage_done: int
    stage_total: int
    heartbeat: dt.datetime
    finished_at: dt.datetime | None
    report: Any
    error: str | None


def add_job(connection: Connection, asked_by: str, *, compare: bool, swap: bool, keep: bool) -> JobRow:
    """A new job, queued."""
    row = connection.execute(
        "INSERT INTO daybook.rebuild_job (asked_by, compare, swap, keep) VALUES (%s, %s, %s, %s) "
        f"RETURNING {_COLUMNS}".encode(),
        (asked_by, compare, swap, keep),
    ).fetchone()
    assert row is not None, "an INSERT with RETURNING gives its row"
    return JobRow._make(row)


def job(connection: Connection, job_id: int) -> JobRow | None:
    """One job."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM daybook.rebuild_job WHERE id = %s".encode(), (job_id,)
    ).fetchone()
    return None if row is None else JobRow._make(row)


def jobs(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[JobRow]:
    """The newest first, from before a number."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM daybook.rebuild_job WHERE %s::bigint IS NULL OR id < %s "
        "ORDER BY id DESC LIMIT %s".encode(),
        (before, before, min(limit, LISTED_AT_MOST)),
    ).fetchall()
    return [JobRow._make(row) for row in rows]


def unfinished(connection: Connection) -> list[int]:
    """Jobs that are queued or run, as far as their rows say."""
    rows = connection.execute(
        "SELECT id FROM daybook.rebuild_job WHERE state IN ('queued', 'running') ORDER BY id"
    ).fetchall()
    return [row[0] for row in rows]


def move_job(connection: Connection, job_id: int, stage: str, done: int, total: int) -> None:
    """Say how far a job is."""
    connection.execute(
        "UPDATE daybook.rebuild_job SET state = 'running', stage = %s, stage_done = %s, stage_total = %s, "
        "heartbeat = now() WHERE id = %s",
        (stage, done, total, job_id),
    )


def beat(connection: Connection, job_id: int) -> None:
    """Say that a job is alive."""
    connection.execute("UPDATE daybook.rebuild_job SET heartbeat = now() WHERE id = %s", (job_id,))


def end_job(
    connection: Connection,
    job_id: int,
    state: JobState,
    *,
    report: str | None = None,
    error: str | None = None,
) -> None:
    """Say what became of a job; `report` is JSON."""
    connection.execute(
        "UPDATE daybook.rebuild_job SET state = %s, report = coalesce(%s::jsonb, report), error = %s, "
        "heartbeat = now(), finished_at = now() WHERE id = %s",
        (state, report, error, job_id),
    )


def lose_jobs(connection: Connection, job_ids: Sequence[int]) -> None:
    """Say that the processes of these jobs died; the heartbeat stays what it was."""
    connection.execute(
        "UPDATE daybook.rebuild_job SET state = 'lost', finished_at = now() "
        "WHERE id = ANY(%s) AND state IN ('queued', 'running')",
        (list(job_ids),),
    )
