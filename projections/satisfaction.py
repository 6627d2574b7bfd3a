"""Satisfaction: surveys as designed, and one row per invitation with what was answered.

An answer belongs to the product, channel, unit and seller of the invitation that asked for it, or of the
answer itself where history has no invitation. Which scores count is in projections/scales.py.
"""

import datetime as dt

import msgspec

from events.envelope import Entry
from events.known import KnownQuestion
from events.surveys import (
    Question,
    SurveyAnswered,
    SurveyBounced,
    SurveyDeclined,
    SurveyDelivered,
    SurveyDesigned,
    SurveyOpened,
    SurveySent,
)
from projections.ledger import Key, Ledger, Row, change, earliest, latest
from projections.scales import csat_box, ease, is_nps_scale
from projections.steps import by_subject, entry_name, put, stands
from projections.tally import Tally


class Design(msgspec.Struct, frozen=True):
    """A version of a questionnaire, ready since a day."""

    since: dt.date | None
    survey_version: str
    questions: tuple[Question, ...]


class SurveyRow(Row, frozen=True):
    """A survey with every version of its questionnaire."""

    subject: str
    survey_id: str | None = None
    name: str | None = None
    designs: tuple[Design, ...] = ()


class GivenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer: the question, what it measures as the design had it, and the score."""

    question_id: str
    kind: str | None = None
    score: int | None = None


class ResponseRow(Row, frozen=True):
    """An invitation and its answer; without invitation, the answer alone under its entry's name.

    `nps`, `csat` and `ces` say whether any answer of that kind counts; the integers beside them are what a
    tally sums: promoters, passives, detractors; answers and those inside the box; answers, scores (turned so
    that high is easy), their squares, and those above the middle of the scale.
    """

    subject: str
    response_id: str
    survey_id: str | None = None
    survey_version: str | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    channel_id: str | None = None
    unit_id: str | None = None
    seller_id: str | None = None
    journey: str | None = None
    trigger_event: str | None = None
    method: str | None = None
    chosen_by: str | None = None
    wave: str | None = None
    sent: bool = False
    sent_on: dt.date | None = None
    delivered: bool = False
    delivered_on: dt.date | None = None
    bounced: bool = False
    opened: bool = False
    declined: bool = False
    answered: bool = False
    answered_on: dt.date | None = None
    responded: bool = False
    nps: bool = False
    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    csat: bool = False
    csat_box: str | None = None
    csat_answers: int = 0
    csat_satisfied: int = 0
    ces: bool = False
    ces_scale: str | None = None
    ces_answers: int = 0
    ces_sum: int = 0
    ces_squares: int = 0
    ces_easy: int = 0
    answers: tuple[GivenAnswer, ...] = ()


def _designed(key: Key, row: SurveyRow | None, event: SurveyDesigned, entry: Entry) -> SurveyRow:
    row = row or SurveyRow(*key)
    design = Design(entry.occurred_on, event.survey_version, event.questions)
    designs = put(row.designs, design)
    name = event.name if designs[-1] is design else row.name
    return change(row, survey_id=event.survey_id, name=name or row.name, designs=designs)


def _response_keys(event: SurveySent | SurveyAnswered, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.invitation_id or entry_name(entry)),)


def _sent(key: Key, row: ResponseRow | None, event: SurveySent, entry: Entry) -> ResponseRow:
    row = row or ResponseRow(*key)
    return change(
        row,
        survey_id=event.survey_id,
        survey_version=row.survey_version if row.answered else event.survey_version,
        legal_entity=event.legal_entity or row.legal_entity,
        product_id=event.product_id or row.product_id,
        channel_id=event.channel_id or row.channel_id,
        unit_id=event.unit_id or row.unit_id,
        seller_id=event.seller_id or row.seller_id,
        journey=event.journey or row.journey,
        trigger_event=event.trigger_event,
        method=event.method,
        chosen_by=event.chosen_by,
        wave=event.wave,
        sent=True,
        sent_on=earliest(row.sent_on, entry.occurred_on),
    )


def _delivered(key: Key, row: ResponseRow | None, event: SurveyDelivered, entry: Entry) -> ResponseRow:
    row = row or ResponseRow(key[0], key[1], event.survey_id)
    day = earliest(row.delivered_on, entry.occurred_on)
    return change(row, delivered=True, delivered_on=day, responded=row.answered)


def _bounced(key: Key, row: ResponseRow | None, event: SurveyBounced, entry: Entry) -> ResponseRow:
    return change(row or ResponseRow(key[0], key[1], event.survey_id), bounced=True)


def _opened(key: Key, row: ResponseRow | None, event: SurveyOpened, entry: Entry) -> ResponseRow:
    return change(row or ResponseRow(key[0], key[1], event.survey_id), opened=True)


def _declined(key: Key, row: ResponseRow | None, event: SurveyDeclined, entry: Entry) -> ResponseRow:
    return change(row or ResponseRow(key[0], key[1], event.survey_id), declined=True)


def _answered(key: Key, row: ResponseRow | None, event: SurveyAnswered, entry: Entry) -> ResponseRow:
    """An invitation is answered once; an answer given again on a later day takes the place of the first."""
    row = row or ResponseRow(*key)
    on = entry.occurred_on
    if row.answered and not stands(on, row.answered_on):
        return row
    sent = row.sent
    row = change(
        row,
        survey_id=event.survey_id,
        survey_version=event.survey_version,
        legal_entity=row.legal_entity if sent and row.legal_entity else event.legal_entity,
        product_id=row.product_id if sent and row.product_id else event.product_id,
        channel_id=row.channel_id if sent and row.channel_id else event.channel_id,
        unit_id=row.unit_id if sent and row.unit_id else event.unit_id,
        seller_id=row.seller_id if sent and row.seller_id else event.seller_id,
        journey=row.journey if sent and row.journey else event.journey,
        answered=True,
        answered_on=latest(row.answered_on, on),
        responded=row.delivered,
    )
    return _scored(row, event)


def _scored(row: ResponseRow, event: SurveyAnswered) -> ResponseRow:
    questions = {} if event.known is None else {one.question_id: one for one in event.known.questions}
    count = _Count()
    given = []
    for answer in event.answers:
        question = questions.get(answer.question_id)
        given.append(
            GivenAnswer(answer.question_id, None if question is None else question.kind, answer.score)
        )
        if question is not None and answer.score is not None:
            count.add(question, answer.score)
    return change(
        row,
        answers=tuple(given),
        nps=count.promoters + count.passives + count.detractors > 0,
        promoters=count.promoters,
        passives=count.passives,
        detractors=count.detractors,
        csat=count.csat_answers > 0,
        csat_box=count.csat_box,
        csat_answers=count.csat_answers,
        csat_satisfied=count.csat_satisfied,
        ces=count.ces_answers > 0,
        ces_scale=count.ces_scale,
        ces_answers=count.ces_answers,
        ces_sum=count.ces_sum,
        ces_squares=count.ces_squares,
        ces_easy=count.ces_easy,
    )


class _Count:
    """Sums over the answers of one response. Questions on another scale than the first of their kind are
    left out: scores of different scales are never added."""

    def __init__(self) -> None:
        self.promoters = self.passives = self.detractors = 0
        self.csat_box: str | None = None
        self.csat_answers = self.csat_satisfied = 0
        self.ces_scale: str | None = None
        self.ces_answers = self.ces_sum = self.ces_squares = self.ces_easy = 0

    def add(self, question: KnownQuestion, score: int) -> None:
        if not question.scale_low <= score <= question.scale_high:
            return
        if question.kind == "NPS" and is_nps_scale(question.scale_low, question.scale_high):
            self.promoters += score >= 9
            self.passives += 7 <= score <= 8
            self.detractors += score <= 6
        elif question.kind == "CSAT":
            self._csat(question, score)
        elif question.kind == "CES":
            self._ces(question, score)

    def _csat(self, question: KnownQuestion, score: int) -> None:
        box = csat_box(question.scale_low, question.scale_high, question.direction, question.box)
        if box is None or self.csat_box not in (None, box.label):
            return
        self.csat_box = box.label
        self.csat_answers += 1
        self.csat_satisfied += score in box.scores

    def _ces(self, question: KnownQuestion, score: int) -> None:
        scale = f"{question.scale_low}-{question.scale_high}"
        if self.ces_scale not in (None, scale):
            return
        easy = ease(score, question.scale_low, question.scale_high, question.direction)
        self.ces_scale = scale
        self.ces_answers += 1
        self.ces_sum += easy
        self.ces_squares += easy * easy
        self.ces_easy += 2 * easy > question.scale_low + question.scale_high


SURVEYS = Ledger(
    name="surveys",
    version=1,
    row=SurveyRow,
    key=("subject",),
    keys=by_subject,
    handlers={SurveyDesigned: _designed},
    about="surveys with every version of their questions",
)

RESPONSES = Ledger(
    name="responses",
    version=1,
    row=ResponseRow,
    key=("subject", "response_id"),
    keys=_response_keys,
    handlers={
        SurveySent: _sent,
        SurveyDelivered: _delivered,
        SurveyBounced: _bounced,
        SurveyOpened: _opened,
        SurveyDeclined: _declined,
        SurveyAnswered: _answered,
    },
    about="every invitation to a survey, and what was answered",
)

ASKED_ABOUT = (
    "legal_entity",
    "survey_id",
    "product_id",
    "channel_id",
    "unit_id",
    "seller_id",
    "journey",
    "trigger_event",
)

NPS_BY_DAY = Tally(
    name="nps_by_day",
    ledger=RESPONSES,
    by=(*ASKED_ABOUT, "answered_on"),
    measures=("promoters", "passives", "detractors"),
    where="nps",
)

CSAT_BY_DAY = Tally(
    name="csat_by_day",
    ledger=RESPONSES,
    by=(*ASKED_ABOUT, "csat_box", "answered_on"),
    measures=("csat_answers", "csat_satisfied"),
    where="csat",
)

CES_BY_DAY = Tally(
    name="ces_by_day",
    ledger=RESPONSES,
    by=(*ASKED_ABOUT, "ces_scale", "answered_on"),
    measures=("ces_answers", "ces_sum", "ces_squares", "ces_easy"),
    where="ces",
)

INVITATIONS_BY_DAY = Tally(
    name="invitations_by_day",
    ledger=RESPONSES,
    by=(*ASKED_ABOUT, "method", "chosen_by", "sent_on"),
    measures=("sent", "delivered", "bounced", "declined", "answered", "responded"),
)
