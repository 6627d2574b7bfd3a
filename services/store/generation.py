"""Generations: one complete set of ledgers and tallies in a PostgreSQL schema of its own.

The projector, the watch and the auditor create, resolve and swap them here. Readers resolve the live one once
per request; everything in a generation can be thrown away and posted again.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import psycopg

from projections.fold import Declarations
from projections.tally import Tally
from services.errors import NotReady, Refused
from services.store import tables
from services.store.database import Connection
from services.store.scope import protect

BUILDING, FOLLOWING, LIVE, RETIRED = "building", "following", "live", "retired"


class Generation(NamedTuple):
    """A generation as its row in `daybook.generation` says; `schema` is a bare SQL name."""

    id: int
    kind: str
    fingerprint: str
    schema: str
    state: str


class Watermark(NamedTuple):
    """How far one partition has been folded; `last_digest` is SHA-256 of the last record folded.

    `epoch` moves on when rows were changed beside the fold, so that a running projector reads them anew.
    """

    next_offset: int
    last_digest: bytes | None
    entries: int
    copies: int
    unreadable: int
    epoch: int


def create(
    connection: Connection,
    declarations: Declarations,
    *,
    kind: str,
    fingerprint: str,
    partitions: int,
    begins: Mapping[int, int],
    indexed: bool = True,
    note: str = "",
) -> Generation:
    """A new, empty generation in state `building`, with a watermark per partition at the journal's begin.

    Row-level security comes with it. Without `indexed`, ledgers and entries get no keys yet: a rebuild adds
    them after its COPY.
    """
    with connection.transaction():
        row = connection.execute(
            "INSERT INTO daybook.generation (kind, fingerprint, schema_name, state, note) "
            "VALUES (%s, %s, 'pending_' || gen_random_uuid(), 'building', %s) RETURNING id",
            (kind, fingerprint, note),
        ).fetchone()
        assert row is not None
        schema = f"{kind}_{row[0]:06d}"
        connection.execute("UPDATE daybook.generation SET schema_name = %s WHERE id = %s", (schema, row[0]))
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        statements = [*tables.bookkeeping_ddl(schema), tables.entries_ddl(schema)]
        statements += [tables.ledger_ddl(schema, ledger) for ledger in declarations.ledgers]
        statements += [tables.tally_ddl(schema, tally) for tally in declarations.tallies]
        for statement in statements:
            connection.execute(statement.encode())
        protect(connection, schema)
        if indexed:
            build_indexes(connection, declarations, schema)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {schema}._watermark (partition, next_offset) VALUES (%s, %s)".encode(),
                [(partition, begins.get(partition, 0)) for partition in range(partitions)],
            )
    return Generation(row[0], kind, fingerprint, schema, BUILDING)


def build_indexes(connection: Connection, declarations: Declarations, schema: str) -> None:
    """Add every key and index to a generation that was made without them."""
    statements = tables.entries_indexes_ddl(schema)
    for ledger in declarations.ledgers:
        statements += tables.ledger_indexes_ddl(schema, ledger)
    for tally in declarations.tallies:
        statements += tables.tally_indexes_ddl(schema, tally)
    for statement in statements:
        connection.execute(statement.encode())


def ensure_indexes(connection: Connection, declarations: Declarations, schema: str) -> None:
    """Add the keys and indexes of a generation unless another process has; one transaction."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"indexes {schema}",))
        made = connection.execute("SELECT to_regclass(%s)", (f"{schema}.entries_entry_id",)).fetchone()
        if made is not None and made[0] is None:
            build_indexes(connection, declarations, schema)


def recount(connection: Connection, tally: Tally, schema: str) -> None:
    """Count a tally afresh from its ledger, in SQL; a rebuild posts its tallies so."""
    connection.execute(f'DELETE FROM {schema}."{tally.name}"'.encode())
    connection.execute(f'INSERT INTO {schema}."{tally.name}" {tables.recount_sql(schema, tally)}'.encode())


def live(connection: Connection, kind: str, fingerprint: str) -> Generation | None:
    """The live generation of these declarations, or None before the first swap."""
    row = connection.execute(
        "SELECT g.id, g.kind, g.fingerprint, g.schema_name, g.state FROM daybook.generation g "
        "JOIN daybook.live_generation l ON l.generation = g.id WHERE l.kind = %s AND l.fingerprint = %s",
        (kind, fingerprint),
    ).fetchone()
    return None if row is None else Generation(*row)


