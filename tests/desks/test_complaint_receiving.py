"""Receipt to investigation: who may take a complaint in, judge it, have it and look into it."""

import datetime as dt

import msgspec

from events import codec
from events.complaints import (
    AdoptedFact,
    ComplaintAcknowledged,
    ComplaintAdopted,
    ComplaintDeclined,
    ComplaintEvidenceCollected,
    ComplaintForwarded,
    ComplaintHandlerAssigned,
    ComplaintInformationReceived,
    ComplaintInformationRequested,
    ComplaintInvestigationStarted,
    ComplaintLinked,
    ComplaintReceived,
    ComplaintReclassified,
    ComplaintTriaged,
)
from events.envelope import ComplaintId, EmployeeId
from events.event_type import EntryRef
from services.desks.complaints import commands as ask
from services.desks.complaints.facts import FileItem
from services.desks.deciding import Actor
from tests.desks.complaint_case import (
    ANNA,
    BEN,
    BLAMED,
    BOSS,
    CASE,
    CLERK,
    CUSTOMER,
    HANDLER,
    LEAVER,
    NFRA,
    RECEIVE,
    SELLER,
    TRIAGE,
    Told,
    assigned,
    closed,
    investigated,
    received,
    staffed,
)

OTHER = ComplaintId("bank:other")
SHEET = EntryRef("urn:bank", "sheet-1")
CALL = EntryRef("urn:bank", "call-1")


def test_a_complaint_is_received_with_its_words_to_be_sealed() -> None:
    case = Told(staffed())
    [event] = case.when(RECEIVE, CLERK)
    assert isinstance(event, ComplaintReceived)
    assert (event.complaint_id, event.customer_id, event.text) == (CASE, CUSTOMER, None)
    assert case.clear == {"text": RECEIVE.text}
    assert case.state.interested == {SELLER, BLAMED}


def test_a_complaint_that_came_yesterday_is_dated_yesterday_and_one_from_tomorrow_refused() -> None:
    case = Told(staffed()).given(msgspec.structs.replace(RECEIVE, received_on=dt.date(2026, 3, 1)))
    assert case.state.received_on == dt.date(2026, 3, 1)
    rule, text = Told(staffed()).refused(msgspec.structs.replace(RECEIVE, received_on=dt.date(2026, 3, 3)))
    assert rule == "day-has-come"
    assert (
        text
        == "2026-03-03 has not come yet. Give the day on which it happened, today (2026-03-02) at the latest."
    )


def test_a_case_is_received_once() -> None:
    assert received().refused(RECEIVE)[0] == "once-received"


def test_at_most_five_speak_for_a_joint_complaint() -> None:
    rule, text = Told(staffed()).refused(msgspec.structs.replace(RECEIVE, representatives=6))
    assert rule == "few-representatives"
    assert text.startswith("6 people want to speak for this joint complaint; at most 5 may.")
    [event] = Told(staffed()).when(msgspec.structs.replace(RECEIVE, representatives=5))
    assert isinstance(event, ComplaintReceived)
    assert event.representatives == 5


def test_it_is_acknowledged_once_and_then_in_silence() -> None:
    case = received()
    assert case.when(ask.Acknowledge(method="letter"), CLERK) == [
        ComplaintAcknowledged(complaint_id=CASE, customer_id=CUSTOMER, method="letter")
    ]
    assert case.when(ask.Acknowledge(method="telephone"), CLERK) == []


def test_declining_and_forwarding_end_the_procedure() -> None:
    case = received()
    decline = ask.Decline(ground="not our customer", told_on=dt.date(2026, 3, 2))
    assert case.when(decline) == [
        ComplaintDeclined(
            complaint_id=CASE, customer_id=CUSTOMER, ground="not our customer", told_on=dt.date(2026, 3, 2)
        )
    ]
    assert case.when(decline) == []
    rule, text = case.refused(TRIAGE)
    assert rule == "case-is-open"
    assert text == (
        "This complaint was declined, so we cannot triage it. If it was not over, reopen it with the reason, "
        "then go on."
    )
    other = received()
    assert other.when(ask.Forward(to="the insurer")) == [
        ComplaintForwarded(complaint_id=CASE, customer_id=CUSTOMER, to="the insurer")
    ]


