"""Risk: what a rule saw and in which entries, the packs the rules stand in, and fraud assessments.

Signals and packs are written by the watch, never by a sender. A signal stands on the subject of its facts.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import (
    ApplicationId,
    ChannelId,
    CustomerId,
    EmployeeId,
    Event,
    ProductId,
    RulePackId,
    UnitId,
)
from events.event_type import Correction, EntryRef, Voiding
from events.vocabulary import LegalEntity, Version, Words

Severity = Literal["low", "medium", "high", "critical"]
RuleCode = Annotated[str, Meta(pattern=r"^R-[A-Z]{3,5}-[0-9]{2}$")]


class RiskSignalDetected(Event, frozen=True, kw_only=True):
    """A rule saw something. It explains itself: the rule's words, what it read, the entries it read it in.

    `about` is the subject of the facts. A rule over many entries names its window, both days included.
    """

    signal_id: str
    rule: RuleCode
    rule_version: Version
    pack: str
    severity: Severity
    score: int
    text: str
    inputs: tuple[tuple[str, str], ...] = ()
    evidence: tuple[EntryRef, ...] = ()
    window_from: dt.date | None = None
    window_to: dt.date | None = None
    about: str
    customer_id: CustomerId | None = None
    product_id: ProductId | None = None
    seller_id: EmployeeId | None = None
    unit_id: UnitId | None = None
    channel_id: ChannelId | None = None
    legal_entity: LegalEntity | None = None


class RulePackPublished(Event, frozen=True, kw_only=True):
    """A version of a rule pack is in force from a day on; its digest says exactly which text."""

    pack_id: RulePackId
    pack_version: Version
    digest: str
    rules: tuple[str, ...]
    effective_from: dt.date
    approver: Words | None = None


class FraudAssessed(Event, frozen=True, kw_only=True):
    """Somebody looked whether an application, or a customer, deceives us."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None
    employee_id: EmployeeId | None = None
    outcome: Literal["cleared", "suspected", "confirmed", "not_stated"] = "not_stated"


class RiskCorrected(Correction, frozen=True, kw_only=True):
    """An assessment, stated again."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None


class RiskVoided(Voiding, frozen=True, kw_only=True):
    """An assessment that never was."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None
