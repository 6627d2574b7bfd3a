"""Contacts: interactions by whatever channel, contacts of campaigns, what was promised, how to reach whom.

A visit, a call or a message without an interaction of its own becomes one under its entry's name.
"""

import datetime as dt
from functools import partial

from events.envelope import Entry
from events.interactions import (
    AppActionRecorded,
    BranchVisitRecorded,
    CallHandled,
    ContactPreferenceSet,
    CustomerInterviewed,
    FollowUpDone,
    FollowUpPromised,
    InteractionEnded,
    InteractionStarted,
    MessageReceived,
    MessageSent,
    OnlineFormSubmitted,
    SocialMessageReceived,
    WebVisitRecorded,
)
from events.pipeline import CampaignContactMade
from projections.figure import Figure, count_of
from projections.ledger import Handler, Key, Ledger, Row, change, earliest, latest
from projections.steps import by_entry, entry_name, stands
from projections.tally import Tally


class InteractionRow(Row, frozen=True):
    """A contact, or a piece of work on a case. `contact_on` is the first day known of it."""

    subject: str
    interaction_id: str
    kind: str
    legal_entity: str | None = None
    channel_id: str | None = None
    unit_id: str | None = None
    employee_id: str | None = None
    direction: str | None = None
    activity: str | None = None
    topic: str | None = None
    product_id: str | None = None
    contact_on: dt.date | None = None
    ended_on: dt.date | None = None
    outcome: str | None = None
    next_action: str | None = None
    duration_seconds: int | None = None
    dissatisfied: bool = False


class CampaignContactRow(Row, frozen=True):
    """What a campaign did to reach one customer: so many attempts, with this outcome."""

    subject: str
    source: str
    id: str
    campaign_id: str
    legal_entity: str | None
    channel_id: str | None
    employee_id: str | None
    attempts: int
    outcome: str
    contact_on: dt.date | None
    duration_seconds: int | None


class FollowUpRow(Row, frozen=True):
    """Something that we promised to do, or had to: due when, done when."""

    subject: str
    follow_up_id: str
    what: str | None = None
    owner_id: str | None = None
    promised_on: dt.date | None = None
    due: dt.date | None = None
    done: bool = False
    done_on: dt.date | None = None
    outcome: str | None = None
    employee_id: str | None = None
    invitation_id: str | None = None


class ContactPreferenceRow(Row, frozen=True):
    """Whether a customer may be reached by a channel for a purpose ('' for every purpose)."""

    subject: str
    channel: str
    purpose: str
    allowed: bool = True
    quiet_from: str | None = None
    quiet_to: str | None = None
    since: dt.date | None = None


def _interaction_keys(
    event: InteractionStarted | InteractionEnded | MessageSent | MessageReceived, entry: Entry
) -> tuple[Key, ...]:
    identifier = getattr(event, "interaction_id", None)
    return ((entry.envelope.subject, identifier or entry_name(entry)),)


def _started(key: Key, row: InteractionRow | None, event: InteractionStarted, entry: Entry) -> InteractionRow:
    row = row or InteractionRow(key[0], key[1], "interaction")
    known = event.known
    return change(
        row,
        kind="interaction",
        legal_entity=event.legal_entity or row.legal_entity,
        channel_id=event.channel_id or row.channel_id,
        unit_id=event.unit_id or (known.employee_unit_id if known is not None else None) or row.unit_id,
        employee_id=event.employee_id or row.employee_id,
        direction=event.direction or row.direction,
        activity=event.activity or row.activity,
        topic=event.topic or row.topic,
        product_id=event.product_id or row.product_id,
        contact_on=earliest(row.contact_on, entry.occurred_on),
        dissatisfied=row.dissatisfied or event.dissatisfied,
    )


def _ended(key: Key, row: InteractionRow | None, event: InteractionEnded, entry: Entry) -> InteractionRow:
    row = row or InteractionRow(key[0], key[1], "interaction")
    on = entry.occurred_on
    stated = stands(on, row.ended_on)
    return change(
        row,
        kind="interaction",
        employee_id=row.employee_id or event.employee_id,
        activity=row.activity or event.activity,
        contact_on=earliest(row.contact_on, on),
        ended_on=latest(row.ended_on, on),
        outcome=event.outcome if stated else row.outcome,
        next_action=event.next_action if stated else row.next_action,
        duration_seconds=event.duration_seconds if stated else row.duration_seconds,
        dissatisfied=row.dissatisfied or event.dissatisfied,
    )


def _contact(kind: str, direction: str | None) -> Handler:
    """A handler for an event that is a whole contact by itself; it adds what is missing to an interaction."""
    return partial(_post_contact, kind, direction)


def _post_contact(
    kind: str, direction: str | None, key: Key, row: InteractionRow | None, event: object, entry: Entry
) -> InteractionRow:
    row = row or InteractionRow(key[0], key[1], kind)
    return change(
        row,
        channel_id=row.channel_id or getattr(event, "channel_id", None),
        unit_id=row.unit_id or getattr(event, "unit_id", None),
        employee_id=row.employee_id or getattr(event, "employee_id", None),
        direction=row.direction or getattr(event, "direction", direction),
        topic=row.topic or getattr(event, "topic", None),
        product_id=row.product_id or getattr(event, "product_id", None),
        contact_on=earliest(row.contact_on, entry.occurred_on),
        duration_seconds=row.duration_seconds or getattr(event, "duration_seconds", None),
    )


