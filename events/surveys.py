"""Surveys: designed, sampled, sent, answered. What customers think of us, asked in the same words.

A design and a sample stand on the survey; an invitation and its answer on the customer. What set an
invitation off is on `survey.sent`; the answer repeats where it belongs, for histories without invitations.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.envelope import (
    END,
    ChannelId,
    CustomerId,
    EmployeeId,
    Event,
    InvitationId,
    ProductId,
    SurveyId,
    Text,
    UnitId,
)
from events.event_type import Correction, EntryRef, Voiding
from events.known import KnownAnswer
from events.sealing import Sealed
from events.vocabulary import Count, LegalEntity, Narrative, ScaleDirection, SurveyKind, Version, Words

Score = Annotated[int, Meta(ge=-100, le=100)]
QuestionId = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,60}" + END)]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One question: what it measures, its scale, which way is good, which scores count as satisfied."""

    question_id: QuestionId
    kind: SurveyKind
    text: Text | None = None
    scale_low: Score
    scale_high: Score
    direction: ScaleDirection = "higher_is_better"
    box: tuple[Score, ...] = ()


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The score that a customer gave to one question; None if it was left out."""

    question_id: QuestionId
    score: Score | None = None


class SurveyDesigned(Event, frozen=True, kw_only=True):
    """A version of a questionnaire is ready for use."""

    survey_id: SurveyId
    survey_version: Version
    name: Words | None = None
    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=200)]


class SurveySampled(Event, frozen=True, kw_only=True):
    """Whom a wave asks was drawn by a rule that can be drawn again."""

    survey_id: SurveyId
    survey_version: Version | None = None
    wave: Words
    rule: Words
    seed: int
    eligible: Count
    chosen: Count


class SurveySent(Event, frozen=True, kw_only=True):
    """A customer was asked, because of this, about that."""

    invitation_id: InvitationId
    survey_id: SurveyId
    survey_version: Version
    customer_id: CustomerId
    legal_entity: LegalEntity | None = None
    trigger_event: Words | None = None
    trigger: EntryRef | None = None
    product_id: ProductId | None = None
    unit_id: UnitId | None = None
    channel_id: ChannelId | None = None
    seller_id: EmployeeId | None = None
    journey: Words | None = None
    method: Literal["app", "sms", "email", "phone", "post", "branch"] | None = None
    chosen_by: Literal["rule", "employee"] = "rule"
    wave: Words | None = None


class InvitationStep(Event, frozen=True, kw_only=True):
    """Which invitation, whose."""

    invitation_id: InvitationId
    survey_id: SurveyId
    customer_id: CustomerId


class SurveyDelivered(InvitationStep, frozen=True, kw_only=True):
    """The invitation arrived."""


class SurveyBounced(InvitationStep, frozen=True, kw_only=True):
    """The invitation did not arrive."""

    reason: Words | None = None


class SurveyOpened(InvitationStep, frozen=True, kw_only=True):
    """The customer looked at it."""


class SurveyDeclined(InvitationStep, frozen=True, kw_only=True):
    """The customer did not want to answer."""

    reason: Words | None = None


class SurveyAnswered(Event, frozen=True, kw_only=True):
    """The customer answered."""

    invitation_id: InvitationId | None = None
    survey_id: SurveyId
    survey_version: Version
    customer_id: CustomerId
    legal_entity: LegalEntity
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=200)]
    comment: Sealed[Narrative] | None = None
    product_id: ProductId | None = None
    channel_id: ChannelId | None = None
    unit_id: UnitId | None = None
    seller_id: EmployeeId | None = None
    journey: Words | None = None
    known: KnownAnswer | None = None


class OnlineRatingPosted(Event, frozen=True, kw_only=True):
    """The customer rated us in public, in an app store or on a portal."""

    customer_id: CustomerId
    platform: Words
    score: Score
    scale_high: Score
    comment: Sealed[Narrative] | None = None
    product_id: ProductId | None = None


class InterviewFeedbackRecorded(Event, frozen=True, kw_only=True):
    """The customer told an interviewer what is good and bad."""

    customer_id: CustomerId
    employee_id: EmployeeId | None = None
    topic: Words | None = None
    sentiment: Literal["good", "mixed", "bad"] | None = None
    comment: Sealed[Narrative] | None = None


class SurveyCorrected(Correction, frozen=True, kw_only=True):
    """A fact of a survey, stated again; an invitation or answer names its customer."""

    survey_id: SurveyId | None = None
    customer_id: CustomerId | None = None


class SurveyVoided(Voiding, frozen=True, kw_only=True):
    """A fact of a survey that never was; an invitation or answer names its customer."""

    survey_id: SurveyId | None = None
    customer_id: CustomerId | None = None


class FeedbackCorrected(Correction, frozen=True, kw_only=True):
    """A rating or an interview, stated again."""

    customer_id: CustomerId


class FeedbackVoided(Voiding, frozen=True, kw_only=True):
    """A rating or an interview that never was."""

    customer_id: CustomerId
