"""Rebuilds as jobs: asked for over HTTP, run in a thread of the process that was asked, told in the database.

One runs at a time, whatever process was asked: a lock says so, and its end with its process says that a job
was lost. Any process can tell how far a job is. What a job finds is its report, never an exception.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable

import msgspec

from events.codec import encode_json
from events.errors import DaybookError
from services.audit.rebuild import RebuildPlan
from services.audit.rebuild_job import Report, rebuild_and_report, swap_in
from services.errors import NotFound, Refused
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.locks import Lock
from services.store.queries import rebuild_jobs as stored
from services.store.queries.rebuild_jobs import JobRow, JobState

LOCK = "rebuild job"
BEAT_SECONDS = 2.0
SHARES = 20
"""Into about so many shares the work is cut, so that progress is told about as often."""

_log = logging.getLogger("daybook.audit.rebuild_jobs")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A rebuild as it stands. `stage` is fold (in records) or tallies; `swappable`: it compared equal, is
    kept, and may be made live."""

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
    swappable: bool
    report: Report | None
    error: str | None


class RebuildJobs:
    """The jobs of one system; `plan` makes a plan for its whole journal. Threads may share it."""

    def __init__(self, conninfo: str, plan: Callable[[], RebuildPlan]) -> None:
        self._conninfo = conninfo
        self._plan = plan

    def start(self, asked_by: str, *, compare: bool, swap: bool, keep: bool = False) -> Job:
        """Begin a rebuild and return at once; Refused while another one runs."""
        lock = Lock(self._conninfo, LOCK)
        try:
            if not lock.try_take():
                raise Refused("a rebuild runs already: GET /rebuilds shows how far it is; one at a time")
            with connect(self._conninfo, autocommit=True) as connection:
                stored.lose_jobs(connection, stored.unfinished(connection))
                row = stored.add_job(connection, asked_by, compare=compare, swap=swap, keep=keep)
            threading.Thread(
                target=self._run, args=(lock, row), name=f"rebuild {row.id}", daemon=True
            ).start()
        except BaseException:
            lock.close()
            raise
        return _job(row, None)

    def get(self, job_id: int) -> Job:
        """One job as it stands; NotFound."""
        with connect(self._conninfo, autocommit=True) as connection:
            row = stored.job(connection, job_id)
            if row is not None and row.state in ("queued", "running"):
                self._note_lost(connection)
                row = stored.job(connection, job_id)
            if row is None:
                raise NotFound(f"there is no rebuild {job_id}: see GET /rebuilds")
            return _seen(connection, row)

    def list(self, *, before: int | None = None, limit: int = 50) -> list[Job]:
        """The newest first, from before a number."""
        with connect(self._conninfo, autocommit=True) as connection:
            if stored.unfinished(connection):
                self._note_lost(connection)
            return [_seen(connection, row) for row in stored.jobs(connection, before=before, limit=limit)]

    def swap(self, job_id: int) -> Job:
        """Make what a job kept the live generation; Refused unless it was equal, is kept and is complete."""
        with Lock(self._conninfo, LOCK) as lock:
            if not lock.try_take():
                raise Refused("a rebuild runs now: wait for it, then swap")
            found = self.get(job_id)
            if not found.swappable or found.report is None:
                raise Refused(
                    f"rebuild {job_id} has nothing to swap in: ask for one with compare and keep, and swap "
                    "it when its tables are equal, before the next rebuild drops it"
                )
            with connect(self._conninfo, autocommit=True) as connection:
                generation = generations.get(connection, found.report.generation)
                assert generation is not None, "the lock keeps it"
                swap_in(self._plan(), connection, generation)
                report = msgspec.structs.replace(found.report, swapped=True)
                stored.end_job(connection, job_id, "done", report=encode_json(report).decode())
        return self.get(job_id)

    def _note_lost(self, connection: Connection) -> None:
        """Whoever can take the lock knows that no job runs: those whose rows say so were lost."""
        with Lock(self._conninfo, LOCK) as lock:
            if lock.try_take():
                stored.lose_jobs(connection, stored.unfinished(connection))

    def _run(self, lock: Lock, row: JobRow) -> None:
        stop = threading.Event()
        beating = threading.Thread(target=self._beat, args=(row.id, stop), daemon=True)
        with lock, connect(self._conninfo, autocommit=True) as connection:
            beating.start()
            try:
                report = self._rebuilt(connection, row)
            except DaybookError as error:
                stored.end_job(connection, row.id, "failed", error=f"{error.code}: {error}")
            except Exception as error:
                _log.exception("rebuild %d failed", row.id)
                stored.end_job(connection, row.id, "failed", error=f"{type(error).__name__}: {error}")
            else:
                stored.end_job(connection, row.id, "done", report=encode_json(report).decode())
            finally:
                stop.set()
                beating.join()

    def _rebuilt(self, connection: Connection, row: JobRow) -> Report:
        plan = self._plan()
        _drop_kept(connection, plan)
        stored.move_job(connection, row.id, "fold", 0, 0)

        def progress(stage: str, done: int, total: int) -> None:
            stored.move_job(connection, row.id, stage, done, total)

        return rebuild_and_report(plan, compare=row.compare, swap=row.swap, keep=row.keep, progress=progress)

    def _beat(self, job_id: int, stop: threading.Event) -> None:
        with connect(self._conninfo, autocommit=True) as connection:
            while not stop.wait(BEAT_SECONDS):
                stored.beat(connection, job_id)


def finer(plan: RebuildPlan, records: int) -> RebuildPlan:
    """The same plan in about SHARES shares."""
    return plan._replace(share_entries=max(1, min(plan.share_entries, records // SHARES)))


def _drop_kept(connection: Connection, plan: RebuildPlan) -> None:
    """Drop what an earlier job kept and nobody swapped in."""
    for row in stored.jobs(connection, limit=stored.LISTED_AT_MOST):
        report = _report(row)
        if report is None or report.swapped or not report.kept:
            continue
        kept = generations.get(connection, report.generation)
        if kept is not None and (kept.kind, kept.state) == (plan.kind, generations.FOLLOWING):
            generations.drop(connection, kept)


def _seen(connection: Connection, row: JobRow) -> Job:
    report = _report(row)
    kept = None if report is None or not report.kept else generations.get(connection, report.generation)
    return _job(row, kept)


def _job(row: JobRow, kept: generations.Generation | None) -> Job:
    report = _report(row)
    equal = report is not None and report.comparison is not None and report.comparison.equal
    swappable = equal and row.state == "done" and kept is not None and kept.state == generations.FOLLOWING
    return Job(**{**row._asdict(), "report": report}, swappable=swappable)


def _report(row: JobRow) -> Report | None:
    return None if row.report is None else msgspec.convert(row.report, Report)
