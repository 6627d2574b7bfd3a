"""Status: how far the live generation is, what it could not read or fold, and what each ledger counted."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from events.calendar import JournalOpened
from services.store.database import Connection
from services.store.generation import Generation, watermarks
from services.store.parked import parked_list


class LedgerCount(msgspec.Struct, frozen=True):
    """folded + not subscribed + parked = entries."""

    ledger: str
    folded: int
    not_subscribed: int
    parked: int


class PartitionLag(msgspec.Struct, frozen=True):
    """Where a partition begins and ends, and the next offset to fold."""

    partition: int
    end: int
    next_offset: int


class ParkedLine(msgspec.Struct, frozen=True):
    """A key of a ledger that waits for a fix."""

    ledger: str
    key: tuple[str, ...]
    position: str
    entries: int
    error: str


class Status(msgspec.Struct, frozen=True):
    """records = entries + copies + unreadable; lag is what is in the journal and not yet folded."""

    journal_id: str
    zone: str
    partitions: int
    generation: int
    fingerprint: str
    records: int
    lag: int
    entries: int
    copies: int
    unreadable: int
    admitted_until: dt.datetime | None
    parked_keys: int
    ledgers: tuple[LedgerCount, ...]
    lags: tuple[PartitionLag, ...]
    parked: tuple[ParkedLine, ...]
    unreadable_records: tuple[tuple[str, str], ...]


def read_status(
    connection: Connection,
    generation: Generation,
    opened: JournalOpened,
    ends: Mapping[int, int],
    volume: int,
) -> Status:
    """The state of a generation against a journal that ends at `ends`."""
    schema = generation.schema
    marks = watermarks(connection, schema)
    parked = parked_list(connection, schema)
    counts = connection.execute(
        "SELECT ledger, sum(folded)::bigint, sum(not_subscribed)::bigint, sum(parked)::bigint "
        f"FROM {schema}._ledger_count GROUP BY ledger ORDER BY ledger".encode()
    ).fetchall()
    unreadable = connection.execute(
        f"SELECT partition, position, reason FROM {schema}._unreadable ORDER BY 1, 2 LIMIT 20".encode()
    ).fetchall()
    admitted = connection.execute(f"SELECT max(admitted_until) FROM {schema}._watermark".encode()).fetchone()
    return Status(
        journal_id=opened.journal_id,
        zone=opened.zone,
        partitions=len(ends),
        generation=generation.id,
        fingerprint=generation.fingerprint,
        records=sum(ends.values()),
        lag=sum(max(0, end - marks[p].next_offset) for p, end in ends.items() if p in marks),
        entries=sum(mark.entries for mark in marks.values()),
        copies=sum(mark.copies for mark in marks.values()),
        unreadable=sum(mark.unreadable for mark in marks.values()),
        admitted_until=None if admitted is None else admitted[0],
        parked_keys=len(parked),
        ledgers=tuple(LedgerCount(*row) for row in counts),
        lags=tuple(PartitionLag(p, end, marks[p].next_offset) for p, end in sorted(ends.items())),
        parked=tuple(
            ParkedLine(x.ledger, x.key, f"{volume}/{x.partition}/{x.position}", x.entries, x.error)
            for x in parked
        ),
        unreadable_records=tuple((f"{volume}/{p}/{o}", reason) for p, o, reason in unreadable),
    )
