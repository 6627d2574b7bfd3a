"""Each rule over a closed day: fires on its case, stays silent on the look-alike."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from events.advice import (
    DisclosureAcknowledged,
    DualRecordingStored,
    SuitabilityChecked,
    SuitabilityOverrideConfirmed,
)
from events.channels import ChannelContracted
from events.complaints import ComplaintReceived
from events.customers import CustomerRegistered
from events.interactions import FollowUpDone, InteractionStarted
from events.known import KnownAnswer, KnownQuestion
from events.people import CustomerTransferred, EmployeeHired, EmployeeLeft
from events.sales import SaleCancelled, SaleConfirmed
from events.surveys import SurveyAnswered, SurveySent
from services.journal.port import Record
from tests.watch import bank
from tests.watch.bank import FUND, at, event, known, on, profile, record, sale
from tests.watch.conftest import Scene

QUESTION = KnownQuestion(
    question_id="q", kind="NPS", scale_low=0, scale_high=10, direction="higher_is_better"
)


def fund_sale(day: float = 10, **more: Any) -> Record:
    return record(sale("1", stamped=known(product=FUND), **more), "s", day)


def disclosure(day: float, name: str = "d1") -> Record:
    fields = {"customer_id": "b:1", "disclosure_id": name, "product_id": "b:p1"}
    return record(event(DisclosureAcknowledged, **fields), name, day)


def check(day: float) -> Record:
    fields = {"customer_id": "b:1", "check_id": "k1", "product_id": "b:p1", "outcome": "match"}
    return record(event(SuitabilityChecked, **fields), "k1", day)


PROFILE = record(profile("1", "C5"), "p", 0)


@pytest.mark.parametrize(
    ("steps", "rules"),
    [
        ([PROFILE, check(5), disclosure(6)], []),
        ([disclosure(6), check(5), PROFILE], []),
        ([PROFILE, check(5)], ["R-SALE-01"]),
        ([PROFILE, check(5), disclosure(10.2)], ["R-SALE-01"]),
        ([PROFILE, disclosure(4), check(5)], ["R-SALE-01"]),
        ([PROFILE, check(5), disclosure(-200)], ["R-SALE-01"]),
    ],
)
def test_steps_of_a_sale(scene: Scene, steps: list[Record], rules: list[str]) -> None:
    scene.append(fund_sale(), *steps)
    scene.close(10, 17)
    assert scene.rules() == rules


def test_a_step_that_the_sale_names_must_be_on_record(scene: Scene) -> None:
    scene.append(PROFILE, disclosure(6), fund_sale(suitability_check_id="k9"))
    scene.close(10)
    assert scene.rules() == []
    scene.close(17)
    assert scene.rules() == ["R-SALE-01"]
    assert "match missing" in scene.signals()[0].text


def test_a_step_after_the_sale_is_seen_when_its_day_is_closed(scene: Scene) -> None:
    scene.append(PROFILE, check(5), disclosure(10.2), fund_sale(disclosure_ids=["d1"]))
    scene.close(10)
    assert scene.rules() == ["R-SALE-01"]
    scene.close(17)
    assert scene.rules() == ["R-SALE-01"]


def test_a_late_but_complete_file_is_innocent(scene: Scene) -> None:
    """The sale is known at once, all that came before it days after its day was closed."""
    scene.append(fund_sale())
    scene.close(10)
    scene.append(PROFILE, check(5), disclosure(6))
    scene.close(16, 17)
    assert scene.rules() == []


def test_a_recording_of_another_sale_is_no_step_of_this_one(scene: Scene) -> None:
    other = record(event(DualRecordingStored, customer_id="b:1", recording_id="r", product_id="b:p1"), "r", 2)
    scene.append(PROFILE, other, check(5), disclosure(6), fund_sale())
    scene.close(10, 17)
    assert scene.rules() == []


def branch_channel(kind: str) -> Record:
    fields = {"channel_id": "b:ch", "channel_type": kind, "valid_from": "2020-01-01"}
    return record(event(ChannelContracted, **fields), "ch", -20)


@pytest.mark.parametrize(("kind", "rules"), [("branch", ["R-SALE-01"]), ("app", [])])
def test_a_sale_in_a_branch_is_recorded(scene: Scene, kind: str, rules: list[str]) -> None:
    scene.append(branch_channel(kind), PROFILE, check(5), disclosure(6), fund_sale(channel_id="b:ch"))
    scene.close(10, 17)
    assert scene.rules() == rules


def complaint(number: int, day: int, **more: object) -> Record:
    fields = {"complaint_id": f"b:c{number}", "legal_entity": "CN", "received_by": "own", "issue": "mis-sale"}
    return record(event(ComplaintReceived, **(fields | more)), f"c{number}", day)


def ordinary_year(first: int = 0) -> list[Record]:
    """180 complaints in a year, over products, units and sellers."""
    return [
        complaint(
            first + number,
            2 * number,
            product_id=f"b:p{number % 28}",
            unit_id=f"b:u{number % 8}",
            seller_id=f"b:e{number % 36}",
            issue=("fee", "service", "app", "fraud", "mis-sale")[number % 5],
        )
        for number in range(180)
    ]


def test_a_cluster_on_one_fund_in_one_branch(scene: Scene) -> None:
    planted = [
        complaint(1000 + number, 200 + int(1.5 * number), product_id="b:p3", unit_id="b:u3", seller_id=seller)
        for number, seller in enumerate(f"b:e{one % 5}" for one in range(19))
    ]
    scene.append(*ordinary_year(), *planted)
    scene.close(*range(360))
    (signal,) = scene.signals()
    assert signal.rule == "R-CMPL-05"
    assert signal.about == "product/b:p3"
    assert signal.window_to is not None
    assert on(200) <= signal.window_to <= on(230)


def test_a_seller_with_three_complaints_is_no_cluster(scene: Scene) -> None:
    three = [complaint(1000 + number, 200 + 5 * number, seller_id="b:e40") for number in range(3)]
    scene.append(*ordinary_year(), *three)
    scene.close(*range(360))
    assert scene.rules() == []


def test_a_year_twice_as_busy_for_everything_is_no_cluster(scene: Scene) -> None:
    busy = [
        complaint(
            1000 + number, 300 + number // 6, product_id=f"b:p{number % 28}", unit_id=f"b:u{number % 8}"
        )
        for number in range(300)
    ]
    scene.append(*ordinary_year(), *busy)
    scene.close(*range(360))
    assert scene.rules() == []


def answer(number: int, score: int, day: float, unit: str = "b:u1") -> Record:
    fields = {
        "invitation_id": f"b:i{number}",
        "survey_id": "b:nps",
        "survey_version": "1",
        "customer_id": f"b:{number}",
        "legal_entity": "CN",
        "unit_id": unit,
        "answers": [["q", score]],
    }
    answers = [{"question_id": "q", "score": score}]
    made = event(SurveyAnswered, **(fields | {"answers": answers}))
    assert isinstance(made, SurveyAnswered)
    stamped = KnownAnswer(state="known", questions=(QUESTION,))
    return record(msgspec.structs.replace(made, known=stamped), f"a{number}", day)


def answers(first: int, scores: list[int], day: float, unit: str = "b:u1") -> list[Record]:
    return [answer(first + number, score, day, unit) for number, score in enumerate(scores)]


JUNE_END = (dt.date(2026, 6, 30) - bank.on(0)).days
CONTENT, CROSS = [9, 9, 9, 8, 8, 6], [9, 6, 6, 7, 3, 2]


def test_a_drop_of_satisfaction(scene: Scene) -> None:
    scene.append(*answers(0, CONTENT * 20, 60), *answers(500, CROSS * 10, JUNE_END - 10))
    scene.close(JUNE_END)
    rules = {(one.rule, one.about) for one in scene.signals()}
    assert ("R-SAT-01", "unit/b:u1") in rules
    assert "NPS of unit_id b:u1 fell" in " ".join(one.text for one in scene.signals())


def test_eight_cross_answers_are_no_drop(scene: Scene) -> None:
    scene.append(
        *answers(0, CONTENT * 20, 60, "b:u2"),
        *answers(300, CONTENT * 20, JUNE_END - 10, "b:u2"),
        *answers(900, CONTENT * 5, 60),
        *answers(950, [0, 3, 6, 6, 7, 8, 9, 5], JUNE_END - 10),
    )
    scene.close(JUNE_END)
    assert "R-SAT-01" not in scene.rules()


def test_the_same_score_with_other_people_is_no_drop(scene: Scene) -> None:
    scene.append(*answers(0, CONTENT * 20, 60), *answers(500, CONTENT * 10, JUNE_END - 10))
    scene.close(JUNE_END)
    assert "R-SAT-01" not in scene.rules()


def follow_up(day: float, customer: str = "b:7") -> Record:
    fields = {"interaction_id": "b:x", "customer_id": customer, "follow_up_id": "f"}
    return record(event(FollowUpDone, **fields), "f", day)


def test_a_detractor_left_alone(scene: Scene) -> None:
    scene.append(answer(7, 3, 0))
    scene.close(*range(14))
    assert scene.rules() == []
    scene.close(14)
    assert scene.rules() == ["R-SAT-03"]


@pytest.mark.parametrize(("score", "care_day"), [(3, 5), (3, 14), (7, None), (9, None)])
def test_a_detractor_who_was_called_and_customers_who_are_none(
    scene: Scene, score: int, care_day: int | None
) -> None:
    scene.append(answer(7, score, 0), *([] if care_day is None else [follow_up(care_day)]))
    scene.close(*range(16))
    assert scene.rules() == []


def test_a_detractor_heard_of_after_the_due_day(scene: Scene) -> None:
    scene.close(20)
    scene.append(answer(7, 3, 0))
    scene.close(21)
    assert scene.rules() == ["R-SAT-03"]


def test_detractors_of_history_call_for_no_action(scene: Scene) -> None:
    scene.append(answer(7, 3, -60))
    scene.close(-46)
    assert scene.rules() == []


def invitation(number: int, chosen_by: str) -> Record:
    fields = {
        "invitation_id": f"b:i{number}",
        "survey_id": "b:nps",
        "survey_version": "1",
        "customer_id": f"b:{number}",
        "seller_id": "b:e1",
        "chosen_by": chosen_by,
    }
    return record(event(SurveySent, **fields), f"i{number}", number / 10)


@pytest.mark.parametrize(("chosen_by", "rules"), [("employee", {"R-SAT-02"}), ("rule", set())])
def test_a_sample_that_the_seller_chose(scene: Scene, chosen_by: str, rules: set[str]) -> None:
    scene.append(*(invitation(number, chosen_by) for number in range(40)))
    scene.close(*range(5))
    assert set(scene.rules()) == rules
    assert len(scene.rules()) <= 1


def overrides(seller: str, count: int, first: int) -> list[Record]:
    return [
        record(
            event(
                SuitabilityOverrideConfirmed,
                customer_id=f"b:{first + number}",
                check_id=f"k{first + number}",
                product_id="b:p1",
                employee_id=seller,
                warning_shown=True,
                written_ack=True,
            ),
            f"o{first + number}",
            10 + number,
        )
        for number in range(count)
    ]


def rated_sales() -> list[Record]:
    return [
        record(
            sale(f"{n}", f"{n}", known(product=FUND, level="R2"), seller_id=f"b:e{n % 10}"), f"s{n}", n % 30
        )
        for n in range(300)
    ]


def test_an_override_outlier(scene: Scene) -> None:
    scene.append(*rated_sales(), *overrides("b:e1", 14, 5000), *overrides("b:e2", 2, 6000))
    scene.close(*range(10, 40))
    found = [one for one in scene.signals() if one.rule == "R-SUIT-06"]
    assert [one.about for one in found] == ["employee/b:e1"]


def test_sellers_alike_are_no_outliers(scene: Scene) -> None:
    each = [overrides(f"b:e{number}", 7, 5000 + 100 * number) for number in range(10)]
    scene.append(*rated_sales(), *(one for several in each for one in several))
    scene.close(*range(10, 40))
    assert "R-SUIT-06" not in scene.rules()


def book(transfer_day: float | None) -> list[Record]:
    hired = event(EmployeeHired, employee_id="b:e1", role="relationship_manager")
    left = event(EmployeeLeft, employee_id="b:e1", last_day=on(10).isoformat())
    records = [record(hired, "h", -20), record(left, "l", 9)]
    for number in range(8):
        who = {"customer_id": f"b:{number}", "customer_type": "person", "legal_entity": "CN"}
        records.append(
            record(event(CustomerRegistered, relationship_manager="b:e1", **who), f"r{number}", -10)
        )
        if transfer_day is not None:
            moved = {"customer_id": f"b:{number}", "to_employee_id": "b:e2", "reason": "left"}
            records.append(record(event(CustomerTransferred, **moved), f"t{number}", transfer_day))
    return records


@pytest.mark.parametrize(("transfer_day", "rules"), [(None, ["R-PEOP-01"]), (50, ["R-PEOP-01"]), (12, [])])
def test_orphaned_customers(scene: Scene, transfer_day: float | None, rules: list[str]) -> None:
    scene.append(*book(transfer_day))
    scene.close(*range(8, 60))
    assert scene.rules() == rules


def test_a_top_earner_whose_customers_cancel(scene: Scene) -> None:
    stamped = known(product={"category": "deposit"}, level=None)
    records = []
    for n in range(600):
        seller = f"b:e{n % 20}"
        amount = 50_000_000 if n % 20 == 3 else 1_000_000
        sold = sale(f"{n}", f"{n}", stamped, seller_id=seller, amount_minor=amount)
        records.append(record(sold, f"s{n}", n % 28))
        if (n % 20 == 3 and n < 200) or n % 113 == 0:
            undone = event(SaleCancelled, sale_id=f"b:{n}", customer_id=f"b:{n}", within_cooling_off=True)
            records.append(record(undone, f"x{n}", 28))
    scene.append(*records)
    scene.close(29)
    assert scene.rules() == ["R-PEOP-05"]
    assert scene.signals()[0].about == "employee/b:e3"


def discontent(day: float) -> Record:
    fields = {"interaction_id": "b:x1", "customer_id": "b:1", "dissatisfied": True}
    return record(event(InteractionStarted, **fields), "x1", day)


@pytest.mark.parametrize(("complaint_day", "rules"), [(None, ["R-CMPL-01"]), (1, []), (5, ["R-CMPL-01"])])
def test_a_complaint_that_was_not_recorded(scene: Scene, complaint_day: int | None, rules: list[str]) -> None:
    recorded = [] if complaint_day is None else [complaint(1, complaint_day, customer_id="b:1")]
    scene.append(discontent(0), *recorded)
    scene.close(*range(6))
    assert scene.rules() == rules


def test_discontent_on_a_friday_may_be_recorded_on_monday(scene: Scene) -> None:
    scene.append(discontent(4), complaint(1, 7, customer_id="b:1"))
    scene.close(*range(4, 9))
    assert scene.rules() == []


def deposit(number: int) -> SaleConfirmed:
    return sale(str(number), str(number), known(product={"category": "deposit"}, level=None))


def numbered(numbers: list[int], day: float) -> list[Record]:
    return [
        record(deposit(number), f"n{number}", day, source="urn:bank:app", sequence=f"{number:09d}")
        for number in numbers
    ]


def test_a_gap_in_a_producers_sequence(scene: Scene) -> None:
    scene.append(*numbered([1, 2, 3, 7, 8], 0))
    for day in range(7):
        scene.close(day)
    assert scene.rules() == []
    scene.close(7)
    (signal,) = scene.signals()
    assert signal.rule == "R-LOG-01"
    assert dict(signal.inputs)["missing"] == "3"
    scene.close(8)
    assert len(scene.signals()) == 1


def test_a_gap_that_is_filled_the_next_morning(scene: Scene) -> None:
    scene.append(*numbered([1, 2, 3, 7, 8], 0))
    scene.close(0)
    scene.append(*numbered([4, 5, 6], 0))
    for day in range(1, 10):
        scene.close(day)
    assert scene.rules() == []


def test_a_gap_has_its_time_to_fill_while_its_producer_goes_on(scene: Scene) -> None:
    """Given numbers every day, a gap of the fifth day that is filled three days later was never a loss."""
    for day in range(14):
        if day == 8:
            scene.append(*numbered([51, 52, 53], day))
        scene.append(
            *numbered([10 * day + step for step in range(10) if not (day == 5 and step in (1, 2, 3))], day)
        )
        scene.close(day)
    assert scene.rules() == []


def test_a_clock_that_is_ahead(scene: Scene) -> None:
    scene.append(
        record(deposit(1), "s1", 0, admitted=at(0) - dt.timedelta(minutes=20)),
        record(deposit(2), "s2", 0, admitted=at(0) - dt.timedelta(minutes=30)),
        record(deposit(3), "s3", 0, admitted=at(0) - dt.timedelta(minutes=4)),
    )
    scene.close(0)
    (signal,) = scene.signals()
    assert signal.rule == "R-LOG-02"
    assert dict(signal.inputs)["entries"] == "2"
    assert signal.about == "producer/source:urn:test:branch"
