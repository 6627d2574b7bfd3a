"""The batch writer: rows, tallies, entries and watermark in one transaction, fenced by the watermark itself.

The projector and the watch commit through `write`; nothing else changes a generation. Inserts go straight
into the table (COPY when there are many), updates through a temporary table, tallies are added up in SQL.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg import errors as pg_errors

from projections.fold import Declarations, Parking, WorkingSet
from projections.ledger import Key, Row
from projections.tally import Group, Tally
from services.errors import Fenced
from services.store import tables
from services.store.database import Connection
from services.store.generation import RETIRED, Generation

COPY_FROM_ROWS = 48
"""From this many rows of one kind COPY is quicker than prepared inserts."""


@dataclass
class PartitionProgress:
    """What a batch did to one partition; offsets are the next to fold, before and after."""

    first_offset: int
    next_offset: int
    last_digest: bytes
    entries: int = 0
    copies: int = 0
    unreadable: int = 0
    admitted_until: Any = None


@dataclass
class Batch:
    """Everything that one commit writes."""

    progress: dict[int, PartitionProgress]
    entry_rows: list[tuple[Any, ...]]
    working: WorkingSet
    not_subscribed: dict[tuple[int, str], int] = field(default_factory=dict)
    unreadable: list[tuple[int, int, str]] = field(default_factory=list)
    epochs: Mapping[int, int] = field(default_factory=dict)


class DuplicateEntry(Exception):
    """An entry of this batch is already there: fold the batch again, looking duplicates up first."""


def write(connection: Connection, generation: Generation, batch: Batch) -> None:
    """Commit a batch to a generation; on any error nothing of it is there.

    Raises Fenced if another owner moved a watermark or the generation was retired, DuplicateEntry if an entry
    of the batch had been counted before.
    """
    schema = generation.schema
    try:
        with connection.transaction():
            advance(connection, generation, batch.progress, batch.epochs)
            insert_entries(connection, schema, batch.entry_rows)
            for ledger in batch.working.declarations.ledgers:
                write_ledger(connection, schema, batch.working, ledger.name)
            write_tallies(connection, schema, batch.working)
            write_counts(connection, schema, batch)
    except pg_errors.UniqueViolation as error:
        if error.diag.constraint_name == "entries_entry_id":
            raise DuplicateEntry from error
        raise


def insert_entries(connection: Connection, schema: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows to the built-in ledger `entries`."""
    _insert(connection, schema, "entries", tables.ENTRY_COLUMNS, tables.ENTRY_TYPES, rows)


def existing_entries(connection: Connection, schema: str, entry_ids: Sequence[bytes]) -> set[bytes]:
    """Which of these entry ids have been counted already."""
    rows = connection.execute(
        f"SELECT entry_id FROM {schema}.entries WHERE entry_id = ANY(%s)".encode(), (list(entry_ids),)
    ).fetchall()
    return {row[0] for row in rows}


def load_rows(
    connection: Connection, schema: str, declarations: Declarations, name: str, keys: Sequence[Key]
) -> dict[Key, Row]:
    """The rows of a ledger under these keys."""
    shape = tables.shape(declarations.ledger(name))
    columns = ", ".join(f'l."{column.name}"' for column in shape.columns)
    arrays = [[key[index] for key in keys] for index in range(len(shape.key_columns))]
    unnested = ", ".join(f"%s::{column.cast}[]" for column in shape.key_columns)
    names = ", ".join(f"k{index}" for index in range(len(arrays)))
    on = " AND ".join(f'l."{column.name}" = k.k{i}' for i, column in enumerate(shape.key_columns))
    rows = connection.execute(
        f'SELECT {columns} FROM unnest({unnested}) AS k({names}) JOIN {schema}."{name}" l ON {on}'.encode(),
        arrays,
    ).fetchall()
    found = [shape.from_db(values) for values in rows]
    return {shape.key(row): row for row in found}


def record_digest(value: bytes | None) -> bytes:
    """SHA-256 of a record's value, kept in the watermark to find a truncated or re-created journal."""
    return hashlib.sha256(value or b"").digest()


