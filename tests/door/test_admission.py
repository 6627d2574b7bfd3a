"""One admission unit after another: admitted once, whole or not at all."""

import datetime as dt

import msgspec

from events.customers import CustomerRegistered
from events.sealing import DROPPED
from services.door.submission import EventOutcome, Fields, Outcome, Submission
from tests.door.rig import NOW, SOURCE, Rig, cloud_event, customer, product, sale, submission


def test_an_event_is_in_the_journal_at_the_position_that_the_door_answers(rig: Rig) -> None:
    (outcome,) = rig.send(customer())
    entry = rig.entry(outcome.events[0].position)
    place = str(entry.position)
    expected = EventOutcome("admitted", "c1", SOURCE, "customer.registered", "customer/bank:1", place)
    assert outcome == Outcome("admitted", (expected,))
    assert isinstance(entry.event, CustomerRegistered)
    assert entry.admitted_at == NOW
    assert (entry.event.customer_type, entry.event.legal_entity) == ("person", "bank")
    assert entry.event.name is not None
    assert "Ada" not in entry.event.name


def test_an_event_that_was_never_json_is_stored_like_one_that_was(rig: Rig) -> None:
    sent = sale()
    fields = Fields({name: value for name, value in sent.items() if name != "data"}, sent["data"])
    (first,) = rig.door.admit([Submission(b"a line of a file", (fields,), SOURCE, row=True)])
    (again,) = rig.send(sent)
    assert first.status == "admitted"
    assert (again.status, again.events[0].position) == ("duplicate", first.events[0].position)


def test_a_retry_is_a_duplicate_with_the_position_of_the_first_before_and_after_it_is_posted(
    rig: Rig,
) -> None:
    (first,) = rig.send(customer())
    (remembered,) = rig.send(customer())
    rig.post()
    rig.door = rig.new_door()
    (posted,) = rig.send(customer())
    position = first.events[0].position
    assert [one.status for one in (first, remembered, posted)] == ["admitted", "duplicate", "duplicate"]
    assert [one.events[0].position for one in (remembered, posted)] == [position, position]
    assert len(rig.entries()) == 1


def test_a_restarted_door_remembers_what_is_not_posted_yet(rig: Rig) -> None:
    (first,) = rig.send(customer())
    rig.door = rig.new_door()
    assert rig.door.recover() == 1
    (again,) = rig.send(customer())
    assert (again.status, again.events[0].position) == ("duplicate", first.events[0].position)


def test_the_same_event_twice_in_a_batch_counts_once(rig: Rig) -> None:
    first, second = rig.send(customer(), customer())
    assert (first.status, second.status) == ("admitted", "duplicate")
    assert second.events[0].position == first.events[0].position
    assert len(rig.entries()) == 1


def test_an_id_used_again_is_refused_whether_content_or_subject_differ(rig: Rig) -> None:
    rig.send(customer())
    rig.post()
    other_content, other_subject = rig.send(customer(region="Brno"), customer(2, event_id="c1"))
    for outcome in (other_content, other_subject):
        assert outcome.status == "refused"
        assert outcome.events[0].status == "id_reused"
        assert [problem.code for problem in outcome.reasons()] == ["id_reused"]
    assert "other content" in other_content.reasons()[0].reason
    assert "other subject" in other_subject.reasons()[0].reason
    assert len(rig.entries()) == 1


def test_a_row_with_one_bad_event_appends_nothing_and_is_kept_whole(rig: Rig) -> None:
    bad = sale(amount_minor=-1)
    (outcome,) = rig.door.admit([submission(customer(), bad, row=True, raw=b"1;Ada;-1")])
    assert outcome.status == "refused"
    assert [event.status for event in outcome.events] == ["refused", "refused"]
    assert [problem.code for problem in outcome.reasons()] == ["unit_refused", "schema"]
    assert rig.entries() == []
    assert outcome.case_id is not None
    assert rig.quarantine.raw(outcome.case_id) == b"1;Ada;-1"


def test_a_row_that_uses_an_id_again_appends_none_of_its_new_events(rig: Rig) -> None:
    rig.send(customer())
    (outcome,) = rig.door.admit([submission(sale(), customer(region="Brno"), row=True)])
    assert [event.status for event in outcome.events] == ["refused", "id_reused"]
    assert [entry.id for entry in rig.entries()] == ["c1"]


