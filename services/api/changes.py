"""The change feed of a ledger: server-sent events with which a copy of it is kept right, from any place on.

What a ledger holds of a subject is sent as a whole, so that doing it again does no harm. A stream goes on
where the last event's id says, at least once. Only whoever may see a subject is told its name.
"""

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from events.codec import encode_json
from projections.ledger import Ledger
from services.api.guard import needs_one_of, who_of
from services.api.ledgers import ANY, permission_asked, table_named
from services.api.openapi import answers
from services.api.reading import Reading, reading
from services.api.watermarks import LOOK_SECONDS, Watermarks
from services.errors import NotReady, WrongUse
from services.privacy.master_key import derive
from services.store.queries.changes import (
    DECIDE_WHO_SEES,
    Place,
    changed_subjects,
    place_of,
    rows_of_subjects,
    subjects_after,
    types_changing,
)
from services.store.scope import scoped

RETRY_MILLISECONDS = 2_000
KEEPALIVE_SECONDS = 15.0
STREAM_SECONDS = 900.0
"""After which a stream ends, so that whoever reads proves again who they are; they go on by the last id."""

STREAMS_AT_MOST = 64
BATCH_ENTRIES = 2_000
BATCH_SUBJECTS = 200
CURSOR_CHARACTERS_AT_MOST = 3_000
TAG_BYTES = 12

router = APIRouter(tags=["ledgers"], dependencies=[needs_one_of(ANY, permission_asked)])


class Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a reader stands. `scanned` is the last subject of the whole ledger that was sent (empty: none
    yet), None when all of it was."""

    volume: int
    generation: int
    epoch: int
    offsets: tuple[int, ...]
    scanned: str | None

    @property
    def place(self) -> Place:
        return Place(self.generation, self.epoch, self.offsets)


class SubjectRows(msgspec.Struct, frozen=True):
    """An event `rows`: all rows that a ledger holds of a subject, in place of those that were kept."""

    tag: str
    subject: str
    rows: tuple[dict[str, Any], ...]


class SubjectGone(msgspec.Struct, frozen=True):
    """An event `gone`: whoever keeps rows under this tag has to throw them away."""

    tag: str


class AnotherGeneration(msgspec.Struct, frozen=True):
    """An event `generation`: throw everything away; the whole ledger follows."""

    generation: int


class _Step(NamedTuple):
    """What there is to send, and where the reader stands after it."""

    text: bytes
    cursor: Cursor


@router.get(
    "/ledgers/{ledger}/changes",
    summary="A ledger as it changes",
    responses=answers((SubjectRows, SubjectGone, AnotherGeneration), media_type="text/event-stream"),
)
def changes(
    request: Request,
    ledger: str,
    begin: Annotated[
        Literal["now", "begin"],
        Query(alias="from", description="`begin` sends the whole ledger first, `now` only what changes."),
    ] = "now",
    fields: Annotated[str | None, Query(max_length=2_000)] = None,
    cursor: Annotated[
        str | None,
        Query(
            max_length=CURSOR_CHARACTERS_AT_MOST,
            description="Go on after this event id; so does Last-Event-ID.",
        ),
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=CURSOR_CHARACTERS_AT_MOST)] = None,
) -> StreamingResponse:
    """Server-sent events, for whoever keeps a copy: `rows` (all rows of a subject, in place of those kept
    under its tag), `gone` (throw away what is kept under a tag; a tag that is not known means nothing), and
    `generation` (throw away everything, it is sent anew). An event's id is where to go on; events come again
    after a broken connection, and none is left out. A stream ends after 15 minutes: connect again."""
    if request.app.state.streams >= STREAMS_AT_MOST:
        raise NotReady(f"{STREAMS_AT_MOST} streams are open here already: ask again later")
    feed = _Feed(request, _followed(ledger), tuple(name for name in (fields or "").split(",") if name))
    first = feed.start(last_event_id or cursor, begin == "begin")
    return StreamingResponse(
        _events(request, feed, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


class _Feed:
    """One reader's stream of one ledger. Its methods read; none of them keeps a connection."""

    def __init__(self, request: Request, ledger: Ledger, fields: tuple[str, ...]) -> None:
        self._request = request
        self._ledger = ledger
        self._fields = fields
        self._system: Any = request.app.state.system
        self._key = derive(self._system.keyring.master_key, "tags of the change feed 1")
        deciding = () if who_of(request).units is None else DECIDE_WHO_SEES
        self._types = types_changing((ledger, *deciding))
        table = table_named(ledger.name)
        for name in fields:
            table.column(name)

    def start(self, given: str | None, whole: bool) -> Cursor:
        """Where a stream begins; WrongUse for a cursor that is none of this journal's."""
        volume, partitions = self._system.journal.volume, self._system.journal.partitions
        if given:
            found = _read_cursor(given)
            if found.volume != volume or len(found.offsets) != partitions:
                raise WrongUse("the cursor is of another journal: begin with from=begin or from=now")
            return found
        with reading(self._request, every_unit=True) as found_now:
            return self._cursor(self._place(found_now), "" if whole else None)

    def step(self, cursor: Cursor) -> _Step | None:
        """The next events; None where there are none yet."""
        with reading(self._request) as found:
            now = self._place(found)
            if not now.follows(cursor.place):
                anew = self._cursor(now, "")
                said = AnotherGeneration(now.generation)
                return _Step(_event("generation", said, _written(anew)), anew)
            if cursor.scanned is not None:
                return self._scan(found, cursor)
            until = cursor.place.until(now, BATCH_ENTRIES)
            return None if until == cursor.place else self._follow(found, cursor, until)

    def _scan(self, found: Reading, cursor: Cursor) -> _Step:
        """A part of the whole ledger; what changes meanwhile comes after it, from where it began."""
        last = cursor.scanned or ""
        subjects = subjects_after(found.connection, found.schema, self._ledger, last, BATCH_SUBJECTS)
        more = len(subjects) == BATCH_SUBJECTS
        then = msgspec.structs.replace(cursor, scanned=subjects[-1] if more else None)
        return _Step(self._told(found, subjects, then), then)

    def _follow(self, found: Reading, cursor: Cursor, until: Place) -> _Step:
        """What entries up to a place changed. Rows are read as they are now, which is as good or later."""
        with scoped(found.connection, None):
            subjects = changed_subjects(found.connection, found.schema, cursor.place, until, self._types)
        then = self._cursor(until, None)
        return _Step(self._told(found, subjects, then), then)

    def _told(self, found: Reading, subjects: Sequence[str], then: Cursor) -> bytes:
        """The events about these subjects; the last one has the id, and where there is none, a bare one."""
        rows = {
            subject: held
            for start in range(0, len(subjects), BATCH_SUBJECTS)
            for subject, held in rows_of_subjects(
                found.connection,
                found.schema,
                self._ledger,
                subjects[start : start + BATCH_SUBJECTS],
                self._fields,
            ).items()
        }
        said: list[SubjectRows | SubjectGone] = []
        for subject in subjects:
            tag, held = self._tag(subject), rows.get(subject)
            kept = None if held is None else tuple(dict(row) for row in held)
            said.append(SubjectGone(tag) if kept is None else SubjectRows(tag, subject, kept))
        place = _written(then)
        events = [
            _event(
                "rows" if isinstance(one, SubjectRows) else "gone", one, place if one is said[-1] else None
            )
            for one in said
        ]
        return b"".join(events) or f"id: {place}\n\n".encode()

    def _place(self, found: Reading) -> Place:
        return place_of(found.connection, found.system.generation(found.connection))

    def _cursor(self, place: Place, scanned: str | None) -> Cursor:
        return Cursor(self._system.journal.volume, place.generation, place.epoch, place.offsets, scanned)

    def _tag(self, subject: str) -> str:
        """A name for a subject that tells nothing to those who do not know it already."""
        return hmac.digest(self._key, subject.encode(), "sha256")[:TAG_BYTES].hex()


