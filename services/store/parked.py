"""Parked keys: keys of ledgers whose handler raised, and how many entries have passed them by since."""

from typing import NamedTuple

import msgspec

from projections.ledger import Key
from services.store.database import Connection


class ParkedKey(NamedTuple):
    """A key that stopped folding at `position` of `partition`, why, and how many entries it has missed."""

    ledger: str
    key: Key
    partition: int
    position: int
    error: str
    entries: int


def parked_keys(connection: Connection, schema: str) -> set[tuple[str, Key]]:
    """(ledger, key) of every parked key of a generation."""
    return {(parked.ledger, parked.key) for parked in parked_list(connection, schema)}


def parked_list(connection: Connection, schema: str) -> list[ParkedKey]:
    """Every parked key with its reason, by ledger and key."""
    rows = connection.execute(
        "SELECT ledger, key::text, partition, position, error, entries "
        f"FROM {schema}._parked ORDER BY ledger, key".encode()
    ).fetchall()
    return [ParkedKey(row[0], tuple(msgspec.json.decode(row[1])), *row[2:]) for row in rows]


def release(connection: Connection, schema: str, parked: ParkedKey) -> None:
    """Take a key off the list and count the entries it had missed as folded."""
    connection.execute(
        f"DELETE FROM {schema}._parked WHERE ledger = %s AND key = %s::jsonb".encode(),
        (parked.ledger, msgspec.json.encode(parked.key).decode()),
    )
    connection.execute(
        f"UPDATE {schema}._ledger_count SET folded = folded + %s, parked = parked - %s "
        "WHERE partition = %s AND ledger = %s".encode(),
        (parked.entries, parked.entries, parked.partition, parked.ledger),
    )
