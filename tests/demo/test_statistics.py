"""The simulated bank is near what demo-bank numbers say: customers, sales, satisfaction, complaints."""

from collections import Counter, defaultdict
from statistics import fmean, median
from typing import Any

import msgspec
import pytest

from services.demo import numbers
from services.demo.bank import Bank
from services.demo.diary import Fact
from services.demo.entities import in_cny
from services.demo.products import MORTGAGE
from services.demo.steps import Sale
from services.demo.surveys import AFTER_COMPLAINT


def ordinary(bank: Bank) -> list[Sale]:
    """Sales of the year that no case and no look-alike made."""
    return [sale for sale in bank.year_sales() if not sale.id.startswith(("demo:sale-p", "demo:sale-i"))]


def facts_of(bank: Bank, type_name: str, concern: str = "") -> list[Fact]:
    return [fact for fact in bank.facts if fact.type == type_name and fact.id.startswith(concern)]


def data_of(fact: Fact) -> dict[str, object]:
    data: dict[str, object] = msgspec.json.decode(fact.data)
    return data


def near(share: float, expected: float, n: int) -> bool:
    """Within four standard errors of a share, and never closer than half a point."""
    error: float = (expected * (1 - expected) / n) ** 0.5
    return abs(share - expected) <= max(0.005, 4 * error)


def test_grades_and_ages_have_their_shares(bank: Bank) -> None:
    n = len(bank.customers)
    grades = Counter(customer.grade for customer in bank.customers)
    ages = Counter(customer.age_band for customer in bank.customers)
    assert all(near(grades[grade] / n, share, n) for grade, share in numbers.GRADES.items())
    assert all(near(ages[band] / n, share, n) for band, share in numbers.AGE_BANDS.items())


def test_nine_in_a_hundred_profiles_have_expired_at_the_end(bank: Bank) -> None:
    n = len(bank.customers)
    expired = sum(customer.profile_ends <= bank.year.last for customer in bank.customers)
    assert near(expired / n, numbers.PROFILE_EXPIRED, n)