def _campaign_contact(key: Key, row: object, event: CampaignContactMade, entry: Entry) -> CampaignContactRow:
    return CampaignContactRow(
        key[0],
        key[1],
        key[2],
        event.campaign_id,
        event.legal_entity,
        event.channel_id,
        event.employee_id,
        event.attempts,
        event.outcome,
        entry.occurred_on,
        event.duration_seconds,
    )


def _follow_up_keys(event: FollowUpPromised | FollowUpDone, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.follow_up_id),)


def _promised(key: Key, row: FollowUpRow | None, event: FollowUpPromised, entry: Entry) -> FollowUpRow:
    row = row or FollowUpRow(*key)
    if row.what is not None and not stands(entry.occurred_on, row.promised_on):
        return row
    return change(
        row,
        what=event.what,
        owner_id=event.owner_id,
        promised_on=latest(row.promised_on, entry.occurred_on),
        due=event.due,
        invitation_id=event.invitation_id or row.invitation_id,
    )


def _done(key: Key, row: FollowUpRow | None, event: FollowUpDone, entry: Entry) -> FollowUpRow:
    row = row or FollowUpRow(*key)
    if not stands(entry.occurred_on, row.done_on):
        return row
    return change(
        row,
        done=True,
        done_on=latest(row.done_on, entry.occurred_on),
        outcome=event.outcome,
        employee_id=event.employee_id,
        invitation_id=row.invitation_id or event.invitation_id,
    )


def _preference_keys(event: ContactPreferenceSet, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.channel, event.purpose or ""),)


def _preferred(
    key: Key, row: ContactPreferenceRow | None, event: ContactPreferenceSet, entry: Entry
) -> ContactPreferenceRow:
    row = row or ContactPreferenceRow(*key)
    if not stands(entry.occurred_on, row.since):
        return row
    return change(
        row,
        allowed=event.allowed,
        quiet_from=None if event.quiet_from is None else event.quiet_from.isoformat("minutes"),
        quiet_to=None if event.quiet_to is None else event.quiet_to.isoformat("minutes"),
        since=latest(row.since, entry.occurred_on),
    )


INTERACTIONS = Ledger(
    name="interactions",
    version=1,
    row=InteractionRow,
    key=("subject", "interaction_id"),
    keys=_interaction_keys,
    handlers={
        InteractionStarted: _started,
        InteractionEnded: _ended,
        MessageSent: _contact("message", "outbound"),
        MessageReceived: _contact("message", "inbound"),
        SocialMessageReceived: _contact("social_message", "inbound"),
        CallHandled: _contact("call", None),
        BranchVisitRecorded: _contact("branch_visit", "inbound"),
        CustomerInterviewed: _contact("interview", None),
        WebVisitRecorded: _contact("web_visit", "inbound"),
        AppActionRecorded: _contact("app_action", "inbound"),
        OnlineFormSubmitted: _contact("form", "inbound"),
    },
    about="every contact, and every piece of work on a case",
)

CAMPAIGN_CONTACTS = Ledger(
    name="campaign_contacts",
    version=1,
    row=CampaignContactRow,
    key=("subject", "source", "id"),
    keys=by_entry,
    handlers={CampaignContactMade: _campaign_contact},
    written_once=True,
    about="what campaigns did to reach each customer",
)

FOLLOW_UPS = Ledger(
    name="follow_ups",
    version=1,
    row=FollowUpRow,
    key=("subject", "follow_up_id"),
    keys=_follow_up_keys,
    handlers={FollowUpPromised: _promised, FollowUpDone: _done},
    about="what was promised to customers, and whether it was done",
)

CONTACT_PREFERENCES = Ledger(
    name="contact_preferences",
    version=1,
    row=ContactPreferenceRow,
    key=("subject", "channel", "purpose"),
    keys=_preference_keys,
    handlers={ContactPreferenceSet: _preferred},
    about="how customers want to be reached",
)

CONTACTS_BY_DAY = Tally(
    name="contacts_by_day",
    ledger=INTERACTIONS,
    by=(
        "legal_entity",
        "kind",
        "channel_id",
        "unit_id",
        "employee_id",
        "product_id",
        "activity",
        "direction",
        "contact_on",
    ),
    measures=("duration_seconds", "dissatisfied"),
)

CAMPAIGN_CONTACTS_BY_DAY = Tally(
    name="campaign_contacts_by_day",
    ledger=CAMPAIGN_CONTACTS,
    by=("legal_entity", "campaign_id", "channel_id", "employee_id", "outcome", "contact_on"),
    measures=("attempts", "duration_seconds"),
)

CONTACTS = Figure(
    name="contacts",
    title="Contacts",
    unit="count",
    tally=CONTACTS_BY_DAY,
    compute=count_of(),
    by=(
        "legal_entity",
        "kind",
        "channel_id",
        "unit_id",
        "employee_id",
        "product_id",
        "activity",
        "direction",
    ),
    day="contact_on",
)

CAMPAIGN_CONTACTS_FIGURE = Figure(
    name="campaign_contacts",
    title="Contacts of campaigns, every attempt counted",
    unit="count",
    tally=CAMPAIGN_CONTACTS_BY_DAY,
    compute=count_of("attempts"),
    by=("legal_entity", "campaign_id", "channel_id", "employee_id", "outcome"),
    day="contact_on",
)
