"""Reading the journal: what is refused as unreadable, what stops a partition, how corrections are read."""

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from events.calendar import calendar_of
from events.codec import TYPES, corrected, decode, encode_json, headline
from events.envelope import Position, business_day, happened_by
from events.errors import UnknownSchema, Unreadable

HERE = Position(0, 3, 7)
PRAGUE = ZoneInfo("Europe/Prague")
CANCELLED: dict[str, Any] = {
    "specversion": "1.0",
    "id": "9-cancelled",
    "source": "urn:crm",
    "type": "sale.cancelled",
    "subject": "customer/crm:17",
    "dataschema": "urn:daybook:sale.cancelled:1",
    "time": "2026-03-01T23:30:00Z",
    "admittedtime": "2026-03-02T06:00:00Z",
    "data": {
        "sale_id": "crm:9",
        "customer_id": "crm:17",
        "within_cooling_off": True,
        "reason": "changed mind",
    },
}


def _bytes(**changes: Any) -> bytes:
    record = {**CANCELLED, **changes}
    return json.dumps({name: value for name, value in record.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"not json",
        b"\xff\xfe",
        b'{"specversion":"1.0"}',
        _bytes(admittedtime=None),
        _bytes(colour="red"),
        _bytes(data={"sale_id": "crm:9"}),
        _bytes(data={**CANCELLED["data"], "mood": "bad"}),
        _bytes(time="yesterday"),
    ],
)
def test_bytes_that_are_no_event_are_unreadable(value: bytes | None) -> None:
    with pytest.raises(Unreadable):
        decode(value, HERE, dt.UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"dataschema": "urn:daybook:sale.cancelled:2"},
        {"type": "sale.forgotten", "dataschema": "urn:daybook:sale.forgotten:1"},
        {"dataschema": "urn:daybook:sale.matured:1"},
    ],
)
def test_a_type_or_version_of_the_future_is_told_apart(changes: dict[str, Any]) -> None:
    with pytest.raises(UnknownSchema, match="deploy readers before writers"):
        decode(_bytes(**changes), HERE, dt.UTC)


def test_the_business_day_is_cut_in_the_journals_zone() -> None:
    assert decode(_bytes(), HERE, dt.UTC).occurred_on == dt.date(2026, 3, 1)
    assert decode(_bytes(), HERE, PRAGUE).occurred_on == dt.date(2026, 3, 2)
    dated = decode(_bytes(time=None, date="2026-03-01"), HERE, PRAGUE)
    assert dated.occurred_on == business_day(dated.envelope, dt.UTC) == dt.date(2026, 3, 1)
    assert decode(_bytes(time=None, undated=True), HERE, PRAGUE).occurred_on is None


def test_a_dated_event_counts_from_the_end_of_its_day_and_an_undated_one_from_its_admission() -> None:
    dated = decode(_bytes(time=None, date="2026-03-01"), HERE, PRAGUE)
    midnight = dt.datetime(2026, 3, 2, tzinfo=PRAGUE)
    assert not happened_by(dated, midnight - dt.timedelta(seconds=1), PRAGUE)
    assert happened_by(dated, midnight, PRAGUE)
    undated = decode(_bytes(time=None, undated=True), HERE, PRAGUE)
    assert not happened_by(undated, undated.admitted_at - dt.timedelta(seconds=1), PRAGUE)
    assert happened_by(undated, undated.admitted_at, PRAGUE)


def _correction(**changes: Any) -> bytes:
    data = {
        "sale_id": "crm:9",
        "customer_id": "crm:17",
        "corrects": {"source": "urn:crm", "id": "9-cancelled"},
        "fact_type": "sale.cancelled",
        "fact_schema": "urn:daybook:sale.cancelled:1",
        "fact": {**CANCELLED["data"], "within_cooling_off": False},
        "reason": "the window had ended",
        **changes,
    }
    return _bytes(id="9-c2", type="sale.corrected", dataschema="urn:daybook:sale.corrected:1", data=data)


def test_a_correction_puts_the_whole_new_fact_in_the_place_of_the_old() -> None:
    original = decode(_bytes(), HERE, PRAGUE)
    correction = decode(_correction(), Position(0, 3, 9), PRAGUE)
    entry = corrected(original, correction, PRAGUE)
    assert entry.event == msgspec.structs.replace(original.event, within_cooling_off=False)
    assert (entry.position, entry.id, entry.occurred_on) == (HERE, "9-cancelled", original.occurred_on)


def test_a_correction_may_say_when_it_really_happened() -> None:
    original = decode(_bytes(), HERE, PRAGUE)
    dated = corrected(original, decode(_correction(fact_date="2026-02-20"), HERE, PRAGUE), PRAGUE)
    assert (dated.occurred_on, dated.occurred_at) == (dt.date(2026, 2, 20), None)
    timed = corrected(original, decode(_correction(fact_time="2026-02-19T23:30:00Z"), HERE, PRAGUE), PRAGUE)
    assert timed.occurred_on == dt.date(2026, 2, 20)
    with pytest.raises(Unreadable):
        decode(_correction(fact_date="last week"), HERE, PRAGUE)


def test_a_headline_is_the_clear_fields_in_order() -> None:
    entry = decode(_bytes(), HERE, PRAGUE)
    assert headline(TYPES["sale.cancelled"], entry.event) == "customer · changed mind"


def test_equal_events_are_equal_bytes() -> None:
    first, second = decode(_bytes(), HERE, dt.UTC), decode(_bytes(), HERE, dt.UTC)
    assert encode_json(first.event) == encode_json(second.event)


def test_a_position_is_written_and_read() -> None:
    assert str(HERE) == "0/3/7"
    assert Position.parse("0/3/7") == Position.parse("3/7") == HERE
    for text in ("7", "a/b", "1/2/3/4", "-1/2"):
        with pytest.raises(ValueError, match=r"."):
            Position.parse(text)


def test_a_calendar_is_named_after_its_zone() -> None:
    assert calendar_of("Europe/Prague") == "daybook:Europe.Prague"
