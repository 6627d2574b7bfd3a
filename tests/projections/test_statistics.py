"""Statistics: the worked examples of the reference tables, and what they must never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.figure import proportion, wilson
from projections.scales import csat_box, ease
from projections.statistics import mean, nps, nps_adjusted_wald, nps_wald

COUNTS = st.integers(0, 2_000)


def test_worked_example_5_ten_answers_give_plus_ten_and_say_how_little_that_means() -> None:
    estimate = nps(4, 3, 3)
    assert estimate.value == 10
    assert nps_wald(4, 3, 10) == pytest.approx((10, 51.5), abs=0.06)
    assert nps_adjusted_wald(4, 3, 10) == pytest.approx((7.7, 43.8), abs=0.06)
    assert estimate.low == pytest.approx(7.7 - 43.8, abs=0.1)
    assert estimate.high == pytest.approx(7.7 + 43.8, abs=0.1)
    assert estimate.note == "small sample: adjusted interval +7.7 ± 43.8 (plain ± 51.5)"
    assert estimate.parts == {"promoters": 4, "passives": 3, "detractors": 3}


def test_half_promoters_and_a_quarter_each_of_the_others_make_25() -> None:
    assert nps(50, 25, 25).value == 25


def test_the_survey_of_250_customers() -> None:
    estimate = nps(65, 99, 86)
    assert estimate.value == pytest.approx(-8.4)
    assert (estimate.low, estimate.high) == pytest.approx((-17.98, 1.18), abs=0.01)
    assert estimate.note is None


def test_a_small_sample_that_agrees_still_has_an_interval() -> None:
    estimate = nps(8, 0, 0)
    assert estimate.value == 100
    assert estimate.low is not None
    assert estimate.low < 100


def test_no_answers_are_no_score() -> None:
    assert nps(0, 0, 0).value is None
    assert nps(0, 0, 0).note == "not available: no answers"
    assert mean(0, 0, 0, {}).value is None
    assert proportion(0, 0).value is None


@given(COUNTS, COUNTS, COUNTS)
def test_a_net_promoter_score_lies_in_its_range(promoters: int, passives: int, detractors: int) -> None:
    estimate = nps(promoters, passives, detractors)
    if estimate.value is not None:
        assert -100 <= estimate.value <= 100
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.high


def test_wilson_of_known_samples() -> None:
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_itself(sample: tuple[int, int]) -> None:
    successes, n = sample
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    "low, high, scores",
    [
        (1, 3, (3,)),
        (1, 4, (3, 4)),
        (1, 5, (4, 5)),
        (1, 6, (5, 6)),
        (1, 7, (6, 7)),
        (1, 10, (8, 9, 10)),
        (0, 10, (8, 9, 10)),
    ],
)
def test_every_scale_has_its_box(low: int, high: int, scores: tuple[int, ...]) -> None:
    box = csat_box(low, high, "higher_is_better")
    assert box is not None
    assert box.scores == scores
    assert box.label == f"{low}-{high}: {','.join(map(str, scores))}"


def test_a_box_may_be_configured_and_an_odd_scale_must_be() -> None:
    assert csat_box(1, 10, "higher_is_better", (10, 9)) == ((9, 10), "1-10: 9,10")
    assert csat_box(0, 100, "higher_is_better") is None
    assert csat_box(1, 5, "lower_is_better") == ((1, 2), "1-5: 1,2")


def test_effort_is_turned_so_that_high_is_easy() -> None:
    assert [ease(score, 1, 7, "higher_is_better") for score in (1, 6)] == [1, 6]
    assert [ease(score, 1, 7, "lower_is_better") for score in (1, 6)] == [7, 2]


def test_a_mean_has_the_interval_of_its_spread() -> None:
    scores = [2, 4, 4, 6]
    estimate = mean(4, sum(scores), sum(score * score for score in scores), {})
    assert estimate.value == 4
    assert estimate.high == pytest.approx(4 + 1.959964 * (8 / 3) ** 0.5 / 2)
    assert mean(1, 5, 25, {}).low is None
