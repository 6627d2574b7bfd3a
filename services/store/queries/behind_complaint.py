"""What stands behind a complaint: the sale, the check of suitability before it, and who else bought the same.

The case page asks here, so that from one wronged customer one gets to the others.
"""

import datetime as dt
from typing import NamedTuple, cast

from projections.sales import SALES, SaleRow
from projections.suitability import SUITABILITY_CHECKS, SuitabilityCheckRow
from services.store import tables
from services.store.database import Connection

SALES_AT_MOST = 5


class Buyer(NamedTuple):
    """A customer with a sale of the product. `outcome` and `override` are of the latest check of suitability
    for it up to the sale; `complaint_id` names a complaint of theirs about the product."""

    customer_id: str
    sale_id: str
    confirmed_on: dt.date | None
    amount_minor: int | None
    currency: str | None
    seller_id: str | None
    unit_id: str | None
    outcome: str | None
    override: str | None
    complaint_id: str | None


def sales_behind(
    connection: Connection, schema: str, subject: str, sale_id: str | None, product_id: str | None
) -> list[SaleRow]:
    """The sale that is complained of; where none is named, this customer's latest sales of the product."""
    names = ", ".join(f'"{one.name}"' for one in tables.shape(SALES).columns)
    column, value = ("sale_id", sale_id) if sale_id is not None else ("product_id", product_id)
    if value is None:
        return []
    rows = connection.execute(
        f"SELECT {names} FROM {schema}.sales WHERE subject = %s AND {column} = %s "
        "ORDER BY confirmed_on DESC NULLS LAST, sale_id LIMIT %s".encode(),
        (subject, value, SALES_AT_MOST),
    ).fetchall()
    return [cast(SaleRow, tables.shape(SALES).from_db(row)) for row in rows]


def check_before(connection: Connection, schema: str, sale: SaleRow) -> SuitabilityCheckRow | None:
    """The check that names the sale, else the last one of the product up to the day of the sale."""
    names = ", ".join(f'"{one.name}"' for one in tables.shape(SUITABILITY_CHECKS).columns)
    row = connection.execute(
        f"SELECT {names} FROM {schema}.suitability_checks WHERE subject = %s "
        "AND (sale_id = %s OR (product_id = %s AND (%s::date IS NULL OR checked_on <= %s))) "
        "ORDER BY sale_id = %s DESC NULLS LAST, checked_on DESC NULLS LAST, check_id LIMIT 1".encode(),
        (sale.subject, sale.sale_id, sale.product_id, sale.confirmed_on, sale.confirmed_on, sale.sale_id),
    ).fetchone()
    return None if row is None else cast(SuitabilityCheckRow, tables.shape(SUITABILITY_CHECKS).from_db(row))


def other_buyers(
    connection: Connection,
    schema: str,
    *,
    product_id: str,
    but: str,
    seller_id: str | None,
    first: dt.date | None,
    last: dt.date | None,
    limit: int,
) -> list[Buyer]:
    """Customers other than `but` (a subject) with a confirmed sale of the product, the latest sale first;
    by one seller and between two days, both included, where asked for."""
    rows = connection.execute(
        "SELECT substring(s.subject FROM 10), s.sale_id, s.confirmed_on, s.amount_minor, s.currency, "
        "s.seller_id, s.unit_id, k.outcome, k.override_state, p.complaint_id "
        f"FROM {schema}.sales s "
        f"LEFT JOIN LATERAL (SELECT outcome, override_state FROM {schema}.suitability_checks k "
        "WHERE k.subject = s.subject AND (k.sale_id = s.sale_id OR (k.product_id = s.product_id "
        "AND k.checked_on <= s.confirmed_on)) ORDER BY k.sale_id = s.sale_id DESC NULLS LAST, "
        "k.checked_on DESC NULLS LAST, k.check_id LIMIT 1) k ON true "
        f"LEFT JOIN LATERAL (SELECT complaint_id FROM {schema}.complaints p WHERE p.subject = s.subject "
        "AND p.product_id = s.product_id ORDER BY complaint_id LIMIT 1) p ON true "
        "WHERE s.product_id = %s AND s.subject <> %s AND s.confirmed "
        "AND starts_with(s.subject, 'customer/') AND (%s::text IS NULL OR s.seller_id = %s) "
        "AND (%s::date IS NULL OR s.confirmed_on >= %s) AND (%s::date IS NULL OR s.confirmed_on <= %s) "
        "ORDER BY s.confirmed_on DESC NULLS LAST, s.subject, s.sale_id LIMIT %s".encode(),
        (product_id, but, seller_id, seller_id, first, first, last, last, limit),
    ).fetchall()
    return [Buyer(*row) for row in rows]
