"""Redress, higher places, closing: money within what was approved, commission back, causes, the end."""

import datetime as dt

import msgspec
import pytest

from events.commissions import CommissionClawedBack
from events.complaint_outcomes import (
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintMediationHeld,
    ComplaintOmbudsmanDecisionReceived,
    ComplaintProvisionalCreditGiven,
    ComplaintProvisionalCreditReversed,
    ComplaintRedressAccepted,
    ComplaintRedressOffered,
    ComplaintRedressPaid,
    ComplaintReopened,
    ComplaintReviewDecided,
    ComplaintReviewRequested,
)
from events.complaints import ComplaintRootCauseRecorded, ComplaintSystemicIssueDeclared
from events.envelope import ChannelId, CustomerId, ProductId, SurveyId
from events.surveys import SurveySent
from services.desks.complaints import commands as ask
from services.desks.deciding import Actor
from tests.desks.complaint_case import (
    ACCEPT,
    BEN,
    CARL,
    CASE,
    CAUSE,
    CLERK,
    COMMISSION,
    CUSTOMER,
    DAY_ONE,
    HANDLER,
    NFRA_REMEDIES,
    RECEIVE,
    SALE,
    SELLER,
    SITUATIONS,
    UPHELD,
    Told,
    answered,
    approved,
    assigned,
    closed,
    investigated,
    received,
    staffed,
)

LOSS = ask.OfferRedress(kind="loss", amount_minor=40_000, currency="CNY")
REJECTED = ask.Propose(kind="reject")
NOT_UPHELD = ask.SendFinalResponse(decision="not_upheld", remedies_told=NFRA_REMEDIES)
SURVEY = ask.SendSurvey(survey_id=SurveyId("bank:after-complaint"), survey_version="1", method="sms")


def test_a_provisional_credit_is_given_once_and_reversed_up_to_it() -> None:
    case = received()
    give = ask.GiveProvisionalCredit(amount_minor=9_900, currency="USD")
    back = ask.ReverseProvisionalCredit(amount_minor=10_000, currency="USD", reason="no error")
    assert case.refused(back)[0] == "credit-once"
    assert case.when(give) == [
        ComplaintProvisionalCreditGiven(
            complaint_id=CASE, customer_id=CUSTOMER, amount_minor=9_900, currency="USD"
        )
    ]
    assert case.refused(give)[0] == "credit-once"
    assert case.refused(back) == (
        "credit-once",
        "Only USD 99.00 was credited, and USD 100.00 cannot be taken back. Reverse that much at most.",
    )
    assert case.refused(msgspec.structs.replace(back, currency="EUR"))[0] == "one-currency"
    assert case.when(msgspec.structs.replace(back, amount_minor=9_900)) == [
        ComplaintProvisionalCreditReversed(
            complaint_id=CASE, customer_id=CUSTOMER, amount_minor=9_900, currency="USD", reason="no error"
        )
    ]
    assert len(case.when(give)) == 1


def test_no_money_is_offered_before_it_was_approved() -> None:
    case = investigated().given(ACCEPT)
    rule, text = case.refused(LOSS)
    assert rule == "approval-first"
    assert text.startswith("No money is offered before a second person has approved the proposal.")


def test_redress_stays_within_what_was_approved_and_in_its_currency() -> None:
    case = approved()
    assert case.when(LOSS) == [
        ComplaintRedressOffered(
            complaint_id=CASE, customer_id=CUSTOMER, kind="loss", amount_minor=40_000, currency="CNY"
        )
    ]
    assert case.when(LOSS) == []
    rule, text = case.refused(ask.OfferRedress(kind="distress", amount_minor=10_001, currency="CNY"))
    assert rule == "within-approved"
    assert text == (
        "CNY 500.00 was approved in all, and CNY 400.00 of it is offered or paid, so CNY 100.01 is too much. "
        "Offer at most CNY 100.00, or have a higher amount approved."
    )
    euros = ask.OfferRedress(kind="distress", amount_minor=1, currency="EUR")
    assert case.refused(euros) == (
        "one-currency",
        "This case is settled in CNY, not in EUR. Convert the amount and state it in CNY.",
    )
    assert len(case.when(ask.OfferRedress(kind="distress", amount_minor=10_000, currency="CNY"))) == 1
    assert approved(REJECTED).refused(LOSS)[0] == "within-approved"


