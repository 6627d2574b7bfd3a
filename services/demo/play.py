"""Playing the year: every delivery goes through the front door, and every day is closed when it is over.

Batches of the size that any channel may send, without waiting for the projector; then everything is posted
and judged. It knows the bank's story and the door, and nothing of rules.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from services.bootstrap import System
from services.demo.bank import Bank, build
from services.demo.clock import PlayedClock
from services.demo.entities import ZONE
from services.demo.feed import Delivery, start_of
from services.demo.year import DAY
from services.door.submission import Submission
from services.errors import CheckFailed, WrongUse

CLOSED_TOGETHER_DAYS = 7
"""The demo closes its days a week at a time: a judgement costs the same however few facts a day has, and the
default bank must be on the screen within a minute."""
POST_EVERY_EVENTS = 60_000
"""Longer years are posted on the way, so that the door need not remember all of it."""


class Progress(Protocol):
    """Told how many deliveries are done, of how many."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


class Played(NamedTuple):
    """What was played: the story, what the door answered, and how long each part took."""

    bank: Bank
    admitted: int
    duplicate: int
    refused: int
    days_closed: int
    building_seconds: float
    door_seconds: float
    posting_seconds: float


def play(
    system: System, customers: int, seed: int, progress: Progress, rules: frozenset[str] | None = None
) -> Played:
    """Play a bank's year into an open system whose clock is a PlayedClock.

    Cases are planted whose rule is among `rules`, by default those of the active pack.

    Raises WrongUse for another clock, CheckFailed if the door refused what was not broken. Playing again what
    was played before, whole or in part, adds only what is missing.
    """
    clock = system.clock
    if not isinstance(clock, PlayedClock):
        raise WrongUse("a year is played with a clock that stands in it: open the system with a PlayedClock")
    began = time.monotonic()
    bank = build(customers, seed, clock.last, rules or frozenset(system.pack.rules))
    deliveries = bank.feed.deliveries()
    built = time.monotonic()
    stage = _Stage(system, clock, len(deliveries), progress)
    stage.play(deliveries)
    played = time.monotonic()
    system.settle()
    settled = time.monotonic()
    counts = stage.counts
    return Played(
        bank,
        counts["admitted"],
        counts["duplicate"],
        counts["refused"],
        stage.days_closed,
        built - began,
        played - built - stage.posting_seconds,
        settled - played + stage.posting_seconds,
    )


class _Stage:
    """The door with its clock, day by day."""

    def __init__(self, system: System, clock: PlayedClock, total: int, progress: Progress) -> None:
        self.counts: Counter[str] = Counter()
        self.days_closed = 0
        self.posting_seconds = 0.0
        self._system = system
        self._clock = clock
        self._total = total
        self._progress = progress
        self._done = 0
        self._unposted = 0
        self._unclosed: list[dt.date] = []

    def play(self, deliveries: Sequence[Delivery]) -> None:
        """Every day with its batches, and its close when it is over."""
        begins = self._clock().astimezone(ZoneInfo(ZONE)).date()
        days = dict.fromkeys(begins + n * DAY for n in range((self._clock.last - begins).days + 1))
        by_day: dict[dt.date, list[Delivery]] = {day: [] for day in days}
        for delivery in deliveries:
            by_day[delivery.arrives.astimezone(ZoneInfo(ZONE)).date()].append(delivery)
        for day, arrived in by_day.items():
            for batch in _batches(arrived, self._system.settings.door_batch_events):
                self._admit(batch)
            self._close(day)

    def _admit(self, batch: Sequence[Delivery]) -> None:
        self._clock.move_to(batch[-1].arrives)
        submissions = [Submission(one.raw, (one.raw,), one.source) for one in batch]
        for delivery, outcome in zip(batch, self._system.door.admit(submissions), strict=True):
            self.counts[outcome.status] += 1
            if (outcome.status == "refused") is not delivery.broken:
                reasons = "; ".join(problem.reason for problem in outcome.reasons())
                raise CheckFailed(
                    f"the door answered {outcome.status} to an event of {delivery.source}: "
                    f"{reasons or 'it is broken and was not refused'}"
                )
        self._done += len(batch)
        self._unposted += len(batch)
        self._progress(self._done, self._total)

    def _close(self, day: dt.date) -> None:
        self._unclosed.append(day)
        if len(self._unclosed) < CLOSED_TOGETHER_DAYS and day != self._clock.last:
            return
        self._clock.move_to(start_of(day + DAY))
        self._system.day_closer.close_days(self._unclosed)
        self.days_closed += len(self._unclosed)
        self._unclosed.clear()
        if self._unposted >= POST_EVERY_EVENTS:
            began = time.monotonic()
            self._system.settle()
            self.posting_seconds += time.monotonic() - began
            self._unposted = 0


def _batches(deliveries: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    for begin in range(0, len(deliveries), size):
        yield deliveries[begin : begin + size]
