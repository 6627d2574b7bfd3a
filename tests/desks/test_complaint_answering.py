"""Proposal to answer: two people, an answer that matches, remedies told, time within limits."""

import datetime as dt

import msgspec

from events.complaint_outcomes import (
    ComplaintAnswerAccepted,
    ComplaintAnswerRejected,
    ComplaintExtensionGranted,
    ComplaintFinalResponseSent,
    ComplaintHoldingResponseSent,
    ComplaintProgressUpdateSent,
    ComplaintSummaryResolutionSent,
    ComplaintWithdrawn,
)
from events.complaints import ComplaintResolutionApproved, ComplaintResolutionProposed
from services.desks.complaints import commands as ask
from services.desks.deciding import Actor
from tests.desks.complaint_case import (
    ACCEPT,
    ANNA,
    BEN,
    BLAMED,
    BOSS,
    CARL,
    CASE,
    CHIEF,
    CLERK,
    CUSTOMER,
    DISP,
    HANDLER,
    NFRA_GRAVE,
    NFRA_REMEDIES,
    TRIAGE,
    UPHELD,
    answered,
    approved,
    assigned,
    investigated,
    received,
)

REJECT = ask.Propose(kind="reject", reasons=("the risk was disclosed",))
GOODWILL = ask.Propose(kind="redress_without_accepting", amount_minor=10_000, currency="CNY")
UK = msgspec.structs.replace(TRIAGE, regimes=(DISP,))
GRAVE = msgspec.structs.replace(TRIAGE, regimes=(NFRA_GRAVE,))
LAST = dt.date(2026, 4, 30)


def test_a_proposal_needs_an_investigation() -> None:
    rule, text = assigned().refused(ACCEPT)
    assert rule == "investigation-first"
    assert text == (
        "Nobody has investigated this complaint, and the days for a summary resolution are over. Start the "
        "investigation, then propose."
    )
    case = investigated()
    assert case.refused(ACCEPT, BEN)[0] == "handler-only"
    assert case.when(ACCEPT) == [
        ComplaintResolutionProposed(
            complaint_id=CASE,
            customer_id=CUSTOMER,
            kind="accept",
            amount_minor=50_000,
            currency="CNY",
            reasons=("not told of the risk",),
            employee_id=HANDLER,
        )
    ]


def test_in_the_first_days_a_proposal_needs_none() -> None:
    case = assigned(short_way=dt.date(2026, 3, 5))
    assert len(case.when(ACCEPT)) == 1
    assert assigned(short_way=dt.date(2026, 3, 5)).later(4).refused(ACCEPT)[0] == "investigation-first"


def test_what_is_proposed_says_how_much() -> None:
    case = investigated()
    assert case.refused(msgspec.structs.replace(ACCEPT, currency=None))[0] == "amount-fits"
    assert case.refused(ask.Propose(kind="redress_without_accepting"))[0] == "amount-fits"
    rule, text = case.refused(ask.Propose(kind="reject", amount_minor=100, currency="CNY"))
    assert (rule, text.partition(".")[0]) == ("amount-fits", "A rejection pays nothing, but CNY 1")


def test_a_second_person_approves() -> None:
    case = investigated()
    assert case.refused(ask.Approve(), BEN)[0] == "proposal-first"
    case.given(ACCEPT)
    both = Actor("anna", HANDLER, frozenset({"team_lead"}))
    rule, text = case.refused(ask.Approve(), both)
    assert rule == "second-person"
    assert text == (
        f"{HANDLER} made this proposal, and a second person must approve it. Ask a colleague who may approve."
    )
    rule, text = case.refused(ask.Approve(), ANNA)
    assert rule == "may-approve"
    assert text == (
        "anna may not approve a resolution: that takes one of the roles branch_manager, compliance, "
        "head_office, team_lead. Ask somebody who has it."
    )
    blamed = Actor("bert", BLAMED, frozenset({"branch_manager"}))
    assert case.refused(ask.Approve(), blamed)[0] == "handler-independent"
    assert case.when(ask.Approve(), BEN) == [
        ComplaintResolutionApproved(complaint_id=CASE, customer_id=CUSTOMER, employee_id=BOSS, four_eyes=True)
    ]
    assert case.when(ask.Approve(), BEN) == []