def test_a_refused_row_does_not_make_a_later_one_a_duplicate(rig: Rig) -> None:
    refused = submission(customer(), sale(amount_minor=-1), row=True)
    first, second = rig.door.admit([refused, submission(customer(), row=True)])
    assert (first.status, second.status) == ("refused", "admitted")


def test_a_row_is_a_duplicate_only_when_all_its_events_are(rig: Rig) -> None:
    rig.send(customer())
    (mixed,) = rig.door.admit([submission(customer(), sale(), row=True)])
    (whole,) = rig.door.admit([submission(customer(), sale(), row=True)])
    assert (mixed.status, [event.status for event in mixed.events]) == ("admitted", ["duplicate", "admitted"])
    assert whole.status == "duplicate"


def test_a_dry_run_says_what_would_become_of_it_and_records_nothing(rig: Rig) -> None:
    rig.send(customer())
    before = (rig.journal.ends(), rig.log.ends())
    outcomes = rig.send(customer(), customer(2), customer(region="Brno"), sale(amount_minor=-1), dry_run=True)
    assert [one.status for one in outcomes] == ["duplicate", "admitted", "refused", "refused"]
    assert (rig.journal.ends(), rig.log.ends()) == before
    assert rig.keyring.state("customer/bank:2") is None
    assert outcomes[1].events[0].position is None


def test_an_older_version_is_stored_as_it_was_sent(rig: Rig) -> None:
    data = {
        "complaint_id": "crm:81",
        "customer_id": "bank:1",
        "legal_entity": "bank",
        "via": "phone",
        "issue": "fees",
        "text": "They took too much",
    }
    sent = cloud_event("complaint.received", "customer/bank:1", data, "k1")
    old = sent | {"dataschema": "urn:daybook:complaint.received:1"}
    first, again = rig.send(old, old)
    assert (first.status, again.status) == ("admitted", "duplicate")
    entry = rig.entry(first.events[0].position)
    stored = msgspec.json.decode(entry.envelope.data)
    assert entry.version == 1
    assert stored["via"] == "phone"
    assert stored["text"].startswith("siv1.")
    rig.post()
    rig.door = rig.new_door()
    assert rig.send(old)[0].status == "duplicate"


def test_a_shredded_subject_is_a_duplicate_by_its_id_and_its_new_fields_are_dropped(rig: Rig) -> None:
    rig.send(customer())
    rig.post()
    rig.keyring.shred("customer/bank:1")
    again, later = rig.send(customer(), customer(event_id="c1-later"))
    assert (again.status, later.status) == ("duplicate", "admitted")
    event = rig.entry(later.events[0].position).event
    assert isinstance(event, CustomerRegistered)
    assert event.name == DROPPED


def test_a_correction_is_sealed_and_its_retry_is_a_duplicate(rig: Rig) -> None:
    rig.send(customer())
    fact = customer(name="Ada King")["data"]
    data = {
        "corrects": {"source": SOURCE, "id": "c1"},
        "fact_type": "customer.registered",
        "fact_schema": "urn:daybook:customer.registered:1",
        "fact": fact,
        "reason": "misspelt",
        "customer_id": "bank:1",
    }
    sent = cloud_event("customer.corrected", "customer/bank:1", data, "c1-corrected")
    first, again = rig.send(sent, sent)
    assert (first.status, again.status) == ("admitted", "duplicate")
    assert b"Ada King" not in bytes(rig.entry(first.events[0].position).envelope.data)


def test_a_fact_may_come_before_the_entry_that_it_corrects(rig: Rig) -> None:
    data = {"voids": {"source": SOURCE, "id": "c1"}, "reason": "never happened", "customer_id": "bank:1"}
    sent = cloud_event("customer.voided", "customer/bank:1", data, "v1")
    assert rig.send(sent)[0].status == "admitted"


def test_instants_keep_their_offset(rig: Rig) -> None:
    sent = customer() | {"time": "2026-03-01T23:30:00+01:00"}
    del sent["date"]
    (outcome,) = rig.send(sent)
    entry = rig.entry(outcome.events[0].position)
    assert entry.occurred_at == dt.datetime(2026, 3, 1, 22, 30, tzinfo=dt.UTC)
    assert entry.occurred_on == dt.date(2026, 3, 1)


def test_products_and_customers_go_through_one_batch(rig: Rig) -> None:
    outcomes = rig.send(product(), customer(), sale())
    assert [one.status for one in outcomes] == ["admitted"] * 3
    rig.post()
    assert rig.count_posted() == 3
