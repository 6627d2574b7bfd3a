"""Performance: gaps add up, cohorts count only what is due, whatever the order in which facts came."""

import datetime as dt
import itertools
import math
import pickle

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from events import sales as sal
from projections.figure import Estimate
from projections.performance import Volume, gap
from projections.sales import SALES, SaleRow
from tests.projections.given import Given, day, fold, journal
from tests.projections.scenarios import SOLD, STEP, of
from tests.projections.test_figures import figure, sold

DUE = day(365)
UNTIL = day(425)
ASKED = (of(sal.PremiumDue, **STEP, n=2, due=DUE, grace_days=60), day(335))
FIRST = (of(sal.PremiumPaid, **STEP, n=1), day(1))


def paid(on: dt.date) -> Given:
    return of(sal.PremiumPaid, **STEP, n=2), on


def policy(*given: Given) -> SaleRow:
    """The row of a sale and what came after it, the same in every order of telling."""
    steps = ((SOLD, day(0)), *given)
    rows = [list(fold(SALES, journal(*order)).values()) for order in itertools.permutations(steps)]
    assert all(found == rows[0] for found in rows), "the order of telling changed the row"
    (row,) = rows[0]
    assert isinstance(row, SaleRow)
    return row


volumes = st.dictionaries(
    st.sampled_from("abcdef"), st.builds(Volume, st.integers(0, 500), st.integers(0, 10**9)), max_size=6
)


@drawn(volumes, volumes)
def test_volume_mix_and_price_are_the_whole_gap(base: dict[str, Volume], actual: dict[str, Volume]) -> None:
    found = gap(base, actual)
    if sum(one.sales for one in base.values()) == 0:
        assert found is None
        return
    assert found is not None
    whole = sum(one.amount_minor for one in actual.values()) - sum(one.amount_minor for one in base.values())
    assert found.volume_minor + found.mix_minor + found.price_minor == whole
    assert found.actual_minor - found.base_minor == whole


@drawn(volumes)
def test_nothing_changed_is_no_gap(base: dict[str, Volume]) -> None:
    found = gap(base, base)
    if found is not None:
        assert found.volume_minor == 0
        assert found.mix_minor + found.price_minor == 0


def test_each_part_is_what_it_is_called() -> None:
    base = {"deposit": Volume(10, 1_000), "fund": Volume(10, 3_000)}
    more = gap(base, {"deposit": Volume(20, 2_000), "fund": Volume(20, 6_000)})
    mixed = gap(base, {"deposit": Volume(5, 500), "fund": Volume(15, 4_500)})
    dearer = gap(base, {"deposit": Volume(10, 1_100), "fund": Volume(10, 3_000)})
    new = gap(base, {**base, "loan": Volume(10, 5_000)})
    parts = [(one.volume_minor, one.mix_minor, one.price_minor) for one in (more, mixed, dearer, new) if one]
    assert parts == [(4_000, 0, 0), (0, 1_000, 0), (0, 0, 100), (2_000, 0, 3_000)]


def test_a_renewal_paid_within_its_grace_persists() -> None:
    row = policy(FIRST, ASKED, paid(UNTIL))
    assert (row.renewal_judged_on, row.persists, row.persisting_minor) == (UNTIL, True, 250_000)


@pytest.mark.parametrize(
    "steps",
    [
        (ASKED,),
        (ASKED, paid(day(426))),
        (ASKED, paid(day(360)), (of(sal.PolicySurrendered, **STEP), day(400))),
        ((of(sal.PolicyLapsed, **STEP), day(200)),),
        ((of(sal.PolicySurrendered, **STEP), day(100)),),
    ],
    ids=["unpaid", "paid too late", "given back within the grace", "lapsed before", "given back before"],
)
def test_a_policy_that_did_not_persist_stays_in_its_cohort(steps: tuple[Given, ...]) -> None:
    row = policy(FIRST, *steps)
    assert (row.renewal_judged_on, row.persists, row.persisting_minor) == (UNTIL, False, 0)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (ASKED, (of(sal.SaleCancelled, **STEP, within_cooling_off=True), day(5))),
        (ASKED, (of(sal.SaleMatured, **STEP, amount_minor=1, currency="EUR"), day(365))),
        (ASKED, (of(sal.ClaimPaid, **STEP, amount_minor=1, currency="EUR"), day(380))),
    ],
    ids=["no renewal is known", "cancelled in its window", "matured", "claimed"],
)
def test_what_belongs_to_no_cohort(steps: tuple[Given, ...]) -> None:
    assert policy(FIRST, *steps).renewal_judged_on is None


def test_of_monthly_premiums_the_first_after_a_year_is_the_renewal() -> None:
    monthly = [
        (of(sal.PremiumDue, **STEP, n=n, due=day(30 * n), grace_days=30), day(30 * n - 9))
        for n in range(2, 15)
    ]
    rows = fold(SALES, journal((SOLD, day(0)), *monthly, (of(sal.PremiumPaid, **STEP, n=12), day(361))))
    (row,) = rows.values()
    assert isinstance(row, SaleRow)
    assert (row.renewal_judged_on, row.persists) == (day(390), True)


def test_persistency_counts_cohorts_that_are_due() -> None:
    given: list[Given] = []
    for number in range(20):
        step = {"sale_id": f"t:s{number}"}
        given.append((sold(number, amount_minor=1_000 + number), day(0)))
        given.append((of(sal.PremiumDue, **step, n=2, due=DUE, grace_days=60), day(335)))
        if number < 18:
            given.append((of(sal.PremiumPaid, **step, n=2), day(364)))
    early = figure("persistency", *given, as_of=UNTIL)
    assert (early.value, early.parts["not_due"]) == (None, 20)
    due = figure("persistency", *given, as_of=day(426))
    assert (due.value, due.n) == (90, 20)
    assert due.low is not None
    assert due.high is not None
    assert 69 < due.low < 70 < 97 < due.high < 98
    by_premium = figure("persistency_by_premium", *given, as_of=day(426))
    assert by_premium.value == pytest.approx(100 * sum(range(1_000, 1_018)) / sum(range(1_000, 1_020)))
    assert by_premium.low is None, "money is no sample of customers"


def test_early_redemption_counts_sales_older_than_its_days() -> None:
    given: list[Given] = [(sold(number), day(0)) for number in range(10)]
    given.append((of(sal.SaleRedeemed, sale_id="t:s1", amount_minor=5, currency="EUR"), day(90)))
    given.append((of(sal.SaleRedeemed, sale_id="t:s2", amount_minor=5, currency="EUR"), day(91)))
    assert figure("early_redemption", *given, as_of=day(90)).value is None
    assert figure("early_redemption", *given, as_of=day(91)).value == 10


def test_concentration_of_one_product_is_ten_thousand() -> None:
    one = figure("concentration", (sold(1), day(0)), (sold(2), day(0)))
    two = figure("concentration", (sold(1), day(0)), (sold(2, product_id="t:loan"), day(0)))
    assert (one.value, two.value) == (10_000, 5_000)
    assert two.parts["products"] == 2


def test_a_small_cohort_is_withheld_with_its_n() -> None:
    given: list[Given] = [(SOLD, day(0)), ASKED, paid(DUE)]
    found: Estimate = figure("persistency", *given)
    assert found.value is None
    assert found.note == "withheld: n = 1 is under the minimum of 5"
    assert not any(math.isnan(value) for value in found.parts.values())


def test_handlers_of_sales_can_be_sent_to_another_process() -> None:
    assert set(pickle.loads(pickle.dumps(dict(SALES.handlers)))) == set(SALES.handlers)
