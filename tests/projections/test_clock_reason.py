"""The derivation of a due time repeats what the clock says, and names each day that was left out."""

import datetime as dt

import msgspec
import pytest

from events.complaints import RegimeFacts
from projections.rules.clock import Extension, Milestones, Pause, Receipt, Step, Triage
from projections.rules.clock_book import shipped_book
from projections.rules.clock_reason import ReasonStep, derivation

BOOK = shipped_book()


def received(entity: str, on: dt.date, hour: int = 3) -> Milestones:
    at = dt.datetime(on.year, on.month, on.day, hour, tzinfo=dt.UTC)
    receipt = Receipt(source="urn:bank:crm", id="c1", on=on, at=at, legal_entity=entity, received_by="own")
    return Milestones(receipt=receipt)


def steps_of(milestones: Milestones, regime: str, clock: str) -> tuple[ReasonStep, ...]:
    found = next(one for one in BOOK.clocks(milestones) if (one.regime, one.clock) == (regime, clock))
    return derivation(found, milestones, BOOK)


@pytest.mark.parametrize("entity", ["demo-cn", "demo-gb", "demo-eu", "demo-us", "demo-au"])
def test_every_clock_ends_with_its_own_due_time(entity: str) -> None:
    milestones = received(entity, dt.date(2026, 9, 26))
    for clock in BOOK.clocks(milestones):
        last = derivation(clock, milestones, BOOK)[-1]
        assert (last.kind, last.on, last.at) == ("due", clock.due_on, clock.due_at)


def test_fifteen_days_from_receipt_have_no_days_off() -> None:
    steps = steps_of(received("demo-cn", dt.date(2026, 11, 9)), "cn_nfra", "answer")
    assert [one.kind for one in steps] == ["start", "limit", "due"]
    assert (steps[1].amount, steps[1].unit) == (15, "days")
    assert steps[2].on == dt.date(2026, 11, 24)


def test_holidays_and_make_up_days_are_named() -> None:
    milestones = received("demo-cn", dt.date(2026, 9, 26))
    off = next(one for one in steps_of(milestones, "house", "answer") if one.kind == "not_worked")
    assert off.days == tuple(dt.date(2026, 10, day) for day in (1, 2, 5, 6, 7))
    assert off.worked == (dt.date(2026, 10, 10),)


def test_what_came_on_a_day_off_counts_from_the_next_business_day() -> None:
    steps = steps_of(received("demo-us", dt.date(2026, 9, 26), 14), "house", "handler")
    assert [one.kind for one in steps[:3]] == ["start", "moved", "limit"]
    assert steps[1].on == dt.date(2026, 9, 28)


def test_extensions_stand_in_order_with_who_gave_them() -> None:
    milestones = received("demo-cn", dt.date(2026, 6, 1))
    facts = RegimeFacts(regime="cn_nfra", counts_as_complaint=True, complexity="especially_complex")
    milestones = Milestones(
        receipt=milestones.receipt,
        triages=(Triage(dt.date(2026, 6, 2), None, "mis_sale", (facts,)),),
        extensions=(
            Extension(
                dt.date(2026, 6, 20), None, dt.date(2026, 7, 31), "superior institution", customer_told=True
            ),
        ),
    )
    more = [one for one in steps_of(milestones, "cn_nfra", "answer") if one.kind == "extension"]
    assert [(one.granted, one.amount, one.until) for one in more] == [
        (False, 30, dt.date(2026, 7, 1)),
        (True, 60, dt.date(2026, 7, 31)),
    ]
    assert more[1].what == "superior institution"


def test_an_open_pause_leaves_no_due_time() -> None:
    milestones = received("demo-gb", dt.date(2026, 9, 1))
    asked = Step("information_requested", dt.date(2026, 9, 3), None, "r1")
    milestones = Milestones(receipt=milestones.receipt, steps=(asked,))
    steps = steps_of(milestones, "house", "answer")
    pauses = [Pause(one.on, one.until, one.what) for one in steps if one.kind == "pause" and one.on]
    assert pauses == [Pause(dt.date(2026, 9, 4), None, "waiting for information")]
    assert steps[-1].kind != "due"


def test_a_clock_of_another_book_has_no_derivation() -> None:
    milestones = received("demo-cn", dt.date(2026, 11, 9))
    clock = BOOK.clocks(milestones)[0]
    assert derivation(msgspec.structs.replace(clock, pack="cn_nfra 1999-01"), milestones, BOOK) == ()
