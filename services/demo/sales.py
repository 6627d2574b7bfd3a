"""Ordinary sales: of the played year and of the back book, drawn by class, channel, day and customer.

A buyer's grade matches what is bought but for the base faults, each of which is written into the truth. What
becomes of a sale afterwards is in aftercare.py; loans come from applications, in loans.py.
"""

import datetime as dt
from collections.abc import Sequence

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import OWN, PARTNER_CHANNELS, Channel, may_sell
from services.demo.check_desk import CheckDesk
from services.demo.customers import Customer
from services.demo.diary import Diary
from services.demo.entities import HOME
from services.demo.people import Employee, Staff, Unit
from services.demo.products import MORTGAGE, PRODUCTS, WITHDRAWN, Product, withdrawn_on
from services.demo.steps import Counter, Fault, Order, Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year, moment

TRIES = 60
PARTNER_SHARES = {"north": 0.45, "river": 0.30, "harbour": 0.25}


class Market:
    """Who may buy what, on which day, through which channel and from whom."""

    def __init__(self, chance: Chance, year: Year, staff: Staff, customers: Sequence[Customer]) -> None:
        self.chance = chance
        self.year = year
        self.staff = staff
        self.customers = customers
        home = [customer for customer in customers if customer.entity is HOME]
        self._by_cap = {cap: [one for one in customers if one.cap >= cap] for cap in range(6)}
        self._home_by_cap = {cap: [one for one in home if one.cap >= cap] for cap in range(6)}
        self._just_below = {
            cap: [one for one in home if one.cap == cap - 1 and one.grade != "C1-lowest"] for cap in range(6)
        }
        self._lapsed = [one for one in customers if one.profile_ends < year.last]

    def product(self, group: str, day: dt.date) -> Product:
        """A product of the group that is on sale on the day."""
        if group == "loan" and self.chance.happens(numbers.MORTGAGES):
            return MORTGAGE
        return self.chance.choice([one for one in PRODUCTS if one.group == group and self._on_sale(one, day)])

    def channel(self, product: Product, day: dt.date, kind: str) -> Channel:
        """The channel of that kind; of the partners, one that may sell the product."""
        if product is MORTGAGE:
            return OWN["branch"]
        if kind != "partner":
            return OWN[kind]
        partners = {
            PARTNER_CHANNELS[name]: share
            for name, share in PARTNER_SHARES.items()
            if may_sell(PARTNER_CHANNELS[name], product, day, self.year)
        }
        return self.chance.among(partners)

    def buyer(
        self, product: Product, channel: Channel, day: dt.date, faults: frozenset[Fault]
    ) -> Customer | None:
        """A customer who may buy it; one whose grade or profile does not allow it where that is the fault."""
        level = 0 if product.risk is None else int(product.risk[1])
        if "mismatch" in faults:
            pool: Sequence[Customer] = self._just_below[level]
        elif "expired" in faults:
            pool = [one for one in self._lapsed if one.cap >= level and one.profile_ends < day]
        else:
            pool = (self._home_by_cap if channel.kind == "partner" else self._by_cap)[level]
        for _ in range(TRIES if pool else 0):
            one = self.chance.choice(pool)
            if one.since < day and (not product.graded or one.profiled(day) or "expired" in faults):
                return one
        return None

    def seller(self, customer: Customer, channel: Channel, day: dt.date) -> tuple[Employee | None, Unit]:
        """Who sells through the channel, and the unit that it counts for."""
        if channel.kind == "app":
            return None, customer.seat.unit
        if channel.kind == "call":
            return self.chance.choice(self.staff.call_agents), self.staff.call_centre
        if channel.partner is not None:
            return self.chance.choice(self.staff.partner_agents[channel.partner]), self.staff.partner_desks[
                channel.partner
            ]
        holder = customer.seat.holder(day)
        return holder or self.staff.in_branch(self.chance, customer.seat.unit, day), customer.seat.unit

    def ticket(self, product: Product, channel: Channel) -> float:
        """An amount in CNY."""
        kind = (
            "mortgage" if product is MORTGAGE else "insurance" if product.kind == "linked" else product.kind
        )
        median = numbers.TICKET_MEDIANS[kind]
        if not median:
            return 0.0
        factor = 1.0 if product is MORTGAGE else numbers.TICKET_FACTORS[channel.kind]
        return self.chance.spread(median * factor, numbers.TICKET_SIGMA)

    def _on_sale(self, product: Product, day: dt.date) -> bool:
        if product is MORTGAGE:
            return False
        return product is not WITHDRAWN or day < withdrawn_on(self.year) - DAY


