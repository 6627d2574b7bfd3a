"""The customer card as it stood: what had happened by one moment, as far as it was known at another.

API and console ask here. The fold is the auditor's own (as_of.py); names of products, units and surveys are
those of now.
"""

import datetime as dt
from collections.abc import Sequence

from projections.customers import CUSTOMERS, CustomerRow
from projections.fold import Declarations
from projections.ledger import Key, Row
from services.audit.as_of import fold_subject, subject_entries
from services.journal.port import Journal
from services.projector.batch import Cut
from services.store.database import Connection
from services.store.queries.customer_card import CustomerCard, card_of
from services.store.queries.customer_rows import KIND, MERGES_AT_MOST, names_for


def card_as_of(
    connection: Connection,
    schema: str,
    journal: Journal,
    declarations: Declarations,
    zone: dt.tzinfo,
    customer_id: str,
    cut: Cut,
    at: dt.datetime,
    *,
    risk: bool = False,
) -> CustomerCard | None:
    """The card of a record within a cut, with what had been merged into it; None if nothing was known then.

    `at` is the moment from which it is looked at, in the journal's zone: what was overdue and valid then. A
    merge into another record is told, not followed: at that moment this may have been the only one.
    """
    rows: dict[str, list[Row]] = {}
    position = None
    waiting, seen = [customer_id], {customer_id}
    while waiting and len(seen) <= MERGES_AT_MOST:
        one = waiting.pop(0)
        entries = subject_entries(connection, schema, journal, zone, KIND + one, cut)
        if one == customer_id:
            if not entries:
                return None
            position = max(entry.position for entry in entries)
        folded = fold_subject(declarations, zone, entries)
        for ledger, found in folded.items():
            rows.setdefault(ledger, []).extend(found.values())
        absorbed = [other for other in _absorbed(folded) if other not in seen]
        waiting += absorbed
        seen.update(absorbed)
    names = names_for(connection, schema, [row for found in rows.values() for row in found])
    return card_of(customer_id, rows, names, at, position=position, risk=risk)


def _absorbed(folded: dict[str, dict[Key, Row]]) -> Sequence[str]:
    rows = folded.get(CUSTOMERS.name, {}).values()
    return [other for row in rows if isinstance(row, CustomerRow) for other in row.absorbed]
