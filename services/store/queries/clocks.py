"""Questions about complaint clocks: those of one complaint at an instant, what falls due next, what the sweep
must look at.

CLI, API, desks and the sweep ask here. Due times come from the ledger as posted; only how they stand at an
instant is worked out.
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple, cast

import msgspec

from projections.complaint_clocks import COMPLAINT_CLOCKS, ComplaintClockRow
from projections.rules.clock import Clock, State, remaining_at, state_at
from projections.rules.clock_book import ClockBook, shipped_book
from services.store import tables
from services.store.database import Connection

OPEN_STATES: frozenset[State] = frozenset({"running", "breached", "paused"})


class ClockLine(msgspec.Struct, frozen=True, kw_only=True):
    """A clock as it stood at an instant. `remaining_seconds` is less than nothing once it is past due;
    `next_steps` are those of which one would stop it; `title` is in English and Chinese."""

    clock: Clock
    title: dict[str, str]
    state: State
    remaining_seconds: int | None
    next_steps: tuple[str, ...]


class QueueLine(NamedTuple):
    """An open complaint and what it needs next: its most urgent clock, and one of the steps that stop it."""

    subject: str
    complaint_id: str
    legal_entity: str | None
    severity: str | None
    handler_id: str | None
    received_on: dt.date | None
    next_due_at: dt.datetime
    line: ClockLine


def clocks_of(
    connection: Connection, schema: str, complaint_id: str, as_of: dt.datetime, book: ClockBook | None = None
) -> list[ClockLine]:
    """The clocks of a complaint as they stood at an instant, the governing ones first, by due time.

    Steps that were posted since are left out of account as far as clocks remember their times; an empty list
    if the complaint is unknown or no pack applies to it.
    """
    found = rows_of_complaint(connection, schema, complaint_id)
    lines = [line_of(clock, as_of, book or shipped_book()) for row in found for clock in row.clocks]
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(lines, key=lambda one: (not one.clock.governs, one.clock.due_at or last, one.clock.clock))


def rows_of_complaint(connection: Connection, schema: str, complaint_id: str) -> list[ComplaintClockRow]:
    """The rows of a complaint: one, unless it was told under two subjects."""
    return _rows(connection, schema, "WHERE c.complaint_id = %s ORDER BY c.subject", (complaint_id,))


def queue(
    connection: Connection,
    schema: str,
    as_of: dt.datetime,
    *,
    legal_entity: str | None = None,
    handler_id: str | None = None,
    limit: int = 50,
    book: ClockBook | None = None,
) -> list[QueueLine]:
    """Open complaints with a duty that still runs, the one that is due (or past due) first."""
    names = ", ".join(f'c."{one.name}"' for one in tables.shape(COMPLAINT_CLOCKS).columns)
    rows = connection.execute(
        f"SELECT p.severity, p.handler_id, {names} FROM {schema}.complaint_clocks c "
        f"LEFT JOIN {schema}.complaints p ON p.subject = c.subject AND p.complaint_id = c.complaint_id "
        "WHERE c.next_due_at IS NOT NULL AND (%s::text IS NULL OR c.legal_entity = %s) "
        "AND (%s::text IS NULL OR p.handler_id = %s) "
        "ORDER BY c.next_due_at, c.subject, c.complaint_id LIMIT %s".encode(),
        (legal_entity, legal_entity, handler_id, handler_id, limit),
    ).fetchall()
    shape, known = tables.shape(COMPLAINT_CLOCKS), book or shipped_book()
    lines = []
    for severity, handler, *values in rows:
        row = cast(ComplaintClockRow, shape.from_db(tuple(values)))
        due_at = row.next_due_at
        duties = [one for one in row.clocks if one.governs and one.duty and one.open]
        urgent = next(one for one in duties if one.due_at == due_at)
        assert due_at is not None, "asked for"
        lines.append(
            QueueLine(
                row.subject,
                row.complaint_id,
                row.legal_entity,
                severity,
                handler,
                row.received_on,
                due_at,
                line_of(urgent, as_of, known),
            )
        )
    return lines


def line_of(clock: Clock, as_of: dt.datetime, book: ClockBook) -> ClockLine:
    """A clock at an instant, with what its pack says of it."""
    state, left = state_at(clock, as_of), remaining_at(clock, as_of)
    rule = book.rule_of(clock)
    return ClockLine(
        clock=clock,
        title={} if rule is None else {str(language): text for language, text in rule.title.items()},
        state=state,
        remaining_seconds=None if left is None else int(left.total_seconds()),
        next_steps=tuple(rule.stop) if rule is not None and state in OPEN_STATES else (),
    )


def rows_with_alarms(
    connection: Connection,
    schema: str,
    first: dt.datetime,
    last: dt.datetime,
    since: dt.datetime,
    positions: Mapping[int, int],
) -> list[ComplaintClockRow]:
    """Complaints with an alarm between two instants that may be new: one later than `since`, or in a row that
    was posted at or after a position per partition."""
    partitions = sorted(positions)
    return _rows(
        connection,
        schema,
        "LEFT JOIN unnest(%s::int[], %s::bigint[]) AS seen(partition, low) ON seen.partition = c.partition "
        "WHERE c.first_alarm_at <= %s AND c.last_alarm_at >= %s "
        "AND (c.last_alarm_at > %s OR c.position >= coalesce(seen.low, 0)) "
        "ORDER BY c.subject, c.complaint_id",
        (partitions, [positions[one] for one in partitions], last, first, since),
    )


def _rows(
    connection: Connection, schema: str, rest: str, values: tuple[object, ...]
) -> list[ComplaintClockRow]:
    shape = tables.shape(COMPLAINT_CLOCKS)
    names = ", ".join(f'c."{one.name}"' for one in shape.columns)
    rows = connection.execute(
        f"SELECT {names} FROM {schema}.complaint_clocks c {rest}".encode(), values
    ).fetchall()
    return [cast(ComplaintClockRow, shape.from_db(row)) for row in rows]