def require_live(connection: Connection, kind: str, fingerprint: str) -> Generation:
    """The live generation; NotReady with the way out if there is none."""
    found = live(connection, kind, fingerprint)
    if found is None:
        raise NotReady(
            f"no {kind} generation with fingerprint {fingerprint} is live yet: "
            "start `daybook up` or a projector, or run `daybook rebuild --swap`"
        )
    return found


def get(connection: Connection, generation_id: int) -> Generation | None:
    """A generation by its number."""
    row = connection.execute(
        "SELECT id, kind, fingerprint, schema_name, state FROM daybook.generation WHERE id = %s",
        (generation_id,),
    ).fetchone()
    return None if row is None else Generation(*row)


def all_generations(connection: Connection) -> list[Generation]:
    """Every generation that was not dropped, oldest first."""
    rows = connection.execute(
        "SELECT id, kind, fingerprint, schema_name, state FROM daybook.generation ORDER BY id"
    ).fetchall()
    return [Generation(*row) for row in rows]


def note(connection: Connection, generation: Generation) -> str:
    """What a generation was made for."""
    row = connection.execute("SELECT note FROM daybook.generation WHERE id = %s", (generation.id,)).fetchone()
    return "" if row is None else str(row[0])


def set_state(connection: Connection, generation: Generation, state: str) -> None:
    connection.execute(
        "UPDATE daybook.generation SET state = %s, changed_at = now() WHERE id = %s", (state, generation.id)
    )


def watermarks(connection: Connection, schema: str) -> dict[int, Watermark]:
    """The watermark of every partition of a generation."""
    rows = connection.execute(
        "SELECT partition, next_offset, last_digest, entries, copies, unreadable, epoch "
        f"FROM {schema}._watermark ORDER BY partition".encode()
    ).fetchall()
    return {row[0]: Watermark(*row[1:]) for row in rows}


def swap(connection: Connection, new: Generation) -> Generation | None:
    """Make `new` the live generation in one row update; gives back the one that it replaced.

    Refused while any of its partitions is behind the live one. Both sets of watermarks are locked first, so
    that no projector can commit in between.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"swap {new.fingerprint}",))
        old = live(connection, new.kind, new.fingerprint)
        if old is not None and old.id != new.id:
            behind = _behind(connection, old.schema, new.schema)
            if behind:
                raise Refused(
                    f"generation {new.id} is behind the live one in partitions {behind}: "
                    "let it catch up (`daybook rebuild --swap` resumes it)"
                )
            set_state(connection, old, RETIRED)
        connection.execute(
            "INSERT INTO daybook.live_generation (kind, fingerprint, generation) VALUES (%s, %s, %s) "
            "ON CONFLICT (kind, fingerprint) DO UPDATE SET generation = excluded.generation",
            (new.kind, new.fingerprint, new.id),
        )
        set_state(connection, new, LIVE)
    return old


def drop(connection: Connection, generation: Generation) -> None:
    """Throw a generation away; refused for a live one."""
    current = get(connection, generation.id)
    if current is None:
        return
    if current.state == LIVE:
        raise Refused(f"generation {generation.id} is live: swap another in before dropping it")
    with connection.transaction():
        connection.execute(f"DROP SCHEMA IF EXISTS {current.schema} CASCADE".encode())
        connection.execute("DELETE FROM daybook.live_generation WHERE generation = %s", (current.id,))
        connection.execute("DELETE FROM daybook.generation WHERE id = %s", (current.id,))


def retired(connection: Connection, kind: str) -> Sequence[Generation]:
    """Generations that were live once, oldest first."""
    return [g for g in all_generations(connection) if g.kind == kind and g.state == RETIRED]


def _behind(connection: psycopg.Connection[tuple[int, ...]], old: str, new: str) -> list[int]:
    connection.execute(f"SELECT 1 FROM {old}._watermark ORDER BY partition FOR UPDATE".encode())
    connection.execute(f"SELECT 1 FROM {new}._watermark ORDER BY partition FOR UPDATE".encode())
    rows = connection.execute(
        f"SELECT o.partition FROM {old}._watermark o JOIN {new}._watermark n USING (partition) "
        "WHERE n.next_offset < o.next_offset ORDER BY 1".encode()
    ).fetchall()
    return [row[0] for row in rows]
