"""Each planted case is present as often as the list says, and left out without its rule."""

import pytest

from services.demo import numbers
from services.demo.bank import Bank, build
from services.demo.deeds import opening_entry
from services.demo.planted_conduct import safe_fund_days
from services.demo.products import SAFE_FUND
from services.demo.truth import BASE_RULES, CASES, UNPLAYABLE
from tests.demo.conftest import CUSTOMERS, LAST, SEED

ONE_EACH = {
    1: numbers.RETESTS,
    2: numbers.LOWEST_SOLD_R2,
    3: 1,
    4: numbers.CHURNED_CUSTOMERS,
    5: numbers.SPLITS,
    6: numbers.LAPSED_SALES,
    7: numbers.UNCERTIFIED_SALES,
    8: numbers.WITHDRAWN_SALES,
    9: numbers.OLD_COMMISSIONS,
    10: 1,
    11: 1,
    12: numbers.UNRECORDED_COMPLAINTS,
    13: numbers.OWN_HANDLER,
    14: 1,
    15: numbers.CONTACTS_AFTER_WITHDRAWAL,
    16: 1,
    17: 1,
    18: numbers.UNAUTHORISED_SALES,
}


@pytest.mark.parametrize(("case", "count"), ONE_EACH.items())
def test_a_case_is_planted_as_often_as_the_list_says(bank: Bank, case: int, count: int) -> None:
    found = [one for one in bank.truth.expected if one.case == case]
    assert len(found) == count
    assert {one.rule for one in found} == {CASES[case - 1].rule}


def test_every_entry_that_the_truth_names_is_a_fact(bank: Bank) -> None:
    told = {fact.ref for fact in bank.facts}
    told |= {opening_entry(deed.case_id) for deed in bank.deeds if deed.name == "receive"}
    named = {ref for one in bank.truth.expected for ref in one.entries}
    assert named <= told


def test_churning_and_splitting_are_as_many_sales(bank: Bank) -> None:
    planted = {sale.ref: sale for sale in bank.sales if sale.planted}
    sales = {
        case: [
            planted[ref]
            for one in bank.truth.expected
            if one.case == case
            for ref in one.entries
            if ref in planted
        ]
        for case in (4, 5)
    }
    assert len(sales[4]) == numbers.CHURNED_SALES
    assert [sale.amount_minor for sale in sales[5]] == [4_900_000] * (numbers.SPLITS * numbers.PARTS)


def test_the_safe_fund_scales_and_its_complaints_come_within_thirty_days(bank: Bank) -> None:
    holders = [sale for sale in bank.sales if sale.planted and sale.product is SAFE_FUND]
    assert len(holders) == round(numbers.SAFE_FUND_HOLDERS * CUSTOMERS / numbers.PER)
    _, falls = safe_fund_days(bank.year)
    days = [one.at.date() for one in bank.complaints if one.issue.startswith("sold as")]
    assert len(days) == round(numbers.SAFE_FUND_COMPLAINTS * CUSTOMERS / numbers.PER)
    assert all(0 <= (day - falls).days <= 31 for day in days)


def test_a_case_without_its_rule_is_not_planted_and_is_named() -> None:
    without = frozenset(case.rule for case in CASES if case.number != 6)
    bank = build(300, SEED, LAST, without)
    assert not [one for one in bank.truth.expected if one.case == 6]
    assert bank.truth.not_planted.keys() == {6, *UNPLAYABLE}


def test_base_faults_have_a_truth_for_every_rule_that_must_see_them(bank: Bank) -> None:
    required = {one.rule for one in bank.truth.expected if one.case is None and one.required}
    assert required == set(BASE_RULES)


def test_nobody_plays_in_a_case_and_in_a_look_alike(bank: Bank) -> None:
    guilty = {
        name
        for one in bank.truth.expected
        if one.case is not None
        for name in one.subjects
        if name.startswith("customer/")
    }
    innocent = {name for one in bank.truth.innocent for name in one.subjects if name.startswith("customer/")}
    shared = guilty & innocent
    orphaned = {name for one in bank.truth.expected if one.case == 16 for name in one.subjects}
    assert shared <= orphaned


@pytest.mark.parametrize("seed", [2, 99])
def test_a_bank_with_an_empty_company_is_served_all_the_same(seed: int) -> None:
    """Under these seeds the only manager of a small company leaves before the next one comes."""
    small = build(1_000, seed, LAST)
    assert {one.case for one in small.truth.expected} >= {1, 2, 4, 5, 6, 7, 8}
