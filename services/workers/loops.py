"""The loops of one process: post what the journal holds, judge it, close the days; again until told to stop.

Embedded systems run them in `daybook up`; commands settle with them when nobody else does. In Kafka mode the
projector and the watch are processes of their own (projecting.py, watching.py) around the same parts.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from services.errors import Fenced
from services.journal.port import Journal
from services.projector.projector import Projector

STEP_WAIT_SECONDS = 0.5
FENCED_AT_MOST = 20
_log = logging.getLogger("daybook.loops")

Progress = Callable[[int, int], None]
"""`progress(folded, total)` in records."""


class Watching(Protocol):
    """What the loops need of the watch."""

    projector: Projector

    def catch_up(self) -> int:
        """Judge all that is there; gives back how many records were folded or signals appended."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class Loops:
    """A projector and a watch over one journal, taken in turns until neither has anything left. `carry`
    brings what desks decided into the journal; `following` opens a projector into what is live now, for when
    a rebuild was swapped in."""

    def __init__(
        self,
        journal: Journal,
        projector: Projector,
        watch: Watching,
        batch_entries: int,
        carry: Callable[[], None],
        following: Callable[[], Projector],
    ) -> None:
        self.journal = journal
        self.projector = projector
        self.watch = watch
        self.batch_entries = batch_entries
        self.carry = carry
        self.following = following

    def settle(self, progress: Progress | None = None) -> None:
        """Post and judge until the journal's end, the watch's own signals included."""
        fenced = 0
        while self._behind():
            try:
                self._post(progress)
                self.watch.catch_up()
            except Fenced:
                fenced += 1
                if fenced > FENCED_AT_MOST:
                    raise
                self._follow()

    def run(self, stop: threading.Event, duties: Sequence[Callable[[], None]]) -> None:
        """Go on until `stop` is set, carrying for the desks; `duties` are called in every round and decide
        for themselves."""
        while not stop.is_set():
            self.carry()
            for duty in duties:
                duty()
            try:
                moved = self.projector.step(self.batch_entries, STEP_WAIT_SECONDS)
                if self._watch_behind():
                    moved += self.watch.catch_up()
            except Fenced as error:
                _log.warning("fenced: %s", error)
                self._follow()

    def close(self) -> None:
        """Release the connections of both."""
        self.projector.close()
        self.watch.close()

    def _follow(self) -> None:
        """Go on in the live generation, if another one became that."""
        following = self.following()
        if following.generation.id == self.projector.generation.id:
            following.close()
            return
        self.projector.close()
        self.projector = following

    def _post(self, progress: Progress | None) -> None:
        ends = self.journal.ends()
        while self.projector.step(self.batch_entries, until=ends):
            if progress is not None:
                progress(sum(self.projector.next_offsets.values()), sum(ends.values()))

    def _behind(self) -> bool:
        ends = self.journal.ends()
        return self._is_behind(self.projector.next_offsets, ends) or self._watch_behind()

    def _watch_behind(self) -> bool:
        return self._is_behind(self.watch.projector.next_offsets, self.journal.ends())

    def _is_behind(self, offsets: dict[int, int], ends: dict[int, int]) -> bool:
        stopped = self.projector.folder.stopped
        return any(offsets.get(p, 0) < end for p, end in ends.items() if p not in stopped)
