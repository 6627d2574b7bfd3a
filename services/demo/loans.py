"""Loans: applications, of which few end activated, and how the loans of both years stand.

Customers apply through every channel; the sale that follows names the application.
"""

import datetime as dt

from services.demo import numbers
from services.demo.aftercare import step_of
from services.demo.chance import Chance
from services.demo.diary import CORE, CRM, Diary, named
from services.demo.entities import minor
from services.demo.sales import Market
from services.demo.steps import Counter, Order, Sale
from services.demo.year import DAY, Year, moment

ENDS = {"declined": 0.55, "cancelled": 0.45}
"""How applications end that are not activated."""
OBSERVED_EVERY = 3
"""Months between two looks at a loan."""


def draw_loans(diary: Diary, seed: int, market: Market, *, book: bool) -> list[Sale]:
    """Applications of the year with the loans that came of them; of the back book only the loans."""
    chance = Chance(seed, "loan book" if book else "loans")
    market.chance = chance
    counter = Counter(diary, "bl" if book else "l")
    count = len(market.customers) / numbers.PER * numbers.SALES * numbers.SALES_BY_CLASS["loan"]
    if book:
        total = round(count * numbers.BACK_BOOK_DAYS / 365)
        return [sale for n in range(total) if (sale := _loan(chance, market, counter, None, n, book))]
    loans = []
    for n in range(round(count / numbers.ACTIVATED)):
        application_id = named("app", f"{n + 1:05d}")
        activated = chance.happens(numbers.ACTIVATED)
        if activated and (sale := _loan(chance, market, counter, diary, n, book, application_id)):
            loans.append(sale)
        elif not activated:
            _refused(diary, chance, market, application_id)
    return loans


def observe(diary: Diary, seed: int, year: Year, loans: list[Sale]) -> None:
    """Note how each loan stands at the end of every third month; a few fall into arrears or end unpaid."""
    chance = Chance(seed, "loan states")
    for sale in loans:
        draw = chance.random()
        bad = "ended_unpaid" if draw < numbers.LOAN_UNPAID else "in_arrears"
        turns = draw < numbers.LOAN_UNPAID + numbers.LOAN_ARREARS
        looks = [day for day in year.month_ends[::OBSERVED_EVERY] if day > sale.day + 45 * DAY]
        if year.last > sale.day and year.last not in looks:
            looks.append(year.last)
        for place, day in enumerate(looks):
            late = turns and place >= len(looks) - 2
            status = bad if late and (day == looks[-1] or bad == "in_arrears") else "running"
            _observe(diary, sale, day, status, 35 + 30 * place if status != "running" else 0)
            if late:
                diary.note(CORE, "repayment.missed", day, **step_of(sale), days=35)
            if status == "ended_unpaid":
                break


def _observe(diary: Diary, sale: Sale, day: dt.date, status: str, days_past_due: int) -> None:
    term = sale.product.term_days or 1
    left = max(0.0, 1 - (day - sale.day).days / term)
    diary.note(
        CORE, "loan.status_observed", day, **step_of(sale), status=status, observed_on=day,
        days_past_due=days_past_due, outstanding_minor=round(sale.amount_minor * left),
        currency=sale.customer.entity.currency,
    )  # fmt: skip


def _loan(
    chance: Chance,
    market: Market,
    counter: Counter,
    diary: Diary | None,
    number: int,
    book: bool,
    application_id: str | None = None,
) -> Sale | None:
    kind = chance.among(numbers.CHANNELS_BY_COUNT)
    day = market.year.day(chance, kind, book=book)
    product = market.product("loan", day)
    channel = market.channel(product, day, kind)
    customer = market.buyer(product, channel, day, frozenset())
    if customer is None:
        return None
    seller, unit = market.seller(customer, channel, day)
    at = moment(chance, day, customer.entity.zone, channel.kind)
    amount = market.ticket(product, channel)
    if diary is not None and application_id is not None:
        applied = at - dt.timedelta(days=chance.randint(4, 20))
        if applied.date() <= customer.since:
            return None
        money = {"amount_minor": minor(amount, customer.entity), "currency": customer.entity.currency}
        told = {"application_id": application_id, "customer_id": customer.id}
        diary.note(
            channel.source, "application.submitted", applied, **told, **money,
            legal_entity=customer.entity.code,
            product_id=product.id, channel_id=channel.id, unit_id=unit.id,
        )  # fmt: skip
        diary.note(CRM, "application.approved", applied + 2 * DAY, **told, **money)
    return counter.sell(
        Order(customer, product, channel, seller, unit, at, amount, application_id=application_id)
    )


def _refused(diary: Diary, chance: Chance, market: Market, application_id: str) -> None:
    """An application that came to nothing."""
    kind = chance.among(numbers.CHANNELS_BY_COUNT)
    day = market.year.day(chance, kind)
    product = market.product("loan", day)
    channel = market.channel(product, day, kind)
    customer = market.buyer(product, channel, day, frozenset())
    if customer is None:
        return
    _, unit = market.seller(customer, channel, day)
    at = moment(chance, day, customer.entity.zone, channel.kind)
    told = {"application_id": application_id, "customer_id": customer.id}
    diary.note(
        channel.source, "application.submitted", at, **told, legal_entity=customer.entity.code,
        product_id=product.id, channel_id=channel.id, unit_id=unit.id,
        amount_minor=minor(market.ticket(product, channel), customer.entity),
        currency=customer.entity.currency,
    )  # fmt: skip
    end = chance.among(ENDS)
    ended = at + dt.timedelta(days=chance.randint(1, 25))
    if ended.date() <= market.year.last:
        reason = "income not enough" if end == "declined" else "no answer from the applicant"
        diary.note(CRM, f"application.{end}", ended, **told, reason=reason)