def draw_sales(
    diary: Diary, seed: int, market: Market, truth: Truth, desk: CheckDesk | None = None, *, book: bool
) -> list[Sale]:
    """The ordinary sales of the year, or of the back book, loans left out; with their steps and base
    faults."""
    chance = Chance(seed, "back book" if book else "sales")
    market.chance = chance
    counter = Counter(diary, "b" if book else "", desk)
    size = len(market.customers) / numbers.PER * numbers.SALES
    groups = {
        group: share
        for group, share in numbers.SALES_BY_CLASS.items()
        if group != "loan" and (not book or group.startswith(numbers.LASTING_CLASSES))
    }
    total = round(size * sum(groups.values()) * (numbers.BACK_BOOK_DAYS / 365 if book else 1))
    sales = []
    for _ in range(total):
        order = _order(chance, market, chance.among(groups), book)
        if order is not None:
            sale = counter.sell(order)
            _tell(truth, sale)
            sales.append(sale)
    return sales


def _order(chance: Chance, market: Market, group: str, book: bool) -> Order | None:
    kind = chance.among(numbers.CHANNELS_BY_COUNT)
    day = market.year.day(chance, kind, insurance=group == "insurance", book=book)
    product = market.product(group, day)
    channel = market.channel(product, day, kind)
    faults = frozenset[Fault]() if book else _faults(chance, product, channel)
    customer = market.buyer(product, channel, day, faults)
    if customer is None:
        return None
    seller, unit = market.seller(customer, channel, day)
    if product.kind == "linked" and seller is not None and not seller_may_link(market.staff, seller):
        product = next(one for one in PRODUCTS if one.kind == "insurance")
    at = moment(chance, day, customer.entity.zone, channel.kind)
    return Order(customer, product, channel, seller, unit, at, market.ticket(product, channel), faults)


def seller_may_link(staff: Staff, seller: Employee) -> bool:
    """Whether the seller is certified for linked insurance; one is not."""
    return seller.id != staff.cast["uncertified"].holders[0].id


def _faults(chance: Chance, product: Product, channel: Channel) -> frozenset[Fault]:
    """At most one fault goes wrong in a sale."""
    draw = chance.random()
    shares: list[tuple[Fault, float, bool]] = [
        ("mismatch", numbers.MISMATCH, product.kind in ("wealth", "fund") and product.risk != "R1"),
        ("expired", numbers.EXPIRED_AT_SALE, product.graded),
        ("step_order", numbers.STEP_ORDER, product.kind in ("wealth", "fund")),
        (
            "no_recording",
            numbers.NO_RECORDING,
            product.kind in ("wealth", "fund") and channel.kind == "branch",
        ),
        ("off_book", numbers.OFF_BOOK, True),
    ]
    for fault, share, possible in shares:
        draw -= share
        if draw < 0:
            return frozenset([fault]) if possible else frozenset()
    return frozenset()


def _tell(truth: Truth, sale: Sale) -> None:
    subject = f"customer/{sale.customer.id}"
    rules = {
        "mismatch": ("R-SUIT-01", "risk above the grade"),
        "expired": ("R-SUIT-03", "profile expired at the sale"),
        "step_order": ("R-SALE-01", "terms handed over after the signature"),
        "no_recording": ("R-SALE-01", "no recording in the branch"),
    }
    for fault in sorted(sale.order.faults):
        if fault in rules:
            rule, what = rules[fault]
            truth.base(rule, what, subject, entries=(sale.ref,))
