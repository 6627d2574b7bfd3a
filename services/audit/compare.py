"""Compare two generations table by table, and show the first row that differs with its entries.

`daybook rebuild --compare` and the proofs use it. Both generations must stand at the same positions.
"""

from typing import Any

import msgspec

from projections.fold import Declarations
from services.store import tables
from services.store.database import Connection
from services.store.digest import digests, rows_sql, table_names
from services.store.generation import Generation
from services.store.timeline import timeline


class EvidenceLine(msgspec.Struct, frozen=True):
    """An entry behind a row: what it is and where it stands."""

    position: str
    type: str
    source: str
    id: str
    line: str


class Difference(msgspec.Struct, frozen=True):
    """A table whose digests differ, and its first differing row on either side."""

    table: str
    left_digest: str
    right_digest: str
    key: dict[str, Any]
    left: dict[str, Any] | None
    right: dict[str, Any] | None
    entries: tuple[EvidenceLine, ...]


class Comparison(msgspec.Struct, frozen=True):
    """Digests of both sides; equal only if every table is."""

    equal: bool
    digests: dict[str, str]
    other_digests: dict[str, str]
    differences: tuple[Difference, ...]


def compare(
    connection: Connection, declarations: Declarations, left: Generation, right: Generation
) -> Comparison:
    """Compare `left` with `right`; run it in a snapshot that sees both at one position."""
    mine = digests(connection, declarations, left.schema)
    theirs = digests(connection, declarations, right.schema)
    return compare_digests(connection, declarations, (left, mine), (right, theirs))


def compare_digests(
    connection: Connection,
    declarations: Declarations,
    left: tuple[Generation, dict[str, str]],
    right: tuple[Generation, dict[str, str]],
) -> Comparison:
    """Compare digests taken before, and look for the first differing row of each table that differs."""
    (mine, my_digests), (theirs, their_digests) = left, right
    differing = [name for name in table_names(declarations) if my_digests[name] != their_digests[name]]
    found = tuple(
        _first_difference(
            connection, declarations, mine, theirs, name, (my_digests[name], their_digests[name])
        )
        for name in differing
    )
    return Comparison(not differing, my_digests, their_digests, found)


def _first_difference(
    connection: Connection,
    declarations: Declarations,
    left: Generation,
    right: Generation,
    table: str,
    digest_pair: tuple[str, str],
) -> Difference:
    key = _key_names(declarations, table)
    mine = rows_sql(declarations, left.schema, table, ordered=False)
    theirs = rows_sql(declarations, right.schema, table, ordered=False)
    order = ", ".join(f'"{name}"' for name in key)
    sides: list[dict[str, Any] | None] = []
    for a, b in ((mine, theirs), (theirs, mine)):
        cursor = connection.execute(
            f"SELECT * FROM (({a}) EXCEPT ({b})) AS only_here ORDER BY {order} LIMIT 1".encode()
        )
        names = [column.name for column in cursor.description or ()]
        row = cursor.fetchone()
        sides.append(None if row is None else dict(zip(names, map(_readable, row), strict=True)))
    keys = [{name: side[name] for name in key} for side in sides if side is not None]
    first = min(keys, key=lambda one: [str(value) for value in one.values()], default={})
    matching = [side if side and {n: side[n] for n in key} == first else None for side in sides]
    subject = first.get("subject")
    lines = timeline(connection, left.schema, subject) if isinstance(subject, str) else []
    entries = tuple(
        EvidenceLine(str(line.position), line.type, line.source, line.id, line.line) for line in lines
    )
    return Difference(table, *digest_pair, first, matching[0], matching[1], entries)


def _key_names(declarations: Declarations, table: str) -> tuple[str, ...]:
    if table == "entries":
        return ("source", "id", "subject")
    for ledger in declarations.ledgers:
        if ledger.name == table:
            return ledger.key
    tally = next(tally for tally in declarations.tallies if tally.name == table)
    return tuple(column.name for column in tables.group_columns(tally))


def _readable(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, int | bool | list | dict | type(None)) else str(value)
