"""Limits: a batch that is too large, a row that is too long, a source that is refused again and again."""

import msgspec
import pytest

from services.door.limits import Limits
from services.errors import TooManyRefusals, WrongUse
from tests.door.rig import SOURCE, Rig, customer, submission


def bad(number: int) -> dict[str, object]:
    return customer(number, customer_type="robot")


def test_a_batch_over_the_limit_is_wrong_use_and_records_nothing(rig: Rig) -> None:
    door = rig.new_door(Limits(batch_submissions=2))
    with pytest.raises(WrongUse, match="limit is 2"):
        door.admit([submission(customer(number)) for number in range(3)])
    assert rig.entries() == []


def test_a_row_of_too_many_events_is_refused(rig: Rig) -> None:
    door = rig.new_door(Limits(events_in_a_row=2))
    (outcome,) = door.admit([submission(*(customer(number) for number in range(3)), row=True)])
    assert [problem.code for problem in outcome.problems] == ["too_large"]
    assert rig.entries() == []


def test_an_event_within_the_limit_may_grow_past_it_by_sealing(rig: Rig) -> None:
    sent = customer(name="x" * 400, phone="x" * 400, email="x" * 400, address="x" * 400)
    raw = msgspec.json.encode(sent)
    door = rig.new_door(Limits(event_bytes=len(raw)))
    assert door.admit([submission(sent)])[0].status == "admitted"


def test_a_source_is_stopped_after_so_many_refusals_in_a_row_until_it_is_reset(rig: Rig) -> None:
    door = rig.new_door(Limits(refusals_in_a_row=3))
    door.admit([submission(bad(number)) for number in range(3)])
    assert door.refusals.stopped() == [SOURCE]
    with pytest.raises(TooManyRefusals, match="quarantine list"):
        door.admit([submission(customer())])
    assert door.admit([submission(customer())], dry_run=True)[0].status == "admitted"
    other = customer(2) | {"source": "urn:bank:app"}
    assert door.admit([submission(other)])[0].status == "admitted"
    door.refusals.reset(SOURCE)
    assert door.admit([submission(customer())])[0].status == "admitted"


def test_anything_that_is_not_refused_begins_the_count_again(rig: Rig) -> None:
    door = rig.new_door(Limits(refusals_in_a_row=3))
    for number in range(4):
        door.admit([submission(bad(number)), submission(bad(number)), submission(customer())])
    assert door.refusals.stopped() == []
