"""Work that is due by the clock, on Faust timers: what each business day asks for once (daily.py).

running.py adds the timers to the door's app. Of all door processes only the leader runs them; should two do
so at a change of leader, the work itself is safe to do twice. No rule and no clock face lives here.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import faust

from services.errors import JournalUnavailable, NotReady

EVERY_SECONDS = 5.0
_log = logging.getLogger("daybook.timers")


class Timer(NamedTuple):
    """Something to be done every so often by one process of all; `run` may block."""

    name: str
    every_seconds: float
    run: Callable[[], None]


def add_timers(app: faust.App, timers: Sequence[Timer]) -> None:
    """Let the leader of the app's processes run these."""
    for timer in timers:
        _add(app, timer)


def _add(app: faust.App, timer: Timer) -> None:
    async def turn() -> None:
        try:
            await asyncio.to_thread(timer.run)
        except (JournalUnavailable, NotReady) as error:
            _log.warning("%s waits for its next turn: %s", timer.name, error)

    app.timer(timer.every_seconds, on_leader=True, name=timer.name)(turn)
