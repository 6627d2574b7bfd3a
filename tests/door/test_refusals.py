"""Each code once: what is refused, where the problem is, and that the reason is a sentence with a way out."""

from typing import Any

import msgspec
import pytest

from services.door.limits import Limits
from services.door.reading import SentEvent, Unacceptable, holds_nul, read_event
from services.door.submission import Problem, Submission
from tests.door.rig import SOURCE, Rig, cloud_event, customer, product, sale

LIMITS = Limits(event_bytes=5_000, event_depth=8)


def problems_of(event: dict[str, Any] | bytes) -> list[tuple[str, str]]:
    """(code, path) of every problem with an event."""
    raw = event if isinstance(event, bytes) else msgspec.json.encode(event)
    read = read_event(raw, LIMITS)
    assert isinstance(read, Unacceptable), "this event should have been refused"
    for problem in read.problems:
        assert len(problem.reason) > 20
        assert ":" in problem.reason, f"no way out in {problem.reason!r}"
    return [(problem.code, problem.path) for problem in read.problems]


def correction(**changed: Any) -> dict[str, Any]:
    data = {
        "corrects": {"source": SOURCE, "id": "s1"},
        "fact_type": "sale.confirmed",
        "fact_schema": "urn:daybook:sale.confirmed:1",
        "fact": sale()["data"],
        "reason": "wrong amount",
        "sale_id": "bank:s1",
        "customer_id": "bank:1",
    }
    return cloud_event("sale.corrected", "customer/bank:1", {**data, **changed}, "s1-corrected")


CASES: list[tuple[str, dict[str, Any] | bytes, list[tuple[str, str]]]] = [
    ("nothing", b"  ", [("empty", "$")]),
    ("no JSON", b"{'id': 1}", [("bad_json", "$")]),
    ("cut off", b'{"id": "a', [("bad_json", "$")]),
    ("no UTF-8", b'{"id": "\xff"}', [("bad_json", "$")]),
    ("an array", b"[]", [("bad_envelope", "$")]),
    ("no attributes", b"{}", [("bad_envelope", "$")]),
    ("other CloudEvents", customer() | {"specversion": "0.3"}, [("bad_envelope", "$.specversion")]),
    ("unknown attribute", customer() | {"colour": "red"}, [("bad_envelope", "$")]),
    ("a subject that is none", customer() | {"subject": "Ada"}, [("bad_envelope", "$.subject")]),
    ("no zone", customer() | {"time": "2026-03-01T10:00:00"}, [("bad_envelope", "$.time")]),
    ("too large", customer(name="x" * 6_000), [("too_large", "$")]),
    ("too deep", b'{"data":' + b"[" * 9 + b"]" * 9 + b"}", [("too_deep", "$")]),
    ("an unknown type", cloud_event("sale.confirmed", "customer/bank:1", {}, "x") | {"type": "sale.dreamt"},
     [("unknown_type", "$.type")]),
    ("an unknown version", sale() | {"dataschema": "urn:daybook:sale.confirmed:9"},
     [("unknown_version", "$.dataschema")]),
    ("another type's schema", sale() | {"dataschema": "urn:daybook:sale.cancelled:1"},
     [("unknown_version", "$.dataschema")]),
    ("a system's type", cloud_event("calendar.day_closed", "calendar/daybook:UTC", {}, "d"),
     [("wrong_writer", "$.type")]),
    ("a desk's type", cloud_event("complaint.adopted", "customer/bank:1", {}, "d"),
     [("wrong_writer", "$.type")]),
    ("a desk's name", cloud_event("complaint.withdrawn", "customer/bank:1",
     {"complaint_id": "bank:9", "customer_id": "bank:1"}, "bank:9/2", source="urn:daybook:desk:complaints"),
     [("desk_case", "$.source")]),
    ("a desk's case", cloud_event("complaint.withdrawn", "complaint/desk.complaints:1",
     {"complaint_id": "desk.complaints:1"}, "d"), [("desk_case", "$.subject")]),
    ("a desk's case of a customer", cloud_event("complaint.withdrawn", "customer/bank:1",
     {"complaint_id": "desk.complaints:1", "customer_id": "bank:1"}, "d"), [("desk_case", "$.subject")]),
    ("a desk's suitability check", cloud_event("suitability.override_confirmed", "customer/bank:1",
     {"check_id": "desk.suitability:1", "customer_id": "bank:1", "product_id": "bank:p1",
      "warning_shown": True, "written_ack": True}, "d"), [("desk_case", "$.subject")]),
    ("a desk's entry voided", cloud_event("complaint.voided", "customer/bank:1",
     {"complaint_id": "bank:9", "customer_id": "bank:1", "reason": "no",
      "voids": {"source": "urn:daybook:desk:complaints", "id": "bank:9/1"}}, "d"),
     [("desk_case", "$.data.voids")]),
    ("a desk's entry corrected", correction(corrects={"source": "urn:daybook:desk:suitability", "id": "x/1"}),
     [("desk_case", "$.data.corrects")]),
    ("a field of another type", sale(amount_minor="1000"), [("schema", "$.data.amount_minor")]),
    ("a missing field", cloud_event("sale.confirmed", "customer/bank:1", {}, "x"), [("schema", "$.data")]),
    ("a value off the list", customer(customer_type="robot"), [("schema", "$.data.customer_type")]),
    ("stamps of one's own", sale(known={"product": {"state": "known"}}), [("known_sent", "$.data")]),
    ("an admission of one's own", customer() | {"admittedtime": "2026-03-01T10:00:00Z"},
     [("admittedtime_sent", "$")]),
    ("another's subject", customer() | {"subject": "customer/bank:2"}, [("subject_mismatch", "$.data")]),
    ("two times", customer() | {"time": "2026-03-01T10:00:00Z"}, [("time_rule", "$")]),
    ("no time", {k: v for k, v in customer().items() if k != "date"}, [("time_rule", "$")]),
    ("all at once", sale(amount_minor="1") | {"undated": True}, [("schema", "$.data.amount_minor"),
     ("time_rule", "$")]),
    ("another family's fact", correction(fact_type="product.registered",
     fact_schema="urn:daybook:product.registered:1", fact=product()["data"]),
     [("fact_family", "$.data.fact_type"), ("subject_mismatch", "$.data.fact")]),
    ("a fact of nobody", correction(fact_type="sale.dreamt", fact_schema="urn:daybook:sale.dreamt:1"),
     [("unknown_type", "$.data.fact_schema")]),
    ("a fact of another version", correction(fact_schema="urn:daybook:sale.confirmed:7"),
     [("unknown_version", "$.data.fact_schema")]),
    ("a fact that does not fit", correction(fact={"sale_id": "bank:s1"}), [("schema", "$.data.fact")]),
    ("a stamped fact", correction(fact=sale()["data"] | {"known": {}}), [("known_sent", "$.data.fact")]),
    ("another subject's fact", correction(fact=sale(customer_id="bank:2")["data"]),
     [("subject_mismatch", "$.data.fact")]),
    ("a correction as a fact", correction(fact_type="sale.corrected",
     fact_schema="urn:daybook:sale.corrected:1", fact=correction()["data"]),
     [("wrong_writer", "$.data.fact_type")]),
]  # fmt: skip


