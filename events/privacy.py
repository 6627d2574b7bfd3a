"""Privacy: what the customer allowed, asked for and was told; restriction, shredding, legal holds.

Consent is about the customer. The last four are written by the system, about whatever subject has the key.
"""

import datetime as dt
from typing import Literal

from events.customers import CustomerCorrection, CustomerVoiding
from events.envelope import ChannelId, CustomerId, EmployeeId, Event
from events.sealing import Sealed
from events.vocabulary import Narrative, Reference, Version, Words

LawfulBasis = Literal[
    "consent", "contract", "legal_obligation", "legitimate_interest", "vital_interest", "public_task"
]


class ConsentGiven(Event, frozen=True, kw_only=True):
    """The customer agreed to a purpose, in these words, through `expires` if a day is set."""

    customer_id: CustomerId
    consent_id: Reference | None = None
    purpose: Words
    scope: Words | None = None
    basis: LawfulBasis = "consent"
    channel_id: ChannelId | None = None
    text_version: Version | None = None
    expires: dt.date | None = None


class ConsentWithdrawn(Event, frozen=True, kw_only=True):
    """The customer no longer agrees."""

    customer_id: CustomerId
    consent_id: Reference | None = None
    purpose: Words
    scope: Words | None = None
    channel_id: ChannelId | None = None


class PrivacyNoticeShown(Event, frozen=True, kw_only=True):
    """The customer was told what we do with personal data."""

    customer_id: CustomerId
    text_version: Version
    channel_id: ChannelId | None = None


class DataSubjectRequestReceived(Event, frozen=True, kw_only=True):
    """The customer asks to see, erase, rectify, take along or restrict personal data."""

    customer_id: CustomerId
    request_id: Reference
    kind: Literal["access", "erase", "rectify", "port", "restrict", "object"]
    channel_id: ChannelId | None = None
    text: Sealed[Narrative] | None = None


class DataSubjectRequestFulfilled(Event, frozen=True, kw_only=True):
    """We did what the customer asked, or said why not."""

    customer_id: CustomerId
    request_id: Reference
    outcome: Literal["fulfilled", "partly_fulfilled", "refused"]
    reason: Words | None = None


class PersonalDataAccessed(Event, frozen=True, kw_only=True):
    """An employee, or a service, looked at the customer's personal data."""

    customer_id: CustomerId
    by: Words
    employee_id: EmployeeId | None = None
    purpose: Words
    fields: tuple[Words, ...] = ()


class ProcessingRestricted(Event, frozen=True, kw_only=True):
    """The subject's personal data may be kept and not used."""

    about: str
    restricted: bool = True
    reason: Words
    by: Words | None = None


class SubjectKeyShredded(Event, frozen=True, kw_only=True):
    """The subject's data key was destroyed: what was sealed with it can never be read again."""

    about: str
    key_id: Words | None = None
    reason: Words
    by: Words | None = None


class LegalHoldPlaced(Event, frozen=True, kw_only=True):
    """The subject's key may not be destroyed while a case is pending."""

    about: str
    hold_id: Words
    reason: Words
    by: Words | None = None


class LegalHoldReleased(Event, frozen=True, kw_only=True):
    """The case is over; the hold is lifted."""

    about: str
    hold_id: Words
    reason: Words | None = None
    by: Words | None = None


class ConsentCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A consent, stated again."""


class ConsentVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A consent that was never given or withdrawn."""


class PrivacyNoticeCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A showing of the notice, stated again."""


class PrivacyNoticeVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A notice that was never shown."""


class DataSubjectRequestCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A request of the customer, stated again."""


class DataSubjectRequestVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A request that was never made."""


class PersonalDataCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """An access to personal data, stated again."""


class PersonalDataVoided(CustomerVoiding, frozen=True, kw_only=True):
    """An access that never was."""
