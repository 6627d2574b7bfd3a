"""The embedded journal: a partitioned PostgreSQL table behind the port, for a system without Kafka.

The composition root opens it. It gives out positions under one lock per partition, in the transaction that
stores the records, so that a reader never sees a gap. It never decodes, changes or removes a record: the
table itself refuses UPDATE, DELETE and TRUNCATE.
"""

import re
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from events.envelope import Position
from services.errors import JournalIncomplete, JournalUnavailable, NotFound, WrongUse
from services.journal.partition import partition_of
from services.journal.port import PARTITIONS, Record, StoredRecord
from services.journal.share import check_starts, share_fairly

SCHEMA = "daybook_journal"

_COPY_FROM_RECORDS = 200
_POLL_FIRST_SECONDS = 0.002
_POLL_LAST_SECONDS = 0.05
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 120
_POOL_CONNECTIONS = 4
_KEYS_REMEMBERED = 200_000

_Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresJournal:
    """A journal in the tables `daybook_journal.<name>` and `<name>_ends`; safe to share between threads.

    Opening a journal that was never created raises WrongUse; opening it with another number of partitions
    than it was created with raises JournalIncomplete.
    """

    def __init__(
        self, conninfo: str, *, name: str = "journal", partitions: int | None = None, volume: int = 0
    ) -> None:
        self.volume = volume
        self._names = _Names(name)
        self._pool = _open_pool(conninfo)
        self._appended = threading.Condition()
        self._closed = False
        try:
            self.partitions = self._count_partitions(partitions)
        except BaseException:
            self._pool.close()
            raise

    @classmethod
    def create(
        cls, conninfo: str, *, name: str = "journal", partitions: int = PARTITIONS, volume: int = 0
    ) -> "PostgresJournal":
        """Open the journal, making its tables first where there are none; safe to run in many processes."""
        if not 1 <= partitions <= 1024:
            raise WrongUse(f"a journal has 1 to 1024 partitions, not {partitions}")
        names = _Names(name)
        try:
            with psycopg.connect(conninfo, connect_timeout=_CONNECT_SECONDS) as connection:
                _make_tables(connection, names, partitions)
        except psycopg.OperationalError as error:
            raise JournalUnavailable(f"the journal's database does not answer: {error}") from error
        return cls(conninfo, name=name, partitions=partitions, volume=volume)

    def append(self, records: Sequence[Record]) -> list[Position]:
        """Append all in one transaction, durable on return; each partition keeps the order given."""
        places = [_partition_of(record.key, self.partitions) for record in records]
        if not records:
            return []
        with self._connection() as connection, connection.transaction():
            following = self._reserve(connection, Counter(places))
            stored = []
            for partition, record in zip(places, records, strict=True):
                offset = following[partition]
                following[partition] = offset + 1
                stored.append(StoredRecord(partition, offset, record.key, record.value))
            self._insert(connection, stored)
        self._wake_readers()
        return [Position(self.volume, record.partition, record.offset) for record in stored]

    def append_at(self, records: Sequence[StoredRecord]) -> None:
        """Store records of another journal at the very places they had there, in one transaction.

        Each must stand at the end of its partition when its turn comes, so a load begins with an empty
        journal; WrongUse, and nothing stored, where one does not.
        """
        if not records:
            return
        counts = Counter(record.partition for record in records)
        if not all(0 <= partition < self.partitions for partition in counts):
            raise WrongUse(f"a record of partition {max(counts)} does not fit a journal of {self.partitions}")
        with self._connection() as connection, connection.transaction():
            following = self._reserve(connection, counts)
            for record in records:
                expected = following[record.partition]
                if record.offset != expected:
                    place = f"partition {record.partition}, offset {record.offset}"
                    raise WrongUse(
                        f"the record of {place} would stand at {expected}: load into an empty journal"
                    )
                following[record.partition] = expected + 1
            self._insert(connection, records)
        self._wake_readers()

    def read(self, starts: Mapping[int, int], limit: int, wait_seconds: float = 0.0) -> list[StoredRecord]:
        """Up to `limit` records from these offsets on, shared fairly between the partitions asked for."""
        deadline = time.monotonic() + wait_seconds
        pause_seconds = _POLL_FIRST_SECONDS
        while True:
            ends = self.ends()
            check_starts(starts, dict.fromkeys(ends, 0), ends)
            taken = share_fairly({partition: ends[partition] - at for partition, at in starts.items()}, limit)
            if taken:
                return self._read_ranges(starts, taken)
            left_seconds = deadline - time.monotonic()
            if left_seconds <= 0 or self._closed:
                return []
            with self._appended:
                self._appended.wait(min(pause_seconds, left_seconds))
            pause_seconds = min(pause_seconds * 2, _POLL_LAST_SECONDS)

    def fetch(self, positions: Sequence[Position]) -> list[StoredRecord]:
        """The records at these positions, in the order asked."""
        wanted = [position for position in positions if position.volume == self.volume]
        query = self._names.fill(
            'SELECT j.partition, j."offset", j.key, j.value FROM unnest(%s::int[], %s::bigint[]) AS w(p, o)'
            ' JOIN {journal} j ON j.partition = w.p AND j."offset" = w.o'
        )
        columns = [position.partition for position in wanted], [position.offset for position in wanted]
        with self._connection() as connection:
            rows = connection.execute(query, columns, binary=True).fetchall()
        found = {(row[0], row[1]): StoredRecord._make(row) for row in rows}
        for position in positions:
            if position.volume != self.volume or position[1:] not in found:
                raise NotFound(f"the journal has no record at {position}")
        return [found[position[1:]] for position in positions]

    def begins(self) -> dict[int, int]:
        """First offset of every partition: 0, since nothing is ever removed."""
        return dict.fromkeys(range(self.partitions), 0)

    def ends(self) -> dict[int, int]:
        """Next offset to be written, of every partition."""
        query = self._names.fill("SELECT partition, next_offset FROM {ends}")
        with self._connection() as connection:
            return dict(connection.execute(query).fetchall())

    def check(self) -> None:
        """Raise JournalIncomplete unless each partition holds its first and last offset and none can go."""
        guards = self._names.fill(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'immutable' AND tgenabled IN ('O', 'A')"
            " AND tgrelid IN (SELECT relid FROM pg_partition_tree({journal_text}))"
        )
        with self._connection() as connection, connection.transaction():
            ends = dict(connection.execute(self._names.fill("SELECT partition, next_offset FROM {ends}")))
            for partition, end in ends.items():
                bounds = self._names.fill('SELECT min("offset"), max("offset") FROM {part}', partition)
                row = connection.execute(bounds).fetchone()
                if row != ((0, end - 1) if end else (None, None)):
                    raise JournalIncomplete(f"partition {partition} should hold 0..{end - 1}, it holds {row}")
            counted = connection.execute(guards).fetchone()
        if counted != (self.partitions + 1,):
            raise JournalIncomplete("the journal's tables have lost their guard against changes: restore it")

    def close(self) -> None:
        """Release the connections and let waiting readers go."""
        self._closed = True
        self._wake_readers()
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[_Connection]:
        try:
            with self._pool.connection(timeout=_CONNECT_SECONDS) as connection:
                yield connection
        except PoolClosed as error:
            raise WrongUse("this journal has been closed: open it again") from error
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise JournalUnavailable(f"the journal's database does not answer: {error}") from error

    def _count_partitions(self, expected: int | None) -> int:
        try:
            count = len(self.ends())
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise WrongUse(f"there is no journal {self._names.name!r} here: create it first") from error
        if expected is not None and expected != count:
            raise JournalIncomplete(
                f"the journal {self._names.name!r} has {count} partitions, not {expected}:"
                " their number never changes; more of them means a new volume"
            )
        return count

    def _reserve(self, connection: _Connection, counts: Mapping[int, int]) -> dict[int, int]:
        """Lock the partitions in their order, move their ends, and give the first offset of each."""
        connection.execute("SET LOCAL synchronous_commit = on")
        lock = self._names.fill(
            "SELECT partition, next_offset FROM {ends} WHERE partition = ANY(%s)"
            " ORDER BY partition FOR UPDATE"
        )
        move = self._names.fill(
            "UPDATE {ends} e SET next_offset = e.next_offset + c.n"
            " FROM unnest(%s::int[], %s::bigint[]) AS c(p, n) WHERE e.partition = c.p"
        )
        first: dict[int, int] = dict(connection.execute(lock, [list(counts)]).fetchall())
        connection.execute(move, [list(counts), list(counts.values())])
        return first

    def _insert(self, connection: _Connection, records: Sequence[StoredRecord]) -> None:
        if len(records) < _COPY_FROM_RECORDS:
            insert = self._names.fill(
                "INSERT INTO {journal}"
                " SELECT * FROM unnest(%b::int[], %b::bigint[], %b::bytea[], %b::bytea[])"
            )
            connection.execute(insert, [list(column) for column in zip(*records, strict=True)])
            return
        copy_in = self._names.fill(
            'COPY {journal} (partition, "offset", key, value) FROM STDIN (FORMAT BINARY)'
        )
        rows: dict[int, list[bytes]] = {}
        for record in records:
            rows.setdefault(record.partition, []).append(_copy_row(record))
        with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
            copy.write(_COPY_HEAD)
            for partition in sorted(rows):
                copy.write(b"".join(rows[partition]))
            copy.write(_COPY_END)

    def _read_ranges(self, starts: Mapping[int, int], taken: Mapping[int, int]) -> list[StoredRecord]:
        """The next `taken` records of each partition, partition after partition."""
        cursors = []
        with self._connection() as connection, connection.pipeline():
            for partition, count in taken.items():
                query = self._names.fill(
                    'SELECT partition, "offset", key, value FROM {part}'
                    ' WHERE "offset" >= %s AND "offset" < %s ORDER BY "offset"',
                    partition,
                )
                first = starts[partition]
                cursors.append(connection.execute(query, (first, first + count), prepare=True, binary=True))
            records = [StoredRecord._make(row) for cursor in cursors for row in cursor.fetchall()]
        if len(records) != sum(taken.values()):
            raise JournalIncomplete(
                "records between the journal's begin and its end are missing: restore a backup"
            )
        return records

    def _wake_readers(self) -> None:
        with self._appended:
            self._appended.notify_all()


