"""What the board of complaints is made of: its lines by filters, its headline numbers, what can be chosen.

The console asks here; the clocks of one complaint are in clocks.py, the register in register.py.
"""

import datetime as dt
from typing import Any, NamedTuple, cast

from projections.complaint_clocks import COMPLAINT_CLOCKS, ComplaintClockRow
from projections.rules.clock_book import ClockBook, shipped_book
from services.store import tables
from services.store.database import Connection
from services.store.queries.clocks import QueueLine, line_of

SOON = dt.timedelta(hours=24)
NOBODY = "nobody"
"""As a handler: complaints that nobody has."""

CHOICES_AT_MOST = 500


class BoardFilter(NamedTuple):
    """What a board is asked for; an empty text leaves it open. `due` is soon or late."""

    legal_entity: str = ""
    handler: str = ""
    regime: str = ""
    product: str = ""
    due: str = ""


class OpenLine(NamedTuple):
    """A complaint on the board, and what it is about."""

    queued: QueueLine
    product_id: str | None
    issue: str | None


class Headline(NamedTuple):
    """How many complaints are open, fall due within a day, are late, and have no handler."""

    open: int
    soon: int
    late: int
    nobody: int


class Choices(NamedTuple):
    """What the filters may be set to, from what there is."""

    legal_entities: tuple[str, ...]
    handlers: tuple[str, ...]
    products: tuple[str, ...]
    regimes: tuple[str, ...]


def board_lines(
    connection: Connection,
    schema: str,
    now: dt.datetime,
    wanted: BoardFilter,
    limit: int,
    book: ClockBook | None = None,
) -> list[OpenLine]:
    """Open complaints with a duty that runs, the one that is due (or past due) first."""
    shape, known = tables.shape(COMPLAINT_CLOCKS), book or shipped_book()
    names = ", ".join(f'c."{one.name}"' for one in shape.columns)
    where, values = _conditions(wanted, now)
    rows = connection.execute(
        f"SELECT p.severity, p.handler_id, p.product_id, p.issue, {names} {_from(schema)} "
        f"WHERE {where} ORDER BY c.next_due_at, c.subject, c.complaint_id LIMIT %s".encode(),
        (*values, limit),
    ).fetchall()
    return [_line(row, now, known) for row in rows]


def headline(connection: Connection, schema: str, now: dt.datetime, wanted: BoardFilter) -> Headline:
    """The numbers over the board, under its filters but not those that the numbers themselves are."""
    where, values = _conditions(wanted._replace(due=""), now)
    row = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE c.next_due_at BETWEEN %s AND %s), "
        "count(*) FILTER (WHERE c.next_due_at < %s), count(*) FILTER (WHERE p.handler_id IS NULL) "
        f"{_from(schema)} WHERE {where}".encode(),
        (now, now + SOON, now, *values),
    ).fetchone()
    assert row is not None, "a count has one row"
    return Headline(*map(int, row))


def choices(connection: Connection, schema: str) -> Choices:
    """What complaints there are by: companies, handlers, products, regimes with a clock."""

    def distinct(column: str) -> tuple[str, ...]:
        rows = connection.execute(
            f'SELECT DISTINCT "{column}" FROM {schema}.complaints '
            f'WHERE received AND "{column}" IS NOT NULL ORDER BY 1 LIMIT %s'.encode(),
            (CHOICES_AT_MOST,),
        ).fetchall()
        return tuple(str(row[0]) for row in rows)

    regimes = connection.execute(
        f"SELECT DISTINCT split_part(r, '|', 1) FROM {schema}.complaint_clocks c, unnest(c.results) r "
        "WHERE c.next_due_at IS NOT NULL ORDER BY 1".encode()
    ).fetchall()
    return Choices(
        distinct("legal_entity"),
        distinct("handler_id"),
        distinct("product_id"),
        tuple(str(row[0]) for row in regimes),
    )


def _from(schema: str) -> str:
    return (
        f"FROM {schema}.complaint_clocks c LEFT JOIN {schema}.complaints p "
        "ON p.subject = c.subject AND p.complaint_id = c.complaint_id"
    )


def _conditions(wanted: BoardFilter, now: dt.datetime) -> tuple[str, list[Any]]:
    found, values = ["c.next_due_at IS NOT NULL"], list[Any]()
    for column, value in (("c.legal_entity", wanted.legal_entity), ("p.product_id", wanted.product)):
        if value:
            found.append(f"{column} = %s")
            values.append(value)
    if wanted.handler == NOBODY:
        found.append("p.handler_id IS NULL")
    elif wanted.handler:
        found.append("p.handler_id = %s")
        values.append(wanted.handler)
    if wanted.regime:
        found.append("EXISTS (SELECT FROM unnest(c.results) r WHERE starts_with(r, %s))")
        values.append(f"{wanted.regime}|")
    if wanted.due == "late":
        found.append("c.next_due_at < %s")
        values.append(now)
    elif wanted.due == "soon":
        found.append("c.next_due_at BETWEEN %s AND %s")
        values += [now, now + SOON]
    return " AND ".join(found), values


def _line(row: tuple[Any, ...], now: dt.datetime, book: ClockBook) -> OpenLine:
    severity, handler, product_id, issue, *values = row
    found = cast(ComplaintClockRow, tables.shape(COMPLAINT_CLOCKS).from_db(tuple(values)))
    duties = [one for one in found.clocks if one.governs and one.duty and one.open]
    urgent = next(one for one in duties if one.due_at == found.next_due_at)
    assert found.next_due_at is not None, "asked for"
    queued = QueueLine(
        found.subject,
        found.complaint_id,
        found.legal_entity,
        severity,
        handler,
        found.received_on,
        found.next_due_at,
        line_of(urgent, now, book),
    )
    return OpenLine(queued, product_id, issue)
