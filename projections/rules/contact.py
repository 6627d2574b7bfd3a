"""R-CONT-01: we contacted a customer for a purpose for which consent had been withdrawn.

One ledger per customer: consents per purpose with their days, and the contacts that need one. Contacts for
service need none; which purposes do is in the pack.
"""

import datetime as dt
from functools import partial

import msgspec

from events.envelope import Entry, Event
from events.event_type import EntryRef
from events.interactions import InteractionStarted, MessageSent
from events.pipeline import CampaignContactMade
from events.privacy import ConsentGiven, ConsentWithdrawn
from projections.ledger import Key, Ledger, change
from projections.rules.rule import About, Hit, Parameters, Rule, RuleRow, added, hit_of_entry, ref

KEPT = 60


class ContactParameters(Parameters):
    """Purposes that need consent, and the words for them in messages and topics; a campaign always does."""

    purposes: tuple[str, ...]
    words: tuple[str, ...]


class Consent(msgspec.Struct, frozen=True):
    purpose: str
    given: bool
    on: dt.date | None
    at: dt.datetime | None
    entry: EntryRef


class Contact(msgspec.Struct, frozen=True):
    how: str
    on: dt.date | None
    at: dt.datetime | None
    entry: EntryRef
    about: About


class ContactRow(RuleRow, frozen=True):
    subject: str
    consents: tuple[Consent, ...]
    contacts: tuple[Contact, ...]
    hits: tuple[Hit, ...]


INPUTS = ("purpose", "withdrawn_on", "contacted_on", "how")


def contact_ledger(rule: Rule[ContactParameters]) -> Ledger:
    """Consents and the contacts that need them, per customer."""
    return Ledger(
        "rule_contact",
        1,
        ContactRow,
        ("subject",),
        partial(_keys, rule),
        {
            ConsentGiven: partial(_post_consent, rule),
            ConsentWithdrawn: partial(_post_consent, rule),
            CampaignContactMade: partial(_post_contact, rule),
            MessageSent: partial(_post_contact, rule),
            InteractionStarted: partial(_post_contact, rule),
        },
        about="consents, and contacts for a purpose that needs one",
    )


def _keys(rule: Rule[ContactParameters], event: Event, entry: Entry) -> tuple[Key, ...]:
    if not entry.subject.startswith("customer/"):
        return ()
    if isinstance(event, ConsentGiven | ConsentWithdrawn):
        return ((entry.subject,),) if event.purpose in rule.parameters.purposes else ()
    return ((entry.subject,),) if _needs_consent(rule.parameters, event) else ()


def _needs_consent(asked: ContactParameters, event: Event) -> bool:
    if isinstance(event, CampaignContactMade):
        return True
    if isinstance(event, MessageSent):
        return event.purpose in asked.words
    if isinstance(event, InteractionStarted):
        return event.direction == "outbound" and bool({event.topic, event.activity} & set(asked.words))
    return False


def _post_consent(
    rule: Rule[ContactParameters],
    key: Key,
    row: ContactRow | None,
    event: ConsentGiven | ConsentWithdrawn,
    entry: Entry,
) -> ContactRow:
    row = row or ContactRow(key[0], (), (), ())
    given = isinstance(event, ConsentGiven)
    consent = Consent(event.purpose, given, entry.occurred_on, entry.occurred_at, ref(entry))
    row = change(row, consents=(*row.consents, consent)[-KEPT:])
    return row if given else _judged(rule, row, row.contacts)


def _post_contact(
    rule: Rule[ContactParameters], key: Key, row: ContactRow | None, event: Event, entry: Entry
) -> ContactRow:
    row = row or ContactRow(key[0], (), (), ())
    about = About(
        customer_id=getattr(event, "customer_id", None),
        channel_id=getattr(event, "channel_id", None),
        unit_id=getattr(event, "unit_id", None),
        seller_id=getattr(event, "employee_id", None),
        legal_entity=getattr(event, "legal_entity", None),
    )
    how = {CampaignContactMade: "campaign", MessageSent: "message"}.get(type(event), "contact")
    contact = Contact(how, entry.occurred_on, entry.occurred_at, ref(entry), about)
    row = change(row, contacts=(*row.contacts, contact)[-KEPT:])
    return _judged(rule, row, (contact,))


def _judged(rule: Rule[ContactParameters], row: ContactRow, contacts: tuple[Contact, ...]) -> ContactRow:
    hits = row.hits
    for contact in contacts:
        for purpose in rule.parameters.purposes:
            last = _last_word(row, purpose, contact)
            if last is not None and not last.given:
                hits = added(hits, (_hit(rule, row, contact, last),))
                break
    return change(row, hits=hits)


def _last_word(row: ContactRow, purpose: str, contact: Contact) -> Consent | None:
    """What the customer had last said of a purpose before a contact."""
    said = [one for one in row.consents if one.purpose == purpose and _before(one, contact)]
    return max(said, key=_said, default=None)


def _said(consent: Consent) -> tuple[dt.date, dt.datetime]:
    return consent.on or dt.date.min, consent.at or dt.datetime.min.replace(tzinfo=dt.UTC)


def _before(consent: Consent, contact: Contact) -> bool:
    """A withdrawal of the same day counts only where both instants say that it came first."""
    if consent.at is not None and contact.at is not None:
        return consent.at < contact.at
    if consent.on is None or contact.on is None:
        return False
    return consent.on < contact.on


def _hit(rule: Rule[ContactParameters], row: ContactRow, contact: Contact, last: Consent) -> Hit:
    return hit_of_entry(
        rule,
        row.subject,
        contact.entry,
        inputs={
            "purpose": last.purpose,
            "withdrawn_on": last.on,
            "contacted_on": contact.on,
            "how": contact.how,
        },
        on=contact.on,
        about=contact.about,
        evidence=(last.entry,),
    )
