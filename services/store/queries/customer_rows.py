"""The rows that a customer's card is made of: which ledgers feed it, merges followed, names joined in.

customer_card.py asks here, for one customer or for many at once. Every look at a ledger goes by the subject,
with which every key begins.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from projections.complaint_clocks import COMPLAINT_CLOCKS
from projections.complaints import COMPLAINTS
from projections.contacts import CONTACT_PREFERENCES, FOLLOW_UPS, INTERACTIONS
from projections.customer_records import ATTRIBUTES, HOLDINGS, REPRESENTATIVES, RISK_PROFILES
from projections.customers import CUSTOMERS
from projections.ledger import Ledger, Row
from projections.risk import SIGNALS
from projections.sales import SALES
from projections.satisfaction import RESPONSES, SURVEYS, SurveyRow
from projections.suitability import ADVICE_LOG, SUITABILITY_CHECKS
from services.store import tables
from services.store.database import Connection
from services.store.queries.customer_lines import Names
from services.store.timeline import subject_hash

KIND = "customer/"
MOST_ROWS = 1_000
"""Of one ledger and one customer; the latest are kept."""
FEW_ROWS = 5
"""Of a ledger of which only the last is of use before a conversation."""
MERGES_AT_MOST = 8
"""Records that were merged into one another, one after the other; a longer chain is cut."""


class Reading(NamedTuple):
    """Which rows of a ledger a card takes: the latest by this order."""

    ledger: Ledger
    order: str
    most: int = MOST_ROWS


READ_RESPONSES = Reading(RESPONSES, "answered_on DESC NULLS LAST, response_id")
READ_SIGNALS = Reading(SIGNALS, "detected_on DESC NULLS LAST, signal_id")
CARD: tuple[Reading, ...] = (
    Reading(CUSTOMERS, "subject"),
    Reading(ATTRIBUTES, "name"),
    Reading(RISK_PROFILES, "assessed_on DESC NULLS LAST, source, id"),
    Reading(HOLDINGS, "holding_id"),
    Reading(REPRESENTATIVES, "representative_id"),
    Reading(INTERACTIONS, "contact_on DESC NULLS LAST, interaction_id", 1),
    Reading(CONTACT_PREFERENCES, "channel, purpose"),
    Reading(FOLLOW_UPS, "done, due NULLS LAST, follow_up_id"),
    Reading(SALES, "confirmed_on DESC NULLS LAST, sale_id"),
    READ_RESPONSES,
    Reading(COMPLAINTS, "received_on DESC NULLS LAST, complaint_id"),
    Reading(COMPLAINT_CLOCKS, "received_on DESC NULLS LAST, complaint_id"),
    Reading(SUITABILITY_CHECKS, "checked_on DESC NULLS LAST, check_id", FEW_ROWS),
    Reading(ADVICE_LOG, '"on" DESC NULLS LAST, source, id', FEW_ROWS),
    READ_SIGNALS,
)
"""The ledgers that feed the card; each look is by the subject, with which every key begins."""


def survivor_of(connection: Connection, schema: str, customer_id: str) -> str:
    """The record that a customer's was merged into, link after link; their own if it was not."""
    seen = [customer_id]
    while len(seen) <= MERGES_AT_MOST:
        row = connection.execute(
            f"SELECT merged_into FROM {schema}.customers WHERE subject = %s".encode(), (KIND + seen[-1],)
        ).fetchone()
        if row is None or row[0] is None or row[0] in seen:
            break
        seen.append(str(row[0]))
    return seen[-1]


def latest_rows(connection: Connection, schema: str, read: Reading, subjects: Sequence[str]) -> list[Row]:
    shape = tables.shape(read.ledger)
    names = ", ".join(f'l."{one.name}"' for one in shape.columns)
    rows = connection.execute(
        f"SELECT {names} FROM unnest(%s::text[]) AS asked(subject) CROSS JOIN LATERAL ("
        f'SELECT * FROM {schema}."{read.ledger.name}" t WHERE t.subject = asked.subject '
        f"ORDER BY {read.order} LIMIT {read.most}) AS l".encode(),
        (list(subjects),),
    ).fetchall()
    return [shape.from_db(row) for row in rows]


def with_absorbed(connection: Connection, schema: str, ids: Sequence[str]) -> dict[str, list[str]]:
    """Each record with those that were merged into it, and into those: the record itself first."""
    groups = {one: [one] for one in ids}
    looking = {one: {one} for one in ids}
    for _ in range(MERGES_AT_MOST):
        subjects = sorted({KIND + one for group in looking.values() for one in group})
        rows = connection.execute(
            f"SELECT substring(subject FROM {len(KIND) + 1}), absorbed FROM {schema}.customers "
            "WHERE subject = ANY(%s) AND absorbed <> '{}'".encode(),
            (subjects,),
        ).fetchall()
        absorbed: dict[str, list[str]] = {str(row[0]): row[1] for row in rows}
        if not absorbed:
            break
        looking = {
            one: {member for at in group for member in absorbed.get(at, ())} - set(groups[one])
            for one, group in looking.items()
        }
        for one, members in looking.items():
            groups[one] += sorted(members)
    return groups


def last_positions(
    connection: Connection, schema: str, subjects: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Partition and offset of the last entry of each subject."""
    rows = connection.execute(
        f"SELECT e.subject, e.partition, max(e.position) FROM {schema}.entries e "
        "WHERE substring(e.entry_id FROM 11 FOR 6) = ANY(%s) AND e.subject = ANY(%s) GROUP BY 1, 2".encode(),
        ([subject_hash(one) for one in subjects], list(subjects)),
    ).fetchall()
    return {str(row[0]): (row[1], row[2]) for row in rows}


def names_for(connection: Connection, schema: str, rows: Iterable[Row]) -> Names:
    """What lines of these rows take from other subjects: a statement for products, units and surveys each."""
    wanted: dict[str, set[str]] = {"product_id": set(), "unit_id": set(), "survey_id": set()}
    for row in rows:
        for column, ids in wanted.items():
            value = getattr(row, column, None)
            if value is not None:
                ids.add(value)
    products = connection.execute(
        f"SELECT product_id, name, category FROM {schema}.products WHERE subject = ANY(%s)".encode(),
        (sorted(f"product/{one}" for one in wanted["product_id"]),),
    ).fetchall()
    units = connection.execute(
        f"SELECT unit_id, name FROM {schema}.org_units WHERE subject = ANY(%s)".encode(),
        (sorted(f"unit/{one}" for one in wanted["unit_id"]),),
    ).fetchall()
    surveys = latest_rows(
        connection,
        schema,
        Reading(SURVEYS, "subject"),
        sorted(f"survey/{one}" for one in wanted["survey_id"]),
    )
    return Names(
        {str(row[0]): (row[1], row[2]) for row in products},
        {str(row[0]): row[1] for row in units},
        {one.survey_id: one for one in surveys if isinstance(one, SurveyRow) and one.survey_id is not None},
    )
