"""Adoption: from the moment a desk takes a case over, only that desk's entries change the case's row.

Area files wrap the handlers of such ledgers with `adoptable`. What others say of the case afterwards stays on
the timeline; what slipped in unseen just before counts no more than what the desk took over.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from events import codec
from events.complaints import AdoptedFact, ComplaintAdopted
from events.envelope import Entry, Envelope, Event
from events.errors import EventError
from events.event_type import EntryRef
from projections.ledger import Handler, Key, Row, change

DESK_SOURCE = "urn:daybook:desk:complaints"
"""Source of the complaint desk's entries."""


def adoptable(handlers: Mapping[type[Event], Handler]) -> dict[type[Event], Handler]:
    """The handlers of a complaint ledger, minding adoption; its rows have a column `adopted`."""
    table: dict[type[Event], Handler] = {
        struct: partial(_post_owned, handler) for struct, handler in handlers.items()
    }
    table[ComplaintAdopted] = partial(_adopt, dict(handlers))
    return table


def adopted_entries(event: ComplaintAdopted, entry: Entry) -> list[Entry]:
    """The facts that the desk took over, as entries at the place of the adoption; one that cannot be read
    counts for nothing, as in the journal."""
    entries = []
    for fact in event.facts:
        with suppress(EventError):
            entries.append(_entry_of(fact, entry))
    return entries


def as_adopted(entry: Entry) -> AdoptedFact:
    """The copy of an entry that an adoption carries: without sealed fields, which no rule reads."""
    event_type = codec.TYPE_OF[type(entry.event)]
    bare = msgspec.structs.replace(entry.event, **dict.fromkeys(event_type.sealed))
    envelope = entry.envelope
    return AdoptedFact(
        entry=EntryRef(entry.source, entry.id),
        type=event_type.name,
        dataschema=event_type.schema_urn(),
        time=envelope.time,
        date=envelope.date,
        on=entry.occurred_on,
        data=codec.raw_json(bare),
    )


def _entry_of(fact: AdoptedFact, adoption: Entry) -> Entry:
    envelope = Envelope(
        specversion="1.0",
        id=fact.entry.id,
        source=fact.entry.source,
        type=fact.type,
        subject=adoption.subject,
        dataschema=fact.dataschema,
        time=fact.time,
        date=fact.date,
        undated=fact.time is None and fact.date is None,
        admittedtime=adoption.admitted_at,
        data=fact.data,
    )
    _, version, event = codec.decode_data(envelope)
    return Entry(adoption.position, envelope, event, version, fact.on)


def _post_owned(handler: Handler, key: Key, row: Any, event: Any, entry: Entry) -> Any:
    if row is not None and row.adopted and entry.source != DESK_SOURCE:
        return row
    return handler(key, row, event, entry)


def _adopt(
    handlers: Mapping[type[Event], Handler], key: Key, row: Any, event: ComplaintAdopted, entry: Entry
) -> Any:
    folded: Row | None = None
    for fact in adopted_entries(event, entry):
        handler = handlers.get(type(fact.event))
        if handler is not None:
            folded = handler(key, folded, fact.event, fact)
    return row if folded is None else change(folded, adopted=True)
