"""Questions about complaints: whose one is, the register, and who else bought the same thing."""

import datetime as dt

from services.store.database import Connection


def subject_of_complaint(connection: Connection, schema: str, complaint_id: str) -> str | None:
    """The subject that a complaint stands under; None if it was never heard of."""
    row = connection.execute(
        f"SELECT subject FROM {schema}.complaints WHERE complaint_id = %s ORDER BY subject LIMIT 1".encode(),
        (complaint_id,),
    ).fetchone()
    return None if row is None else str(row[0])


def buyers(
    connection: Connection,
    schema: str,
    *,
    product_id: str | None,
    seller_id: str | None,
    first: dt.date,
    last: dt.date,
    limit: int,
) -> list[str]:
    """Customers with a confirmed sale of a product, by a seller, from the first to the last day, each once
    and in order; one of the two may be left open."""
    rows = connection.execute(
        f"SELECT DISTINCT substring(subject FROM 10) FROM {schema}.sales "
        "WHERE confirmed_on BETWEEN %s AND %s AND starts_with(subject, 'customer/') "
        "AND (%s::text IS NULL OR product_id = %s) AND (%s::text IS NULL OR seller_id = %s) "
        "ORDER BY 1 LIMIT %s".encode(),
        (first, last, product_id, product_id, seller_id, seller_id, limit),
    ).fetchall()
    return [str(row[0]) for row in rows]
