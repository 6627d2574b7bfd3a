"""The door's limits: sizes, depth, batch, and how often in a row a source may be refused.

Bootstrap makes them from the settings; reading and admission keep to them.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from services.errors import TooManyRefusals, WrongUse

SOURCES_WATCHED = 10_000


@dataclass(frozen=True)
class Limits:
    """Upper bounds; a sender that needs more splits what it sends."""

    event_bytes: int = 1_000_000
    event_depth: int = 32
    batch_submissions: int = 10_000
    events_in_a_row: int = 1_000
    refusals_in_a_row: int = 1_000

    def check_batch(self, submissions: int) -> None:
        """Raise WrongUse for more submissions than one call may bring."""
        if submissions > self.batch_submissions:
            raise WrongUse(
                f"{submissions} submissions in one batch: the limit is {self.batch_submissions}; send fewer"
            )


class Refusals:
    """How many units of each source were refused one after the other; at the limit the source is stopped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._in_a_row: OrderedDict[str, int] = OrderedDict()

    def check(self, sources: Iterable[str]) -> None:
        """Raise TooManyRefusals if one of these sources is stopped."""
        for source in sources:
            refused = self._in_a_row.get(source, 0)
            if refused >= self._limit:
                raise TooManyRefusals(
                    f"source {source!r} is stopped after {refused} refusals in a row: look at"
                    f" `daybook quarantine list --source {source}`, mend the sender, then reset the source"
                )

    def note(self, source: str, *, refused: bool) -> None:
        """Count a refusal, or begin again after something that was not refused."""
        with self._lock:
            if not refused:
                self._in_a_row.pop(source, None)
                return
            self._in_a_row[source] = self._in_a_row.get(source, 0) + 1
            self._in_a_row.move_to_end(source)
            if len(self._in_a_row) > SOURCES_WATCHED:
                self._in_a_row.popitem(last=False)

    def reset(self, source: str) -> None:
        """Let a stopped source send again."""
        with self._lock:
            self._in_a_row.pop(source, None)

    def stopped(self) -> list[str]:
        """Sources that are stopped, in order."""
        return sorted(source for source, refused in self._in_a_row.items() if refused >= self._limit)
