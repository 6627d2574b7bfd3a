"""The watchdog: ends a process that stands still although there is work, so that it is started anew.

Projector and door run one beside their work. It looks from a thread of its own, because what it looks for is
a main thread that hangs; so it ends the process at once, as a kill would, and must never try to tidy up.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping

from services.errors import JournalUnavailable

EXIT_CODE = 70
_LOOKS_IN_PATIENCE = 6
_log = logging.getLogger("daybook.watchdog")

Behind = Callable[[], Mapping[int, int]]
"""Next offset of every partition that this process should be moving and is not; empty when nothing waits."""


class Watchdog:
    """Ends the process when `behind` has answered the same, and not nothing, for `patience_seconds`.

    A journal that cannot be asked is not this process standing still: the time then begins anew.
    """

    def __init__(
        self,
        behind: Behind,
        patience_seconds: float,
        end_process: Callable[[int], None] = os._exit,
    ) -> None:
        self._behind = behind
        self._patience_seconds = patience_seconds
        self._end_process = end_process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        before: Mapping[int, int] = {}
        since = time.monotonic()
        while not self._done.wait(self._patience_seconds / _LOOKS_IN_PATIENCE):
            now = self._look()
            if not now or now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since >= self._patience_seconds:
                _log.critical(
                    "nothing moved for %.0f s with partitions %s behind: ending this process",
                    self._patience_seconds,
                    sorted(now),
                )
                self._end_process(EXIT_CODE)
                return

    def _look(self) -> Mapping[int, int]:
        try:
            return self._behind()
        except JournalUnavailable:
            return {}
