"""Where a journal is, as a value that can be handed to another process, and how to open it.

The composition root and the rebuild's worker processes open journals here; adapters are imported only when
they are needed.
"""

from typing import Literal, NamedTuple

from services.journal.port import Journal


class JournalAddress(NamedTuple):
    """`at` is a connection string (postgres), a bootstrap server (kafka) or a file's path (archive)."""

    kind: Literal["postgres", "kafka", "archive"]
    at: str
    name: str = "journal"
    partitions: int | None = None


def open_journal(address: JournalAddress) -> Journal:
    """The journal at an address; JournalIncomplete if it has another number of partitions than expected."""
    if address.kind == "postgres":
        from services.journal.postgres import PostgresJournal

        return PostgresJournal(address.at, name=address.name, partitions=address.partitions)
    if address.kind == "kafka":
        from services.journal.kafka import KafkaJournal

        return KafkaJournal(address.at, address.name, partitions=address.partitions)
    from services.journal.archive import ArchiveJournal

    return ArchiveJournal(address.at)