def test_redress_is_offered_accepted_and_paid_once() -> None:
    case = answered()
    accept, pay = ask.AcceptRedress(kind="loss"), ask.PayRedress(kind="loss")
    assert case.refused(accept)[0] == "offer-first"
    case.given(LOSS)
    assert case.refused(pay)[0] == "offer-first"
    assert case.refused(ask.AcceptRedress(kind="interest"))[1].endswith("On offer is: loss.")
    step = {"complaint_id": CASE, "customer_id": CUSTOMER, "kind": "loss"}
    assert case.when(accept) == [
        ComplaintRedressAccepted(**step, amount_minor=40_000, currency="CNY")  # type: ignore[arg-type]
    ]
    assert case.when(accept) == []
    assert case.refused(msgspec.structs.replace(LOSS, amount_minor=1))[0] == "offer-first"
    assert case.refused(ask.Close(relief="none"))[0] == "nothing-owed"
    assert case.when(pay) == [
        ComplaintRedressPaid(**step, amount_minor=40_000, currency="CNY")  # type: ignore[arg-type]
    ]
    assert case.when(pay) == []
    assert case.refused(LOSS)[0] == "offer-first"
    assert case.state.paid_minor == 40_000


def test_the_commission_of_an_upheld_sale_goes_back_once() -> None:
    partner = msgspec.structs.replace(
        COMMISSION, seller_id=None, channel_id=ChannelId("bank:partner"), paid_minor=0, clawed_back_minor=0
    )
    nothing = msgspec.structs.replace(COMMISSION, clawed_back_minor=3_000)
    case = answered(commission=(COMMISSION, partner, nothing)).given(LOSS, ask.AcceptRedress(kind="loss"))
    answer = case.state.answer
    assert answer is not None
    made = case.when(ask.PayRedress(kind="loss"))[1:]
    assert made == [
        CommissionClawedBack(
            sale_id=SALE,
            customer_id=CUSTOMER,
            seller_id=SELLER,
            channel_id=ChannelId("bank:branch"),
            legal_entity="CN",
            policy_id="branch-2026",
            policy_version="1",
            amount_minor=2_500,
            currency="CNY",
            cause_event=answer.entry,
            reason="complaint upheld",
        ),
        CommissionClawedBack(
            sale_id=SALE,
            customer_id=CUSTOMER,
            channel_id=ChannelId("bank:partner"),
            legal_entity="CN",
            policy_id="branch-2026",
            policy_version="1",
            amount_minor=3_000,
            currency="CNY",
            cause_event=answer.entry,
            reason="complaint upheld",
        ),
    ]
    case.given(ask.OfferRedress(kind="distress", amount_minor=1_000, currency="CNY"))
    case.given(ask.AcceptRedress(kind="distress"))
    assert len(case.when(ask.PayRedress(kind="distress"))) == 1


def test_goodwill_on_a_rejected_complaint_leaves_the_commission_alone() -> None:
    goodwill = ask.Propose(kind="redress_without_accepting", amount_minor=40_000, currency="CNY")
    case = approved(goodwill, commission=(COMMISSION,)).given(
        NOT_UPHELD, LOSS, ask.AcceptRedress(kind="loss")
    )
    assert len(case.when(ask.PayRedress(kind="loss"))) == 1