class _Names:
    """The quoted names of one journal's tables, put into queries."""

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            raise WrongUse(f"{name!r} cannot name a journal: at most 40 of a-z, 0-9 and _, a letter first")
        self.name = name

    def fill(self, query: str, partition: int | None = None) -> sql.Composed:
        """The query with {journal}, {ends}, {part} and {schema} put in."""
        return sql.SQL(query).format(
            schema=sql.Identifier(SCHEMA),
            journal=sql.Identifier(SCHEMA, self.name),
            journal_text=sql.Literal(f"{SCHEMA}.{self.name}"),
            ends=sql.Identifier(SCHEMA, f"{self.name}_ends"),
            part=sql.Identifier(SCHEMA, f"{self.name}_p{partition}"),
            partition=sql.Literal(partition),
        )


def _make_tables(connection: _Connection, names: _Names, partitions: int) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{SCHEMA}.{names.name}"])
    found = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.{names.name}_ends"]).fetchone()
    if found != (None,):
        return
    for statement in _TABLES:
        connection.execute(names.fill(statement))
    for partition in range(partitions):
        for statement in _PARTITION:
            connection.execute(names.fill(statement, partition))


def _open_pool(conninfo: str) -> ConnectionPool[_Connection]:
    return ConnectionPool(
        conninfo,
        min_size=1,
        max_size=_POOL_CONNECTIONS,
        timeout=_CONNECT_SECONDS,
        reconnect_timeout=_CONNECT_SECONDS,
        check=ConnectionPool.check_connection,
        configure=_limit_statements,
        kwargs={"autocommit": True, "connect_timeout": _CONNECT_SECONDS, "tcp_user_timeout": 30_000},
        open=True,
    )