def test_a_new_proposal_must_be_approved_anew() -> None:
    case = approved().given(REJECT)
    rule, text = case.refused(UPHELD)
    assert rule == "approval-first"
    assert text == ("The proposal has not been approved by a second person. Have it approved, then answer.")


def test_no_answer_without_a_proposal() -> None:
    assert investigated().refused(UPHELD)[0] == "proposal-first"


def test_the_answer_matches_what_was_approved() -> None:
    case = approved()
    rule, text = case.refused(ask.SendFinalResponse(decision="not_upheld", remedies_told=NFRA_REMEDIES))
    assert rule == "answer-matches"
    assert text == (
        "The proposal that was approved is to accept; an answer of not_upheld does not match it. Answer "
        "upheld or partly_upheld, or propose and approve something else."
    )
    assert approved(REJECT).refused(UPHELD)[0] == "answer-matches"
    money = ask.SendFinalResponse(decision="not_upheld", remedies_told=NFRA_REMEDIES)
    assert len(approved(GOODWILL).when(money)) == 1


def test_the_answer_tells_the_remedies_of_its_regimes() -> None:
    rule, text = approved().refused(ask.SendFinalResponse(decision="upheld", remedies_told=("review",)))
    assert rule == "remedies-told"
    assert text == (
        "Under cn_nfra the answer must tell the complainant of: mediation, arbitration, court. Add what is "
        "missing to the letter and to the remedies told."
    )
    case = assigned(UK).given(ask.StartInvestigation(), ACCEPT, (ask.Approve(), BEN))
    assert case.refused(ask.SendFinalResponse(decision="upheld"))[0] == "remedies-told"
    assert len(case.when(ask.SendFinalResponse(decision="upheld", remedies_told=("ombudsman",)))) == 1


def test_it_is_answered_once_and_the_answer_stands_until_it_is_contested() -> None:
    case = approved()
    assert case.when(UPHELD) == [
        ComplaintFinalResponseSent(
            complaint_id=CASE, customer_id=CUSTOMER, decision="upheld", remedies_told=NFRA_REMEDIES
        )
    ]
    assert case.when(UPHELD) == []
    other = ask.SendFinalResponse(decision="partly_upheld", remedies_told=NFRA_REMEDIES)
    assert case.refused(other)[0] == "answer-stands"
    assert case.refused(REJECT)[0] == "answer-stands"
    assert case.when(ask.RecordRejection(reason="too little")) == [
        ComplaintAnswerRejected(complaint_id=CASE, customer_id=CUSTOMER, reason="too little")
    ]
    assert case.when(ask.RecordRejection()) == []
    case.given(ACCEPT, (ask.Approve(), BEN))
    assert len(case.when(UPHELD)) == 1


def test_after_the_answer_it_is_neither_declined_nor_triaged_anew() -> None:
    case = answered()
    assert case.refused(TRIAGE)[0] == "not-yet-answered"
    assert case.refused(ask.Forward(to="the insurer"))[0] == "not-yet-answered"


def test_the_complainant_accepts() -> None:
    assert investigated().refused(ask.RecordAcceptance())[0] == "answer-first"
    case = answered()
    assert case.when(ask.RecordAcceptance()) == [
        ComplaintAnswerAccepted(complaint_id=CASE, customer_id=CUSTOMER)
    ]
    assert case.when(ask.RecordAcceptance()) == []


def test_a_summary_resolution_is_for_the_first_days_and_a_content_customer() -> None:
    case = received(short_way=dt.date(2026, 3, 5))
    rule, text = case.refused(ask.SendSummaryResolution(customer_accepted=False))
    assert rule == "short-way-open"
    assert text.startswith("A complaint counts as resolved only when the complainant is content with it.")
    assert case.when(ask.SendSummaryResolution(customer_accepted=True)) == [
        ComplaintSummaryResolutionSent(complaint_id=CASE, customer_id=CUSTOMER)
    ]
    assert case.when(ask.SendSummaryResolution(customer_accepted=True)) == []
    late = received(short_way=dt.date(2026, 3, 5)).later(4)
    assert late.refused(ask.SendSummaryResolution(customer_accepted=True))[0] == "short-way-open"
    assert received().refused(ask.SendSummaryResolution(customer_accepted=True))[0] == "short-way-open"