def test_a_new_proposal_states_all_that_is_paid_in_the_case() -> None:
    case = answered().given(LOSS, ask.AcceptRedress(kind="loss"))
    case.given(ask.RecordRejection())
    assert case.refused(ACCEPT)[0] == "nothing-owed"
    case.given(ask.PayRedress(kind="loss"))
    less = ask.Propose(kind="accept", amount_minor=30_000, currency="CNY")
    assert case.refused(less)[0] == "within-approved"
    assert case.refused(ask.Propose(kind="accept", amount_minor=90_000, currency="EUR"))[0] == "one-currency"
    case.given(ask.Propose(kind="accept", amount_minor=45_000, currency="CNY"), (ask.Approve(), BEN))
    assert (
        case.refused(ask.OfferRedress(kind="loss", amount_minor=5_001, currency="CNY"))[0]
        == "within-approved"
    )
    assert len(case.when(ask.OfferRedress(kind="loss", amount_minor=5_000, currency="CNY"))) == 1


def test_it_goes_up_once_and_outside_bodies_do_not_wait_for_us() -> None:
    case = closed()
    assert case.refused(ask.Escalate(to="manager"))[0] == "case-is-open"
    assert case.when(ask.Escalate(to="ombudsman")) == [
        ComplaintEscalated(complaint_id=CASE, customer_id=CUSTOMER, to="ombudsman")
    ]
    assert case.when(ask.Escalate(to="ombudsman")) == []
    decision = ask.RecordOmbudsmanDecision(outcome="upheld", overturned=True, amount_minor=1, currency="CNY")
    assert case.when(decision) == [
        ComplaintOmbudsmanDecisionReceived(
            complaint_id=CASE,
            customer_id=CUSTOMER,
            outcome="upheld",
            overturned=True,
            amount_minor=1,
            currency="CNY",
        )
    ]
    assert case.when(decision) == []
    assert investigated().refused(decision)[0] == "answer-first"
    assert case.when(ask.RecordMediation(outcome="agreed")) == [
        ComplaintMediationHeld(complaint_id=CASE, customer_id=CUSTOMER, outcome="agreed")
    ]


def test_a_review_is_asked_for_in_time_and_decided_by_somebody_else() -> None:
    case = answered()
    assert investigated().refused(ask.RequestReview())[0] == "answer-first"
    assert case.refused(ask.DecideReview(outcome="changed", reason="x"), CARL)[0] == "review-asked"
    late = answered().later(31).refused(ask.RequestReview())
    assert late == (
        "review-in-time",
        "Under cn_nfra a review is asked for within 30 days of the answer, by 2026-04-01. If there is "
        "something new, reopen the complaint; else tell the complainant of the other remedies.",
    )
    assert case.later(30).when(ask.RequestReview(reviewer="province")) == [
        ComplaintReviewRequested(complaint_id=CASE, customer_id=CUSTOMER, reviewer="province")
    ]
    assert case.when(ask.RequestReview()) == []
    decide = ask.DecideReview(outcome="changed", reason="the sheet was unsigned")
    assert case.refused(decide, BEN)[0] == "second-person"
    assert case.refused(ask.Close(relief="none"))[0] == "nothing-owed"
    assert case.when(decide, CARL) == [
        ComplaintReviewDecided(
            complaint_id=CASE, customer_id=CUSTOMER, outcome="changed", reason="the sheet was unsigned"
        )
    ]
    assert len(case.when(ACCEPT)) == 1


def test_what_has_ended_is_not_closed_either_while_money_or_a_review_is_open() -> None:
    withdrawn = answered().given(LOSS, ask.AcceptRedress(kind="loss"), ask.Withdraw())
    assert withdrawn.refused(ask.Close(relief="none")) == (
        "nothing-owed",
        "The complainant has accepted redress that we have not paid. Reopen the complaint, pay it, then "
        "close.",
    )
    declined = assigned().given(ask.Decline(ground="not ours", told_on=DAY_ONE.date()), ask.RequestReview())
    assert declined.refused(ask.Close(relief="none"))[0] == "nothing-owed"
    declined.given((ask.DecideReview(outcome="confirmed", reason="it is not ours"), CARL))
    assert len(declined.when(ask.Close(relief="none"))) == 1


