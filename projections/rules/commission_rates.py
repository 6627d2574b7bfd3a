"""R-CHAN-02: commission was granted at another rate than the channel's policy in force at the sale names."""

import datetime as dt
from collections.abc import Iterator

from events.channels import CommissionRate
from events.commissions import CommissionAccrued
from events.envelope import Entry
from events.event_type import EntryRef
from projections.channels import CHANNELS, ChannelRow, CommissionPolicy
from projections.ledger import Key, Ledger, Row
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_entry
from projections.rules.seen_sales import SALES_SEEN, SaleSeen
from projections.steps import at


class CommissionRateParameters(Parameters):
    """By how many basis points a rate may differ and still count as the same."""

    tolerance_bp: int


INPUTS = ("sale", "sold_on", "channel", "product", "rate_bp", "policy", "policy_version", "policy_rate_bp")


class AccrualSeen(Row, frozen=True):
    """A grant of commission that says its rate."""

    subject: str
    source: str
    id: str
    accrued_on: dt.date | None
    sale_id: str
    rate_bp: int
    channel_id: str | None
    seller_id: str | None
    policy_id: str | None


def judge_commission_rates(
    rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts
) -> Iterator[Hit]:
    """The grants of a day whose rate is not the one that the policy names; sales that nobody reported, and
    products that the policy does not name, are not judged."""
    rule: Rule[CommissionRateParameters] = rules["R-CHAN-02"]
    grants = facts.between(ACCRUALS_SEEN, AccrualSeen, "accrued_on", day, day)
    if not grants:
        return
    sales = facts.rows(SALES_SEEN, SaleSeen, {(one.subject, one.sale_id) for one in grants})
    names = {_channel(one, sales.get((one.subject, one.sale_id))) for one in grants}
    channels = facts.rows(CHANNELS, ChannelRow, {(f"channel/{name}",) for name in names if name is not None})
    for one in grants:
        sale = sales.get((one.subject, one.sale_id))
        channel = channels.get((f"channel/{_channel(one, sale)}",))
        if sale is None or sale.sold_on is None or channel is None:
            continue
        policy = _in_force(channel, one.policy_id, sale.sold_on)
        named = None if policy is None else rate_of(policy.rates, sale.product_id, sale.category)
        if policy is None or named is None or abs(one.rate_bp - named) <= rule.parameters.tolerance_bp:
            continue
        yield _hit(rule, one, sale, channel, policy, named)


def rate_of(rates: tuple[CommissionRate, ...], product_id: str | None, category: str | None) -> int | None:
    """The rate for the product, else for its category, else the one for everything not named."""
    for one in rates:
        if one.product_id is not None and one.product_id == product_id:
            return one.rate_bp
    for one in rates:
        if one.product_id is None and one.category is not None and one.category == category:
            return one.rate_bp
    return next((one.rate_bp for one in rates if one.product_id is None and one.category is None), None)


def _hit(
    rule: Rule[CommissionRateParameters],
    grant: AccrualSeen,
    sale: SaleSeen,
    channel: ChannelRow,
    policy: CommissionPolicy,
    named: int,
) -> Hit:
    kind, _, identifier = grant.subject.partition("/")
    return hit_of_entry(
        rule,
        grant.subject,
        EntryRef(grant.source, grant.id),
        inputs={
            "sale": sale.sale_id,
            "sold_on": sale.sold_on,
            "channel": channel.channel_id or channel.subject.partition("/")[2],
            "product": sale.product_id,
            "rate_bp": grant.rate_bp,
            "policy": policy.policy_id,
            "policy_version": policy.policy_version,
            "policy_rate_bp": named,
        },
        on=grant.accrued_on,
        about=About(
            customer_id=identifier if kind == "customer" else None,
            product_id=sale.product_id,
            seller_id=grant.seller_id or sale.seller_id,
            unit_id=sale.unit_id,
            channel_id=_channel(grant, sale),
            legal_entity=sale.legal_entity,
        ),
        evidence=(EntryRef(sale.source, sale.id),),
    )


def _channel(grant: AccrualSeen, sale: SaleSeen | None) -> str | None:
    return grant.channel_id or (None if sale is None else sale.channel_id)


def _in_force(channel: ChannelRow, policy_id: str | None, day: dt.date) -> CommissionPolicy | None:
    """The policy in force on a day: the one that the grant names, where the channel has it, else any."""
    same = tuple(one for one in channel.policies if one.policy_id == policy_id)
    return at(same or channel.policies, day)


def _keys(event: CommissionAccrued, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, entry.source, entry.id),) if event.rate_bp is not None else ()


def _accrual(key: Key, row: AccrualSeen | None, event: CommissionAccrued, entry: Entry) -> AccrualSeen:
    assert event.rate_bp is not None, "the key function leaves the others out"
    subject, source, identifier = key
    return AccrualSeen(
        subject=subject,
        source=source,
        id=identifier,
        accrued_on=entry.occurred_on,
        sale_id=event.sale_id,
        rate_bp=event.rate_bp,
        channel_id=event.channel_id,
        seller_id=event.seller_id,
        policy_id=event.policy_id,
    )


ACCRUALS_SEEN = Ledger(
    "accruals_seen",
    1,
    AccrualSeen,
    ("subject", "source", "id"),
    _keys,
    {CommissionAccrued: _accrual},
    written_once=True,
    indexes=(("accrued_on",),),
)
