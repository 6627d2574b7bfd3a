"""The watch as a process of its own: one judges, the others stand by until it is gone.

`daybook worker watch` runs it (running.py). It must never judge without the lock; should two do so all the
same, the watermark fences one of them.
"""

import logging
import threading
from collections.abc import Callable

from services.errors import Fenced
from services.journal.port import Journal
from services.store.locks import Lock
from services.workers.loops import Watching

LOCK = "watch"
STAND_BY_SECONDS = 0.5
WAIT_SECONDS = 0.25
FENCED_AT_MOST = 20
_log = logging.getLogger("daybook.watch")


def run_watch(
    journal: Journal, conninfo: str, open_watch: Callable[[], Watching], stop: threading.Event
) -> None:
    """Stand by for the lock, then judge what comes until `stop` is set.

    Raises JournalIncomplete for a journal that is not whole or not the one that was judged.
    """
    journal.check()
    with Lock(conninfo, LOCK) as lock:
        while not lock.try_take():
            if stop.wait(STAND_BY_SECONDS):
                return
        _log.info("this process is the watch now")
        for _ in range(FENCED_AT_MOST):
            watch = open_watch()
            try:
                _judge(watch, stop)
            except Fenced as error:
                _log.warning("fenced, going on from the watermarks: %s", error)
            else:
                return
            finally:
                watch.close()
        raise Fenced(f"fenced {FENCED_AT_MOST} times: another watch runs without the lock {LOCK!r}")


def _judge(watch: Watching, stop: threading.Event) -> None:
    """Catch up again and again until told to stop."""
    while not stop.is_set():
        if not watch.catch_up():
            stop.wait(WAIT_SECONDS)