def advance(
    connection: Connection,
    generation: Generation,
    progress: Mapping[int, PartitionProgress],
    epochs: Mapping[int, int],
) -> None:
    """Move the watermarks first: whoever finds one moved already was fenced and writes nothing.

    `epochs` are those that the caller read its rows and parked keys under; one moves on when a parked key
    is folded again beside a running projector, which must then read both anew.
    """
    state = connection.execute(
        "SELECT state FROM daybook.generation WHERE id = %s FOR SHARE", (generation.id,)
    ).fetchone()
    if state is None or state[0] == RETIRED:
        raise Fenced(
            f"generation {generation.id} is no longer live: resolve the live one and go on from there"
        )
    table, moves = f"{generation.schema}._watermark", sorted(progress.items())
    partitions = [partition for partition, _ in moves]
    connection.execute(
        f"SELECT 1 FROM {table} WHERE partition = ANY(%s) ORDER BY partition FOR UPDATE".encode(),
        (partitions,),
    )
    moved = connection.execute(
        f"UPDATE {table} w SET next_offset = m.next_offset, last_digest = m.last_digest, "
        "entries = w.entries + m.entries, copies = w.copies + m.copies, "
        "unreadable = w.unreadable + m.unreadable, "
        "admitted_until = greatest(w.admitted_until, m.admitted_until) "
        "FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[], %s::bigint[], "
        "%s::bigint[], %s::bigint[], %s::timestamptz[]) AS m (partition, first_offset, epoch, next_offset, "
        "last_digest, entries, copies, unreadable, admitted_until) "
        "WHERE w.partition = m.partition AND w.next_offset = m.first_offset AND w.epoch = m.epoch".encode(),
        (
            partitions,
            [one.first_offset for _, one in moves],
            [epochs.get(partition, 0) for partition in partitions],
            [one.next_offset for _, one in moves],
            [one.last_digest for _, one in moves],
            [one.entries for _, one in moves],
            [one.copies for _, one in moves],
            [one.unreadable for _, one in moves],
            [one.admitted_until for _, one in moves],
        ),
    ).rowcount
    if moved != len(moves):
        raise Fenced(
            f"generation {generation.id}: {len(moves) - moved} of the partitions {partitions} were moved on"
            " by another projector, or had parked keys folded again: read the watermarks and go on from there"
        )


def write_ledger(connection: Connection, schema: str, working: WorkingSet, name: str) -> None:
    """Write the rows of a ledger that a working set changed, in key order."""
    changes = working.changes(name)
    if not changes:
        return
    shape = tables.shape(working.declarations.ledger(name))
    touched = working.touched[name]
    columns = [column.name for column in shape.columns] + list(tables.SYSTEM_COLUMNS)
    types = [column.cast for column in shape.columns] + list(tables.SYSTEM_TYPES)
    inserts: list[list[Any]] = []
    updates: list[list[Any]] = []
    deletes: list[Key] = []
    for key, before, after in sorted(changes, key=lambda item: item[0]):
        if after is None:
            deletes.append(key)
            continue
        position = touched[key]
        values = [*shape.to_db(after), position.partition, position.offset]
        (inserts if before is None else updates).append(values)
    if deletes:
        _delete(connection, schema, name, [column.name for column in shape.key_columns], deletes)
    _insert(connection, schema, name, columns, types, inserts)
    _update(connection, schema, name, columns, types, len(shape.key_columns), updates)


def write_tallies(connection: Connection, schema: str, working: WorkingSet) -> None:
    """Add what a working set changed to the tallies over its ledgers."""
    deltas = working.tally_deltas()
    for tally in working.declarations.tallies:
        if tally.name in deltas:
            _post_tally(connection, schema, tally, deltas[tally.name])


def _insert(
    connection: Connection,
    schema: str,
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    if not rows:
        return
    if len(rows) >= COPY_FROM_ROWS:
        _copy(connection, f'{schema}."{table}"', columns, types, rows)
        return
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f'INSERT INTO {schema}."{table}" ({names}) VALUES ({marks})'.encode(), rows)


def _update(
    connection: Connection,
    schema: str,
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    key_width: int,
    rows: Sequence[Sequence[Any]],
) -> None:
    if not rows:
        return
    key, rest = columns[:key_width], columns[key_width:]
    if len(rows) < COPY_FROM_ROWS:
        sets = ", ".join(f'"{name}" = %s' for name in rest)
        where = " AND ".join(f'"{name}" = %s' for name in key)
        with connection.cursor() as cursor:
            cursor.executemany(
                f'UPDATE {schema}."{table}" SET {sets} WHERE {where}'.encode(),
                [[*row[key_width:], *row[:key_width]] for row in rows],
            )
        return
    temporary = _temporary(connection, schema, table)
    _copy(connection, temporary, columns, types, rows)
    sets = ", ".join(f'"{name}" = n."{name}"' for name in rest)
    where = " AND ".join(f't."{name}" = n."{name}"' for name in key)
    connection.execute(f'UPDATE {schema}."{table}" t SET {sets} FROM {temporary} n WHERE {where}'.encode())


