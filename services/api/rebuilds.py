"""Rebuilds over HTTP: ask for one, watch it, see what it found, make what it built the live generation.

The job runs in a thread of this process (services/audit/rebuild_jobs.py); any other process can be asked how
far it is.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from events.codec import encode_json
from services.api.desks import Body
from services.api.guard import needs, who_of
from services.api.openapi import answers
from services.api.reading import Cursor, Limit, json_of
from services.audit.rebuild_jobs import Job, RebuildJobs
from services.errors import WrongUse
from services.store.queries.paging import cursor_of, read_cursor

LOOK_SECONDS = 0.5
STREAM_SECONDS = 600.0
RETRY_MILLISECONDS = 2_000
_SORT = "-id"
_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {name: {"type": "boolean"} for name in ("compare", "swap", "keep")},
                    "additionalProperties": False,
                },
                "example": {"compare": True, "keep": True},
            }
        }
    }
}

router = APIRouter(prefix="/rebuilds", tags=["operate"])
LOOKING, OPERATING = [needs("read_journal")], [needs("operate")]
JobId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class JobPage(msgspec.Struct, frozen=True):
    """Rebuilds, the newest first; `next` is the cursor of the page that follows."""

    rebuilds: tuple[Job, ...]
    next: str | None


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether to compare with the live generation, to make it live if equal, to keep it if not made live."""

    compare: bool = True
    swap: bool = False
    keep: bool = False


@router.post(
    "",
    status_code=202,
    summary="Rebuild the ledgers",
    dependencies=OPERATING,
    openapi_extra=_BODY,
    responses=answers(Job, status=202, headers=("Location",)),
)
def ask(request: Request, body: Body) -> Response:
    """Fold the whole journal into a fresh generation. Answers at once with the job; one runs at a time."""
    try:
        wanted = msgspec.json.decode(body or b"{}", type=Wanted)
    except msgspec.MsgspecError as error:
        raise WrongUse(f'{error}: send {{"compare": true, "swap": false, "keep": false}}') from error
    who = who_of(request)
    job = _jobs(request).start(
        who.employee_id or who.subject, compare=wanted.compare, swap=wanted.swap, keep=wanted.keep
    )
    response = json_of(job, 202)
    response.headers["Location"] = f"/rebuilds/{job.id}"
    return response


@router.get("", summary="Rebuilds", dependencies=LOOKING, responses=answers(JobPage))
def list_rebuilds(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """Rebuilds that were asked for here, the newest first, with what each found."""
    before = None if cursor is None else _number(read_cursor(cursor, _SORT, 1)[0])
    found = _jobs(request).list(before=before, limit=limit)
    following = cursor_of(_SORT, [found[-1].id]) if len(found) == limit else None
    return json_of(JobPage(tuple(found), following))


@router.get("/{job}", summary="A rebuild", dependencies=LOOKING, responses=answers(Job))
def one_rebuild(request: Request, job: JobId) -> Response:
    """A rebuild: its state, how far it is, the digests, and the first row that differs in each table."""
    return json_of(_jobs(request).get(job))


@router.get(
    "/{job}/progress",
    summary="How far a rebuild is, as it moves",
    dependencies=LOOKING,
    responses=answers(str, media_type="text/event-stream"),
)
def progress(request: Request, job: JobId) -> StreamingResponse:
    """Server-sent events: `progress` whenever it moved, `ended` with the whole job at the end."""
    jobs = _jobs(request)
    first = jobs.get(job)
    return StreamingResponse(
        _events(request, jobs, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.post("/{job}/swap", summary="Make a rebuild live", dependencies=OPERATING, responses=answers(Job))
def swap(request: Request, job: JobId) -> Response:
    """Make live what a rebuild built, where it compared equal and was kept."""
    return json_of(_jobs(request).swap(job))


async def _events(request: Request, jobs: RebuildJobs, job: Job) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    ends_at = time.monotonic() + STREAM_SECONDS
    shown: tuple[object, ...] = ()
    while time.monotonic() < ends_at and not await request.is_disconnected():
        place = (job.state, job.stage, job.stage_done, job.stage_total)
        if job.state not in ("queued", "running"):
            yield b"event: ended\ndata: " + encode_json(job) + b"\n\n"
            return
        yield b": nothing new\n\n" if place == shown else _progress(job)
        shown = place
        await asyncio.sleep(LOOK_SECONDS)
        job = await run_in_threadpool(jobs.get, job.id)


def _progress(job: Job) -> bytes:
    place = {"state": job.state, "stage": job.stage, "done": job.stage_done, "total": job.stage_total}
    return b"event: progress\ndata: " + encode_json(place) + b"\n\n"


def _jobs(request: Request) -> RebuildJobs:
    system: Any = request.app.state.system
    found: RebuildJobs = system.rebuild_jobs
    return found


def _number(text: str | None) -> int:
    if text is None or not text.isdecimal() or len(text) > 9:
        raise WrongUse("cursor: this is no `next` of a page of rebuilds")
    return int(text)
