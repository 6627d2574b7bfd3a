"""Surveys: who was asked about what, by which way, whether it arrived, and what they answered.

One questionnaire with NPS, CSAT and CES. Detractors are followed up, but for those the truth knows of. The
planted choice of respondents is in planted_conduct.py and answers through here.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from events.event_type import EntryRef
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import CALL_CENTRE, Channel
from services.demo.complaints import Complaint
from services.demo.contacts import Contact
from services.demo.customers import Customer
from services.demo.diary import CRM, DESK_METHOD, SURVEY, SURVEY_VERSION, SURVEYS, Diary, named
from services.demo.steps import Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year

NORMAL = NormalDist()
AFTER_COMPLAINT = "complaint.closed"
JUDGED_BEFORE_DAYS = 21
"""Answers of the last days may still be followed up when the year ends."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a customer is asked about."""

    customer: Customer
    channel: Channel
    at: dt.datetime
    trigger_event: str
    trigger: EntryRef | None
    product_id: str | None = None
    unit_id: str | None = None
    seller_id: str | None = None
    invitation_id: str | None = None
    """Set where the complaint desk itself has asked, `at` that time."""


def design(diary: Diary, year: Year) -> None:
    """Note the questionnaire."""
    diary.note(
        SURVEYS, "survey.designed", year.book_from - 30 * DAY, survey_id=SURVEY,
        survey_version=SURVEY_VERSION, name="How was it?",
        questions=(
            {"question_id": "recommend", "kind": "NPS", "scale_low": 0, "scale_high": 10},
            {"question_id": "satisfied", "kind": "CSAT", "scale_low": 1, "scale_high": 5, "box": (4, 5)},
            {"question_id": "easy", "kind": "CES", "scale_low": 1, "scale_high": 7},
        ),
    )  # fmt: skip


def occasions(
    seed: int,
    count: int,
    year: Year,
    sales: Sequence[Sale],
    contacts: Sequence[Contact],
    closed: Sequence[Complaint],
) -> list[Occasion]:
    """Whom the rule draws: so many sales and contacts of the year, and every closed complaint."""
    chance = Chance(seed, "survey sample")
    total = max(0, round(count / numbers.PER * numbers.INVITATIONS) - len(closed))
    of_sales = round(total * numbers.SURVEY_TRIGGERS["sale.confirmed"])
    bought = [_after_sale(sale) for sale in sales if year.first <= sale.day < year.last - 3 * DAY]
    talked = [_after_contact(contact) for contact in contacts if contact.ended.date() < year.last - 3 * DAY]
    return [
        *chance.sample(bought, min(of_sales, len(bought))),
        *chance.sample(talked, min(total - of_sales, len(talked))),
        *(_after_complaint(complaint) for complaint in closed),
    ]


def ask(diary: Diary, seed: int, year: Year, asked: Sequence[Occasion], truth: Truth) -> None:
    """Note invitations, deliveries and answers, and follow most detractors up."""
    chance = Chance(seed, "surveys")
    moods: dict[str, float] = {}
    for number, occasion in enumerate(asked, 1):
        invitation = occasion.invitation_id or named("inv", f"{number:06d}")
        method, sent = DESK_METHOD, occasion.at
        if occasion.invitation_id is None:
            method = chance.among(numbers.METHODS)
            sent = occasion.at + dt.timedelta(hours=2 + 20 * chance.random())
            send(diary, occasion, invitation, method, sent)
        told = {"invitation_id": invitation, "survey_id": SURVEY, "customer_id": occasion.customer.id}
        if not chance.happens(numbers.DELIVERED):
            diary.note(
                SURVEYS, "survey.bounced", sent + dt.timedelta(minutes=2), **told, reason="unreachable"
            )
            continue
        diary.note(SURVEYS, "survey.delivered", sent + dt.timedelta(minutes=1), **told)
        replied = sent + dt.timedelta(hours=1 + 40 * chance.random())
        if replied.date() > year.last:
            continue
        if chance.happens(numbers.RESPONSE[method]):
            mood = moods.setdefault(occasion.seller_id or "", chance.gauss(0, numbers.NPS_SELLER_SD / 100))
            score, satisfied, easy = _scores(chance, _level(occasion, year, mood), occasion.trigger_event)
            answer = reply(diary, occasion, invitation, replied, score, satisfied, easy)
            if score <= 6:
                _follow_up(diary, chance, year, occasion, invitation, replied, answer, truth)
        elif chance.happens(numbers.DECLINED):
            diary.note(SURVEYS, "survey.declined", replied, **told, reason="no time")


def send(
    diary: Diary, occasion: Occasion, invitation: str, method: str, at: dt.datetime, chosen_by: str = "rule"
) -> EntryRef:
    """Note an invitation."""
    return diary.note(
        SURVEYS, "survey.sent", at,
        invitation_id=invitation, survey_id=SURVEY, survey_version=SURVEY_VERSION,
        customer_id=occasion.customer.id, legal_entity=occasion.customer.entity.code,
        trigger_event=occasion.trigger_event,
        trigger=occasion.trigger,
        product_id=occasion.product_id, unit_id=occasion.unit_id, channel_id=occasion.channel.id,
        seller_id=occasion.seller_id, method=method, chosen_by=chosen_by,
    )  # fmt: skip


