"""Complaints: the board by clock, the most urgent first, and one case: file, clocks, what may be done.

Rules and due times are the desk's and the packs'; this asks and shows.
"""

import datetime as dt
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from services.api.guard import needs
from services.api.reading import reading
from services.console.pages import page
from services.console.view import PREFIX, View
from services.store.queries.clocks import QueueLine, queue

router = APIRouter(prefix=f"{PREFIX}/complaints", dependencies=[needs("read_complaints")])
VIEW = View("complaints", "Complaints", f"{PREFIX}/complaints", "read_complaints", router)

BOARD_ROWS = 100
PRESSING = 0.8
"""From this part of a clock's time on it is shown as pressing; the packs warn there too."""


class BoardLine(NamedTuple):
    """A complaint on the board: its most urgent clock, and how much of that clock's time is gone."""

    queued: QueueLine
    gone: float
    mood: str


@router.get("")
def board(request: Request, legal_entity: str = "", handler: str = "") -> Response:
    """Open complaints with a running clock, the most urgent first."""
    system: Any = request.app.state.system
    now = system.clock()
    with reading(request) as (_, connection, schema):
        found = queue(
            connection,
            schema,
            now,
            legal_entity=legal_entity or None,
            handler_id=handler or None,
            limit=BOARD_ROWS,
        )
    lines = [_line(one, now) for one in found]
    return page(request, "complaints/board.html", lines=lines, legal_entity=legal_entity, handler=handler)


def _line(queued: QueueLine, now: dt.datetime) -> BoardLine:
    clock = queued.line.clock
    whole = queued.next_due_at - clock.started_at
    gone = (now - clock.started_at) / whole if whole else 1.0
    mood = "bad" if gone >= 1 else "warn" if gone >= PRESSING else "good"
    return BoardLine(queued, gone, mood)
