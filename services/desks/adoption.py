"""Adoption: a complaint that came in as facts becomes a case of the desk, which alone decides from then on.

API, CLI and demo call it. It reads what the journal says of the complaint, corrections in their places, and
keeps that as the first event of the case, so the desk needs nothing else to be rebuilt.
"""

import datetime as dt
from typing import Any

from events import codec
from events.complaints import ComplaintAdopted, ComplaintReceived
from events.envelope import ComplaintId, Entry, split_subject
from projections.adoption import as_adopted
from projections.fold import effective
from services.desks.deciding import Actor, Draft, RuleBroken
from services.desks.desk import Answer, Desk
from services.desks.reading import Reading
from services.errors import NotFound
from services.journal.port import Journal
from services.store.queries.complaints import subject_of_complaint
from services.store.timeline import positions_of

FACTS_AT_MOST = 500


def adopt(
    desk: Desk[Any],
    reading: Reading,
    journal: Journal,
    zone: dt.tzinfo,
    case_id: str,
    actor: Actor,
    command_id: str | None = None,
) -> Answer:
    """Take the complaint over; what is posted of it counts, and nothing of others after it.

    Raises NotFound for a complaint that no ledger knows, RuleBroken for one of the desk's own or one with
    more facts than a case may carry, StaleVersion if it is adopted already.
    """
    if case_id.startswith(f"{desk.declaration.namespace}:"):
        raise RuleBroken("ADOPT-01", f"{case_id} was received at this desk: there is nothing to adopt")
    facts = facts_of(reading, journal, zone, case_id)
    if len(facts) > FACTS_AT_MOST:
        raise RuleBroken(
            "ADOPT-02",
            f"{case_id} has {len(facts)} facts, and a case may stand on {FACTS_AT_MOST}: receive a new "
            "complaint that is linked to it",
        )
    kind, identifier = split_subject(facts[0].subject)
    event = ComplaintAdopted(
        complaint_id=ComplaintId(case_id),
        customer_id=facts[0].event.customer_id if kind == "customer" else None,  # type: ignore[attr-defined]
        facts=tuple(as_adopted(fact) for fact in facts),
    )
    assert kind == "customer" or identifier == case_id, "a complaint stands on its customer or on itself"
    return desk.keep(case_id, [Draft(event)], actor, command_id or f"adopt {case_id}")


def facts_of(reading: Reading, journal: Journal, zone: dt.tzinfo, case_id: str) -> list[Entry]:
    """The posted facts of a complaint in journal order, corrections in place; NotFound if it was never
    received."""
    with reading() as (connection, schema):
        subject = subject_of_complaint(connection, schema, case_id)
        if subject is None:
            raise NotFound(f"no complaint {case_id} was ever received: see `daybook complaint list`")
        positions = positions_of(connection, schema, subject, journal.volume)
    entries = [
        codec.decode(record.value, position, zone)
        for position, record in zip(positions, journal.fetch(positions), strict=True)
    ]
    facts = [one for one in effective(entries, zone) if getattr(one.event, "complaint_id", None) == case_id]
    if not any(isinstance(one.event, ComplaintReceived) for one in facts):
        raise NotFound(f"{case_id} was never received, so there is nothing to adopt")
    return facts
