"""The complaint register: a page of it by filters, the row of one complaint, the issues that hit several.

API and command line ask here; due times are in clocks.py, like cases in similar.py.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from projections.complaints import COMPLAINTS, ComplaintRow
from projections.systemic import SYSTEMIC_ISSUES, SystemicIssueRow
from services.store import tables
from services.store.database import Connection

FILTERS: Mapping[str, str] = {
    "state": "state",
    "handler": "handler_id",
    "product": "product_id",
    "issue": "issue",
    "legal_entity": "legal_entity",
    "root_cause": "root_cause",
    "outcome": "outcome",
    "unit": "unit_id",
    "seller": "seller_id",
}
"""What a register can be asked for, and the column that answers."""


class Affected(NamedTuple):
    """Somebody whom a systemic issue hit: what they bought then, and whether they complained about the
    product, or, where none is named, about the seller."""

    customer_id: str
    sale_ids: tuple[str, ...]
    complained: bool


def register(
    connection: Connection,
    schema: str,
    filters: Mapping[str, str],
    *,
    after: Sequence[str] | None = None,
    limit: int = 50,
) -> list[ComplaintRow]:
    """Complaints in key order, from after a key; an empty filter asks for rows without one."""
    wheres, values = _conditions(filters)
    if after is not None:
        wheres.append("(subject, complaint_id) > (%s, %s)")
        values += list(after)
    names = ", ".join(f'"{one.name}"' for one in tables.shape(COMPLAINTS).columns)
    rows = connection.execute(
        f"SELECT {names} FROM {schema}.complaints WHERE {' AND '.join(wheres)} "
        "ORDER BY subject, complaint_id LIMIT %s".encode(),
        (*values, limit),
    ).fetchall()
    return [cast(ComplaintRow, tables.shape(COMPLAINTS).from_db(row)) for row in rows]


def latest_complaints(
    connection: Connection,
    schema: str,
    filters: Mapping[str, str],
    *,
    after: Sequence[str] | None = None,
    limit: int = 50,
) -> list[ComplaintRow]:
    """Complaints by the day of receipt, the latest first, from after a day and key; those without a day last.

    Filters as in `register`.
    """
    wheres, values = _conditions(filters)
    if after is not None:
        wheres.append(f"({_RECEIVED}, subject, complaint_id) < (%s::date, %s, %s)")
        values += list(after)
    names = ", ".join(f'"{one.name}"' for one in tables.shape(COMPLAINTS).columns)
    rows = connection.execute(
        f"SELECT {names} FROM {schema}.complaints WHERE {' AND '.join(wheres)} "
        f"ORDER BY {_RECEIVED} DESC, subject DESC, complaint_id DESC LIMIT %s".encode(),
        (*values, limit),
    ).fetchall()
    return [cast(ComplaintRow, tables.shape(COMPLAINTS).from_db(row)) for row in rows]


def place_of(row: ComplaintRow) -> list[str]:
    """Where a row stands in `latest_complaints`: what the next page begins after."""
    return [str(row.received_on or _NO_DAY), row.subject, row.complaint_id]


def register_row(connection: Connection, schema: str, complaint_id: str) -> ComplaintRow | None:
    """The row of a complaint; None if no ledger knows it."""
    names = ", ".join(f'"{one.name}"' for one in tables.shape(COMPLAINTS).columns)
    row = connection.execute(
        f"SELECT {names} FROM {schema}.complaints WHERE complaint_id = %s ORDER BY subject LIMIT 1".encode(),
        (complaint_id,),
    ).fetchone()
    return None if row is None else cast(ComplaintRow, tables.shape(COMPLAINTS).from_db(row))


def systemic_issue(connection: Connection, schema: str, issue_id: str) -> list[SystemicIssueRow]:
    """An issue as each complaint declared it."""
    shape = tables.shape(SYSTEMIC_ISSUES)
    names = ", ".join(f'"{one.name}"' for one in shape.columns)
    rows = connection.execute(
        f"SELECT {names} FROM {schema}.systemic_issues WHERE issue_id = %s "
        "ORDER BY subject, complaint_id".encode(),
        (issue_id,),
    ).fetchall()
    return [cast(SystemicIssueRow, shape.from_db(row)) for row in rows]


def affected(connection: Connection, schema: str, issue: SystemicIssueRow) -> list[Affected]:
    """The customers of an issue, each with the sales that were meant."""
    rows = connection.execute(
        "SELECT c.id, coalesce(array_agg(s.sale_id ORDER BY s.sale_id) FILTER (WHERE s.sale_id IS NOT NULL), "
        "'{}'), EXISTS (SELECT FROM "
        f"{schema}.complaints p WHERE p.subject = 'customer/' || c.id "
        "AND (%s::text IS NULL OR p.product_id = %s) AND (%s::text IS NULL OR p.seller_id = %s)) "
        f"FROM unnest(%s::text[]) AS c(id) LEFT JOIN {schema}.sales s ON s.subject = 'customer/' || c.id "
        "AND s.confirmed_on BETWEEN %s AND %s AND (%s::text IS NULL OR s.product_id = %s) "
        "AND (%s::text IS NULL OR s.seller_id = %s) GROUP BY c.id ORDER BY c.id".encode(),
        (
            issue.product_id,
            issue.product_id,
            issue.seller_id if issue.product_id is None else None,
            issue.seller_id,
            list(issue.affected_customers),
            issue.sold_from,
            issue.sold_through,
            issue.product_id,
            issue.product_id,
            issue.seller_id,
            issue.seller_id,
        ),
    ).fetchall()
    return [Affected(row[0], tuple(row[1]), row[2]) for row in rows]


_NO_DAY = "0001-01-01"
_RECEIVED = f"coalesce(received_on, DATE '{_NO_DAY}')"


def _conditions(filters: Mapping[str, str]) -> tuple[list[str], list[object]]:
    """Conditions that every row of a register meets; an empty value asks for rows without one."""
    wheres, values = ["received"], list[object]()
    for name, value in filters.items():
        column = f'"{FILTERS[name]}"'
        wheres.append(f"{column} = %s" if value else f"{column} IS NULL")
        values += [value] if value else []
    return wheres, values
