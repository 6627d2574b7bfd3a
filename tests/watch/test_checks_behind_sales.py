"""R-SUIT-08: a sale on a check that does not cover it, and every look-alike that is innocent."""

from typing import Any

import pytest

from events.advice import SuitabilityChecked, SuitabilityOverrideConfirmed, SuitabilityOverrideRequested
from services.journal.port import Record
from tests.watch.bank import FUND, WEALTH, event, known, on, profile, record, sale
from tests.watch.conftest import Scene
from tests.watch.test_day_rules import disclosure

SHARED = {"customer_id": "b:1", "check_id": "k1", "product_id": "b:p1"}


def check(outcome: str = "match", day: float = 5, **more: Any) -> Record:
    return record(event(SuitabilityChecked, **(SHARED | {"outcome": outcome} | more)), "k1", day)


def override(day: float = 6, own_initiative: bool = True) -> list[Record]:
    asked = event(SuitabilityOverrideRequested, own_initiative=own_initiative, **SHARED)
    confirmed = event(SuitabilityOverrideConfirmed, warning_shown=True, written_ack=True, **SHARED)
    return [record(asked, "o1", day), record(confirmed, "o2", day + 0.1)]


def sold(level: str = "R3", grade: str = "C3", product: dict[str, str] | None = None) -> list[Record]:
    stamped = known(level=level, product=FUND if product is None else product)
    fields: dict[str, Any] = {"suitability_check_id": "k1", "disclosure_ids": ["d1"]}
    return [
        record(profile("1", grade), "p"),
        disclosure(7),
        record(sale("1", stamped=stamped, **fields), "s", 10),
    ]


def rules_about_checks(scene: Scene, *records: Record) -> list[str]:
    scene.append(*records)
    scene.close(10)
    return [one for one in scene.rules() if one.startswith("R-SUIT")]


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ([check("blocked")], "it blocks the sale"),
        ([check("blocked"), *override()], "it blocks the sale"),
        ([check("mismatch")], "a mismatch without a confirmed override"),
        ([check("mismatch"), *override(own_initiative=False)], "a mismatch without a confirmed override"),
        ([check("mismatch"), *override(11)], "confirmed after the sale"),
        ([check("insufficient_information")], "could not be finished"),
        ([check("insufficient_information"), *override(11)], "confirmed after the sale"),
        ([check(product_id="b:p2")], "made for b:p2"),
        ([check(valid_until=on(9).isoformat())], f"it held until {on(9)}"),
        ([check(day=-81)], f"it held until {on(9)}"),
    ],
)
def test_a_sale_on_a_check_that_does_not_cover_it(scene: Scene, facts: list[Record], fault: str) -> None:
    assert rules_about_checks(scene, *facts, *sold()) == ["R-SUIT-08"]
    (signal,) = [one for one in scene.signals() if one.rule == "R-SUIT-08"]
    assert fault in signal.text
    assert {"k1", "s"} <= {one.id for one in signal.evidence}


@pytest.mark.parametrize(
    "facts",
    [
        [check()],
        [check("mismatch"), *override()],
        [check("insufficient_information"), *override(own_initiative=False)],
        [*reversed(override()), check("mismatch")],
        [check(valid_until=on(10).isoformat())],
        [check(day=-80)],
        [],
    ],
)
def test_a_sale_that_its_check_covers_is_innocent(scene: Scene, facts: list[Record]) -> None:
    assert rules_about_checks(scene, *facts, *sold()) == []


def test_a_late_override_that_happened_in_time_counts(scene: Scene) -> None:
    assert rules_about_checks(scene, check("mismatch"), *sold(), *override()) == []


@pytest.mark.parametrize(("grade", "rule"), [("C2", "R-SUIT-01"), ("C1-lowest", "R-SUIT-02")])
def test_a_mismatch_by_grade_is_told_once(scene: Scene, grade: str, rule: str) -> None:
    assert rules_about_checks(scene, check("blocked"), *sold("R3", grade, WEALTH)) == [rule]


def test_a_professional_needs_no_match_but_the_right_product(scene: Scene) -> None:
    stamped = known(level="R3", product=FUND)
    fields: dict[str, Any] = {"suitability_check_id": "k1", "customer_class": "professional"}
    records = [check("mismatch"), disclosure(7), record(sale("1", stamped=stamped, **fields), "s", 10)]
    assert rules_about_checks(scene, *records) == []


def test_an_unnamed_check_is_not_judged_here(scene: Scene) -> None:
    plain = record(sale("1", stamped=known(level="R3", product=FUND)), "s", 10)
    assert rules_about_checks(scene, record(profile("1", "C3"), "p"), check("blocked"), plain) == []
