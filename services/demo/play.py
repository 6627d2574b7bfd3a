"""Playing the year: deliveries go through the front door, deeds to the desks, and every day is closed.

Both in the order of their moments, deliveries in batches of the size that any channel may send; then
everything is posted and judged. It knows the bank's story and the ways in, and nothing of rules.
"""

import datetime as dt
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.bootstrap import System
from services.demo.bank import Bank, build
from services.demo.clock import PlayedClock
from services.demo.deeds import Deed
from services.demo.desk_play import DeskPlay
from services.demo.entities import ZONE
from services.demo.feed import Delivery, start_of
from services.demo.year import DAY
from services.door.submission import Submission
from services.errors import CheckFailed, WrongUse

T = TypeVar("T")

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
    commands: int
    decided: int
    days_closed: int
    building_seconds: float
    door_seconds: float
    desk_seconds: float
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
    stage = _Stage(system, clock, len(deliveries) + len(bank.deeds), progress)
    try:
        stage.play(deliveries, bank.deeds)
    finally:
        stage.desks.close()
    played = time.monotonic()
    system.settle()
    settled = time.monotonic()
    counts, desks = stage.counts, stage.desks
    posting = stage.posting_seconds + desks.posting_seconds
    return Played(
        bank,
        counts["admitted"],
        counts["duplicate"],
        counts["refused"],
        desks.commands.total(),
        desks.decided,
        stage.days_closed,
        built - began,
        played - built - posting - desks.desk_seconds,
        desks.desk_seconds,
        settled - played + posting,
    )


class _Stage:
    """The door and the desks with their clock, day by day."""

    def __init__(self, system: System, clock: PlayedClock, total: int, progress: Progress) -> None:
        self.counts: Counter[str] = Counter()
        self.desks = DeskPlay(system, clock)
        self.days_closed = 0
        self.posting_seconds = 0.0
        self._system = system
        self._clock = clock
        self._total = total
        self._progress = progress
        self._done = 0
        self._unposted = 0
        self._unclosed: list[dt.date] = []

    def play(self, deliveries: Sequence[Delivery], deeds: Sequence[Deed]) -> None:
        """Every day with what arrives and what is decided, and its close when it is over."""
        begins = self._clock().astimezone(ZoneInfo(ZONE)).date()
        days = [begins + n * DAY for n in range((self._clock.last - begins).days + 1)]
        arrived = _by_day(days, deliveries, lambda one: one.arrives)
        done = _by_day(days, deeds, lambda one: one.at)
        for day in days:
            self._play_day(arrived[day], done[day])
            self._close(day)

    def _play_day(self, arrived: Sequence[Delivery], deeds: Sequence[Deed]) -> None:
        """Deliveries up to each moment at which something is done, the deeds of that moment, and the rest."""
        begin = 0
        for group in _together(arrived, deeds):
            until = bisect_right(arrived, group[0].at, key=lambda one: one.arrives)
            self._deliver(arrived[begin:until])
            self.desks.do(group)
            self._tell(len(group))
            begin = until
        self._deliver(arrived[begin:])
        self.desks.end_day()

    def _deliver(self, arrived: Sequence[Delivery]) -> None:
        for batch in _batches(arrived, self._system.settings.door_batch_events):
            self._admit(batch)

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
        self._unposted += len(batch)
        self._tell(len(batch))

    def _tell(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._total)

    def _close(self, day: dt.date) -> None:
        """Close the days of a week together; the ledgers are brought up for the desks, and if much has come
        the watch too."""
        self._unclosed.append(day)
        if len(self._unclosed) < CLOSED_TOGETHER_DAYS and day != self._clock.last:
            return
        self._clock.move_to(start_of(day + DAY))
        self._system.day_closer.close_days(self._unclosed)
        self.days_closed += len(self._unclosed)
        self._unclosed.clear()
        self.desks.end_week()
        if self._unposted >= POST_EVERY_EVENTS:
            self.desks.close()
            began = time.monotonic()
            self._system.settle()
            self.posting_seconds += time.monotonic() - began
            self._unposted = 0


def _by_day(
    days: Sequence[dt.date], items: Sequence[T], moment: Callable[[T], dt.datetime]
) -> dict[dt.date, list[T]]:
    found: dict[dt.date, list[T]] = {day: [] for day in days}
    for one in items:
        found[moment(one).astimezone(ZoneInfo(ZONE)).date()].append(one)
    return found


def _together(arrived: Sequence[Delivery], deeds: Sequence[Deed]) -> Iterator[list[Deed]]:
    """Deeds between which nothing arrives."""
    times = [one.arrives for one in arrived]
    for _, group in groupby(deeds, key=lambda deed: bisect_right(times, deed.at)):
        yield list(group)


def _batches(deliveries: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    for begin in range(0, len(deliveries), size):
        yield deliveries[begin : begin + size]