def _delete(
    connection: Connection, schema: str, table: str, columns: Sequence[str], keys: Sequence[Key]
) -> None:
    where = " AND ".join(f'"{name}" = %s' for name in columns)
    with connection.cursor() as cursor:
        cursor.executemany(f'DELETE FROM {schema}."{table}" WHERE {where}'.encode(), keys)


def _post_tally(
    connection: Connection, schema: str, tally: Tally, deltas: Mapping[int, Mapping[Group, Sequence[int]]]
) -> None:
    """Add deltas to a tally's groups and drop the groups that came to zero."""
    rows = [
        [partition, *group, *sums]
        for partition, moved in sorted(deltas.items())
        for group, sums in moved.items()
    ]
    if not rows:
        return
    groups = ["partition", *(column.name for column in tables.group_columns(tally))]
    sums = ["rows", *(tables.measure_column(name) for name in tally.measures)]
    names = ", ".join(f'"{name}"' for name in [*groups, *sums])
    conflict = ", ".join(f'"{name}"' for name in groups)
    added = ", ".join(f'"{name}" = t."{name}" + excluded."{name}"' for name in sums)
    upsert = f"ON CONFLICT ({conflict}) DO UPDATE SET {added}"
    if len(rows) < COPY_FROM_ROWS:
        marks = ", ".join(["%s"] * (len(groups) + len(sums)))
        with connection.cursor() as cursor:
            cursor.executemany(
                f'INSERT INTO {schema}."{tally.name}" AS t ({names}) VALUES ({marks}) {upsert}'.encode(), rows
            )
    else:
        temporary = _temporary(connection, schema, tally.name)
        types = ["smallint", *(column.cast for column in tables.group_columns(tally))]
        _copy(connection, temporary, [*groups, *sums], [*types, *["bigint"] * len(sums)], rows)
        connection.execute(
            f'INSERT INTO {schema}."{tally.name}" AS t ({names}) '
            f"SELECT {names} FROM {temporary} {upsert}".encode()
        )
    if any(row[len(groups)] < 0 for row in rows):
        connection.execute(
            f'DELETE FROM {schema}."{tally.name}" WHERE partition = ANY(%s) AND rows = 0'.encode(),
            (sorted({row[0] for row in rows}),),
        )


def write_counts(connection: Connection, schema: str, batch: Batch) -> None:
    """Per ledger: folded + not subscribed + parked = entries; parked keys; unreadable records."""
    folded, parked = batch.working.folded, batch.working.parked_entries
    keys = sorted({*folded, *batch.not_subscribed, *parked})
    rows = [(*key, folded[key], batch.not_subscribed.get(key, 0), parked[key]) for key in keys]
    with connection.cursor() as cursor:
        if rows:
            arrays = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(
                f"INSERT INTO {schema}._ledger_count AS t "
                "(partition, ledger, folded, not_subscribed, parked) "
                "SELECT * FROM unnest(%s::smallint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) "
                "ON CONFLICT (partition, ledger) DO UPDATE SET folded = t.folded + excluded.folded, "
                "not_subscribed = t.not_subscribed + excluded.not_subscribed, "
                "parked = t.parked + excluded.parked".encode(),
                arrays,
            )
        if batch.unreadable:
            cursor.executemany(
                f"INSERT INTO {schema}._unreadable VALUES (%s, %s, %s)".encode(),
                batch.unreadable,
            )
        if batch.working.newly_parked:
            cursor.executemany(
                f"INSERT INTO {schema}._parked (ledger, key, partition, position, error) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING".encode(),
                [_parked_row(parking) for parking in batch.working.newly_parked],
            )
        if batch.working.parked_hits:
            cursor.executemany(
                f"UPDATE {schema}._parked SET entries = entries + %s WHERE ledger = %s AND key = %s".encode(),
                [(n, name, key_json(key)) for (name, key), n in sorted(batch.working.parked_hits.items())],
            )


def _parked_row(parking: Parking) -> tuple[Any, ...]:
    position = parking.entry.position
    return parking.ledger, key_json(parking.key), position.partition, position.offset, parking.error


def key_json(key: Key) -> str:
    """A ledger key as JSON, as the table of parked keys holds it."""
    return msgspec.json.encode(key).decode()


def _temporary(connection: Connection, schema: str, table: str) -> str:
    """A temporary table shaped like `table`, empty at every commit."""
    name = f'"new_{schema}_{table}"'
    like = f'(LIKE {schema}."{table}") ON COMMIT DELETE ROWS'
    connection.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} {like}".encode())
    return name


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """COPY rows into a table, in the binary format: half the work of text on both sides."""
    names = ", ".join(f'"{name}"' for name in columns)
    statement = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        write_row = copy.write_row
        for row in rows:
            write_row(row)
