"""Figures: from facts to numbers, with what each rests on; nothing is counted before its answer is due."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from events import complaint_outcomes as out
from events import customers as cus
from events import pipeline as pip
from events import sales as sal
from events import surveys as sur
from events.envelope import CustomerId
from events.plans import SalesTargetSet
from projections.catalogue import FIGURES, LEDGERS
from projections.figure import PERIODS, Cell, Estimate, Figure
from projections.tally import Group, Tally, poster
from tests.projections.given import Given, day, folded, journal
from tests.projections.scenarios import COMPLAINED, SENT, SOLD, STEP, answers, design, of

FAR = dt.date(2030, 1, 1)


def cells_of(tally: Tally, given: Sequence[Given], **where: Any) -> list[Cell]:
    """The cells that a reader would fetch, one per group of the tally."""
    working = folded(LEDGERS, [journal(*given)])
    post, sums = poster(tally), defaultdict[Group, list[int]](list)
    counted: dict[Group, list[int]] = dict(sums)
    for row in working.rows[tally.ledger.name].values():
        post(counted, row, 1)
    cells = [
        Cell(
            dict(zip(tally.groups, group, strict=True)),
            found[0],
            dict(zip(tally.measures, found[1:], strict=True)),
        )
        for group, found in counted.items()
    ]
    return [cell for cell in cells if all(cell.dims[name] == value for name, value in where.items())]


def figure(name: str, *given: Given, as_of: dt.date = FAR, **where: Any) -> Estimate:
    """A figure over everything that was given, of the cells where dimensions have these values."""
    found = next(one for one in FIGURES if one.name == name)
    base = [] if found.base is None else cells_of(found.base, given)
    return found.estimate(cells_of(found.tally, given, **where), as_of, base)


def customer(name: str) -> CustomerId:
    return CustomerId(f"t:{name}")


def sold(number: int, **changes: Any) -> sal.SaleConfirmed:
    return msgspec.structs.replace(SOLD, sale_id=f"t:s{number}", **changes)


def answered(number: int, known: Any, **scores: int | None) -> sur.SurveyAnswered:
    return of(
        sur.SurveyAnswered,
        invitation_id=f"t:i{number}",
        survey_id="t:v",
        survey_version="1",
        legal_entity="bank-a",
        answers=answers(**scores),
        known=known,
    )


@pytest.mark.parametrize("one", FIGURES, ids=lambda one: one.name)
def test_every_figure_of_nothing_says_so(one: Figure) -> None:
    estimate = one.estimate([], FAR)
    assert estimate.n == 0
    assert estimate.value == 0 or (estimate.value is None and "not available" in (estimate.note or ""))


def test_figures_have_names_of_their_own_and_count_every_partition_by_entity() -> None:
    assert len({one.name for one in FIGURES}) == len(FIGURES)
    assert all("legal_entity" in one.by for one in FIGURES)
    assert all(one.day is None or one.day in one.tally.groups for one in FIGURES)
    assert all("currency" in one.always for one in FIGURES if one.unit == "minor")
    assert PERIODS == ("day", "month", "quarter", "year")


def test_customers_are_those_who_have_not_left_by_the_day() -> None:
    given: list[Given] = [
        (
            of(
                cus.CustomerRegistered,
                customer_id=customer(name),
                customer_type="person",
                legal_entity="bank-a",
            ),
            day(0),
        )
        for name in ("anna", "ben", "cleo")
    ]
    given.append((of(cus.CustomerRelationshipEnded, customer_id=customer("ben"), by="customer"), day(10)))
    given.append(
        (
            of(cus.CustomerMergedInto, customer_id=customer("cleo"), survivor_id="t:anna", evidence="id"),
            day(20),
        )
    )
    assert figure("customers", *given, as_of=day(9)).value == 3
    assert figure("customers", *given, as_of=day(10)).value == 2
    assert figure("customers", *given, as_of=day(20)).value == 1


def test_sales_and_their_amount() -> None:
    given = [sold(1), sold(2, amount_minor=None), of(sal.SaleCancelled, **STEP, within_cooling_off=True)]
    assert figure("sales", *given) == Estimate(value=2, n=2, parts={"cancelled": 1})
    assert figure("sales_amount", *given, currency="EUR").value == 250_000


def test_sales_that_state_no_amount_are_not_nought() -> None:
    estimate = figure("sales_amount", sold(1, amount_minor=None, currency=None))
    assert estimate == Estimate(
        value=None, n=0, note="not available: no amount is stated", parts={"unstated": 1}
    )


def test_a_cancellation_without_its_sale_is_no_sale() -> None:
    assert figure("sales", of(sal.SaleCancelled, **STEP, within_cooling_off=True)).value == 0


def test_cancel_rate_counts_only_sales_whose_window_has_ended() -> None:
    given: list[Given] = [
        (sold(1), day(0)),
        (sold(2), day(0)),
        (sold(3), day(5)),
        (of(sal.CoolingOffStarted, sale_id="t:s2", kind="post_delivery", until=day(60)), day(1)),
        (of(sal.SaleCancelled, **STEP, within_cooling_off=True), day(9)),
    ]
    assert figure("cancel_rate", *given, as_of=day(30)).value is None
    at_31 = figure("cancel_rate", *given, as_of=day(31))
    assert (at_31.value, at_31.n) == (100, 1)
    assert at_31.parts == {"cancelled_in_window": 1, "ended": 1, "not_due": 2}
    at_61 = figure("cancel_rate", *given, as_of=day(61))
    assert at_61.value == pytest.approx(100 / 3)
    assert at_61.low == pytest.approx(6.15, abs=0.01)


def test_activation_rate_and_campaign_attempts() -> None:
    given = [
        of(pip.ApplicationSubmitted, application_id="t:a1", legal_entity="bank-a", product_id="t:p"),
        of(pip.ApplicationSubmitted, application_id="t:a2", legal_entity="bank-a", product_id="t:p"),
        of(sal.ProductActivated, sale_id="t:s1", application_id="t:a2"),
        of(pip.CampaignContactMade, campaign_id="t:c", attempts=4, outcome="accepted"),
        of(pip.CampaignContactMade, campaign_id="t:c", attempts=3, outcome="refused"),
    ]
    assert figure("activation_rate", *given).value == 50
    assert figure("campaign_contacts", *given).value == 7
    assert figure("campaign_contacts", *given, outcome="refused").value == 3


def test_nps_of_the_worked_example_and_what_five_answers_hide() -> None:
    known = design(("loyal", "NPS", 0, 10))
    scores = (9, 10, 10, 8, 7, 7, 6, 3, 0, 9)
    given = [answered(number, known, loyal=score) for number, score in enumerate(scores)]
    estimate = figure("nps", *given)
    assert (estimate.value, estimate.n) == (10, 10)
    assert estimate.parts == {"promoters": 4, "passives": 3, "detractors": 3}
    few = figure("nps", *given[:4])
    assert (few.value, few.n) == (None, 4)
    assert few.note == "withheld: n = 4 is under the minimum of 5"


def test_a_question_of_nobody_knows_what_kind_counts_nowhere() -> None:
    assert figure("nps", answered(1, None, loyal=9)).n == 0
    assert figure("nps", answered(1, design(("loyal", "NPS", 1, 5)), loyal=5)).n == 0
    assert figure("nps", answered(1, design(("loyal", "NPS", 0, 10)), loyal=None)).n == 0


def test_csat_names_its_box_and_never_mixes_scales() -> None:
    five, ten = design(("happy", "CSAT", 1, 5)), design(("happy", "CSAT", 1, 10))
    given = [answered(number, five, happy=score) for number, score in enumerate((5, 4, 3, 5, 4))]
    given += [answered(10, ten, happy=9)]
    assert figure("csat", *given, csat_box="1-5: 4,5").value == 80
    assert figure("csat", *given, csat_box="1-10: 8,9,10").n == 1


def test_ces_is_a_mean_and_a_share_above_the_middle() -> None:
    known = design(("easy", "CES", 1, 7))
    given = [answered(number, known, easy=score) for number, score in enumerate((7, 6, 5, 4, 3))]
    estimate = figure("ces", *given)
    assert (estimate.value, estimate.parts) == (5, {"answers": 5, "easy": 3})


def test_a_response_rate_needs_a_known_delivery() -> None:
    known = design(("loyal", "NPS", 0, 10))
    assert figure("response_rate", answered(1, known, loyal=9)) == Estimate(
        value=None, n=0, note="not available: no delivery is known", parts={"answered": 1, "delivered": 0}
    )
    delivered = [
        of(sur.SurveyDelivered, invitation_id=f"t:i{number}", survey_id="t:v") for number in range(4)
    ]
    rate = figure("response_rate", answered(1, known, loyal=9), *delivered)
    assert (rate.value, rate.n) == (25, 4)


def test_complaints_judged_upheld_and_relieved() -> None:
    def closed(number: int, outcome: str, relief: str, timely: bool | None) -> list[Given]:
        received = msgspec.structs.replace(COMPLAINED, complaint_id=f"t:c{number}")
        judged = None if timely is None else out.TimelyAsJudged(by="CFPB", value=timely)
        closing = of(
            out.ComplaintClosed,
            complaint_id=f"t:c{number}",
            outcome=outcome,
            relief=relief,
            timely_as_judged=judged,
        )
        return [received, (closing, None)]

    given = [
        *closed(1, "upheld", "monetary", True),
        *closed(2, "partly_upheld", "monetary", True),
        *closed(3, "not_upheld", "none", False),
        *closed(4, "not_stated", "none", None),
    ]
    assert figure("complaints", *given).value == 4
    timely = figure("complaints_timely", *given)
    assert timely.value == pytest.approx(200 / 3)
    assert timely.parts == {"timely": 2, "judged": 3}
    assert figure("complaints_relief", *given, relief="monetary").value == 2
    assert figure("upheld_rate", *given).parts == {"upheld": 2, "decided": 3}
    assert figure("complaints", *given, state="closed").value == 4


def test_complaints_per_thousand_customers() -> None:
    given: list[Given] = [
        of(
            cus.CustomerRegistered,
            customer_id=customer(str(number)),
            customer_type="person",
            legal_entity="bank-a",
        )
        for number in range(8)
    ]
    estimate = figure("complaints_per_thousand_customers", *given, COMPLAINED)
    assert (estimate.value, estimate.n) == (125, 8)
    assert figure("complaints_per_thousand_customers", COMPLAINED).value is None


def test_attainment_holds_each_target_against_the_sales_of_its_own_period() -> None:
    def target(name: str, level: str, of_whom: str | None, value: int, first: int) -> SalesTargetSet:
        return SalesTargetSet(
            plan_id="t:p",  # type: ignore[arg-type]
            target_id=name,
            level=level,  # type: ignore[arg-type]
            of=of_whom,
            legal_entity="bank-a",
            metric="sales_amount",
            value=value,
            currency="EUR",
            period_from=day(first),
            period_to=day(first + 29),
        )

    given: list[Given] = [
        target("all", "org", None, 1_000, 0),
        target("eve", "person", "t:eve", 500, 0),
        target("bob", "person", "t:bob", 100, 0),
        (sold(1, amount_minor=300), day(3)),
        (sold(2, amount_minor=450, seller_id="t:bob"), day(29)),
        (sold(3, amount_minor=999), day(30)),
        (sold(4, amount_minor=999, currency="USD"), day(3)),
    ]
    whole = figure("attainment", *given)
    assert (whole.value, whole.n, whole.parts) == (75, 2, {"actual": 750, "target": 1_000})
    assert figure("attainment", *given, level="person", of="t:eve").value == 60
    assert figure("attainment", *given, level="person", of="t:bob").value == 450
    people = figure("attainment", *given, level="person")
    assert people.value == 125


def test_an_answer_belongs_to_what_its_invitation_was_about() -> None:
    known = design(("loyal", "NPS", 0, 10))
    sent = of(sur.SurveySent, **SENT, survey_version="1", product_id="t:fund", seller_id="t:eve")
    given = [answered(1, known, loyal=9), sent]
    assert figure("nps", *given, product_id="t:fund", seller_id="t:eve").n == 1
