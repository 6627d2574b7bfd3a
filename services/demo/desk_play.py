"""The desks in the played year: deeds are handed to them at their moments, what they decide is carried on.

play.py calls it between deliveries. A desk looks at ledgers, so these are posted once a week, and before a
deed that rests on facts of the same days; the watch has time until the year is over.
"""

import time
from collections import Counter
from collections.abc import Sequence

from services.bootstrap import System
from services.demo.clock import PlayedClock
from services.demo.deeds import ADOPT, Deed
from services.desks.desk import Answer
from services.errors import CheckFailed, Refused
from services.projector.projector import Projector

CARRY_AFTER = frozenset(("receive", "send-survey"))
"""Other systems may speak of these from the next record on, so they do not wait for the end of the day."""


class DeskPlay:
    """Desks, relay and a projector of its own; close it before others post."""

    def __init__(self, system: System, clock: PlayedClock) -> None:
        self.commands: Counter[str] = Counter()
        self.decided = 0
        self.desk_seconds = 0.0
        self.posting_seconds = 0.0
        self._system = system
        self._clock = clock
        self._projector: Projector | None = None
        self._carried = True

    def do(self, deeds: Sequence[Deed]) -> None:
        """Carry out deeds in order of time. CheckFailed where a desk refuses one, with what it says."""
        for deed in deeds:
            if deed.needs_posted:
                self.post()
            self._clock.move_to(deed.at)
            began = time.monotonic()
            answer = self._ask(deed)
            self.commands[deed.name] += 1
            self.decided += len(answer.entries)
            self._carried = False
            if deed.name in CARRY_AFTER:
                self._carry()
            self.desk_seconds += time.monotonic() - began

    def post(self) -> None:
        """Carry what was decided, and bring the ledgers to where the journal ends."""
        self._carry()
        began = time.monotonic()
        if self._projector is None:
            self._projector = self._system.projector()
        ends = self._system.journal.ends()
        while self._projector.step(self._system.settings.batch_entries, until=ends):
            pass
        self.posting_seconds += time.monotonic() - began

    def end_week(self) -> None:
        """The ledgers as they stand, and what the complaint clocks have to say by now."""
        self.post()
        self._system.clock_sweep.sweep()

    def end_day(self) -> None:
        """Nothing of the day stays behind."""
        self._carry()

    def close(self) -> None:
        """Give the ledgers back to whoever posts next."""
        if self._projector is not None:
            self._projector.close()
            self._projector = None

    def _carry(self) -> None:
        if not self._carried:
            self._system.desks.relay.carry()
            self._carried = True

    def _ask(self, deed: Deed) -> Answer:
        desks = self._system.desks
        try:
            if deed.command is None:
                assert deed.name == ADOPT, "everything else is a command"
                return desks.adopt(deed.case_id, deed.actor, deed.command_id)
            return desks.of(deed.desk).handle(
                deed.name, deed.command, deed.actor, case_id=deed.case_id, command_id=deed.command_id
            )
        except Refused as error:
            raise CheckFailed(
                f"the {deed.desk} desk refused {deed.name} of {deed.case_id} on {deed.at:%Y-%m-%d}: {error}"
            ) from error
