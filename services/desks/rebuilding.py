"""Desks from the journal alone: their tables are made again from their own entries, and compared.

`daybook rebuild --desks` runs it. It writes into a schema of its own and replaces the desks' tables only when
asked to; it must never take anything from the tables that it replaces.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from events import codec
from events.errors import EventError
from services.desks.relay import TABLE as RELAYED
from services.desks.storage import SCHEMA, CaseEvent, DeskStorage, VersionTaken, case_event
from services.errors import CheckFailed, JournalUnavailable, NotReady
from services.journal.port import Journal
from services.store.database import Connection, connect

REBUILT = "desks_rebuilt"
RETIRED = "desks_retired"
READ_RECORDS = 10_000
READ_WAIT_SECONDS = 30.0
_MARK = b'"urn:daybook:desk:'

Progress = Callable[[int, int], None]


class Rebuilt(NamedTuple):
    """What a rebuild of one desk found: events, and the digests of the rebuilt and of the live table."""

    desk: str
    events: int
    digest: str
    live: str | None

    @property
    def equal(self) -> bool:
        return self.digest == self.live


def rebuild_desks(
    conninfo: str, journal: Journal, desks: tuple[str, ...], progress: Progress | None = None
) -> list[Rebuilt]:
    """Fill fresh tables from every desk entry of the journal, each counted once; digests of both sides.

    Raises CheckFailed where the versions of a case have a gap: the journal is not whole; JournalUnavailable
    where it gives no records that it has.
    """
    with connect(conninfo, autocommit=True) as connection:
        live = {desk for desk in desks if _exists(connection, SCHEMA, f"{desk}_events")}
        connection.execute(f"DROP SCHEMA IF EXISTS {REBUILT} CASCADE".encode())
    storages = {desk: DeskStorage(conninfo, desk, REBUILT) for desk in desks}
    versions: dict[str, int] = {}
    try:
        for desk, events in _desk_entries(journal, set(desks), progress):
            fresh = [event for event in events if _is_next(event, versions)]
            if fresh:
                storages[desk].save(fresh)
        return [_rebuilt(conninfo, desk, storages[desk], desk in live) for desk in desks]
    except VersionTaken as error:
        raise CheckFailed("two entries claim one version of a case: run `daybook doctor`") from error
    finally:
        for storage in storages.values():
            storage.close()


def swap_desks(conninfo: str, desks: tuple[str, ...]) -> None:
    """Put the rebuilt tables in the place of the live ones, in one transaction. Only tables move: running
    processes remember the schema's types, and go on deciding.

    Raises NotReady while the live tables hold decisions that the journal or the rebuild does not have yet.
    """
    with connect(conninfo) as connection, connection.transaction():
        live = [desk for desk in desks if _exists(connection, SCHEMA, f"{desk}_events")]
        for desk in live:
            connection.execute(f"LOCK TABLE {SCHEMA}.{desk}_events IN EXCLUSIVE MODE".encode())
        if _exists(connection, SCHEMA, "relayed"):
            _refuse_unrelayed(connection, live)
        _refuse_later(connection, live)
        connection.execute(f"DROP SCHEMA IF EXISTS {RETIRED} CASCADE".encode())
        connection.execute(f"CREATE SCHEMA {RETIRED}".encode())
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}".encode())
        connection.execute(RELAYED.encode())
        for desk in live:
            connection.execute(f"ALTER TABLE {SCHEMA}.{desk}_events SET SCHEMA {RETIRED}".encode())
        for desk in desks:
            connection.execute(f"ALTER TABLE {REBUILT}.{desk}_events SET SCHEMA {SCHEMA}".encode())
            connection.execute(
                f"INSERT INTO {SCHEMA}.relayed SELECT %s, coalesce(max(notification_id), 0) "
                f"FROM {SCHEMA}.{desk}_events "
                "ON CONFLICT (desk) DO UPDATE SET number = EXCLUDED.number".encode(),
                (desk,),
            )
        connection.execute(f"DROP SCHEMA {REBUILT} CASCADE".encode())


def drop_rebuilt(conninfo: str) -> None:
    """Throw the rebuilt tables away, after a comparison."""
    with connect(conninfo, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {REBUILT} CASCADE".encode())


def has_tables(conninfo: str, desks: tuple[str, ...]) -> bool:
    """Whether live tables of all desks are there."""
    with connect(conninfo, autocommit=True) as connection:
        return all(_exists(connection, SCHEMA, f"{desk}_events") for desk in desks)


def digest_of(storage: DeskStorage) -> str:
    """SHA-256 over every row of a desk's table, by case and version, every column but the order of saving."""
    digest = hashlib.sha256()
    for case_id, version, topic, state in storage.rows():
        for part in (case_id.encode(), str(version).encode(), topic.encode(), state):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _desk_entries(
    journal: Journal, desks: set[str], progress: Progress | None
) -> Iterator[tuple[str, list[CaseEvent]]]:
    """The desks' entries, page by page, in the journal's order within each partition."""
    starts, ends = journal.begins(), journal.ends()
    done, total = 0, sum(ends.values()) - sum(starts.values())
    starts = {p: offset for p, offset in starts.items() if offset < ends[p]}
    while starts:
        records = journal.read(starts, READ_RECORDS, wait_seconds=READ_WAIT_SECONDS)
        if not records:
            raise JournalUnavailable(f"the journal holds records before {ends} and gave none")
        page: dict[str, list[CaseEvent]] = {}
        for record in records:
            starts[record.partition] = record.offset + 1
            if record.value is not None and _MARK in record.value and record.offset < ends[record.partition]:
                found = _desk_event(record.value, desks)
                if found is not None:
                    page.setdefault(found[0], []).append(found[1])
        yield from page.items()
        starts = {p: offset for p, offset in starts.items() if offset < ends[p]}
        done += len(records)
        if progress is not None:
            progress(min(done, total), total)


