"""Root causes: how many closed complaints have one, and what was found by cause, product, unit and month.

The console's page of root causes asks here; each line names the filters of the register that open its rows.
"""

from typing import Literal, NamedTuple

from services.store.database import Connection

By = Literal["root_cause", "product_id", "unit_id"]
LINES_AT_MOST = 100


class Coded(NamedTuple):
    """Closed complaints, those with a root cause among them, and the same of the upheld ones."""

    closed: int
    coded: int
    upheld: int
    upheld_coded: int


class CauseLine(NamedTuple):
    """Complaints of a value of the grouping. `coded` have a root cause; `decided` and `upheld` as answered;
    `redressed` got money."""

    value: str | None
    complaints: int
    coded: int
    decided: int
    upheld: int
    redressed: int


class MonthLine(NamedTuple):
    """Root causes recorded in a month."""

    month: str
    causes: int


def coded_share(connection: Connection, schema: str, legal_entity: str = "") -> Coded:
    """How far root causes are coded."""
    row = connection.execute(
        "SELECT count(*), count(root_cause), count(*) FILTER (WHERE upheld), "
        f"count(root_cause) FILTER (WHERE upheld) FROM {schema}.complaints "
        "WHERE received AND state = 'closed' AND (%s = '' OR legal_entity = %s)".encode(),
        (legal_entity, legal_entity),
    ).fetchone()
    assert row is not None, "a count has one row"
    return Coded(*map(int, row))


def by_value(
    connection: Connection, schema: str, by: By, *, legal_entity: str = "", cause: str = ""
) -> list[CauseLine]:
    """Complaints with a root cause, by cause, product or unit, the most frequent first."""
    assert by in ("root_cause", "product_id", "unit_id")
    rows = connection.execute(
        f'SELECT "{by}", count(*), count(root_cause), count(*) FILTER (WHERE decided), '
        "count(*) FILTER (WHERE upheld), count(*) FILTER (WHERE redress_minor > 0) "
        f"FROM {schema}.complaints WHERE received AND root_cause IS NOT NULL "
        "AND (%s = '' OR legal_entity = %s) AND (%s = '' OR root_cause = %s) "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s".encode(),
        (legal_entity, legal_entity, cause, cause, LINES_AT_MOST),
    ).fetchall()
    return [CauseLine(*row) for row in rows]


def by_month(
    connection: Connection, schema: str, *, legal_entity: str = "", cause: str = ""
) -> list[MonthLine]:
    """Root causes by the month in which they were recorded; months without any are left out."""
    rows = connection.execute(
        f"SELECT to_char(root_cause_on, 'YYYY-MM'), count(*) FROM {schema}.complaints "
        "WHERE received AND root_cause IS NOT NULL AND root_cause_on IS NOT NULL "
        "AND (%s = '' OR legal_entity = %s) AND (%s = '' OR root_cause = %s) GROUP BY 1 ORDER BY 1".encode(),
        (legal_entity, legal_entity, cause, cause),
    ).fetchall()
    return [MonthLine(*row) for row in rows]
