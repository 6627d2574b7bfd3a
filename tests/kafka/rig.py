"""What the tests of Kafka mode share: processes to start and kill, waits on positions, and the invariants.

Waits are bounded and look at positions, process states and answers; none merely lets time pass.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import psutil

from projections.fold import Declarations
from services.journal.kafka import KafkaJournal
from services.journal.port import Record, StoredRecord
from services.journal.topics import journal_topic, make_topics
from services.projector.projector import Projector
from services.store import generation as generations
from services.store.database import connect, migrate
from services.store.digest import digests
from services.store.generation import Generation
from tests.kafka.child import Fault, Plan
from tests.projector.shop import SHOP
from tests.projector.test_projector import assert_counts_add_up, assert_tallies_equal_their_recount

ROOT = Path(__file__).parent.parent.parent
ZONE = "Asia/Shanghai"
LIMIT_SECONDS = 60.0
_POLL_SECONDS = 0.02


def wait_until(
    reached: Callable[[], bool], what: Callable[[], str] = lambda: "", limit_seconds: float = LIMIT_SECONDS
) -> None:
    """Return when `reached` answers yes; fail, saying `what` there is instead, at the limit."""
    deadline = time.monotonic() + limit_seconds
    while not reached():
        assert time.monotonic() < deadline, f"not reached in {limit_seconds} s: {what()}"
        time.sleep(_POLL_SECONDS)


class Child:
    """A process of ours: its log is in a file, and it is dead when the test is over."""

    def __init__(
        self, arguments: Sequence[str], log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.log_path = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for_log(self, text: str) -> None:
        wait_until(lambda: text in self.log(), lambda: f"{text!r} in the log:\n{self.log()}")

    def wait_stopped(self) -> None:
        """Until the process stands still after SIGSTOP."""
        process = psutil.Process(self.process.pid)
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED, self.log)

    def wait(self) -> int:
        """The exit code; negative for the signal that ended it."""
        try:
            return self.process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it goes on and on:\n{self.log()}") from None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """End it in order (SIGTERM)."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """kill -9, also while it stands still."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT_SECONDS)


class Bench:
    """One journal topic, one database, and any number of projector processes between them."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        database_url: str,
        folder: Path,
        declarations: Declarations = SHOP,
        partitions: int = 8,
    ) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self.database_url = database_url
        self.declarations = declarations
        self._folder = folder
        self._children: list[Child] = []
        make_topics(bootstrap, [journal_topic(topic, partitions)], replication=1)
        migrate(database_url)
        self.journal = KafkaJournal(bootstrap, topic, partitions=partitions)

    def projector(self, group: str = "group", fault: Fault | None = None, **more: object) -> Child:
        """Start a projector process in a group of this topic."""
        plan = Plan(
            bootstrap=self.bootstrap,
            topic=self.topic,
            database_url=self.database_url,
            group=f"{self.topic}.{group}",
            zone=ZONE,
            fault=fault,
            **more,  # type: ignore[arg-type]
        )
        log = self._folder / f"projector{len(self._children)}.log"
        child = Child(["-m", "tests.kafka.child", msgspec.json.encode(plan).decode()], log)
        self._children.append(child)
        return child

    def live(self) -> Generation:
        fingerprint = self.declarations.fingerprint(ZONE)
        with connect(self.database_url, autocommit=True) as connection:
            return generations.require_live(connection, "ledgers", fingerprint)

    def marks(self) -> dict[int, int]:
        """Next offset to fold of every partition of the live generation; empty before there is one."""
        with connect(self.database_url, autocommit=True) as connection:
            found = generations.live(connection, "ledgers", self.declarations.fingerprint(ZONE))
            if found is None:
                return {}
            marks = generations.watermarks(connection, found.schema)
        return {partition: mark.next_offset for partition, mark in marks.items()}

    def wait_folded(self, ends: dict[int, int] | None = None) -> None:
        """Until the live generation has reached these ends (default: those of now)."""
        goal = self.journal.ends() if ends is None else ends
        with connect(self.database_url, autocommit=True) as connection:
            fingerprint = self.declarations.fingerprint(ZONE)

            def reached() -> bool:
                found = generations.live(connection, "ledgers", fingerprint)
                if found is None:
                    return False
                marks = generations.watermarks(connection, found.schema)
                return all(marks[partition].next_offset >= end for partition, end in goal.items())

            wait_until(reached, lambda: f"{self.marks()} of {goal}\n" + self.logs())

    def logs(self) -> str:
        return "\n".join(f"--- {child.log_path.name}\n{child.log()}" for child in self._children)

    def assert_sound(self) -> None:
        """I1 to I6 for what stands in the live generation: it equals a sequential fold of the journal."""
        live = self.live()
        live_projector = Projector(self.journal, self.database_url, self.declarations, live, ZoneInfo(ZONE))
        with closing(live_projector):
            live_projector.verify_watermarks()
            assert live_projector.next_offsets == self.journal.ends()
            assert_counts_add_up(live_projector)
            assert_tallies_equal_their_recount(live_projector)
            assert digests(live_projector.connection, self.declarations, live.schema) == self.sequential()

    def live_digests(self) -> dict[str, str]:
        """Digests of the live generation as it stands."""
        with connect(self.database_url, autocommit=True) as connection:
            return digests(connection, self.declarations, self.live().schema)

    def sequential(self) -> dict[str, str]:
        """Digests of one fold of the whole journal, from the start, by one projector."""
        with connect(self.database_url, autocommit=True) as connection:
            generation = generations.create(
                connection,
                self.declarations,
                kind="scratch",
                fingerprint="sequential",
                partitions=self.journal.partitions,
                begins=self.journal.begins(),
            )
        projector = Projector(self.journal, self.database_url, self.declarations, generation, ZoneInfo(ZONE))
        with closing(projector):
            projector.catch_up(10_000)
            return digests(projector.connection, self.declarations, generation.schema)

    def close(self) -> None:
        for child in self._children:
            child.kill()
        self.journal.close()


@contextmanager
def bench(bootstrap: str, topic: str, database_url: str, folder: Path, **more: int) -> Iterator[Bench]:
    """A Bench whose processes are gone afterwards."""
    made = Bench(bootstrap, topic, database_url, folder, **more)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def stored_values(journal: KafkaJournal) -> list[StoredRecord]:
    """Everything in a journal."""
    starts, ends = journal.begins(), journal.ends()
    found: list[StoredRecord] = []
    while any(starts[partition] < end for partition, end in ends.items()):
        for record in journal.read(starts, 10_000):
            starts[record.partition] = record.offset + 1
            found.append(record)
    return found


def in_chunks(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]