def test_the_top_tenth_of_customers_holds_about_62_percent(bank: Bank) -> None:
    wealth = sorted((customer.wealth_cny for customer in bank.customers), reverse=True)
    top = sum(wealth[: len(wealth) // 10]) / sum(wealth)
    assert 0.54 < top < 0.70
    assert median(wealth) == pytest.approx(numbers.WEALTH_MEDIAN, rel=0.15)


def test_sales_have_their_number_and_their_classes(bank: Bank) -> None:
    sales = ordinary(bank)
    n = len(sales)
    assert n == pytest.approx(len(bank.customers) / numbers.PER * numbers.SALES, rel=0.03)
    groups = Counter(sale.product.group for sale in sales)
    assert all(near(groups[group] / n, share, n) for group, share in numbers.SALES_BY_CLASS.items())


def test_channels_have_their_shares_by_count_and_by_amount(bank: Bank) -> None:
    sales = ordinary(bank)
    counts: Counter[str] = Counter()
    amounts: defaultdict[str, float] = defaultdict(float)
    for sale in sales:
        kind = sale.order.channel.kind
        counts[kind] += 1
        amounts[kind] += in_cny(sale.amount_minor, sale.customer.entity)
    total = sum(amounts.values())
    assert all(abs(counts[k] / len(sales) - v) < 0.025 for k, v in numbers.CHANNELS_BY_COUNT.items())
    assert all(abs(amounts[k] / total - v) < 0.06 for k, v in numbers.CHANNELS_BY_AMOUNT.items())


def test_wealth_by_amount_is_nearly_all_r1_and_r2(bank: Bank) -> None:
    wealth = [sale for sale in ordinary(bank) if sale.product.kind == "wealth"]
    amounts: defaultdict[str | None, float] = defaultdict(float)
    for sale in wealth:
        amounts[sale.product.risk] += in_cny(sale.amount_minor, sale.customer.entity)
    assert amounts["R1"] + amounts["R2"] > 0.87 * sum(amounts.values())


def test_months_follow_the_index_and_insurance_its_first_quarter(bank: Bank) -> None:
    sales = [sale for sale in ordinary(bank) if sale.product is not MORTGAGE]
    by_month = Counter(sale.day.month for sale in sales if sale.product.kind not in ("insurance", "linked"))
    n = sum(by_month.values())
    assert all(abs(by_month[m + 1] / n - index / 12) < 0.015 for m, index in enumerate(numbers.MONTH_INDEX))
    insured = [sale for sale in sales if sale.product.kind in ("insurance", "linked")]
    first = sum(sale.day.month <= 3 for sale in insured) / len(insured)
    assert near(first, numbers.INSURANCE_FIRST_QUARTER, len(insured))


def test_nps_is_near_its_level_in_every_channel(bank: Bank) -> None:
    answers = [data_of(fact) for fact in facts_of(bank, "survey.answered", "surveys")]
    triggers = {
        data["invitation_id"]: data["trigger_event"]
        for data in map(data_of, facts_of(bank, "survey.sent", "surveys"))
    }
    triggers |= {one.invitation_id: AFTER_COMPLAINT for one in bank.complaints if one.invitation_id}
    levels: defaultdict[str, list[int]] = defaultdict(list)
    for answer in answers:
        channel = str(answer["channel_id"]).removeprefix("demo:channel-").partition("-")[0]
        if triggers[answer["invitation_id"]] == AFTER_COMPLAINT:
            channel = AFTER_COMPLAINT
        score = next(one["score"] for one in _answers(answer) if one["question_id"] == "recommend")
        levels[channel].append((score >= 9) - (score <= 6))
    design = {**numbers.NPS, AFTER_COMPLAINT: numbers.NPS_AFTER_COMPLAINT}
    for channel, level in design.items():
        tolerance = max(7.0, 100 * 3.5 / len(levels[channel]) ** 0.5)
        assert abs(100 * fmean(levels[channel]) - level) < tolerance, channel
    assert abs(100 * fmean(score for scores in levels.values() for score in scores) - numbers.NPS_BANK) < 8


def test_csat_ces_and_the_response_rate_are_near_theirs(bank: Bank) -> None:
    answers = [data_of(fact) for fact in facts_of(bank, "survey.answered", "surveys")]
    scores: defaultdict[str, list[int]] = defaultdict(list)
    for answer in answers:
        for one in _answers(answer):
            scores[str(one["question_id"])].append(one["score"])
    assert abs(fmean(score >= 4 for score in scores["satisfied"]) - numbers.CSAT) < 0.04
    assert abs(fmean(scores["easy"]) - numbers.CES_MEAN) < 0.2
    delivered = len(facts_of(bank, "survey.delivered", "surveys"))
    sent = len(facts_of(bank, "survey.sent", "surveys"))
    sent += sum(one.invitation_id is not None for one in bank.complaints)
    assert near(delivered / sent, numbers.DELIVERED, sent)
    assert abs(len(answers) / delivered - 0.16) < 0.02


def test_loans_are_activated_as_often_as_in_the_bpi_set(bank: Bank) -> None:
    applied = len(facts_of(bank, "application.submitted"))
    activated = sum(sale.order.application_id is not None for sale in bank.year_sales())
    assert near(activated / applied, numbers.ACTIVATED, applied)


def test_second_premiums_persist_by_policies_and_more_by_premium(bank: Bank) -> None:
    settled = [
        sale
        for sale in bank.sales
        if sale.product.cooling_off_days
        and (bank.year.last - sale.day).days > 365 + 61
        and not sale.id.startswith("demo:sale-p")
        and (sale.ended_on is None or (sale.ended_on - sale.day).days > 60)
    ]
    kept = [sale for sale in settled if sale.ended_on is None]
    assert near(len(kept) / len(settled), numbers.PERSISTENCY, len(settled))


def test_complaints_are_about_as_many_as_designed_and_upheld_as_often(bank: Bank) -> None:
    ordinary = [one for one in bank.complaints if one.shown is None]
    designed = len(bank.customers) / numbers.PER * numbers.COMPLAINTS
    assert designed * 0.85 < len(ordinary) < designed + 75
    decided = [one for one in bank.complaints if one.upheld is not None and one.root_cause]
    upheld = fmean(one.upheld != "not_upheld" for one in decided)
    assert near(upheld, numbers.UPHELD, len(decided))


def test_most_complaints_are_handled_at_the_desk_and_some_are_told_as_facts(bank: Bank) -> None:
    ways = Counter(one.way for one in bank.complaints)
    n = len(bank.complaints)
    assert ways["desk"] > 0.6 * n
    assert ways["adopted"] > 0.03 * n
    assert ways["paper"] > numbers.OWN_HANDLER
    names = Counter(deed.name for deed in bank.deeds)
    for name in ("extend", "withdraw", "reopen", "escalate", "link", "give-provisional-credit"):
        assert names[name] > 0, name
    assert names["declare-systemic-issue"] == 1


def test_commission_is_granted_for_what_people_sold_and_paid_the_next_month(bank: Bank) -> None:
    granted = {data["sale_id"] for data in map(data_of, facts_of(bank, "commission.accrued"))}
    paid = {data["sale_id"] for data in map(data_of, facts_of(bank, "commission.paid"))}
    sold = {sale.id for sale in bank.year_sales() if sale.order.seller and sale.product.kind == "fund"}
    assert sold <= granted == paid


def test_targets_of_units_are_105_percent_of_the_bank_and_97_are_reached(bank: Bank) -> None:
    targets = [data_of(fact) for fact in facts_of(bank, "sales_target.set")]
    for code in {str(one["legal_entity"]) for one in targets}:
        mine = [one for one in targets if one["legal_entity"] == code]
        whole = sum(_value(one) for one in mine if one["level"] == "org")
        units = sum(_value(one) for one in mine if one["level"] == "team")
        sold = sum(sale.amount_minor for sale in bank.year_sales() if sale.customer.entity.code == code)
        assert units == pytest.approx(numbers.BRANCHES_OF_BANK * whole, rel=0.001)
        assert sold == pytest.approx(numbers.ATTAINMENT * whole, rel=0.001)


def _answers(data: dict[str, object]) -> list[dict[str, Any]]:
    found = data["answers"]
    assert isinstance(found, list)
    return found


def _value(data: dict[str, object]) -> int:
    value = data["value"]
    assert isinstance(value, int)
    return value