def reply(
    diary: Diary, occasion: Occasion, invitation: str, at: dt.datetime, score: int, satisfied: int, easy: int
) -> EntryRef:
    """Note an answer to the three questions."""
    return diary.note(
        SURVEYS, "survey.answered", at,
        invitation_id=invitation, survey_id=SURVEY, survey_version=SURVEY_VERSION,
        customer_id=occasion.customer.id, legal_entity=occasion.customer.entity.code,
        product_id=occasion.product_id, unit_id=occasion.unit_id,
        channel_id=occasion.channel.id, seller_id=occasion.seller_id,
        answers=(
            {"question_id": "recommend", "score": score},
            {"question_id": "satisfied", "score": satisfied},
            {"question_id": "easy", "score": easy},
        ),
        comment="Nobody called me back." if score <= 6 else None,
    )  # fmt: skip


def after_sale(sale: Sale) -> Occasion:
    """The occasion that a sale is."""
    return _after_sale(sale)


def menu_changed_on(year: Year) -> dt.date:
    """The day on which the call centre got its new telephone menu: the last quarter begins."""
    return year.last - 91 * DAY


def _after_sale(sale: Sale) -> Occasion:
    order = sale.order
    seller_id = None if order.seller is None else order.seller.id
    return Occasion(
        order.customer,
        order.channel,
        order.at,
        "sale.confirmed",
        sale.ref,
        order.product.id,
        order.unit.id,
        seller_id,
    )


def _after_contact(contact: Contact) -> Occasion:
    employee = contact.employee
    return Occasion(
        contact.customer, contact.channel, contact.ended, "interaction.ended", contact.ref,
        unit_id=contact.customer.seat.unit.id if employee is None else employee.unit.id,
        seller_id=None if employee is None or contact.channel is CALL_CENTRE else employee.id,
    )  # fmt: skip


def _after_complaint(complaint: Complaint) -> Occasion:
    assert complaint.closed_at is not None
    return Occasion(
        complaint.customer, complaint.channel, complaint.asked_at or complaint.closed_at, AFTER_COMPLAINT,
        complaint.closed, complaint.product_id, complaint.unit_id, invitation_id=complaint.invitation_id,
    )  # fmt: skip


def _level(occasion: Occasion, year: Year, mood: float) -> float:
    """The NPS, as a share, that this answer is drawn from."""
    if occasion.trigger_event == AFTER_COMPLAINT:
        return numbers.NPS_AFTER_COMPLAINT / 100
    if occasion.channel is CALL_CENTRE:
        before, since = numbers.CALL_MENU_NPS
        return (since if occasion.at.date() >= menu_changed_on(year) else before) / 100
    level = numbers.NPS[occasion.channel.kind] / 100
    return level + mood if occasion.seller_id else level


def _scores(chance: Chance, level: float, trigger_event: str) -> tuple[int, int, int]:
    """Recommend 0–10, satisfied 1–5, easy 1–7; one mood behind all three."""
    spread = 1 - numbers.NPS_PASSIVES
    level = max(-spread, min(spread, level))
    draw = chance.random()
    if draw < (spread - level) / 2:
        score = chance.choices(range(7), (4, 3, 5, 8, 10, 25, 45))[0]
    elif draw < (spread - level) / 2 + numbers.NPS_PASSIVES:
        score = chance.choices((7, 8), (40, 60))[0]
    else:
        score = chance.choices((9, 10), (45, 55))[0]
    rank = NORMAL.inv_cdf(min(max(draw, 1e-6), 1 - 1e-6))
    mood = 0.7 * rank + 0.714 * chance.gauss(0, 1)
    box = numbers.CSAT_AFTER_COMPLAINT if trigger_event == AFTER_COMPLAINT else numbers.CSAT
    edge = NORMAL.inv_cdf(1 - box)
    satisfied = (5 if mood > edge + 1.1 else 4) if mood > edge else max(1, 3 - int((edge - mood) * 1.6))
    easy = min(
        7, max(1, round(numbers.CES_MEAN + 0.1 + numbers.CES_SD * (0.6 * rank + 0.8 * chance.gauss(0, 1))))
    )
    return score, satisfied, easy


def _follow_up(
    diary: Diary,
    chance: Chance,
    year: Year,
    occasion: Occasion,
    invitation: str,
    replied: dt.datetime,
    answer: EntryRef,
    truth: Truth,
) -> None:
    settled = replied.date() < year.last - JUDGED_BEFORE_DAYS * DAY
    if not chance.happens(numbers.FOLLOWED_UP):
        truth.base(
            "R-SAT-03",
            "detractor left alone",
            f"customer/{occasion.customer.id}",
            entries=(answer,),
            required=settled,
        )
        return
    done = replied + dt.timedelta(hours=4 + 60 * chance.random())
    if done.date() <= year.last:
        diary.note(
            CRM, "follow_up.done", done, customer_id=occasion.customer.id, follow_up_id=f"fu-{invitation}",
            outcome="called", invitation_id=invitation, cause=answer,
        )  # fmt: skip
