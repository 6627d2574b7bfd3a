"""Work that is due by the clock: what runs it, be it a loop or a timer, only asks again and again.

The composition root makes one for each duty; embedded loops and the leader's timers call them. No rule about
days lives here, and nothing that is not safe to do twice.
"""

import datetime as dt
import logging
from collections.abc import Callable

_log = logging.getLogger("daybook.daily")


class OncePerDay:
    """Does `work` at the first call and whenever the business day has changed since.

    `today` is asked in the journal's zone. Work that fails is tried again at the next call.
    """

    def __init__(self, name: str, today: Callable[[], dt.date], work: Callable[[], None]) -> None:
        self.name = name
        self._today = today
        self._work = work
        self._done_on: dt.date | None = None

    def __call__(self) -> None:
        today = self._today()
        if self._done_on != today:
            self._work()
            self._done_on = today
            _log.info("%s is done for %s", self.name, today)


class Every:
    """Does `work` at the first call and whenever so much time has passed since it was last done.

    Work that answers False has to wait for something, and is tried again at the next call.
    """

    def __init__(
        self, name: str, pause: dt.timedelta, clock: Callable[[], dt.datetime], work: Callable[[], bool]
    ) -> None:
        self.name = name
        self._pause = pause
        self._clock = clock
        self._work = work
        self._done_at: dt.datetime | None = None

    def __call__(self) -> None:
        now = self._clock()
        due = self._done_at is None or now - self._done_at >= self._pause
        if due and self._work():
            self._done_at = now
