"""Questionnaires: what a customer is asked before a risk grade is given, and what each answer counts.

The subject is the questionnaire. A version, once published, is never changed: an assessment names the version
that it was made with. What customers answered stands in events/customers.py, sealed.
"""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from events.envelope import EmployeeId, Event, QuestionnaireId
from events.event_type import Correction, Voiding
from events.vocabulary import AgeBand, Reference, RiskGrade, SuitabilityRegime, Version, Words

Score = Annotated[int, Meta(ge=0, le=1_000)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Base of the parts of a questionnaire."""


class AnswerOption(Part, frozen=True, kw_only=True):
    """One answer to choose; `lowest` says that whoever gives it can bear no loss at all: grade C1-lowest."""

    answer_id: Reference
    text: Words | None = None
    score: Score
    lowest: bool = False


class RiskQuestion(Part, frozen=True, kw_only=True):
    """A question with its answers; `several` lets more than one count, the highest of them."""

    question_id: Reference
    text: Words | None = None
    answers: Annotated[tuple[AnswerOption, ...], Meta(min_length=1, max_length=30)]
    several: bool = False


class GradeBand(Part, frozen=True, kw_only=True):
    """From which score on a grade is given, up to the next band."""

    grade: RiskGrade
    from_score: Score


class SeniorCap(Part, frozen=True, kw_only=True):
    """For customers of these bands age is weighed: the highest grade without, and with, experience."""

    age_bands: tuple[AgeBand, ...]
    highest: RiskGrade
    highest_with_experience: RiskGrade
    experience_question: Reference | None = None
    experience_answers: tuple[Reference, ...] = ()


class QuestionnairePublished(Event, frozen=True, kw_only=True):
    """A version of a questionnaire may be used from `valid_from` on."""

    questionnaire_id: QuestionnaireId
    questionnaire_version: Version
    regimes: tuple[SuitabilityRegime, ...] = ()
    questions: Annotated[tuple[RiskQuestion, ...], Meta(min_length=1, max_length=60)]
    bands: Annotated[tuple[GradeBand, ...], Meta(min_length=1, max_length=6)]
    seniors: SeniorCap | None = None
    validity_months: Annotated[int, Meta(ge=1, le=60)] = 12
    valid_from: dt.date
    approver_id: EmployeeId | None = None


class QuestionnaireCorrected(Correction, frozen=True, kw_only=True):
    """A questionnaire, stated again."""

    questionnaire_id: QuestionnaireId


class QuestionnaireVoided(Voiding, frozen=True, kw_only=True):
    """A questionnaire that was never published."""

    questionnaire_id: QuestionnaireId


class GivenAnswer(Part, frozen=True, kw_only=True):
    """What a customer answered to one question; personal, so only ever sealed."""

    question_id: Reference
    answer_ids: Annotated[tuple[Reference, ...], Meta(min_length=1, max_length=30)]