def test_it_is_linked_to_another_complaint_that_we_know() -> None:
    case = received()
    link = ask.Link(kind="joint_with", other_complaint_id=OTHER)
    assert case.when(link) == [
        ComplaintLinked(complaint_id=CASE, customer_id=CUSTOMER, kind="joint_with", other_complaint_id=OTHER)
    ]
    assert case.when(link) == []
    assert case.refused(ask.Link(kind="related", other_complaint_id=CASE))[0] == "other-complaint"
    nobodys = ask.Link(kind="related", other_complaint_id=ComplaintId("bank:nobody"))
    assert case.refused(nobodys)[1].startswith("We know no complaint bank:nobody.")


def test_a_query_becomes_a_complaint_once() -> None:
    case = received()
    reclassify = ask.Reclassify(from_kind="query", from_ref="q-1")
    assert case.when(reclassify) == [
        ComplaintReclassified(complaint_id=CASE, customer_id=CUSTOMER, from_kind="query", from_ref="q-1")
    ]
    assert case.when(reclassify) == []


def test_triage_seals_what_makes_the_customer_vulnerable() -> None:
    case = received()
    [event] = case.when(msgspec.structs.replace(TRIAGE, vulnerable_drivers=("bereaved",)))
    assert isinstance(event, ComplaintTriaged)
    assert (event.vulnerable_drivers, event.employee_id) == (None, HANDLER)
    assert case.clear["vulnerable_drivers"] == ("bereaved",)
    assert case.refused(msgspec.structs.replace(TRIAGE, regimes=(NFRA, NFRA)))[0] == "each-regime-once"


def test_nobody_gets_a_complaint_before_it_is_triaged() -> None:
    rule, text = received().refused(ask.Assign(employee_id=HANDLER))
    assert rule == "triage-first"
    assert text.endswith("Triage it first, then assign it.")


def test_the_handler_is_nobody_complained_about_and_not_the_seller() -> None:
    case = received().given(TRIAGE)
    for one in (SELLER, BLAMED):
        rule, text = case.refused(ask.Assign(employee_id=one))
        assert rule == "handler-independent"
        assert text == (
            f"{one} is complained about here or made the sale, and nobody may handle a complaint in their "
            "own case. Choose somebody who had no part in it."
        )
    assert case.when(ask.Assign(employee_id=HANDLER)) == [
        ComplaintHandlerAssigned(
            complaint_id=CASE, customer_id=CUSTOMER, employee_id=HANDLER, independence_checked=True
        )
    ]
    assert case.when(ask.Assign(employee_id=HANDLER)) == []


def test_the_handler_works_here_today() -> None:
    case = received().given(TRIAGE)
    rule, text = case.refused(ask.Assign(employee_id=LEAVER))
    assert (rule, "standing: left" in text) == ("handler-active", True)
    stranger = case.refused(ask.Assign(employee_id=EmployeeId("bank:stranger")))
    assert stranger == (
        "handler-active",
        "We know no employee bank:stranger. Check the id in the staff register.",
    )


def test_a_leaver_may_still_have_it_until_the_last_day() -> None:
    case = received().given(TRIAGE).later(-40)
    assert len(case.when(ask.Assign(employee_id=LEAVER))) == 1


def test_only_the_handler_investigates() -> None:
    case = received().given(TRIAGE)
    assert case.refused(ask.StartInvestigation())[0] == "handler-first"
    case = assigned()
    rule, text = case.refused(ask.StartInvestigation(), BEN)
    assert rule == "handler-only"
    assert text == (
        f"Only its handler, {HANDLER}, may start the investigation. Let them do it, or assign the complaint "
        f"to {BOSS}."
    )
    assert case.refused(ask.StartInvestigation(), CLERK)[0] == "acts-in-person"
    assert case.when(ask.StartInvestigation()) == [
        ComplaintInvestigationStarted(complaint_id=CASE, customer_id=CUSTOMER, employee_id=HANDLER)
    ]
    assert case.when(ask.StartInvestigation()) == []


def test_a_handler_who_turns_out_to_be_blamed_in_an_adopted_case_does_not_investigate() -> None:
    case = Told(staffed())
    case.fold(
        ComplaintReceived(
            complaint_id=CASE, legal_entity="CN", received_by="own", issue="x", seller_id=HANDLER
        )
    )
    case.fold(ComplaintHandlerAssigned(complaint_id=CASE, employee_id=HANDLER))
    assert case.refused(ask.StartInvestigation())[0] == "handler-independent"