def test_an_upheld_complaint_is_not_closed_before_we_know_why() -> None:
    case = answered()
    rule, text = case.refused(ask.Close(relief="none"))
    assert rule == "root-cause-first"
    assert text == (
        "The complaint was upheld, and nobody has recorded why it came to it. Record the root cause, then "
        "close."
    )
    assert case.when(CAUSE) == [
        ComplaintRootCauseRecorded(
            complaint_id=CASE, customer_id=CUSTOMER, cause_code="disclosure", step="advice"
        )
    ]
    assert case.when(CAUSE) == []
    assert case.when(ask.Close(relief="none")) == [
        ComplaintClosed(
            complaint_id=CASE, customer_id=CUSTOMER, outcome="upheld", relief="none", employee_id=HANDLER
        )
    ]
    assert case.when(ask.Close(relief="none")) == []


def test_a_rejected_one_is_closed_without() -> None:
    case = approved(REJECTED).given(NOT_UPHELD)
    [event] = case.when(ask.Close(relief="none"))
    assert isinstance(event, ComplaintClosed)
    assert event.outcome == "not_upheld"


def test_nothing_is_closed_that_was_not_settled() -> None:
    rule, text = investigated().refused(ask.Close(relief="none"))
    assert rule == "answered-before-closing"
    assert text == (
        "This complaint was neither answered, settled, withdrawn nor declined, so it cannot be closed. "
        "Send the final response first."
    )


def test_a_withdrawn_complaint_is_closed_without_a_judgement() -> None:
    case = investigated().given((ask.Withdraw(), CLERK))
    assert case.refused(ask.Close(relief="none", outcome="upheld"))[0] == "closed-as-answered"
    [event] = case.when(ask.Close(relief="none"))
    assert isinstance(event, ComplaintClosed)
    assert event.outcome == "not_stated"


def test_a_closing_repeats_the_answer_and_what_was_paid() -> None:
    case = answered().given(CAUSE, LOSS, ask.AcceptRedress(kind="loss"), ask.PayRedress(kind="loss"))
    assert case.refused(ask.Close(relief="none")) == (
        "closed-as-answered",
        "Redress was paid in this case, so relief cannot be none. State monetary.",
    )
    wrong = case.refused(ask.Close(relief="monetary", outcome="not_upheld"))
    assert wrong[0] == "closed-as-answered"
    [event] = case.when(ask.Close(relief="monetary"))
    assert isinstance(event, ComplaintClosed)
    assert (event.redress_minor, event.currency) == (40_000, "CNY")
    assert answered().given(CAUSE).refused(ask.Close(relief="monetary"))[0] == "closed-as-answered"


def test_who_was_right_in_a_summary_resolution_is_said_at_the_closing() -> None:
    case = received(short_way=dt.date(2026, 3, 5)).given(ask.SendSummaryResolution(customer_accepted=True))
    assert case.refused(ask.Close(relief="none"))[0] == "closed-as-answered"
    assert case.refused(ask.Close(relief="none", outcome="upheld"))[0] == "root-cause-first"
    assert len(case.when(ask.Close(relief="none", outcome="not_upheld"))) == 1


