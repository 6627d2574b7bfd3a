"""The door's Faust app: takes CloudEvents from the intake topic and brings them through `Door.admit`.

`daybook worker door` runs it (running.py). A record is acknowledged only after `admit` has returned, so a
crash brings it again and the door calls it a duplicate. No Faust table, no exactly-once, no web server, one
record order a partition: correctness rests on the door and the journal, never on Faust.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import faust

from services.door import cloudevents
from services.door.submission import Outcome, Submission
from services.errors import Stopped

ADMITTED_AT_ONCE = 1_000
GATHER_SECONDS = 0.05
FINISH_SECONDS = 30.0
SESSION_TIMEOUT_SECONDS = 10.0
"""After which the group gives the partitions of a dead door to others."""
_LOOK_SECONDS = 0.1
_log = logging.getLogger("daybook.intake")

Admit = Callable[[Sequence[Submission]], list[Outcome]]


class IntakeSettings(NamedTuple):
    """Where the intake topic is, how much is taken at once, and a folder that Faust wants."""

    bootstrap: str
    topic: str
    batch_records: int
    folder: Path


class Intake:
    """The work on each batch of records, and how far it got. Lives in the app's event loop.

    `failed` is why it takes nothing more: without an answer of the door nothing may be acknowledged.
    """

    def __init__(self, admit: Admit, topic: str) -> None:
        self.failed: Exception | None = None
        self.acknowledged: dict[int, int] = {}
        self._admit = admit
        self._topic = topic
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    async def take_in(self, events: Sequence[Any]) -> None:
        """Admit the events of these records, then acknowledge the records; never returns if that failed."""
        if self._closing or self.failed is not None:
            await _for_ever()
        self._idle.clear()
        submissions = [one for event in events for one in submissions_of(event.value, self._topic)]
        try:
            await asyncio.to_thread(self._admit_all, submissions)
        except Exception as error:  # of whatever kind: the worker stops, and the records come again
            self.failed = error
            await _for_ever()
        for event in events:
            event.ack()
            self.acknowledged[event.message.partition] = event.message.offset + 1
        self._idle.set()

    async def finish(self) -> None:
        """Take nothing more, and return when the batch in hand is done."""
        self._closing = True
        if self.failed is None:
            await asyncio.wait_for(self._idle.wait(), FINISH_SECONDS)

    def _admit_all(self, submissions: Sequence[Submission]) -> None:
        for start in range(0, len(submissions), ADMITTED_AT_ONCE):
            self._admit(submissions[start : start + ADMITTED_AT_ONCE])


class Backlog:
    """What of the intake topic waits for this process, for the watchdog.

    Only records that came while this process held their partition count: where it began is Faust's affair.
    """

    def __init__(self, ends: Callable[[], Mapping[int, int]]) -> None:
        self._ends = ends
        self._first_seen: dict[int, int] = {}

    def behind(self, acknowledged: Mapping[int, int], held: set[int]) -> dict[int, int]:
        """Next offset of each held partition with unacknowledged records."""
        ends = self._ends()
        self._first_seen = {partition: self._first_seen.get(partition, ends[partition]) for partition in held}
        reached = {
            partition: max(first, acknowledged.get(partition, 0))
            for partition, first in self._first_seen.items()
        }
        return {partition: offset for partition, offset in reached.items() if offset < ends[partition]}


def make_app(settings: IntakeSettings, intake: Intake) -> faust.App:
    """The app with its one agent; call it in the event loop that is to run it."""
    app = faust.App(
        f"{settings.topic}.door",
        broker=";".join(f"kafka://{server}" for server in settings.bootstrap.split(",")),
        datadir=settings.folder,
        store="memory://",
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=0.5,
        broker_session_timeout=SESSION_TIMEOUT_SECONDS,
        broker_heartbeat_interval=SESSION_TIMEOUT_SECONDS / 4,
        stream_wait_empty=False,
        web_enabled=False,
    )
    app.conf.web_enabled = False  # what --without-web does: Faust's server listens on all addresses
    topic = app.topic(settings.topic, key_type=bytes, value_type=bytes)

    async def take_in(stream: Any) -> None:
        async for events in taken(stream, settings.batch_records):
            await intake.take_in(events)

    app.agent(topic, concurrency=1, name="intake")(take_in)
    return app


def taken(stream: Any, batch_records: int) -> AsyncIterator[Sequence[Any]]:
    """Batches of events that stay unacknowledged: Faust's plain `take` acknowledges them also when the
    agent is cancelled or raises."""
    batches: AsyncIterator[Sequence[Any]] = stream.noack_take(batch_records, within=GATHER_SECONDS)
    return batches


async def serve(app: faust.App, intake: Intake, stop: threading.Event) -> None:
    """Run the app until `stop` is set or it fails; the batch in hand is finished and acknowledged first.

    Raises what the door raised, or Stopped if Faust itself broke down.
    """
    await app.start()
    _log.info("taking in from %s", app.conf.id)
    try:
        while not stop.is_set() and intake.failed is None and not app.crashed:
            await asyncio.sleep(_LOOK_SECONDS)
        await intake.finish()
    finally:
        await asyncio.wait_for(app.stop(), FINISH_SECONDS)
    if intake.failed is not None:
        raise intake.failed
    if app.crashed:
        raise Stopped(f"the intake broke down: {app.crash_reason!r}")


def submissions_of(value: bytes | None, topic: str) -> list[Submission]:
    """What a record brings: one CloudEvent, or a JSON array of them, each its own admission unit.

    A record with nothing in it is one submission without an event, which the door refuses and keeps.
    """
    source = f"kafka:{topic}"
    if not value:
        return [Submission(b"", (), source)]
    if value.lstrip()[:1] != b"[":
        return [Submission(value, (value,), source)]
    return cloudevents.of_batch(value, source) or [Submission(value, (), source)]


async def _for_ever() -> None:
    """Until the task is cancelled."""
    await asyncio.Event().wait()
