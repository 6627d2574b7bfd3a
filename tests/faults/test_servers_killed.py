"""kill -9 of the broker while producing, and of PostgreSQL in the middle of a commit."""

import signal
import threading
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import psutil
import pytest

from events.envelope import Position
from services.errors import JournalUnavailable
from services.journal.kafka import KafkaJournal
from services.journal.port import Record
from services.store.database import connect
from services.store.embedded import EmbeddedPostgres
from tests.broker import LocalBroker
from tests.kafka.child import Fault
from tests.kafka.rig import bench, in_chunks, wait_until
from tests.projector.histories import history

pytestmark = [pytest.mark.kafka, pytest.mark.faults]


class Sender(threading.Thread):
    """A door's side of the journal: appends chunk by chunk, and a chunk again until it is sure of it."""

    def __init__(self, bootstrap: str, topic: str, chunks: Sequence[Sequence[Record]]) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[tuple[Position, Record]] = []
        self.unsure = 0
        self._chunks = chunks
        self._journal = KafkaJournal(bootstrap, topic, timeout_seconds=3.0)

    def run(self) -> None:
        with closing(self._journal):
            for chunk in self._chunks:
                self.acknowledged += zip(self._until_sure(chunk), chunk, strict=True)

    def has_sent(self, goal: int) -> bool:
        return len(self.acknowledged) >= goal

    def _until_sure(self, chunk: Sequence[Record]) -> list[Position]:
        while True:
            try:
                return self._journal.append(chunk)
            except JournalUnavailable:
                self.unsure += 1


def test_a_broker_killed_while_producing_loses_and_repeats_nothing(
    local_broker: LocalBroker, database_url: str, tmp_path: Path
) -> None:
    """The same ids are sent until they are acknowledged; the projector lives through it all."""
    records = history(61, 3_000, customers=100)
    with bench(local_broker.bootstrap, "killed.journal", database_url, tmp_path) as made:
        made.projector(batch_entries=200)
        sender = Sender(local_broker.bootstrap, made.topic, list(in_chunks(records, 10)))
        sender.start()
        for share in (0.25, 0.6):
            goal = int(share * len(records))
            wait_until(partial(sender.has_sent, goal), made.logs)
            local_broker.kill()
            local_broker.start()
        wait_until(lambda: not sender.is_alive(), made.logs)
        assert sender.unsure, "the broker was killed under the sender's hands"
        assert len(sender.acknowledged) == len(records)

        places = [place for place, _ in sender.acknowledged]
        assert len(set(places)) == len(places)
        found = made.journal.fetch(places)
        assert [one.value for one in found] == [record.value for _, record in sender.acknowledged]
        made.wait_folded()
        made.assert_sound()
        counted = {record.value for record in records if not record.value.startswith(b'{"not"')}
        with connect(database_url, autocommit=True) as connection:
            row = connection.execute(f"SELECT count(*) FROM {made.live().schema}.entries".encode()).fetchone()
        assert row == (len(counted),), "every event sent counts, and counts once"


@pytest.mark.parametrize("point", ["in", "after"])
def test_postgresql_killed_around_a_commit_loses_and_repeats_nothing(
    point: str, kafka_bootstrap: str, kafka_topic: str, data_folder: Path, tmp_path: Path
) -> None:
    """Rows and watermark are both there after recovery, or neither is, also where a commit was lost."""
    server = EmbeddedPostgres(data_folder / "bank")
    server.start()
    with bench(kafka_bootstrap, kafka_topic, server.conninfo(), tmp_path) as made:
        made.journal.append(history(62, 600))
        fault = Fault("in" if point == "in" else "after", 4, "STOP")
        child = made.projector("first", fault)
        child.wait_stopped()
        kill_server(server)
        child.send(signal.SIGCONT)
        assert child.wait() == 1

        again = EmbeddedPostgres(data_folder / "bank")
        again.start()
        made.projector("second")
        made.wait_folded()
        made.assert_sound()
        made.close()
        server.stop()
        again.stop()


def kill_server(server: EmbeddedPostgres) -> None:
    """kill -9 of the postmaster and all its backends: nothing is flushed."""
    pid = server.pid()
    assert pid is not None
    postmaster = psutil.Process(pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=30)
