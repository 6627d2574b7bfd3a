"""What the watch asks of its own generation: rows by day, new entries between two cuts, its locks.

Only services/watch calls this. Every question is bounded by days or by offsets, so that a close costs what is
new and not what is old.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from events.envelope import Position
from projections.ledger import Ledger, Row
from services.store import tables
from services.store.database import Connection

CLOSE_LOCK = 0x0DA1B0C1
"""Advisory lock: held alone while a day is closed, shared while the watch looks where the journal ends."""

Offsets = Mapping[int, int]
"""Next offset per partition."""


@contextmanager
def close_lock(connection: Connection, *, shared: bool) -> Iterator[None]:
    """Hold the lock of the day close; on a connection in autocommit mode."""
    suffix = "_shared" if shared else ""
    connection.execute(f"SELECT pg_advisory_lock{suffix}({CLOSE_LOCK})".encode())
    try:
        yield
    finally:
        connection.execute(f"SELECT pg_advisory_unlock{suffix}({CLOSE_LOCK})".encode())


def rows_between(
    connection: Connection, schema: str, ledger: Ledger, column: str, first: dt.date, last: dt.date
) -> list[Row]:
    """Rows of a ledger whose `column` lies between two days, in order of that day and of the key."""
    shape = tables.shape(ledger)
    columns = ", ".join(f'"{one.name}"' for one in shape.columns)
    order = ", ".join(f'"{name}"' for name in (column, *ledger.key))
    rows = connection.execute(
        f'SELECT {columns} FROM {schema}."{ledger.name}" WHERE "{column}" BETWEEN %s AND %s '
        f"ORDER BY {order}".encode(),
        (first, last),
    ).fetchall()
    return [shape.from_db(values) for values in rows]


def rows_matching(connection: Connection, schema: str, ledger: Ledger, column: str, value: str) -> list[Row]:
    """Rows of a ledger with this value in a column, in order of the key."""
    shape = tables.shape(ledger)
    columns = ", ".join(f'"{one.name}"' for one in shape.columns)
    order = ", ".join(f'"{name}"' for name in ledger.key)
    rows = connection.execute(
        f'SELECT {columns} FROM {schema}."{ledger.name}" WHERE "{column}" = %s ORDER BY {order}'.encode(),
        (value,),
    ).fetchall()
    return [shape.from_db(values) for values in rows]


def first_day(connection: Connection, schema: str, ledger: Ledger, column: str) -> dt.date | None:
    """The earliest day in a column of a ledger."""
    row = connection.execute(f'SELECT min("{column}") FROM {schema}."{ledger.name}"'.encode()).fetchone()
    return None if row is None else row[0]


def days_touched(connection: Connection, schema: str, since: Offsets, until: Offsets) -> list[dt.date]:
    """Business days of the entries between two cuts, in order."""
    rows = connection.execute(
        f"SELECT DISTINCT e.occurred_on FROM {_new_entries(schema)} "
        "WHERE e.occurred_on IS NOT NULL AND e.type <> 'calendar.day_closed' ORDER BY 1".encode(),
        _ranges(since, until),
    ).fetchall()
    return [row[0] for row in rows]


def open_days(connection: Connection, schema: str, until: dt.date) -> list[dt.date]:
    """Days up to `until` on which something happened and which were never closed, in order."""
    rows = connection.execute(
        f"SELECT DISTINCT occurred_on FROM {schema}.entries "
        "WHERE occurred_on <= %s AND type NOT IN ('calendar.day_closed', 'risk.signal_detected') "
        f"EXCEPT SELECT occurred_on FROM {schema}.entries WHERE type = 'calendar.day_closed' "
        "ORDER BY 1".encode(),
        (until,),
    ).fetchall()
    return [row[0] for row in rows]


def closes_folded(connection: Connection, schema: str, partition: int, subject: str) -> list[int]:
    """Offsets of the day closes that were folded, the last first."""
    rows = connection.execute(
        f"SELECT position FROM {schema}.entries WHERE partition = %s AND subject = %s "
        "AND type = 'calendar.day_closed' ORDER BY position DESC".encode(),
        (partition, subject),
    ).fetchall()
    return [row[0] for row in rows]


def sequence_gaps(
    connection: Connection, schema: str, since: Offsets, until: Offsets
) -> list[tuple[Any, ...]]:
    """Holes in the sequences of sources that sent something between two cuts.

    Each as (source, after, before, id last seen, id next seen, admission of the later one). A hole is
    found by the cuts between which its far side lies.
    """
    ranges = _ranges(since, until)
    return connection.execute(
        f"""WITH fresh AS (
            SELECT e.source, min(e.sequence::numeric) AS low, max(e.sequence::numeric) AS high
            FROM {_new_entries(schema)} WHERE e.sequence IS NOT NULL GROUP BY e.source),
        seen AS (
            SELECT e.source, e.id, e.sequence::numeric AS number, e.admitted_at,
                   lag(e.sequence::numeric) OVER w AS previous, lag(e.id) OVER w AS previous_id,
                   e.partition, e.position
            FROM {schema}.entries e JOIN fresh f ON f.source = e.source WHERE e.sequence IS NOT NULL
            WINDOW w AS (PARTITION BY e.source ORDER BY e.sequence::numeric, e.id))
        SELECT s.source, s.previous, s.number, s.previous_id, s.id, s.admitted_at
        FROM seen s JOIN unnest(%s::int[], %s::bigint[], %s::bigint[]) AS b(partition, low, high)
        ON b.partition = s.partition AND s.position >= b.low AND s.position < b.high
        WHERE s.number > s.previous + 1
        ORDER BY s.source, s.number""".encode(),
        (*ranges, *ranges),
    ).fetchall()


def skewed_entries(
    connection: Connection, schema: str, since: Offsets, until: Offsets, tolerance_seconds: int
) -> list[tuple[Any, ...]]:
    """Entries between two cuts whose time lies more than the tolerance after their admission.

    Each as (source, id, admission, seconds ahead).
    """
    return connection.execute(
        "SELECT e.source, e.id, e.admitted_at, "
        "extract(epoch FROM e.occurred_at - e.admitted_at)::bigint "
        f"FROM {_new_entries(schema)} "
        "WHERE e.occurred_at > e.admitted_at + make_interval(secs => %s) "
        "ORDER BY e.source, e.admitted_at, e.id".encode(),
        (*_ranges(since, until), tolerance_seconds),
    ).fetchall()


def counted(connection: Connection, schemas: Sequence[str], entry_ids: Sequence[bytes]) -> set[bytes]:
    """Which of these entry ids any of these generations has counted."""
    found: set[bytes] = set()
    for schema in schemas:
        rows = connection.execute(
            f"SELECT entry_id FROM {schema}.entries WHERE entry_id = ANY(%s)".encode(), (list(entry_ids),)
        ).fetchall()
        found.update(row[0] for row in rows)
    return found


def positions_of_type(connection: Connection, schema: str, type_name: str, volume: int) -> list[Position]:
    """Where the counted entries of a type stand."""
    rows = connection.execute(
        f"SELECT partition, position FROM {schema}.entries WHERE type = %s ORDER BY 1, 2".encode(),
        (type_name,),
    ).fetchall()
    return [Position(volume, *row) for row in rows]


def _new_entries(schema: str) -> str:
    """The entries between two cuts, as `e`; takes the three arrays of `_ranges`."""
    return (
        "unnest(%s::int[], %s::bigint[], %s::bigint[]) AS r(partition, low, high) "
        f"JOIN {schema}.entries e ON e.partition = r.partition "
        "AND e.position >= r.low AND e.position < r.high"
    )


def _ranges(since: Offsets, until: Offsets) -> tuple[list[int], list[int], list[int]]:
    moved = [one for one in sorted(until) if until[one] > since.get(one, 0)]
    return moved, [since.get(one, 0) for one in moved], [until[one] for one in moved]