@pytest.mark.parametrize(("event", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_refused_and_where(event: dict[str, Any] | bytes, expected: list[tuple[str, str]]) -> None:
    assert problems_of(event) == expected


def test_a_reason_never_repeats_the_value_that_was_sent() -> None:
    read = read_event(msgspec.json.encode(customer(customer_type="Ada Lovelace")), LIMITS)
    assert isinstance(read, Unacceptable)
    assert "Ada" not in read.problems[0].reason


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("sale.confrmed", "sale.confirmed is written most like it"),
        ("moon.eclipsed", "see the schemas for the types there are"),
    ],
)
def test_a_type_that_there_is_not_is_told_the_one_that_is_like_it(name: str, way_out: str) -> None:
    read = read_event(msgspec.json.encode(sale() | {"type": name}), LIMITS)
    assert isinstance(read, Unacceptable)
    assert [one.reason.rpartition(": ")[2] for one in read.problems] == [way_out]


def test_brackets_in_a_text_are_not_depth() -> None:
    assert isinstance(read_event(msgspec.json.encode(customer(region="[" * 30 + '"{')), LIMITS), SentEvent)


@pytest.mark.parametrize(
    ("text", "found"), [(rb'"a\u0000b"', True), (rb'"a\\u0000"', False), (rb'"a\\\u0000"', True)]
)
def test_only_the_character_nul_is_taken_for_it(text: bytes, found: bool) -> None:
    assert holds_nul(text) is found


def test_a_character_that_no_ledger_can_hold_is_refused(rig: Rig) -> None:
    product_id = "bank:p\x00"
    sent = sale(product_id=product_id)
    (outcome,) = rig.send(sent)
    assert [problem.code for problem in outcome.reasons()] == ["nul_character"]
    assert rig.entries() == []


def test_a_row_without_an_event_is_refused_and_so_is_one_that_no_event_could_be_made_of(rig: Rig) -> None:
    mapping = Problem("mapping", "column birth", "'31.2.' is no date: write day.month.year")
    nothing, broken = rig.door.admit(
        [
            Submission(b"a;b", (), "urn:daybook:import:x", row=True),
            Submission(b"c;d", (), "urn:daybook:import:x", row=True, problems=(mapping,)),
        ]
    )
    assert [problem.code for problem in nothing.reasons()] == ["no_event"]
    assert broken.reasons() == (mapping,)
    assert len(rig.quarantine.list(source="urn:daybook:import:x")) == 2
