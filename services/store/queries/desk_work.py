"""Questions about the work of desks as a whole: what runs, what became of complaints, who was hit.

The demo shows them. Reads ledgers of one generation; nothing here decides anything.
"""

import datetime as dt
from typing import NamedTuple

import msgspec

from projections.rules.clock import Clock
from services.store.database import Connection


class Running(NamedTuple):
    """A complaint with a clock that runs, and all its clocks."""

    complaint_id: str
    legal_entity: str | None
    received_on: dt.date | None
    clocks: tuple[Clock, ...]


class Issue(NamedTuple):
    """A systemic issue and how many other customers it hit."""

    issue_id: str
    product_id: str | None
    sold_from: dt.date | None
    sold_through: dt.date | None
    declared_on: dt.date | None
    affected: int


def running_clocks(connection: Connection, schema: str, limit: int = 1_000) -> list[Running]:
    """Complaints with a running clock, the earliest due first."""
    rows = connection.execute(
        f"SELECT complaint_id, legal_entity, received_on, to_jsonb(clocks) FROM {schema}.complaint_clocks "
        "WHERE next_due_at IS NOT NULL ORDER BY next_due_at, complaint_id LIMIT %s".encode(),
        (limit,),
    ).fetchall()
    return [
        Running(name, place, on, msgspec.convert(clocks, tuple[Clock, ...], strict=False))
        for name, place, on, clocks in rows
    ]


def systemic_issues(connection: Connection, schema: str) -> list[Issue]:
    """Every issue that was declared, by the day."""
    rows = connection.execute(
        "SELECT issue_id, product_id, sold_from, sold_through, declared_on, "
        f"jsonb_array_length(to_jsonb(affected_customers)) FROM {schema}.systemic_issues "
        "ORDER BY declared_on, issue_id".encode()
    ).fetchall()
    return [Issue(*row) for row in rows]


def complaint_ends(connection: Connection, schema: str) -> dict[str, int]:
    """How many complaints came to what: the parts overlap."""
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'closed'), "
        "count(*) FILTER (WHERE state = 'withdrawn'), count(*) FILTER (WHERE reopened > 0), "
        "count(*) FILTER (WHERE new_due IS NOT NULL), count(*) FILTER (WHERE duplicate_of IS NOT NULL), "
        "count(*) FILTER (WHERE escalated_to = 'ombudsman'), count(*) FILTER (WHERE overturned), "
        "count(*) FILTER (WHERE redress_minor > 0), count(*) FILTER (WHERE root_cause IS NOT NULL), "
        f"count(*) FILTER (WHERE adopted) FROM {schema}.complaints WHERE received".encode()
    ).fetchone()
    assert row is not None, "a count has one row"
    return dict(zip(_ENDS, map(int, row), strict=True))


def overrides(connection: Connection, schema: str) -> dict[str, int]:
    """Suitability checks by how far their override went; those without one are left out."""
    rows = connection.execute(
        f"SELECT override_state, count(*) FROM {schema}.suitability_checks "
        "WHERE override_state <> 'none' GROUP BY 1 ORDER BY 1".encode()
    ).fetchall()
    return {str(state): int(count) for state, count in rows}


_ENDS = (
    "open",
    "closed",
    "withdrawn",
    "reopened",
    "extended",
    "linked as duplicates",
    "taken to the ombudsman",
    "overturned by the ombudsman",
    "with redress",
    "with a root cause",
    "adopted by the desk",
)
