"""Like cases: how complaints of the same cause, about the same product and of the same size, were settled.

A handler asks before proposing, so that equal cases are settled alike.
"""

from typing import Any, NamedTuple

from projections.complaints import ComplaintRow
from services.store.database import Connection

BANDS_MINOR = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
"""Upper bounds of the bands of a sale's amount, in minor units; more is the last band."""

CASES_AT_MOST = 50


class SimilarCase(NamedTuple):
    """A settled complaint that is like another. `same` names what they share; the amount is the sale's."""

    complaint_id: str
    same: tuple[str, ...]
    cause: str | None
    product_id: str | None
    amount_band: str | None
    outcome: str
    relief: str | None
    redress_minor: int
    redress_currency: str | None


def similar_cases(connection: Connection, schema: str, row: ComplaintRow) -> list[SimilarCase]:
    """Settled complaints with the same cause (or code, or issue) or product, those that share most first."""
    size = connection.execute(
        f"SELECT amount_minor FROM {schema}.sales WHERE subject = %s AND sale_id = %s".encode(),
        (row.subject, row.sale_id),
    ).fetchone()
    mine = None if size is None else band(size[0])
    rows = connection.execute(
        "SELECT * FROM (SELECT c.complaint_id, coalesce(c.root_cause, c.code, c.issue) AS cause, "
        "c.product_id, s.amount_minor, c.outcome, c.relief, c.redress_minor, c.redress_currency, "
        "(coalesce(c.root_cause = %(root)s, false) OR coalesce(c.code = %(code)s, false) "
        "OR coalesce(c.issue = %(issue)s, false)) AS same_cause, "
        "coalesce(c.product_id = %(product)s, false) AS same_product, c.closed_on "
        f"FROM {schema}.complaints c "
        f"LEFT JOIN {schema}.sales s ON s.subject = c.subject AND s.sale_id = c.sale_id "
        "WHERE c.complaint_id <> %(id)s AND c.outcome IS NOT NULL "
        "AND (%(product)s::text IS NULL OR c.product_id = %(product)s)) AS found "
        "WHERE same_cause OR same_product "
        "ORDER BY same_cause DESC, same_product DESC, closed_on DESC NULLS LAST, complaint_id "
        "LIMIT %(limit)s".encode(),
        {
            "id": row.complaint_id,
            "root": row.root_cause,
            "code": row.code,
            "issue": row.issue,
            "product": row.product_id,
            "limit": CASES_AT_MOST,
        },
    ).fetchall()
    found = [_case(one, mine) for one in rows]
    return sorted(found, key=lambda one: -len(one.same))


def band(amount_minor: int | None) -> str | None:
    """The band of an amount, as `from–to` in minor units."""
    if amount_minor is None:
        return None
    low = 0
    for high in BANDS_MINOR:
        if amount_minor < high:
            return f"{low}–{high}"
        low = high
    return f"{low}–"


def _case(row: tuple[Any, ...], mine: str | None) -> SimilarCase:
    complaint_id, cause, product_id, amount, *ended, same_cause, same_product, _ = row
    size = band(amount)
    shared = {"cause": same_cause, "product": same_product, "amount_band": size is not None and size == mine}
    same = tuple(name for name, is_same in shared.items() if is_same)
    return SimilarCase(complaint_id, same, cause, product_id, size, *ended)
