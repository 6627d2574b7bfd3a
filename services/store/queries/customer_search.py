"""Candidates of a search for a customer: what tells them apart without anything personal.

The API looks up who carries a value (services/privacy/lookup.py) and asks here for a short line of each.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec

from services.store.database import Connection
from services.store.queries.customer_lines import Named
from services.store.queries.customer_rows import KIND


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who may be the one that is looked for."""

    customer_id: str
    legal_entity: str | None
    customer_type: str | None
    customer_class: str | None
    age_band: str | None
    region: str | None
    unit: Named | None
    rm_id: str | None
    registered_on: dt.date | None
    active: bool
    restricted: bool
    open_complaints: int
    last_contact_on: dt.date | None
    merged_into: str | None


def candidates(connection: Connection, schema: str, subjects: Sequence[str], limit: int) -> list[Candidate]:
    """A line of each customer among these subjects that is posted and may be seen, active ones first."""
    rows = connection.execute(
        f"SELECT substring(c.subject FROM {len(KIND) + 1}), c.legal_entity, c.customer_type, "
        "c.customer_class, c.age_band, c.region, c.unit_id, u.name, c.rm_id, c.registered_on, c.active, "
        "c.restricted, c.open_complaints, c.last_contact_on, c.merged_into "
        f"FROM {schema}.customers c LEFT JOIN {schema}.org_units u ON u.subject = 'unit/' || c.unit_id "
        "WHERE c.subject = ANY(%s) AND starts_with(c.subject, %s) "
        "ORDER BY c.active DESC, c.subject LIMIT %s".encode(),
        (list(subjects), KIND, limit),
    ).fetchall()
    return [_candidate(*row) for row in rows]


def _candidate(
    customer_id: str,
    legal_entity: str | None,
    customer_type: str | None,
    customer_class: str | None,
    age_band: str | None,
    region: str | None,
    unit_id: str | None,
    unit_name: str | None,
    rm_id: str | None,
    registered_on: dt.date | None,
    active: bool,
    restricted: bool,
    open_complaints: int,
    last_contact_on: dt.date | None,
    merged_into: str | None,
) -> Candidate:
    return Candidate(
        customer_id=customer_id,
        legal_entity=legal_entity,
        customer_type=customer_type,
        customer_class=customer_class,
        age_band=age_band,
        region=region,
        unit=None if unit_id is None else Named(unit_id, unit_name),
        rm_id=rm_id,
        registered_on=registered_on,
        active=active,
        restricted=restricted,
        open_complaints=open_complaints,
        last_contact_on=last_contact_on,
        merged_into=merged_into,
    )