def _limit_statements(connection: _Connection) -> None:
    connection.execute(f"SET statement_timeout = '{_STATEMENT_SECONDS}s'")


def _copy_row(record: StoredRecord) -> bytes:
    """A row in PostgreSQL's binary COPY format: 4 columns, each its length and its bytes, -1 for null."""
    partition, offset, key, value = record
    head = _COPY_PLACE(4, 4, partition, 8, offset)
    key_field = _COPY_NULL if key is None else _COPY_LENGTH(len(key)) + key
    value_field = _COPY_NULL if value is None else _COPY_LENGTH(len(value)) + value
    return head + key_field + value_field


_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_COPY_NULL = b"\xff\xff\xff\xff"
_COPY_PLACE = struct.Struct("!hiiiq").pack
_COPY_LENGTH = struct.Struct("!i").pack

_partition_of = lru_cache(maxsize=_KEYS_REMEMBERED)(partition_of)

_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS {schema}",
    'CREATE TABLE {journal} (partition int NOT NULL, "offset" bigint NOT NULL, key bytea, value bytea,'
    ' PRIMARY KEY (partition, "offset")) PARTITION BY LIST (partition)',
    "CREATE TABLE {ends} (partition int PRIMARY KEY, next_offset bigint NOT NULL) WITH (fillfactor = 10)",
    "CREATE OR REPLACE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION 'the journal is immutable: % on % is refused', TG_OP, TG_TABLE_NAME; END $$",
    "CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {journal}"
    " FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change()",
)

_PARTITION = (
    "CREATE TABLE {part} PARTITION OF {journal} FOR VALUES IN ({partition})",
    "CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {part}"
    " FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change()",
    "INSERT INTO {ends} VALUES ({partition}, 0)",
)