def test_the_file_builds_itself_from_the_journal() -> None:
    items = (FileItem("disclosure", SHEET), FileItem("call", CALL, "rec/7"))
    case = assigned(entries=items)
    assert case.when(ask.StartInvestigation())[1:] == [
        ComplaintEvidenceCollected(
            complaint_id=CASE, customer_id=CUSTOMER, entries=(SHEET,), item="disclosure"
        ),
        ComplaintEvidenceCollected(
            complaint_id=CASE, customer_id=CUSTOMER, entries=(CALL,), recording_refs=("rec/7",), item="call"
        ),
    ]
    assert case.when(ask.CollectEvidence()) == []
    late = EntryRef("urn:bank", "call-2")
    case.bank.entries = (*items, FileItem("call", late))
    assert case.when(ask.CollectEvidence()) == [
        ComplaintEvidenceCollected(complaint_id=CASE, customer_id=CUSTOMER, entries=(late,), item="call")
    ]
    assert case.when(ask.CollectEvidence(entries=(late,))) == []
    assert len(case.when(ask.CollectEvidence(item="Letter of the customer"))) == 1


def test_evidence_waits_for_the_investigation() -> None:
    rule, text = assigned().refused(ask.CollectEvidence(item="contract"))
    assert rule == "investigation-first"
    assert text == (
        "The investigation has not begun, so we cannot collect evidence. Start the investigation first."
    )


def test_the_customer_is_not_asked_for_what_we_hold() -> None:
    case = investigated(held=frozenset({"contract"}))
    request = ask.RequestInformation(request_id="r-1", asked="customer", what="Contract")
    rule, text = case.refused(request)
    assert rule == "nothing-twice"
    assert text == (
        "We hold the Contract already, and cn_nfra forbids asking the customer for it again. Take it from "
        "our own files and put it on the file as evidence."
    )
    assert len(case.when(msgspec.structs.replace(request, asked="seller"))) == 1


def test_information_is_asked_for_and_comes() -> None:
    case = investigated()
    assert case.refused(ask.RecordInformation(request_id="r-1"))[0] == "request-known"
    request = ask.RequestInformation(request_id="r-1", asked="customer", what="bank statement")
    assert case.when(request) == [
        ComplaintInformationRequested(
            complaint_id=CASE, customer_id=CUSTOMER, request_id="r-1", asked="customer", what="bank statement"
        )
    ]
    assert case.when(request) == []
    assert (
        case.refused(ask.RecordInformation(request_id="r-2"))[1]
        == "Nothing was asked for under r-2. We are waiting for: r-1."
    )
    assert case.when(ask.RecordInformation(request_id="r-1")) == [
        ComplaintInformationReceived(complaint_id=CASE, customer_id=CUSTOMER, request_id="r-1")
    ]
    assert case.when(ask.RecordInformation(request_id="r-1")) == []


def test_an_adopted_complaint_stands_where_its_facts_had_brought_it() -> None:
    told = closed()
    facts = [
        ComplaintReceived(
            complaint_id=OTHER, customer_id=CUSTOMER, legal_entity="US", received_by="regulator", issue="fee"
        ),
        ComplaintTriaged(complaint_id=OTHER, customer_id=CUSTOMER, taxonomy="x", code="fee", severity="low"),
        ComplaintHandlerAssigned(complaint_id=OTHER, customer_id=CUSTOMER, employee_id=HANDLER),
    ]
    day = dt.date(2026, 2, 1)
    adopted = ComplaintAdopted(
        complaint_id=OTHER,
        customer_id=CUSTOMER,
        facts=tuple(
            AdoptedFact(
                entry=EntryRef("urn:bank", f"e{n}"),
                type=codec.TYPE_OF[type(fact)].name,
                dataschema=codec.TYPE_OF[type(fact)].schema_urn(),
                date=day,
                on=day,
                data=codec.raw_json(fact),
            )
            for n, fact in enumerate(facts)
        ),
    )
    case = Told(staffed())
    case.fold(adopted)
    assert (case.state.complaint_id, case.state.received_on, case.state.handler_id) == (OTHER, day, HANDLER)
    assert "start-investigation" in case.allowed(ANNA)
    assert "start-investigation" not in case.allowed(BEN)
    assert told.state.ending == "closed"


def test_screens_are_offered_what_the_guards_allow() -> None:
    assert Told(staffed()).allowed(CLERK)[0] == "receive"
    assert {"acknowledge", "triage", "withdraw"} <= set(received().allowed(CLERK))
    assert not {"assign", "close", "propose", "receive"} & set(received().allowed(CLERK))
    assert "propose" in investigated().allowed(ANNA)
    assert "propose" not in investigated().allowed(Actor("nobody"))
    assert set(closed().allowed(ANNA)) == {
        "escalate",
        "request-review",
        "record-ombudsman-decision",
        "record-mediation",
        "reopen",
        "send-survey",
    }