async def _events(request: Request, feed: _Feed, cursor: Cursor) -> AsyncIterator[bytes]:
    marks: Watermarks = request.app.state.watermarks
    with _counted(request):
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        ends_at, said_at = time.monotonic() + STREAM_SECONDS, time.monotonic()
        seen: object = None
        while time.monotonic() < ends_at and not await request.is_disconnected():
            place = await run_in_threadpool(marks.place)
            step = None if place == seen else await run_in_threadpool(feed.step, cursor)
            if step is not None:
                cursor, said_at = step.cursor, time.monotonic()
                yield step.text
                continue
            seen = place
            if time.monotonic() - said_at >= KEEPALIVE_SECONDS:
                said_at = time.monotonic()
                yield b": nothing new\n\n"
            await asyncio.sleep(LOOK_SECONDS)


@contextmanager
def _counted(request: Request) -> Iterator[None]:
    """Among the streams of this process; they all live in its one event loop."""
    state = request.app.state
    state.streams += 1
    try:
        yield
    finally:
        state.streams -= 1


def _followed(name: str) -> Ledger:
    ledger = table_named(name).ledger
    if ledger is None:
        raise WrongUse(f"{name} is the journal itself: read it by position, GET /journal")
    return ledger


def _event(name: str, said: Any, place: str | None) -> bytes:
    identified = b"" if place is None else f"id: {place}\n".encode()
    return identified + f"event: {name}\ndata: ".encode() + encode_json(said) + b"\n\n"


def _written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def _read_cursor(text: str) -> Cursor:
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = msgspec.msgpack.decode(raw, type=Cursor)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise WrongUse("the cursor is none of this feed: begin with from=begin or from=now") from error
    if min(found.offsets, default=-1) < 0 or max(found.offsets) >= 2**63:
        raise WrongUse("the cursor is none of this feed: begin with from=begin or from=now")
    return found