def test_a_systemic_issue_names_the_other_customers() -> None:
    others = (CustomerId("bank:c3"), CUSTOMER, CustomerId("bank:c2"), CustomerId("bank:c3"))
    case = investigated(buyers=others)
    declare = ask.DeclareSystemicIssue(
        issue_id="issue-1",
        scope="fund sold as safe",
        sold_from=dt.date(2025, 3, 1),
        sold_through=dt.date(2025, 4, 30),
    )
    assert case.when(declare) == [
        ComplaintSystemicIssueDeclared(
            complaint_id=CASE,
            customer_id=CUSTOMER,
            issue_id="issue-1",
            scope="fund sold as safe",
            product_id=ProductId("bank:fund"),
            seller_id=SELLER,
            sold_from=dt.date(2025, 3, 1),
            sold_through=dt.date(2025, 4, 30),
            affected_customers=(CustomerId("bank:c2"), CustomerId("bank:c3")),
        )
    ]
    assert case.bank.asked_for == [
        (ProductId("bank:fund"), SELLER, dt.date(2025, 3, 1), dt.date(2025, 4, 30))
    ]
    assert case.when(declare) == []
    assert investigated(buyers=(CUSTOMER,)).refused(declare)[0] == "others-affected"
    swapped = msgspec.structs.replace(declare, sold_through=dt.date(2025, 1, 1))
    assert investigated(buyers=others).refused(swapped)[0] == "others-affected"
    many = tuple(CustomerId(f"bank:x{n}") for n in range(5_001))
    assert investigated(buyers=many).refused(declare)[1].startswith("5,001 other customers")


@pytest.mark.parametrize("name", SITUATIONS)
def test_only_a_closed_complaint_is_asked_about_and_once(name: str) -> None:
    case = SITUATIONS[name]()
    if name != "closed":
        assert case.refused(SURVEY)[0] == "case-has-ended"
        return
    assert case.when(SURVEY) == [
        SurveySent(
            invitation_id=f"{CASE}.survey-1",  # type: ignore[arg-type]
            survey_id=SurveyId("bank:after-complaint"),
            survey_version="1",
            customer_id=CUSTOMER,
            legal_entity="CN",
            trigger_event="complaint.closed",
            trigger=case.entry(case.version - 1),
            product_id=ProductId("bank:fund"),
            seller_id=SELLER,
            journey="complaint",
            method="sms",
        )
    ]
    assert case.when(SURVEY) == []


def test_a_complaint_without_a_customer_gets_no_survey() -> None:
    case = Told(staffed()).given(msgspec.structs.replace(RECEIVE, customer_id=None))
    case.given((ask.Withdraw(), CLERK), ask.Close(relief="none"))
    assert case.refused(SURVEY)[0] == "survey-needs-customer"


def test_reopening_begins_a_new_round_and_keeps_what_was_paid() -> None:
    case = answered().given(CAUSE, LOSS, ask.AcceptRedress(kind="loss"), ask.PayRedress(kind="loss"))
    assert case.refused(ask.Reopen(reason="new evidence"))[0] == "case-has-ended"
    case.given(ask.Close(relief="monetary"), SURVEY)
    assert case.when(ask.Reopen(reason="new evidence")) == [
        ComplaintReopened(complaint_id=CASE, customer_id=CUSTOMER, reason="new evidence")
    ]
    assert case.refused(UPHELD)[0] == "proposal-first"
    assert case.refused(ask.Close(relief="none"))[0] == "answered-before-closing"
    case.given(ask.Propose(kind="accept", amount_minor=60_000, currency="CNY"), (ask.Approve(), BEN), UPHELD)
    case.given(ask.OfferRedress(kind="loss", amount_minor=20_000, currency="CNY"))
    case.given(ask.AcceptRedress(kind="loss"), ask.PayRedress(kind="loss"), ask.Close(relief="monetary"))
    assert case.state.paid_minor == 60_000
    [survey] = case.when(SURVEY)
    assert isinstance(survey, SurveySent)
    assert survey.invitation_id.endswith("survey-2")


def test_a_closed_complaint_takes_nothing_but_what_comes_after_the_end() -> None:
    case = closed()
    for command in (
        ask.SendProgressUpdate(),
        ask.Link(kind="related", other_complaint_id=CASE),
        LOSS,
        ACCEPT,
    ):
        rule, text = case.refused(command)
        assert rule == "case-is-open"
        assert text.startswith("This complaint was closed, so we cannot ")
    assert case.refused(ask.Approve(), Actor("x"))[0] == "case-is-open"