def test_the_complainant_is_kept_informed() -> None:
    case = received()
    assert case.when(ask.SendProgressUpdate(method="telephone")) == [
        ComplaintProgressUpdateSent(complaint_id=CASE, customer_id=CUSTOMER, method="telephone")
    ]
    promise = ask.SendHoldingResponse(reason="expert asked", expected=dt.date(2026, 3, 20))
    assert case.when(promise) == [
        ComplaintHoldingResponseSent(
            complaint_id=CASE, customer_id=CUSTOMER, reason="expert asked", expected=dt.date(2026, 3, 20)
        )
    ]
    rule, text = case.refused(msgspec.structs.replace(promise, expected=dt.date(2026, 3, 1)))
    assert (rule, "2026-03-01, which is past" in text) == ("customer-told", True)


def test_more_time_is_given_by_a_senior_second_person_who_says_so() -> None:
    more = ask.Extend(reason="expert asked", new_due=dt.date(2026, 4, 1), customer_told=True)
    case = assigned(last_day=LAST)
    assert case.refused(more)[0] == "may-approve"
    own = Actor("anna", HANDLER, frozenset({"compliance"}))
    assert case.refused(more, own)[0] == "second-person"
    rule, text = case.refused(msgspec.structs.replace(more, customer_told=False), BEN)
    assert rule == "customer-told"
    assert text == (
        "The complainant must be told that it takes longer, and why. Tell them, then record the extension."
    )
    assert case.when(more, BEN) == [
        ComplaintExtensionGranted(
            complaint_id=CASE,
            customer_id=CUSTOMER,
            approver_id=BOSS,
            approver="branch_manager",
            reason="expert asked",
            new_due=dt.date(2026, 4, 1),
            customer_told=True,
        )
    ]
    assert case.when(more, BEN) == []
    less = msgspec.structs.replace(more, new_due=dt.date(2026, 3, 31))
    assert case.refused(less, BEN)[0] == "within-maximum"


def test_no_rule_lets_an_answer_wait_for_ever() -> None:
    more = ask.Extend(reason="expert asked", new_due=dt.date(2026, 5, 1), customer_told=True)
    rule, text = assigned(last_day=LAST).refused(more, BEN)
    assert rule == "within-maximum"
    assert text == (
        "2026-05-01 is too late: as triaged, this complaint of 2026-03-02 must be answered by 2026-04-30. "
        "Choose a day up to 2026-04-30, or triage it anew if it is more complex than was thought."
    )
    assert len(assigned().when(more, BEN)) == 1


def test_an_especially_complex_complaint_gets_more_time_from_head_office_only() -> None:
    more = ask.Extend(reason="abroad", new_due=LAST, customer_told=True)
    case = assigned(GRAVE, last_day=LAST)
    rule, text = case.refused(more, BEN)
    assert rule == "may-approve"
    assert text == (
        "ben may not give more time to an especially complex complaint: that takes one of the roles "
        "head_office. Ask somebody who has it."
    )
    [event] = case.when(more, CARL)
    assert isinstance(event, ComplaintExtensionGranted)
    assert (event.approver_id, event.approver) == (CHIEF, "head_office")


def test_a_withdrawal_ends_the_procedure_on_its_day() -> None:
    case = investigated().later(3)
    assert case.when(ask.Withdraw(received_on=dt.date(2026, 3, 4)), CLERK) == [
        ComplaintWithdrawn(complaint_id=CASE, customer_id=CUSTOMER)
    ]
    assert case.when(ask.Withdraw(), CLERK) == []
    for command in (ACCEPT, TRIAGE, ask.SendProgressUpdate()):
        assert case.refused(command)[0] == "case-is-open"
