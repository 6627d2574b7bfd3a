"""Complaints: what about, how they were handled, how fast they ended, and what the customer got.

Ordinary and planted complaints live the same life here. Clocks are nobody's business in this module: it notes
what the office did and when.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from events.event_type import EntryRef
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import APP_CHANNEL, BRANCHES, CALL_CENTRE, Channel
from services.demo.customers import Customer
from services.demo.diary import COMPLAINTS, Diary, named
from services.demo.entities import BY_CODE, Entity
from services.demo.people import Employee, Staff
from services.demo.products import BY_SLUG
from services.demo.steps import Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year, business_days_later, moment, next_working

CAUSE_PRODUCTS = {
    "collection_card_loan": ("credit", "consumer", "mortgage", "car"),
    "service": ("demand", "debit", "term-1y"),
    "app": ("demand",),
    "fee": ("credit", "demand", "mixed"),
    "fraud": ("debit", "credit"),
    "data_and_marketing": ("demand", "credit"),
}
MIS_SOLD = ("wealth", "fund", "insurance", "linked")
EXTENDED_DAYS = 30
OFFICE_DAYS = {"demo-cn": 15, "demo-gb": 56, "demo-eu": 49, "demo-us": 60, "demo-au": 30}
"""Within how many days the office itself calls an answer timely; it allows the extended days where it
extended."""


@dataclass(slots=True, eq=False)
class Complaint:
    """A complaint and where it stands."""

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
    extended: bool = False
    withdrawn: bool = False
    closed_at: dt.datetime | None = None
    closed: EntryRef | None = None
    received: EntryRef | None = None


class Office:
    """The complaint office: takes complaints and sees them through."""

    def __init__(self, diary: Diary, seed: int, year: Year, staff: Staff) -> None:
        self.diary = diary
        self.chance = Chance(seed, "complaint office")
        self.year = year
        self.staff = staff
        self.made: list[Complaint] = []

    def number(self) -> str:
        """The next complaint's id."""
        return named("cmp", f"{len(self.made) + 1:05d}")

    def take(self, complaint: Complaint) -> Complaint:
        """Note a complaint and its life up to the end of the year."""
        self.made.append(complaint)
        seller_id = None if complaint.seller is None else complaint.seller.id
        complaint.received = self._note(
            "complaint.received", complaint, complaint.at, legal_entity=complaint.customer.entity.code,
            received_by="own" if self.chance.happens(0.9) else "regulator", channel_id=complaint.channel.id,
            product_id=complaint.product_id, issue=complaint.issue, unit_id=complaint.unit_id,
            seller_id=seller_id,
            sale_id=None if complaint.sale is None else complaint.sale.id,
            complained_about_employee_ids=() if seller_id is None else (seller_id,),
            first_interaction_id=complaint.first_interaction_id, region=complaint.customer.entity.country,
            text="I was not told the truth." if complaint.issue == "mis_sale" else "This must be put right.",
        )  # fmt: skip
        self._handle(complaint)
        return complaint

    def closed(self) -> list[Complaint]:
        """Those that have ended with an answer."""
        return [one for one in self.made if one.closed is not None and one.closed_at is not None]

    def _handle(self, complaint: Complaint) -> None:
        chance, at, entity = self.chance, complaint.at, complaint.customer.entity
        ends = self._end_day(at.date())
        handler = complaint.handler or chance.choice(self.staff.handlers)
        soon = dt.timedelta(hours=2 + 20 * chance.random())
        self._step(
            "complaint.acknowledged", complaint, at + soon, method="sms", promised=("an answer in time",)
        )
        self._step("complaint.triaged", complaint, at + soon * 1.3, **self._triage(complaint, ends, entity))
        self._step(
            "complaint.handler_assigned",
            complaint,
            at + soon * 1.5,
            employee_id=handler.id,
            independence_checked=True,
        )
        if chance.happens(numbers.WITHDRAWN):
            complaint.withdrawn = True
            self._step(
                "complaint.withdrawn",
                complaint,
                at + dt.timedelta(days=chance.randint(1, 9)),
                reason="settled",
            )
            return
        self._step("complaint.investigation_started", complaint, at + soon * 1.8, employee_id=handler.id)
        self._extend(complaint, ends, entity)
        if ends <= self.year.last:
            self._close(complaint, ends, handler)

    def _end_day(self, day: dt.date) -> dt.date:
        """When the answer goes out: fast for most."""
        rows = numbers.CLOSED_WITHIN_DAYS
        low, high, _ = self.chance.choices(rows, [share for _, _, share in rows])[0]
        days = self.chance.randint(low, high)
        if low == 0:
            return business_days_later(day, max(1, days))
        return day + days * DAY

    def _triage(self, complaint: Complaint, ends: dt.date, entity: Entity) -> dict[str, Any]:
        took = (ends - complaint.at.date()).days
        complexity = "simple" if took <= 15 else "complex" if took <= 30 else "especially_complex"
        regime: dict[str, Any] = {"regime": entity.complaint_regime, "counts_as_complaint": True}
        if entity.code == "demo-cn":
            regime["complexity"] = complexity
        if entity.code == "demo-us" and self.chance.happens(numbers.REG_E):
            regime = {
                "regime": "us_reg_e",
                "counts_as_complaint": True,
                "error_type": "unauthorised transfer",
            }
        return {
            "taxonomy": "JR/T 0169" if entity.code == "demo-cn" else "house",
            "code": complaint.issue,
            "cause": complaint.issue,
            "severity": "high" if complaint.issue in ("mis_sale", "fraud") else "medium",
            "regimes": (regime,),
        }

    def _extend(self, complaint: Complaint, ends: dt.date, entity: Entity) -> None:
        """More time where the rules of the entity know it and it is needed; mostly remembered."""
        day = complaint.at.date()
        if entity.code == "demo-cn" and ends > day + 15 * DAY and self.chance.happens(0.9):
            complaint.extended = True
            self._step(
                "complaint.extension_granted", complaint, moment(self.chance, day + 12 * DAY, entity.zone,
                "branch"),
                approver_id=self.staff.compliance[0].id, reason="complex", new_due=day + EXTENDED_DAYS * DAY,
                customer_told=True,
            )  # fmt: skip
        elif entity.code == "demo-eu" and ends > day + 18 * DAY:
            self._step(
                "complaint.holding_response_sent", complaint,
                moment(self.chance, day + 14 * DAY, entity.zone, "branch"), reason="still looking",
                expected=ends,
            )  # fmt: skip

    def _close(self, complaint: Complaint, ends: dt.date, handler: Employee) -> None:
        chance, entity = self.chance, complaint.customer.entity
        at = max(moment(chance, next_working(ends), entity.zone, "branch"), complaint.at + 2 * DAY * 0.6)
        if at.date() > self.year.last:
            return
        upheld = chance.happens(numbers.UPHELD)
        outcome = chance.choices(("upheld", "partly_upheld"), (3, 1))[0] if upheld else "not_upheld"
        money = self._redress(entity) if upheld and chance.happens(0.7) else None
        if complaint.root_cause:
            self._step("complaint.root_cause_recorded", complaint, at - dt.timedelta(hours=2),
                       cause_code=complaint.issue, product_id=complaint.product_id)  # fmt: skip
        self._step("complaint.final_response_sent", complaint, at - dt.timedelta(hours=1), decision=outcome,
                   remedies_told=("review", "ombudsman"))  # fmt: skip
        if money is not None:
            paid = {"kind": "loss", "amount_minor": money, "currency": entity.currency}
            self._step("complaint.redress_offered", complaint, at - dt.timedelta(minutes=50), **paid)
            self._step("complaint.redress_paid", complaint, at + 2 * DAY, **paid)
        complaint.closed_at = at
        complaint.closed = self._closed(complaint, at, outcome, money, handler)
        self._afterwards(complaint, outcome, handler)

    def _closed(
        self, complaint: Complaint, at: dt.datetime, outcome: str, money: int | None, handler: Employee
    ) -> EntryRef:
        relief = "monetary" if money else "none" if outcome == "not_upheld" else "non_monetary"
        allowed = EXTENDED_DAYS if complaint.extended else OFFICE_DAYS[complaint.customer.entity.code]
        first = complaint.closed_at or at
        timely = (first.date() - complaint.at.date()).days <= allowed
        return self._note(
            "complaint.closed", complaint, at, outcome=outcome, relief=relief, redress_minor=money,
            currency=None if money is None else complaint.customer.entity.currency, employee_id=handler.id,
            timely_as_judged={"by": "complaint office", "value": timely},
        )  # fmt: skip

    def _redress(self, entity: Entity) -> int:
        """Lognormal: a mean of GBP 238, a median of CNY 600."""
        if entity.code == "demo-cn":
            return round(self.chance.spread(numbers.REDRESS_MEDIAN_CNY, 0.8)) * 100
        pounds = self.chance.spread(numbers.REDRESS_MEAN_GBP / 1.65, 1.0)
        return round(pounds * BY_CODE["demo-gb"].rate / entity.rate) * 100

    def _afterwards(self, complaint: Complaint, outcome: str, handler: Employee) -> None:
        """A few go up to the ombudsman; a few are opened again."""
        assert complaint.closed_at is not None
        chance, at = self.chance, complaint.closed_at
        if chance.happens(numbers.REOPENED):
            again = at + dt.timedelta(days=chance.randint(3, 15))
            self._step("complaint.reopened", complaint, again, reason="redress not received")
            later = again + dt.timedelta(days=chance.randint(3, 12))
            if later.date() <= self.year.last:
                self._closed(complaint, later, outcome, None, handler)
        elif chance.happens(numbers.ESCALATED):
            self._step("complaint.escalated", complaint, at + 9 * DAY, to="ombudsman", reason="not content")
            overturned = chance.happens(numbers.OVERTURNED)
            self._step(
                "complaint.ombudsman_decision_received", complaint, at + 70 * DAY,
                outcome="upheld" if overturned else outcome, overturned=overturned,
            )  # fmt: skip

    def _step(self, type_name: str, complaint: Complaint, at: dt.datetime, **data: Any) -> None:
        """A step that is noted only if the year has it."""
        if at.date() <= self.year.last:
            self._note(type_name, complaint, at, **data)

    def _note(self, type_name: str, complaint: Complaint, at: dt.datetime, **data: Any) -> EntryRef:
        ids = {"complaint_id": complaint.id, "customer_id": complaint.customer.id}
        return self.diary.note(COMPLAINTS, type_name, at, **ids, **data)


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
        if chance.happens(numbers.DUPLICATES):
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
    """The same complaint a second time, by another way; recognised and linked."""
    again = Complaint(
        office.number(),
        first.customer,
        first.at + dt.timedelta(hours=20),
        first.issue,
        CALL_CENTRE,
        first.product_id,
    )
    if again.at.date() > office.year.last - DAY:
        return
    office.take(again)
    office.diary.note(
        COMPLAINTS, "complaint.linked", again.at + dt.timedelta(hours=1), complaint_id=again.id,
        customer_id=again.customer.id, kind="duplicate_of", other_complaint_id=first.id,
    )  # fmt: skip


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
