"""Complaints, second half: what was answered, paid and reviewed, and how the complaint ended."""

import datetime as dt
from typing import Literal

import msgspec

from events.complaints import ComplaintStep
from events.envelope import Currency, EmployeeId, Text
from events.vocabulary import MinorUnits, Reference, Words

Outcome = Literal["upheld", "partly_upheld", "not_upheld", "not_stated"]
RedressKind = Literal["loss", "distress", "interest", "goodwill"]


class TimelyAsJudged(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Somebody else's judgement whether we were in time; None if they gave none."""

    by: Text
    value: bool | None = None


class ComplaintProgressUpdateSent(ComplaintStep, frozen=True, kw_only=True):
    """The complainant was told how far we are."""

    method: Words | None = None


class ComplaintHoldingResponseSent(ComplaintStep, frozen=True, kw_only=True):
    """We are not ready; the complainant was told why, and when to expect the answer."""

    reason: Words
    expected: dt.date | None = None


class ComplaintFinalResponseSent(ComplaintStep, frozen=True, kw_only=True):
    """Our answer, with what the complainant may do next."""

    decision: Outcome
    checklist: tuple[Words, ...] = ()
    remedies_told: tuple[Words, ...] = ()
    document_ref: Reference | None = None


class ComplaintSummaryResolutionSent(ComplaintStep, frozen=True, kw_only=True):
    """It was settled within days; the short letter that says so."""

    document_ref: Reference | None = None


class ComplaintExtensionGranted(ComplaintStep, frozen=True, kw_only=True):
    """Somebody entitled to it gave more time."""

    approver_id: EmployeeId | None = None
    approver: Words | None = None
    reason: Words
    new_due: dt.date
    customer_told: bool = False


class ComplaintProvisionalCreditGiven(ComplaintStep, frozen=True, kw_only=True):
    """The disputed amount was credited while we look."""

    amount_minor: MinorUnits
    currency: Currency


class ComplaintProvisionalCreditReversed(ComplaintStep, frozen=True, kw_only=True):
    """The credit was taken back."""

    amount_minor: MinorUnits
    currency: Currency
    reason: Words | None = None


class ComplaintRedressOffered(ComplaintStep, frozen=True, kw_only=True):
    """We offered money."""

    kind: RedressKind
    amount_minor: MinorUnits
    currency: Currency


class ComplaintRedressAccepted(ComplaintStep, frozen=True, kw_only=True):
    """The complainant took the offer."""

    kind: RedressKind
    amount_minor: MinorUnits
    currency: Currency


class ComplaintRedressPaid(ComplaintStep, frozen=True, kw_only=True):
    """The money was paid."""

    kind: RedressKind
    amount_minor: MinorUnits
    currency: Currency


class ComplaintAnswerAccepted(ComplaintStep, frozen=True, kw_only=True):
    """The complainant is content with the answer."""


class ComplaintAnswerRejected(ComplaintStep, frozen=True, kw_only=True):
    """The complainant is not content with the answer."""

    reason: Words | None = None


class ComplaintEscalated(ComplaintStep, frozen=True, kw_only=True):
    """It went up."""

    to: Literal["manager", "head_office", "ombudsman", "regulator"]
    reason: Words | None = None


class ComplaintReviewRequested(ComplaintStep, frozen=True, kw_only=True):
    """The complainant asked a higher place to look at our decision."""

    reviewer: Words | None = None


class ComplaintReviewDecided(ComplaintStep, frozen=True, kw_only=True):
    """The higher place decided."""

    outcome: Literal["confirmed", "changed"]
    reason: Words | None = None


class ComplaintOmbudsmanDecisionReceived(ComplaintStep, frozen=True, kw_only=True):
    """An ombudsman decided."""

    outcome: Outcome
    overturned: bool = False
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None


class ComplaintMediationHeld(ComplaintStep, frozen=True, kw_only=True):
    """Both sides met a mediator."""

    outcome: Literal["agreed", "not_agreed", "adjourned"]
    mediator: Words | None = None


class ComplaintClosed(ComplaintStep, frozen=True, kw_only=True):
    """It is over: who was right, and what the complainant got."""

    outcome: Outcome
    relief: Literal["monetary", "non_monetary", "none", "not_stated"]
    timely_as_judged: TimelyAsJudged | None = None
    redress_minor: MinorUnits | None = None
    currency: Currency | None = None
    resolution: Words | None = None
    employee_id: EmployeeId | None = None


class ComplaintWithdrawn(ComplaintStep, frozen=True, kw_only=True):
    """The complainant took it back."""

    reason: Words | None = None


class ComplaintReopened(ComplaintStep, frozen=True, kw_only=True):
    """It was not over."""

    reason: Words | None = None
