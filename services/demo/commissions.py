"""Commission: what each channel's policy grants for an advised sale, when it is paid; and planted case 9.

Investments that a person sold earn it. The rates fall during the year; one branch's list of rates stays as
it was for a while. What an upheld complaint takes back is the complaint desk's.
"""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from events.event_type import EntryRef
from services.demo import numbers
from services.demo.channels import CHANNELS
from services.demo.diary import COMMISSIONS, CRM, Diary
from services.demo.entities import ZONE
from services.demo.steps import Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year

EARNING = ("wealth", "fund", "insurance", "linked")
CATEGORIES = ("wealth", "investment")
POLICY = "commission"
PAID_ON = 15
"""The day of the next month on which commission is paid."""


def changed_on(year: Year) -> dt.date:
    """The day on which the new rates begin."""
    return year.anchor(1, 1, 60, 240)


def publish(diary: Diary, year: Year) -> None:
    """Note the policies of every channel where somebody sells: the old one, and the new one of the year."""
    for channel in CHANNELS:
        if channel.kind not in numbers.COMMISSION_BP:
            continue
        begins = (year.book_from - 700 * DAY, changed_on(year))
        for version, (day, rate) in enumerate(zip(begins, numbers.COMMISSION_BP[channel.kind], strict=True)):
            diary.note(
                CRM, "channel.policy_published", day - 20 * DAY, channel_id=channel.id, policy_id=POLICY,
                policy_version=str(version + 1), valid_from=day,
                commission_table=tuple({"category": one, "rate_bp": rate} for one in CATEGORIES),
            )  # fmt: skip


def grant(diary: Diary, year: Year, sales: Sequence[Sale], truth: Truth, *, case: bool) -> None:
    """Note what each sale of the year earned, and its payment; with the case, some at the old rate."""
    stale = _stale(year, sales) if case else frozenset()
    for sale in sales:
        if sale.day < year.first or not _earns(sale):
            continue
        version = 0 if _sold_on(sale) < changed_on(year) or sale.id in stale else 1
        accrued = _grant(diary, sale, version)
        if sale.id in stale:
            subject = f"customer/{sale.customer.id}"
            truth.case(9, "granted at the old rate", subject, entries=(accrued,))


def _earns(sale: Sale) -> bool:
    order = sale.order
    return order.seller is not None and sale.product.kind in EARNING and sale.amount_minor > 0


def _stale(year: Year, sales: Sequence[Sale]) -> frozenset[str]:
    """The first sales of one branch after the change: the branch that sells most then."""
    after = [
        sale
        for sale in sales
        if _sold_on(sale) > changed_on(year)
        and _earns(sale)
        and not sale.planted
        and sale.order.channel.kind == "branch"
    ]
    after.sort(key=lambda sale: (sale.order.at, sale.id))
    units: dict[str, list[str]] = {}
    for sale in after:
        units.setdefault(sale.order.unit.id, []).append(sale.id)
    most = max(units.values(), key=len, default=[])
    return frozenset(most[: numbers.OLD_COMMISSIONS])


def _sold_on(sale: Sale) -> dt.date:
    """The business day of a sale, as the journal cuts days: policies change with it everywhere."""
    return sale.order.at.astimezone(ZoneInfo(ZONE)).date()


def _grant(diary: Diary, sale: Sale, version: int) -> EntryRef:
    order = sale.order
    assert order.seller is not None, "nobody earns for what the app sold"
    rate = numbers.COMMISSION_BP[order.channel.kind][version]
    at = order.at + dt.timedelta(hours=6)
    month = (order.at.date().replace(day=1) + 32 * DAY).replace(day=PAID_ON)
    step = {
        "sale_id": sale.id,
        "customer_id": sale.customer.id,
        "application_id": order.application_id,
        "channel_id": order.channel.id,
        "seller_id": order.seller.id,
        "legal_entity": sale.customer.entity.code,
        "amount_minor": max(1, sale.amount_minor * rate // 10_000),
        "currency": sale.customer.entity.currency,
    }
    accrued = diary.note(
        COMMISSIONS, "commission.accrued", at, **step, policy_id=POLICY, policy_version=str(version + 1),
        rate_bp=rate, due=month,
    )  # fmt: skip
    diary.note(COMMISSIONS, "commission.paid", month, **step)
    return accrued
