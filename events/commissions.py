"""Commission: what a seller or a channel was granted for a sale, what was paid, and what was taken back.

The subject is the sale's. The rates that should hold are in `channel.policy_published` (events/channels.py).
"""

import datetime as dt

from events.envelope import ApplicationId, ChannelId, Currency, CustomerId, EmployeeId, Event, SaleId
from events.event_type import Correction, EntryRef, Voiding
from events.vocabulary import BasisPoints, LegalEntity, MinorUnits, Reference, Version, Words


class CommissionStep(Event, frozen=True, kw_only=True):
    """For which sale, under whose subject it stands, and who gets it: a seller, a channel, or one for the
    other."""

    sale_id: SaleId
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None
    channel_id: ChannelId | None = None
    seller_id: EmployeeId | None = None
    legal_entity: LegalEntity | None = None
    amount_minor: MinorUnits
    currency: Currency


class CommissionAccrued(CommissionStep, frozen=True, kw_only=True):
    """The sale earned a commission, at this rate of that policy; it falls due on a day."""

    policy_id: Reference | None = None
    policy_version: Version | None = None
    rate_bp: BasisPoints | None = None
    due: dt.date | None = None


class CommissionPaid(CommissionStep, frozen=True, kw_only=True):
    """Commission was paid out."""


class CommissionClawedBack(CommissionStep, frozen=True, kw_only=True):
    """Commission was taken back, or what was not yet paid was struck out, because of this entry."""

    policy_id: Reference | None = None
    policy_version: Version | None = None
    cause_event: EntryRef
    reason: Words | None = None


class CommissionCorrected(Correction, frozen=True, kw_only=True):
    """A fact about commission, stated again whole."""

    sale_id: SaleId | None = None
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class CommissionVoided(Voiding, frozen=True, kw_only=True):
    """A fact about commission that never was."""

    sale_id: SaleId | None = None
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None
