"""CloudEvents over HTTP: three modes and JSON lines in, one answer out."""

import msgspec
import pytest

from services.door.cloudevents import BATCH, BINARY, LINES, STRUCTURED, answer, http_status, submissions_of
from services.door.limits import Limits
from services.door.reading import SentEvent, Unacceptable, read_event
from services.door.submission import Code, EventOutcome, Outcome, Problem, Submission
from services.errors import WrongUse
from tests.door.rig import SOURCE, customer

ONE, TWO = msgspec.json.encode(customer(1)), msgspec.json.encode(customer(2))


def test_structured() -> None:
    headers = {"Content-Type": f"{STRUCTURED}; charset=utf-8"}
    assert submissions_of(headers, ONE, "me") == [Submission(ONE, (ONE,), "me")]


def test_a_batch_is_a_submission_for_each_event() -> None:
    found = submissions_of({"content-type": BATCH}, b"[" + ONE + b", " + TWO + b"]")
    assert [one.raw for one in found] == [ONE, TWO]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1, ", b"\xff"])
def test_a_batch_that_is_none_is_one_submission_so_that_it_is_kept(body: bytes) -> None:
    assert submissions_of({"content-type": BATCH}, body, "me") == [Submission(body, (body,), "me")]


def test_lines() -> None:
    found = submissions_of({"content-type": LINES}, ONE + b"\n\r\n" + TWO + b"\n")
    assert [one.raw for one in found] == [ONE, TWO]


def binary(body: bytes, **more: str) -> SentEvent | Unacceptable:
    headers = {
        "Content-Type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "c%201",
        "ce-source": SOURCE,
        "ce-type": "customer.registered",
        "CE-Subject": "customer/bank:1",
        "ce-dataschema": "urn:daybook:customer.registered:1",
        **more,
    }
    (found,) = submissions_of(headers, body)
    return read_event(found.events[0], Limits())


def test_binary_mode_has_its_attributes_in_percent_encoded_headers() -> None:
    read = binary(msgspec.json.encode(customer()["data"]), **{"ce-undated": "true"})
    assert isinstance(read, SentEvent)
    assert (read.envelope.id, read.envelope.undated) == ("c 1", True)
    assert read.sent.name == "Ada Lovelace"


@pytest.mark.parametrize("body", [b"", b"Ada", b'{},"subject":"customer/bank:2"'])
def test_a_binary_body_cannot_pass_for_anything_but_data(body: bytes) -> None:
    read = binary(body, **{"ce-date": "2026-03-01"})
    assert isinstance(read, Unacceptable)
    assert [problem.code for problem in read.problems] == ["schema"]
    assert read.subject == "customer/bank:1"


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/csv"}, {"content-type": BINARY}])
def test_another_content_type_is_wrong_use(headers: dict[str, str]) -> None:
    with pytest.raises(WrongUse, match="cloudevents"):
        submissions_of(headers, ONE)


def refused(code: Code) -> Outcome:
    return Outcome("refused", (EventOutcome("refused", problems=(Problem(code, "$", "a: b"),)),))


def test_the_status_of_an_answer() -> None:
    fine, again = Outcome("admitted", ()), Outcome("duplicate", ())
    assert http_status([]) == http_status([fine, again]) == 200
    assert http_status([fine, refused("schema")]) == 207
    assert http_status([refused("schema"), refused("id_reused")]) == 422
    assert http_status([refused("id_reused"), refused("desk_case")]) == 409
    assert msgspec.json.decode(msgspec.json.encode(answer([fine, refused("schema")]))) == {
        "admitted": 1,
        "duplicate": 0,
        "refused": 1,
        "outcomes": [
            {"status": "admitted", "events": []},
            {
                "status": "refused",
                "events": [
                    {"status": "refused", "problems": [{"code": "schema", "path": "$", "reason": "a: b"}]}
                ],
            },
        ],
    }
