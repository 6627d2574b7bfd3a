"""What was refused is kept raw and sealed, once, and can be mended and replayed, once."""

import msgspec
import pytest

from events.quarantine import QuarantineReplayed
from services.door.quarantine import Quarantine
from services.door.submission import Submission
from services.errors import NotFound, Refused, WrongUse
from services.store.database import connect
from tests.door.rig import SOURCE, Rig, customer, sale, submission


def refuse(rig: Rig, region: str = "Brno") -> str:
    (outcome,) = rig.send(customer(customer_type="robot", region=region))
    assert outcome.case_id is not None
    return outcome.case_id


def test_a_case_has_its_reasons_and_its_raw_bytes(rig: Rig) -> None:
    case_id = refuse(rig)
    case = rig.quarantine.get(case_id)
    assert (case.source, case.subject, case.state) == (SOURCE, "customer/bank:1", "open")
    assert [(problem.code, problem.path) for problem in case.problems] == [("schema", "$.data.customer_type")]
    sent = customer(customer_type="robot", region="Brno")
    assert rig.quarantine.raw(case_id) == msgspec.json.encode(sent)
    assert rig.quarantine.list(source=SOURCE, code="schema") == [case]
    assert rig.quarantine.list(source="urn:other") == []


def test_the_same_refusal_again_is_the_same_case_for_every_door(rig: Rig) -> None:
    first = refuse(rig)
    elsewhere = Quarantine(
        rig.log, rig.journal, rig.sealer, rig.references, lambda: rig.now, rig.zone, b"secret"
    )
    rig.quarantine = elsewhere
    rig.door = rig.new_door()
    assert refuse(rig) == first
    assert rig.log.ends() == {0: 1}


def test_nothing_of_the_raw_bytes_is_in_the_log_or_the_case_id(rig: Rig) -> None:
    refuse(rig)
    (record,) = rig.log.read({0: 0}, 10)
    assert record.value is not None
    assert b"Ada" not in record.value


def test_the_raw_bytes_are_unreadable_after_a_shred(rig: Rig) -> None:
    case_id = refuse(rig)
    rig.keyring.shred("customer/bank:1")
    assert rig.quarantine.raw(case_id) is None
    with pytest.raises(Refused, match="key"):
        rig.quarantine.replay(case_id, rig.door)


def test_bytes_without_a_subject_are_kept_under_the_key_of_their_day(rig: Rig) -> None:
    raw = b"\x00\xff not JSON"
    (outcome,) = rig.door.admit([Submission(raw, (raw,), SOURCE)])
    assert outcome.case_id is not None
    assert rig.quarantine.get(outcome.case_id).subject is None
    assert rig.quarantine.raw(outcome.case_id) == raw


def test_a_mended_case_makes_exactly_one_entry_however_often_it_is_replayed(rig: Rig) -> None:
    case_id = refuse(rig)
    fixed = msgspec.json.encode(customer())
    first = rig.quarantine.replay(case_id, rig.door, fixed=fixed, by="ops")
    rig.post()
    second = rig.quarantine.replay(case_id, rig.door, fixed=fixed, by="ops")
    rig.post()
    assert (first.status, second.status) == ("admitted", "duplicate")
    entries = rig.entries()
    assert sorted(entry.envelope.type for entry in entries) == ["customer.registered", "quarantine.replayed"]
    (replayed,) = [entry.event for entry in entries if isinstance(entry.event, QuarantineReplayed)]
    assert (replayed.quarantine_id, replayed.outcome, replayed.by) == (case_id, "admitted", "ops")
    assert rig.quarantine.list() == []
    assert rig.quarantine.get(case_id).state == "replayed"


def test_a_replay_that_is_refused_again_leaves_the_case_open_and_makes_no_other(rig: Rig) -> None:
    case_id = refuse(rig)
    outcome = rig.quarantine.replay(case_id, rig.door, fixed=b"{}")
    assert (outcome.status, outcome.case_id) == ("refused", None)
    assert [case.case_id for case in rig.quarantine.list()] == [case_id]


def test_a_row_is_replayed_by_what_read_it_first(rig: Rig) -> None:
    row = submission(customer(customer_type="robot"), row=True, raw=b"1;robot")._replace(origin="mapping:x")
    (refused,) = rig.door.admit([row])
    assert refused.case_id is not None
    with pytest.raises(WrongUse, match="mapping"):
        rig.quarantine.replay(refused.case_id, rig.door)
    outcome = rig.quarantine.replay(
        refused.case_id, rig.door, fixed=b"1;person", read=lambda case, raw: submission(customer(), raw=raw)
    )
    assert outcome.status == "admitted"


def test_a_discarded_case_stays_so(rig: Rig) -> None:
    case_id = refuse(rig)
    assert rig.quarantine.discard(case_id, "a test record", "ops").state == "discarded"
    rig.post()
    assert rig.quarantine.discard(case_id, "again").state == "discarded"
    assert [case.case_id for case in rig.quarantine.list(state="discarded")] == [case_id]
    with pytest.raises(Refused, match="discarded"):
        rig.quarantine.replay(case_id, rig.door)
    with connect(rig.url) as connection:
        states = f"SELECT state FROM {rig.generation.schema}.quarantine_cases"
        assert connection.execute(states.encode()).fetchall() == [("discarded",)]


def test_a_replayed_case_cannot_be_discarded(rig: Rig) -> None:
    case_id = refuse(rig)
    rig.quarantine.replay(case_id, rig.door, fixed=msgspec.json.encode(customer()))
    with pytest.raises(Refused, match="void"):
        rig.quarantine.discard(case_id, "too late")


def test_a_case_that_is_not_there(rig: Rig) -> None:
    with pytest.raises(NotFound, match="quarantine list"):
        rig.quarantine.get("door:none")


def test_the_newest_cases_come_first_up_to_the_limit(rig: Rig) -> None:
    cases = [refuse(rig, region=str(number)) for number in range(3)]
    rig.send(sale())
    assert [case.case_id for case in rig.quarantine.list(limit=2)] == [cases[2], cases[1]]
