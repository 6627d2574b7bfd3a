"""The servers that the benchmark runs on: an embedded PostgreSQL and a Kafka broker, in a folder of its own.

Only the benchmark uses them; nothing of them is left afterwards.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psycopg

from services.journal.address import JournalAddress
from services.journal.kafka import KafkaJournal
from services.journal.port import Record
from services.journal.topics import journal_topic, make_topics
from services.store.database import migrate
from services.store.embedded import EmbeddedPostgres
from tests.broker import LocalBroker

PARTITIONS = 24
_APPEND_RECORDS = 20_000

MakeRecords = Callable[[int], Iterator[Record]]


class Parts(NamedTuple):
    """What is running, and the folder that everything is in."""

    folder: Path
    bootstrap: str
    server: EmbeddedPostgres

    def database(self, name: str) -> str:
        """How to connect to a new, empty database."""
        with psycopg.connect(self.server.conninfo(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        conninfo = self.server.conninfo(name)
        migrate(conninfo)
        return conninfo

    def journal(self, name: str, records: MakeRecords, events: int) -> JournalAddress:
        """A topic that holds `events` of these records."""
        make_topics(self.bootstrap, [journal_topic(name, PARTITIONS)], replication=1)
        address = JournalAddress("kafka", self.bootstrap, name)
        with closing(KafkaJournal(self.bootstrap, name)) as journal:
            made = records(events)
            while chunk := list(islice(made, _APPEND_RECORDS)):
                journal.append(chunk)
        return address


@contextmanager
def running(bootstrap: str | None = None) -> Iterator[Parts]:
    """Start what is not given, and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="daybook-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        broker = LocalBroker(folder / "broker") if bootstrap is None else None
        server = EmbeddedPostgres(folder / "data")
        try:
            if broker is not None:
                broker.start()
            server.start()
            yield Parts(folder, bootstrap or broker.bootstrap if broker else str(bootstrap), server)
        finally:
            server.stop()
            if broker is not None:
                broker.stop()
