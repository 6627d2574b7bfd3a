"""The journals of the contract suite: each a factory, so that a test chooses how many partitions it has.

An archive cannot be appended to, so `Opened.closed` gives what a test appended as the adapter under test:
the journal itself, or an archive written out of it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from services.journal.archive import ArchiveJournal, write_archive
from services.journal.kafka import KafkaJournal
from services.journal.port import Journal
from services.journal.postgres import PostgresJournal
from services.journal.topics import journal_topic, make_topics

WritableJournal = KafkaJournal | PostgresJournal


class Opened(NamedTuple):
    """A journal that takes records, and how to see it as the adapter under test."""

    journal: WritableJournal
    closed: Callable[[], Journal]


OpenJournal = Callable[[int], Opened]


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.kafka), "archive"])
def adapter(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
def writable_adapter(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def open_writable(request: pytest.FixtureRequest) -> Iterator[Callable[[str, int], WritableJournal]]:
    opened: list[WritableJournal] = []

    def open_it(adapter: str, partitions: int) -> WritableJournal:
        journal: WritableJournal
        if adapter == "kafka":
            bootstrap, topic = (
                request.getfixturevalue("kafka_bootstrap"),
                request.getfixturevalue("kafka_topic"),
            )
            make_topics(bootstrap, [journal_topic(topic, partitions)], replication=1)
            journal = KafkaJournal(bootstrap, topic, partitions=partitions, timeout_seconds=20)
        else:
            journal = PostgresJournal.create(request.getfixturevalue("database_url"), partitions=partitions)
        opened.append(journal)
        return journal

    yield open_it
    for journal in opened:
        journal.close()


@pytest.fixture
def open_journal(
    adapter: str, open_writable: Callable[[str, int], WritableJournal], tmp_path: Path
) -> Iterator[OpenJournal]:
    archives: list[ArchiveJournal] = []

    def close_into_archive(journal: WritableJournal) -> Journal:
        path = tmp_path / f"archive-{len(archives)}.daybook"
        write_archive(
            path,
            journal,
            journal_id="test",
            zone="Europe/Prague",
            created_at=datetime(2026, 1, 2, tzinfo=UTC),
        )
        archives.append(ArchiveJournal(path))
        return archives[-1]

    def open_it(partitions: int) -> Opened:
        if adapter == "archive":
            journal = open_writable("postgres", partitions)
            return Opened(journal, lambda: close_into_archive(journal))
        journal = open_writable(adapter, partitions)
        return Opened(journal, lambda: journal)

    yield open_it
    for archive in archives:
        archive.close()