def _desk_event(value: bytes, desks: set[str]) -> tuple[str, CaseEvent] | None:
    try:
        envelope = codec.decode_envelope(value)
    except EventError:
        return None
    prefix, _, desk = envelope.source.rpartition(":")
    if prefix != "urn:daybook:desk" or desk not in desks:
        return None
    case_id, _, version = envelope.id.rpartition("/")
    return desk, case_event(case_id, int(version), value)


def _is_next(event: CaseEvent, versions: dict[str, int]) -> bool:
    """Whether the event is new; a second copy is not. CheckFailed if one before it is missing."""
    last = versions.get(event.originator_id, 0)
    if event.originator_version <= last:
        return False
    if event.originator_version != last + 1:
        raise CheckFailed(
            f"{event.originator_id} has version {event.originator_version} in the journal but not "
            f"{last + 1}: the journal is not whole, see `daybook doctor`"
        )
    versions[event.originator_id] = event.originator_version
    return True


def _rebuilt(conninfo: str, desk: str, storage: DeskStorage, has_live: bool) -> Rebuilt:
    live: str | None = None
    if has_live:
        current = DeskStorage(conninfo, desk)
        try:
            live = digest_of(current)
        finally:
            current.close()
    return Rebuilt(desk, storage.last_number(), digest_of(storage), live)


def _refuse_unrelayed(connection: Connection, live: Sequence[str]) -> None:
    for desk in live:
        row = connection.execute(
            f"SELECT count(*) FROM {SCHEMA}.{desk}_events WHERE notification_id > "
            f"coalesce((SELECT number FROM {SCHEMA}.relayed WHERE desk = %s), 0)".encode(),
            (desk,),
        ).fetchone()
        if row is not None and row[0]:
            raise NotReady(
                f"the {desk} desk holds {row[0]} decisions that are not in the journal yet: let "
                "`daybook worker relay` carry them, then swap"
            )


def _refuse_later(connection: Connection, live: Sequence[str]) -> None:
    """What was decided and carried after the journal was read would be lost by the swap."""
    for desk in live:
        row = connection.execute(
            f"SELECT count(*) FROM {SCHEMA}.{desk}_events l WHERE NOT EXISTS (SELECT FROM "
            f"{REBUILT}.{desk}_events r WHERE r.originator_id = l.originator_id "
            "AND r.originator_version = l.originator_version)".encode()
        ).fetchone()
        if row is not None and row[0]:
            raise NotReady(
                f"the {desk} desk holds {row[0]} decisions that the rebuild has not seen, taken since it "
                "read the journal: rebuild again, at a quieter time, then swap"
            )


def _exists(connection: Connection, schema: str, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{schema}.{table}",)).fetchone()
    return row is not None and bool(row[0])
