"""Reading one's own write: `after=volume/partition/offset` waits, bounded, until that entry is posted.

Every reading route asks here before it reads (reading.py). Publishing and desks answer with positions.
"""

import threading
import time
from typing import Annotated, Any

from fastapi import Query, Request

from events.envelope import Position
from services.errors import NotReady, WrongUse
from services.store.generation import watermarks

WAIT_SECONDS = 5.0
WAIT_SECONDS_AT_MOST = 30.0
POLL_SECONDS = 0.05
WAITING_AT_ONCE = 16
"""Requests that may wait at the same time, so that the others still find a thread."""

_waiting = threading.BoundedSemaphore(WAITING_AT_ONCE)


class NotPostedYet(NotReady):
    """What was written is in the journal, and not yet in the ledgers."""

    code = "not_posted_yet"


def accepts_waiting(
    after: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9]{1,5}/[0-9]{1,5}/[0-9]{1,18}$",
            description="Wait, bounded, until this position is posted: your own write.",
        ),
    ] = None,
    wait: Annotated[
        float | None,
        Query(
            ge=0,
            le=WAIT_SECONDS_AT_MOST,
            description=f"With `after`: at most so many seconds; {WAIT_SECONDS:g} unless said.",
        ),
    ] = None,
) -> None:
    """A dependency of every router: the two parameters, checked; what a route reads waits in `reading`."""


def wait_until_posted(request: Request, system: Any) -> None:
    """Return when the position in `after` is posted, at once without one.

    Both parameters were checked for their form. WrongUse for what is no position of this journal;
    NotPostedYet after `wait` seconds.
    """
    text = request.query_params.get("after")
    if text is None:
        return
    position = _position(text, system)
    seconds = float(request.query_params.get("wait", WAIT_SECONDS))
    if _posted(system, position):
        return
    if position.offset >= system.journal.ends().get(position.partition, 0):
        raise WrongUse(f"after={position}: the journal has no such entry, so that it never gets posted")
    if not _waiting.acquire(blocking=False):
        raise NotPostedYet(
            f"{position} is not posted, and {WAITING_AT_ONCE} requests wait already: ask again"
        )
    try:
        deadline = time.monotonic() + seconds
        while not _posted(system, position):
            if time.monotonic() >= deadline:
                raise NotPostedYet(
                    f"{position} is not posted after {seconds:g} seconds: ask again, with wait= up to "
                    f"{WAIT_SECONDS_AT_MOST:g}; `daybook status` shows the lag"
                )
            time.sleep(POLL_SECONDS)
    finally:
        _waiting.release()


def _posted(system: Any, position: Position) -> bool:
    """Whether the generation that is live now has folded it."""
    with system.read_pool.connection() as connection:
        marks = watermarks(connection, system.generation(connection).schema)
    return bool(marks[position.partition].next_offset > position.offset)


def _position(text: str, system: Any) -> Position:
    try:
        position = Position.parse(text)
    except ValueError as error:
        raise WrongUse(
            f"after={text!r} is no position: write volume/partition/offset, such as 0/7/1250"
        ) from error
    journal = system.journal
    if position.volume != journal.volume or position.partition >= journal.partitions:
        raise WrongUse(
            f"after={text}: the journal is volume {journal.volume} with {journal.partitions} partitions; "
            "send a position as publishing answered it. A page is followed with cursor="
        )
    return position
