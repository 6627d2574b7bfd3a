"""Interactions: every contact with a customer, on line or off, and what was promised in it.

The subject is the customer, else the application, else the interaction itself. What was said is sealed;
service requests and enquiries are in events/service.py.
"""

import datetime as dt
from typing import Literal

from events.customers import CustomerCorrection, CustomerVoiding
from events.envelope import (
    ApplicationId,
    ChannelId,
    CustomerId,
    EmployeeId,
    Event,
    InteractionId,
    InvitationId,
    ProductId,
    UnitId,
)
from events.event_type import Correction, EntryRef, Voiding
from events.known import KnownInteraction
from events.sealing import Sealed
from events.vocabulary import Count, LegalEntity, Narrative, Reference, Words

Direction = Literal["inbound", "outbound", "internal"]


class InteractionStep(Event, frozen=True, kw_only=True):
    """Which interaction, and under whose subject it stands."""

    interaction_id: InteractionId
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class InteractionStarted(InteractionStep, frozen=True, kw_only=True):
    """A contact, or a piece of work on a case, began."""

    legal_entity: LegalEntity | None = None
    channel_id: ChannelId | None = None
    unit_id: UnitId | None = None
    employee_id: EmployeeId | None = None
    direction: Direction | None = None
    activity: Words | None = None
    topic: Words | None = None
    product_id: ProductId | None = None
    dissatisfied: bool = False
    recording_ref: Reference | None = None
    known: KnownInteraction | None = None


class InteractionEnded(InteractionStep, frozen=True, kw_only=True):
    """It is over; how it ended, and what comes next."""

    employee_id: EmployeeId | None = None
    activity: Words | None = None
    outcome: Words | None = None
    next_action: Words | None = None
    duration_seconds: Count | None = None
    dissatisfied: bool = False
    notes: Sealed[Narrative] | None = None


class ContactStep(Event, frozen=True, kw_only=True):
    """Under whose subject a message or a promise stands, and the interaction it belongs to, if any."""

    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None
    interaction_id: InteractionId | None = None


class MessageSent(ContactStep, frozen=True, kw_only=True):
    """We wrote to the customer."""

    channel_id: ChannelId | None = None
    employee_id: EmployeeId | None = None
    purpose: Words | None = None
    content_ref: Reference | None = None
    text: Sealed[Narrative] | None = None


class MessageReceived(ContactStep, frozen=True, kw_only=True):
    """The customer wrote to us."""

    channel_id: ChannelId | None = None
    content_ref: Reference | None = None
    text: Sealed[Narrative] | None = None


class FollowUpPromised(ContactStep, frozen=True, kw_only=True):
    """We said that we would do something by a day; `invitation_id` if a bad survey answer asked for it."""

    follow_up_id: Reference
    what: Words
    due: dt.date
    owner_id: EmployeeId | None = None
    invitation_id: InvitationId | None = None
    cause: EntryRef | None = None


class FollowUpDone(ContactStep, frozen=True, kw_only=True):
    """We did what we had promised, or what a bad answer asked for."""

    follow_up_id: Reference
    outcome: Words | None = None
    employee_id: EmployeeId | None = None
    invitation_id: InvitationId | None = None
    cause: EntryRef | None = None


class ContactPreferenceSet(Event, frozen=True, kw_only=True):
    """How and when the customer wants to be reached, or not."""

    customer_id: CustomerId
    channel: Literal["branch", "phone", "sms", "email", "app", "post"]
    allowed: bool
    purpose: Words | None = None
    quiet_from: dt.time | None = None
    quiet_to: dt.time | None = None


class ContactRefused(Event, frozen=True, kw_only=True):
    """The customer did not want this contact."""

    customer_id: CustomerId
    channel_id: ChannelId | None = None
    campaign_ref: Reference | None = None
    reason: Words | None = None


class WebVisitRecorded(Event, frozen=True, kw_only=True):
    """The customer looked at our pages."""

    customer_id: CustomerId
    channel_id: ChannelId | None = None
    page: Words
    product_id: ProductId | None = None
    duration_seconds: Count | None = None


class AppActionRecorded(Event, frozen=True, kw_only=True):
    """The customer did something in the app."""

    customer_id: CustomerId
    channel_id: ChannelId | None = None
    action: Words
    product_id: ProductId | None = None


class SocialMessageReceived(Event, frozen=True, kw_only=True):
    """The customer wrote to us on a social network."""

    customer_id: CustomerId
    network: Words
    channel_id: ChannelId | None = None
    text: Sealed[Narrative] | None = None


class OnlineFormSubmitted(Event, frozen=True, kw_only=True):
    """The customer filled in a form."""

    customer_id: CustomerId
    form: Words
    channel_id: ChannelId | None = None
    fields_ref: Reference | None = None


class BranchVisitRecorded(Event, frozen=True, kw_only=True):
    """The customer came to a branch."""

    customer_id: CustomerId
    unit_id: UnitId
    employee_id: EmployeeId | None = None
    topic: Words | None = None


class CallHandled(Event, frozen=True, kw_only=True):
    """We spoke with the customer on the telephone."""

    customer_id: CustomerId
    direction: Direction
    channel_id: ChannelId | None = None
    employee_id: EmployeeId | None = None
    duration_seconds: Count | None = None
    recording_ref: Reference | None = None


class CustomerInterviewed(Event, frozen=True, kw_only=True):
    """We sat down with the customer to learn more."""

    customer_id: CustomerId
    employee_id: EmployeeId | None = None
    notes: Sealed[Narrative] | None = None
    notes_ref: Reference | None = None


class InteractionStepCorrection(Correction, frozen=True, kw_only=True):
    """The ids under which an interaction stands."""

    interaction_id: InteractionId | None = None
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class InteractionStepVoiding(Voiding, frozen=True, kw_only=True):
    """The ids under which an interaction stands."""

    interaction_id: InteractionId | None = None
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class InteractionCorrected(InteractionStepCorrection, frozen=True, kw_only=True):
    """A fact of an interaction, stated again."""


class InteractionVoided(InteractionStepVoiding, frozen=True, kw_only=True):
    """A fact of an interaction that never was."""


class MessageCorrected(InteractionStepCorrection, frozen=True, kw_only=True):
    """A message, stated again."""


class MessageVoided(InteractionStepVoiding, frozen=True, kw_only=True):
    """A message that was never sent."""


class FollowUpCorrected(InteractionStepCorrection, frozen=True, kw_only=True):
    """A promise, or its keeping, stated again."""


class FollowUpVoided(InteractionStepVoiding, frozen=True, kw_only=True):
    """A promise, or its keeping, that never was."""


class ContactCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A preference or refusal of contact, stated again."""


class ContactVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A preference or refusal of contact that never was."""


class VisitCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A visit, an action, a form or a call, stated again."""


class VisitVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A visit, an action, a form or a call that never was."""
