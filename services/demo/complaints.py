"""Complaints: what about, by whom, whether at the desk or before its time, and whether they come again.

Ordinary and planted complaints are taken here; courses.py says what the office does with them, and
complaint_papers.py writes it down as decisions or as facts.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from events.complaints import RegimeFacts
from events.event_type import EntryRef
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import APP_CHANNEL, BRANCHES, CALL_CENTRE, Channel
from services.demo.complaint_papers import Papers, Way
from services.demo.courses import HOUR, Asked, Course, regime_of
from services.demo.customers import Customer
from services.demo.diary import named
from services.demo.entities import BY_CODE
from services.demo.people import Employee, Staff
from services.demo.products import BY_SLUG
from services.demo.steps import Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year, business_days_later, moment

CAUSE_PRODUCTS = {
    "collection_card_loan": ("credit", "consumer", "mortgage", "car"),
    "service": ("demand", "debit", "term-1y"),
    "app": ("demand",),
    "fee": ("credit", "demand", "mixed"),
    "fraud": ("debit", "credit"),
    "data_and_marketing": ("demand", "credit"),
}
MIS_SOLD = ("wealth", "fund", "insurance", "linked")


@dataclass(slots=True, eq=False)
class Complaint:
    """A complaint and where it stands. Set `shown` for one whose course is given: (days until the answer,
    its regime, whether something is forgotten)."""

    id: str
    customer: Customer
    at: dt.datetime
    issue: str
    channel: Channel
    product_id: str
    unit_id: str | None = None
    seller: Employee | None = None
    sale: Sale | None = None
    first_interaction_id: str | None = None
    handler: Employee | None = None
    root_cause: bool = True
    duplicate_of: str | None = None
    declares: dict[str, Any] | None = None
    shown: tuple[int | None, RegimeFacts, bool] | None = None
    way: Way = "desk"
    days: int | None = None
    upheld: str | None = None
    withdrawn: bool = False
    closed_at: dt.datetime | None = None
    closed: EntryRef | None = None
    received: EntryRef | None = None
    asked_at: dt.datetime | None = None
    invitation_id: str | None = None


class Office:
    """The complaint office: takes complaints and sees them through."""

    def __init__(self, papers: Papers, seed: int, year: Year, staff: Staff) -> None:
        self.papers = papers
        self.chance = Chance(seed, "complaint office")
        self.year = year
        self.staff = staff
        self.made: list[Complaint] = []
        self._opens = year.first + numbers.OLD_OFFICE_DAYS * DAY

    def number(self) -> str:
        """The next complaint's id, if it does not get one of the desk's."""
        return named("cmp", f"{len(self.made) + 1:05d}")

    def take(self, complaint: Complaint) -> Complaint:
        """Write down a complaint and its life up to the end of the year."""
        self.made.append(complaint)
        handler = complaint.handler or self.chance.choice(self.staff.handlers)
        complaint.way = self._way(complaint)
        complaint.id = self.papers.receive(
            complaint.way, complaint.id, complaint.at, handler, self._received(complaint)
        )
        complaint.received = self.papers.received_entry(complaint.way, complaint.id)
        self._handle(complaint, handler)
        return complaint

    def closed(self) -> list[Complaint]:
        """Those that have ended with an answer, and whose customers are asked about it."""
        return [one for one in self.made if one.closed is not None or one.invitation_id is not None]

    def _way(self, complaint: Complaint) -> Way:
        """Before the desk opened, and where its rules are broken, there are facts alone."""
        if complaint.handler is not None or complaint.at.date() < self._opens:
            return "paper"
        plain = complaint.shown is None and complaint.first_interaction_id is None
        return "adopted" if plain and self.chance.happens(numbers.ADOPTED) else "desk"

    def _received(self, complaint: Complaint) -> dict[str, Any]:
        seller_id = None if complaint.seller is None else complaint.seller.id
        return {
            "customer_id": complaint.customer.id,
            "legal_entity": complaint.customer.entity.code,
            "received_by": "own" if self.chance.happens(0.9) else "regulator",
            "channel_id": complaint.channel.id,
            "product_id": complaint.product_id,
            "issue": complaint.issue,
            "unit_id": complaint.unit_id,
            "seller_id": seller_id,
            "sale_id": None if complaint.sale is None else complaint.sale.id,
            "complained_about_employee_ids": () if seller_id is None else (seller_id,),
            "first_interaction_id": complaint.first_interaction_id,
            "region": complaint.customer.entity.country,
            "text": "I was not told the truth."
            if complaint.issue == "mis_sale"
            else "This must be put right.",
        }

    def _handle(self, complaint: Complaint, handler: Employee) -> None:
        course = Course(self.chance, self.staff, self._asked(complaint, handler)).write()
        complaint.upheld, complaint.withdrawn = course.upheld, course.withdrawn
        begins = complaint.at + (HOUR / 2 if complaint.way == "adopted" else dt.timedelta())
        course.steps = [one._replace(at=max(one.at, begins)) for one in course.steps]
        complaint.closed = self.papers.write(complaint.way, complaint.id, complaint.customer.id, course)
        complaint.closed_at = course.closed_at
        if complaint.way != "paper" and course.closed_at is not None:
            asked_at = course.closed_at + (2 + 8 * self.chance.random()) * HOUR
            invitation_id = named("inv-desk", len(self.made))
            if self.papers.ask_afterwards(complaint.id, asked_at, handler, invitation_id):
                complaint.asked_at, complaint.invitation_id = asked_at, invitation_id

    def _asked(self, complaint: Complaint, handler: Employee) -> Asked:
        """What the course depends on: given for those that show a clock, drawn for all others."""
        if complaint.shown is not None:
            complaint.days, regime, forgotten = complaint.shown
        else:
            complaint.days = self._days(complaint.at.date())
            forgotten = self.chance.happens(numbers.FORGOTTEN)
            regime = regime_of(
                self.chance, complaint.customer.entity, complaint.issue, complaint.days, forgotten=forgotten
            )
        return Asked(
            complaint.customer, complaint.at, complaint.issue, complaint.product_id, complaint.days, regime,
            handler, complaint.root_cause, forgotten, complaint.duplicate_of, complaint.declares,
            plain=complaint.shown is not None or complaint.declares is not None,
        )  # fmt: skip

    def _days(self, day: dt.date) -> int:
        """After how many days the answer goes out: fast for most."""
        rows = numbers.CLOSED_WITHIN_DAYS
        low, high, _ = self.chance.choices(rows, [share for _, _, share in rows])[0]
        days = self.chance.randint(low, high)
        if low == 0:
            return (business_days_later(day, max(1, days)) - day).days
        return days


def draw_complaints(
    office: Office, seed: int, customers: Sequence[Customer], sales: Sequence[Sale], truth: Truth
) -> None:
    """The ordinary complaints of the year, some duplicates, and a few who complain again and again."""
    chance = Chance(seed, "complaints")
    year = office.year
    sold = [
        sale for sale in sales if sale.product.kind in MIS_SOLD and sale.order.seller and not sale.planted
    ]
    of_entity = {code: [one for one in customers if one.entity.code == code] for code in BY_CODE}
    again = 0
    for _ in range(round(len(customers) / numbers.PER * numbers.COMPLAINTS)):
        code = chance.among(numbers.COMPLAINTS_OF_ENTITIES)
        if not of_entity[code]:
            continue
        complaint = _draw(
            office, chance, year, of_entity[code], [s for s in sold if s.customer.entity.code == code]
        )
        if complaint is None:
            continue
        office.take(complaint)
        if chance.happens(numbers.DUPLICATES) or not again:
            again += 1
            _duplicate(office, complaint)
    for _ in range(numbers.REPEAT_COMPLAINANTS):
        _repeat(office, chance, year, chance.choice(of_entity["demo-cn"]), truth)


def _draw(
    office: Office, chance: Chance, year: Year, customers: Sequence[Customer], sold: Sequence[Sale]
) -> Complaint | None:
    cause = chance.among(numbers.CAUSES)
    if cause == "mis_sale" and sold:
        sale = chance.choice(sold)
        day = sale.day + chance.randint(10, 150) * DAY
        if not year.first <= day <= year.last - 2 * DAY:
            return None
        sale.complained = True
        return Complaint(
            office.number(), sale.customer, moment(chance, day, sale.customer.entity.zone, "call"), cause,
            sale.order.channel, sale.product.id, sale.order.unit.id, sale.order.seller, sale,
        )  # fmt: skip
    customer = chance.choice(customers)
    day = year.day(chance, "call")
    if day <= customer.since:
        return None
    channel = {"app": APP_CHANNEL, "service": BRANCHES}.get(cause, CALL_CENTRE)
    slug = chance.choice(CAUSE_PRODUCTS["service" if cause == "mis_sale" else cause])
    unit_id = customer.seat.unit.id if channel is BRANCHES else None
    at = moment(chance, day, customer.entity.zone, "call")
    return Complaint(office.number(), customer, at, cause, channel, BY_SLUG[slug].id, unit_id)


def _duplicate(office: Office, first: Complaint) -> None:
    """The same complaint a second time, by another way; recognised, linked and ended."""
    again = Complaint(
        office.number(),
        first.customer,
        first.at + dt.timedelta(hours=20),
        first.issue,
        CALL_CENTRE,
        first.product_id,
        duplicate_of=first.id,
    )
    if again.at.date() <= office.year.last - DAY:
        office.take(again)


def _repeat(office: Office, chance: Chance, year: Year, customer: Customer, truth: Truth) -> None:
    """Somebody complains three times in twelve weeks about the same, and nobody asks why."""
    start = max(year.days[chance.randint(30, 240)], customer.since + DAY)
    entries = []
    for turn in range(3):
        at = moment(chance, start + turn * 35 * DAY, customer.entity.zone, "call")
        complaint = Complaint(
            office.number(), customer, at, "fee", CALL_CENTRE, BY_SLUG["credit"].id, root_cause=False
        )
        office.take(complaint)
        assert complaint.received is not None
        entries.append(complaint.received)
    truth.base(
        "R-CMPL-06",
        "the same complaint three times, no root cause",
        f"customer/{customer.id}",
        entries=tuple(entries),
    )
