"""The lines of a customer's card: each a row of one ledger in the words of the field, names joined in.

customer_card.py reads the rows and makes the card of these. Pure: no query, no clock. Sealed values never
appear here, only whether there is one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from events.sealing import DROPPED
from projections.contacts import ContactPreferenceRow, InteractionRow
from projections.customer_records import AttributeRow, HoldingRow, RiskProfileRow
from projections.customers import CustomerRow
from projections.sales import SaleRow
from projections.satisfaction import ResponseRow, SurveyRow

Secret = Literal["sealed", "dropped", "shredded"]
"""A personal value that is there for a permitted read, that was never kept, or whose key was destroyed."""

SaleState = Literal["unconfirmed", "in_force", "cancelled", "lapsed", "surrendered", "redeemed", "matured"]

OPEN_SALES: frozenset[SaleState] = frozenset({"unconfirmed", "in_force", "lapsed"})
"""A lapsed policy can be reinstated, and a step may be known before the sale itself."""


class Named(msgspec.Struct, frozen=True):
    """Something of another subject: its id, and its name where its ledger has one."""

    id: str
    name: str | None = None


class Names(NamedTuple):
    """What the lines take from other subjects; by id."""

    products: Mapping[str, tuple[str | None, str | None]]
    """Name and category."""
    units: Mapping[str, str | None]
    surveys: Mapping[str, SurveyRow]

    def product(self, product_id: str | None) -> Named | None:
        return None if product_id is None else Named(product_id, self.products.get(product_id, (None,))[0])

    def unit(self, unit_id: str | None) -> Named | None:
        return None if unit_id is None else Named(unit_id, self.units.get(unit_id))


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """The risk grade in force or run out; `valid` says which, on the card's day."""

    grade: str
    since: dt.date | None
    until: dt.date | None
    valid: bool
    professional: bool
    score: int | None = None
    questionnaire_version: str | None = None
    face_to_face: bool | None = None


class Consent(msgspec.Struct, frozen=True):
    """A purpose; `given` says how it stands on the card's day."""

    purpose: str
    given: bool
    since: dt.date | None
    until: dt.date | None


class PersonalField(msgspec.Struct, frozen=True, kw_only=True):
    """Something personal that is known of the customer, and never what it is."""

    name: str
    value: Secret
    source_kind: str | None = None
    verified: bool = False
    since: dt.date | None = None


class HoldingLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    holding_id: str
    product: Named | None
    category: str | None
    currency: str | None
    value_minor: int
    units: str | None
    valued_on: dt.date | None
    sale_id: str | None


class Worth(msgspec.Struct, frozen=True):
    """Holdings of one currency: what they are worth together, debts taken off, and without debts."""

    currency: str
    value_minor: int
    asset_minor: int
    holdings: int


class SaleLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    sale_id: str
    state: SaleState
    product: Named | None
    category: str | None
    confirmed_on: dt.date | None
    currency: str | None
    amount_minor: int | None
    channel_id: str | None
    unit_id: str | None
    seller_id: str | None
    advice_mode: str | None
    cancel_until: dt.date | None
    matures_on: dt.date | None
    ended_on: dt.date | None
    loan_status: str | None
    days_past_due: int | None


class ContactLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    interaction_id: str
    kind: str
    on: dt.date | None
    channel_id: str | None
    employee_id: str | None
    direction: str | None
    topic: str | None
    outcome: str | None
    next_action: str | None


class ContactPreference(msgspec.Struct, frozen=True, kw_only=True):
    channel: str
    purpose: str | None
    allowed: bool
    quiet_from: str | None
    quiet_to: str | None
    since: dt.date | None


class AnswerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: NPS, CSAT or CES with its scale, and what the survey was about."""

    subject: str
    response_id: str
    on: dt.date | None
    survey: Named | None
    question_id: str
    kind: str | None
    score: int
    scale_low: int | None
    scale_high: int | None
    journey: str | None
    product: Named | None
    channel_id: str | None
    seller_id: str | None


def grade_of(row: CustomerRow, profiles: Iterable[RiskProfileRow], day: dt.date) -> Grade | None:
    """The grade of the card, with what its assessment says of it where that is known."""
    if row.grade is None:
        return None
    same = [one for one in profiles if one.assessed_on == row.grade_since and one.grade == row.grade]
    last = same[-1] if same else None
    return Grade(
        grade=row.grade,
        since=row.grade_since,
        until=row.grade_until,
        valid=row.grade_until is None or row.grade_until >= day,
        professional=row.professional,
        score=None if last is None else last.score,
        questionnaire_version=None if last is None else last.questionnaire_version,
        face_to_face=None if last is None else last.face_to_face,
    )


def consents_of(row: CustomerRow, day: dt.date) -> tuple[Consent, ...]:
    return tuple(
        Consent(one.name, one.on and (one.until is None or one.until >= day), one.since, one.until)
        for one in row.marks
        if one.kind == "consent"
    )


def personal_of(row: CustomerRow, attributes: Iterable[AttributeRow]) -> tuple[PersonalField, ...]:
    """The name as registered, and every recorded attribute; what only other entries hold is not told here."""
    found = []
    if row.name is not None:
        found.append(PersonalField(name="name", value=_secret(row, row.name), since=row.registered_on))
    for one in attributes:
        if one.value is not None:
            found.append(
                PersonalField(
                    name=one.name,
                    value=_secret(row, one.value),
                    source_kind=one.source_kind,
                    verified=one.verified,
                    since=one.since,
                )
            )
    return tuple(found)


def holding_line(row: HoldingRow, names: Names) -> HoldingLine:
    return HoldingLine(
        subject=row.subject,
        holding_id=row.holding_id,
        product=names.product(row.product_id),
        category=names.products.get(row.product_id or "", (None, None))[1],
        currency=row.currency,
        value_minor=row.value_minor,
        units=row.units,
        valued_on=row.valued_on,
        sale_id=row.sale_id,
    )


def worth_of(rows: Iterable[HoldingRow]) -> tuple[Worth, ...]:
    """Latest values added up per currency."""
    sums: dict[str, Worth] = {}
    for row in rows:
        if row.currency is not None:
            old = sums.get(row.currency, Worth(row.currency, 0, 0, 0))
            value, asset = old.value_minor + row.value_minor, old.asset_minor + row.asset_minor
            sums[row.currency] = Worth(row.currency, value, asset, old.holdings + 1)
    return tuple(sums[currency] for currency in sorted(sums))


def sale_line(row: SaleRow, names: Names) -> SaleLine:
    state, ended_on = sale_state(row)
    return SaleLine(
        subject=row.subject,
        sale_id=row.sale_id,
        state=state,
        product=names.product(row.product_id),
        category=row.category or names.products.get(row.product_id or "", (None, None))[1],
        confirmed_on=row.confirmed_on,
        currency=row.currency,
        amount_minor=row.amount_minor,
        channel_id=row.channel_id,
        unit_id=row.unit_id,
        seller_id=row.seller_id,
        advice_mode=row.advice_mode,
        cancel_until=row.window_until,
        matures_on=row.matures_on,
        ended_on=ended_on,
        loan_status=row.loan_status,
        days_past_due=row.days_past_due,
    )


def sale_state(row: SaleRow) -> tuple[SaleState, dt.date | None]:
    """How a sale stands as the days of its steps say, and since when if that is an end."""
    if row.cancelled:
        return "cancelled", row.cancelled_on
    if row.surrendered_on is not None:
        return "surrendered", row.surrendered_on
    if row.redeemed_wholly_on is not None:
        return "redeemed", row.redeemed_wholly_on
    if row.matured_on is not None:
        return "matured", row.matured_on
    if row.lapsed_on is not None and (row.reinstated_on is None or row.reinstated_on < row.lapsed_on):
        return "lapsed", row.lapsed_on
    return ("in_force" if row.confirmed else "unconfirmed"), None


def contact_line(row: InteractionRow) -> ContactLine:
    return ContactLine(
        subject=row.subject,
        interaction_id=row.interaction_id,
        kind=row.kind,
        on=row.contact_on,
        channel_id=row.channel_id,
        employee_id=row.employee_id,
        direction=row.direction,
        topic=row.topic,
        outcome=row.outcome,
        next_action=row.next_action,
    )


def preference_line(row: ContactPreferenceRow) -> ContactPreference:
    return ContactPreference(
        channel=row.channel,
        purpose=row.purpose or None,
        allowed=row.allowed,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        since=row.since,
    )


def answer_lines(row: ResponseRow, names: Names) -> list[AnswerLine]:
    """An answer a question; questions left without a score give none."""
    survey = names.surveys.get(row.survey_id or "")
    designs = () if survey is None else survey.designs
    questions = {
        one.question_id: one
        for design in designs
        if design.survey_version == row.survey_version
        for one in design.questions
    }
    name = None if row.survey_id is None else Named(row.survey_id, None if survey is None else survey.name)
    return [
        AnswerLine(
            subject=row.subject,
            response_id=row.response_id,
            on=row.answered_on,
            survey=name,
            question_id=one.question_id,
            kind=one.kind,
            score=one.score,
            scale_low=questions[one.question_id].scale_low if one.question_id in questions else None,
            scale_high=questions[one.question_id].scale_high if one.question_id in questions else None,
            journey=row.journey,
            product=names.product(row.product_id),
            channel_id=row.channel_id,
            seller_id=row.seller_id,
        )
        for one in row.answers
        if one.score is not None
    ]


def _secret(row: CustomerRow, token: str) -> Secret:
    if row.shredded:
        return "shredded"
    return "dropped" if token == DROPPED else "sealed"
