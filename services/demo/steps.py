"""A sale with the steps that its kind of product asks for, in order, unless something goes wrong in it.

Ordinary sales and planted cases both sell through here, so that a planted sale differs from others in its
fault alone.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from events.event_type import EntryRef
from services.demo.channels import Channel
from services.demo.check_desk import CheckDesk
from services.demo.customers import Customer
from services.demo.diary import CORE, CRM, Diary, named
from services.demo.entities import minor
from services.demo.people import Employee, Unit
from services.demo.products import Product
from services.demo.year import DAY

Fault = Literal["mismatch", "expired", "step_order", "no_recording", "off_book"]
MINUTE = dt.timedelta(minutes=1)
OVERRIDE = "I have understood that this fund is riskier than my grade and still want it."
ADVISED = ("branch", "call", "partner")


@dataclass(frozen=True, slots=True)
class Order:
    """Who buys what, from whom, when; `faults` is what goes wrong in it."""

    customer: Customer
    product: Product
    channel: Channel
    seller: Employee | None
    unit: Unit
    at: dt.datetime
    amount_cny: float
    faults: frozenset[Fault] = frozenset()
    grade: str | None = None
    override_text: str | None = None
    replaces: tuple[str, ...] = ()
    campaign_id: str | None = None
    application_id: str | None = None


@dataclass(slots=True, eq=False)
class Sale:
    """A sale that was made; later modules note what became of it."""

    id: str
    order: Order
    ref: EntryRef
    amount_minor: int
    day: dt.date
    planted: bool = False
    ended_on: dt.date | None = None
    complained: bool = False
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def customer(self) -> Customer:
        return self.order.customer

    @property
    def product(self) -> Product:
        return self.order.product


class Counter:
    """Where sales are made: gives them their numbers and notes their steps."""

    def __init__(self, diary: Diary, prefix: str, desk: CheckDesk | None = None) -> None:
        self.diary = diary
        self.prefix = prefix
        self.desk = desk
        self.made = 0

    def sell(self, order: Order) -> Sale:
        """Note a sale with all its steps and give it back."""
        self.made += 1
        number = f"{self.prefix}{self.made:05d}"
        before = _Before(self.diary, order, number, self.desk)
        if order.product.kind in ("wealth", "fund", "insurance", "linked"):
            before.advise()
        sale = _confirm(self.diary, order, named("sale", number), before)
        _after(self.diary, sale)
        return sale


class _Before:
    """The steps before the signature, and what the sale says of them."""

    def __init__(self, diary: Diary, order: Order, number: str, desk: CheckDesk | None) -> None:
        self.diary = diary
        self.desk = desk
        self.order = order
        self.number = number
        self.source = order.channel.source
        self.pace = 0.3 if order.channel.kind == "app" else 1.0
        self.told: dict[str, str | None] = {"customer_id": order.customer.id, "product_id": order.product.id}
        self.seller_id = None if order.seller is None else order.seller.id
        self.advised = order.channel.kind in ADVISED and "mismatch" not in order.faults
        self.need_id: str | None = None
        self.check_id: str | None = None
        self.disclosure_ids: tuple[str, ...] = ()
        self.recording_id: str | None = None

    def advise(self) -> None:
        """Need, suitability, disclosure and recording, as far as they belong to this sale."""
        order = self.order
        if self.advised or order.product.kind in ("insurance", "linked"):
            self.need_id = f"need-{self.number}"
            self.diary.note(
                self.source, "need.recorded", self._before(42), customer_id=order.customer.id,
                need_id=self.need_id, need_type="functional", level="safety",
                product_category=order.product.category, employee_id=self.seller_id,
            )  # fmt: skip
        self._check()
        self._disclose()
        if order.channel.kind == "branch" and "no_recording" not in order.faults:
            self.recording_id = f"rec-{self.number}"
            self.diary.note(
                self.source, "dual_recording.stored", self._before(2), **self.told,
                recording_id=self.recording_id, employee_id=self.seller_id,
                recorded_from=self._before(20), recorded_to=self._before(3),
            )  # fmt: skip

    def advice_mode(self) -> str:
        """How the customer came to the product."""
        if self.advised:
            return "advised"
        return "execution_only" if self.seller_id is None else "own_initiative"

    def _check(self) -> None:
        order, product = self.order, self.order.product
        mismatch = "mismatch" in order.faults
        self.check_id = self._checked_at_the_desk(mismatch)
        if self.check_id is not None:
            return
        self.check_id = f"check-{self.number}"
        self.diary.note(
            self.source, "suitability.checked", self._before(35), **self.told,
            check_id=self.check_id, grade=order.grade or order.customer.grade, risk_level=product.risk,
            objective="met", capacity="met", knowledge="not_met" if mismatch else "met",
            outcome="mismatch" if mismatch else "match", rule_version="2026-1",
            employee_id=self.seller_id, channel_id=order.channel.id,
        )  # fmt: skip
        if mismatch and product.regime == "cn_csrc":
            self._override()

    def _checked_at_the_desk(self, mismatch: bool) -> str | None:
        """The check of the suitability desk, if this sale goes there: own wishes for funds, and a part of the
        sales in which nothing goes wrong. On their first day sellers are not known to it yet."""
        order, desk = self.order, self.desk
        if desk is None or order.seller is None or order.override_text is not None:
            return None
        if order.seller.since >= order.at.date():
            return None
        if not desk.takes(order.customer, order.product, order.channel, order.at):
            return None
        own_wish = mismatch and order.product.regime == "cn_csrc"
        if not own_wish and (order.faults or order.grade is not None or not desk.is_drawn()):
            return None
        text = f"{OVERRIDE} ({self.number})" if own_wish else None
        return desk.check(
            self.number, order.customer, order.product, order.channel, order.seller, order.at, text
        )

    def _override(self) -> None:
        asked = {**self.told, "check_id": self.check_id, "employee_id": self.seller_id}
        self.diary.note(
            self.source, "suitability.override_requested", self._before(32), **asked,
            own_initiative=True, text=self.order.override_text or f"{OVERRIDE} ({self.number})",
        )  # fmt: skip
        self.diary.note(
            self.source, "suitability.override_confirmed", self._before(29), **asked,
            warning_shown=True, written_ack=True,
        )  # fmt: skip

    def _disclose(self) -> None:
        """The document comes before the signature; where the order of steps is broken, two hours after it."""
        late = "step_order" in self.order.faults
        given, read = (-120.0, -130.0) if late else (26.0, 22.0)
        disclosure_id = f"doc-{self.number}"
        self.disclosure_ids = (disclosure_id,)
        document = {
            "disclosure_id": disclosure_id,
            "document": "Product terms and risks",
            "document_version": "1",
        }
        self.diary.note(
            self.source, "disclosure.given", self._before(given), **self.told, **document,
            employee_id=self.seller_id, channel_id=self.order.channel.id,
        )  # fmt: skip
        self.diary.note(
            self.source, "disclosure.acknowledged", self._before(read), **self.told, **document,
            method="click" if self.order.channel.kind == "app" else "signature",
        )  # fmt: skip

    def _before(self, minutes: float) -> dt.datetime:
        return self.order.at - minutes * self.pace * MINUTE


def _confirm(diary: Diary, order: Order, sale_id: str, before: _Before) -> Sale:
    customer, product = order.customer, order.product
    amount = minor(order.amount_cny, customer.entity) if order.amount_cny else 0
    day = order.at.date()
    insured = product.kind in ("insurance", "linked")
    ref = diary.note(
        order.channel.source, "sale.confirmed", order.at,
        sale_id=sale_id, customer_id=customer.id, application_id=order.application_id,
        legal_entity=customer.entity.code, product_id=product.id, product_version="1",
        seller_id=before.seller_id, unit_id=order.unit.id, channel_id=order.channel.id,
        campaign_id=order.campaign_id, amount_minor=amount or None, currency=customer.entity.currency,
        advice_mode=before.advice_mode(),
        need_id=before.need_id, suitability_check_id=before.check_id, disclosure_ids=before.disclosure_ids,
        recording_id=before.recording_id,
        rate_charged_bp=product.rate_bp + 35 * ("off_book" in order.faults), price_version="1",
        premium_minor=amount if insured else None, premium_mode="regular" if insured else None,
        premium_term_months=120 if insured else None, replaces_sale_ids=order.replaces,
        matures_on=None if product.term_days is None else day + product.term_days * DAY,
        customer_age_band=None if customer.organisation else customer.age_band,
        customer_class="professional" if customer.professional else "ordinary",
    )  # fmt: skip
    return Sale(sale_id, order, ref, amount, day)


def _after(diary: Diary, sale: Sale) -> None:
    """Money, delivery, cooling-off and the call back."""
    order, product = sale.order, sale.product
    step = {"sale_id": sale.id, "customer_id": sale.customer.id, "application_id": order.application_id}
    if product.kind in ("deposit", "wealth", "fund", "insurance", "linked"):
        diary.note(
            CORE, "funds.received", order.at + 9 * MINUTE, **step,
            amount_minor=sale.amount_minor, currency=sale.customer.entity.currency,
        )  # fmt: skip
    if product.kind in ("loan", "card"):
        diary.note(CORE, "product.activated", order.at + 3 * DAY, **step, product_id=product.id)
    if product.cooling_off_days is not None:
        delivered = order.at + 2 * DAY
        diary.note(CRM, "contract.delivered", delivered, **step, method="electronic")
        diary.note(
            CRM, "cooling_off.started", delivered + MINUTE, **step, kind="post_delivery",
            until=delivered.date() + product.cooling_off_days * DAY,
        )  # fmt: skip
        diary.note(
            CRM, "callback.confirmed", delivered + 4 * DAY, **step, outcome="confirmed",
            recording_id=f"call-{sale.id}",
        )  # fmt: skip
