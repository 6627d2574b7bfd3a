"""Any commands in any order by anybody: nothing but a refusal by rule, and every state stays legal."""

import datetime as dt
import inspect
import re

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from events import codec
from events.catalogue import CATALOGUE
from events.envelope import ComplaintId, CustomerId, Event
from events.event_type import EntryRef
from events.surveys import SurveySent
from services.desks.complaints import commands as ask
from services.desks.complaints import declaration, guards
from services.desks.complaints.declaration import COMPLAINTS, STEPS, allowed
from services.desks.complaints.facts import FileItem
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Actor, Command, Moment, RuleBroken
from tests.desks.complaint_case import (
    ACCEPT,
    ANNA,
    BEN,
    CARL,
    CASE,
    CLERK,
    COMMISSION,
    CUSTOMER,
    DISP,
    HANDLER,
    NAME_OF,
    NFRA,
    NFRA_GRAVE,
    NFRA_REMEDIES,
    RECEIVE,
    SALE,
    SELLER,
    TRIAGE,
    UPHELD,
    Told,
    staffed,
)
from tests.events.examples import stored_events

KINDS = ("loss", "distress", "interest", "goodwill")
MONEY = st.sampled_from((0, 1, 5_000, 40_000, 50_000))
CURRENCIES = st.sampled_from(("CNY", "CNY", "CNY", "EUR"))
ACTORS = st.sampled_from((ANNA, ANNA, BEN, CARL, CLERK, Actor("sam", SELLER, frozenset({"compliance"}))))

ALL_REMEDIES = (*NFRA_REMEDIES, "ombudsman")
PARTLY_UPHELD = ask.SendFinalResponse(decision="partly_upheld", remedies_told=ALL_REMEDIES)
NOT_UPHELD = ask.SendFinalResponse(decision="not_upheld", remedies_told=ALL_REMEDIES)

COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.just(ask.Acknowledge()),
    st.just(ask.Decline(ground="x", told_on=dt.date(2026, 3, 2))),
    st.just(ask.Forward(to="x")),
    st.just(ask.Link(kind="related", other_complaint_id=ComplaintId("bank:other"))),
    st.just(ask.Reclassify(from_kind="query")),
    st.sampled_from(((), (NFRA,), (NFRA_GRAVE, DISP))).map(
        lambda regimes: msgspec.structs.replace(TRIAGE, regimes=regimes)
    ),
    st.sampled_from((HANDLER, SELLER)).map(lambda one: ask.Assign(employee_id=one)),
    st.just(ask.StartInvestigation()),
    st.just(ask.CollectEvidence(item="letter")),
    st.just(ask.RequestInformation(request_id="r", asked="customer", what="letter")),
    st.just(ask.RecordInformation(request_id="r")),
    st.builds(
        ask.Propose,
        kind=st.sampled_from(("accept", "redress_without_accepting", "reject")),
        amount_minor=MONEY,
        currency=CURRENCIES,
    ),
    st.just(ask.Approve()),
    st.just(ask.SendProgressUpdate()),
    st.just(ask.SendHoldingResponse(reason="x", expected=dt.date(2026, 4, 1))),
    st.sampled_from((UPHELD, PARTLY_UPHELD, NOT_UPHELD)),
    st.booleans().map(lambda content: ask.SendSummaryResolution(customer_accepted=content)),
    st.just(ask.Extend(reason="x", new_due=dt.date(2026, 4, 1), customer_told=True)),
    st.builds(ask.GiveProvisionalCredit, amount_minor=MONEY, currency=CURRENCIES),
    st.builds(
        ask.ReverseProvisionalCredit, amount_minor=MONEY, currency=CURRENCIES, reason=st.just("no error")
    ),
    st.builds(ask.OfferRedress, kind=st.sampled_from(KINDS), amount_minor=MONEY, currency=CURRENCIES),
    st.builds(ask.AcceptRedress, kind=st.sampled_from(KINDS)),
    st.builds(ask.PayRedress, kind=st.sampled_from(KINDS)),
    st.just(ask.RecordAcceptance()),
    st.just(ask.RecordRejection()),
    st.builds(ask.Escalate, to=st.sampled_from(("manager", "ombudsman"))),
    st.just(ask.RequestReview()),
    st.builds(ask.DecideReview, outcome=st.sampled_from(("confirmed", "changed")), reason=st.just("x")),
    st.booleans().map(lambda one: ask.RecordOmbudsmanDecision(outcome="upheld", overturned=one)),
    st.just(ask.RecordMediation(outcome="agreed")),
    st.just(ask.Withdraw()),
    st.just(ask.Reopen(reason="x")),
    st.just(ask.RecordRootCause(cause_code="x")),
    st.just(
        ask.DeclareSystemicIssue(
            issue_id="i", scope="x", sold_from=dt.date(2026, 1, 1), sold_through=dt.date(2026, 1, 31)
        )
    ),
    st.builds(ask.Close, relief=st.sampled_from(("monetary", "none"))),
    st.just(ask.SendSurvey(survey_id="bank:s", survey_version="1")),  # type: ignore[arg-type]
)


def rich_case() -> Told:
    """A case in a bank that has something to say to every question."""
    bank = staffed(
        short_way=dt.date(2026, 3, 5),
        last_day=dt.date(2026, 5, 1),
        entries=(FileItem("sale", EntryRef("urn:bank", "s1")),),
        buyers=(CUSTOMER, CustomerId("bank:c2")),
        commission=(COMMISSION,),
    )
    return Told(bank).given((RECEIVE, CLERK))


USUAL: tuple[tuple[Command, Actor], ...] = (
    (TRIAGE, CLERK),
    (ask.Assign(employee_id=HANDLER), BEN),
    (ask.StartInvestigation(), ANNA),
    (ACCEPT, ANNA),
    (ask.Approve(), BEN),
    (UPHELD, ANNA),
    (ask.OfferRedress(kind="loss", amount_minor=40_000, currency="CNY"), ANNA),
    (ask.AcceptRedress(kind="loss"), ANNA),
    (ask.PayRedress(kind="loss"), ANNA),
    (ask.RecordRootCause(cause_code="x"), ANNA),
    (ask.Close(relief="monetary"), ANNA),
)
"""The way that a case usually goes; histories leave it anywhere."""


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(USUAL)), st.lists(st.tuples(COMMANDS, ACTORS), min_size=10, max_size=60))
def test_commands_in_any_order_break_rules_only(usual: int, told: list[tuple[Command, Actor]]) -> None:
    case = rich_case().given(*USUAL[:usual])
    for command, actor in told:
        offered = NAME_OF[type(command)] in case.allowed(actor)
        before = case.state
        try:
            made = case.when(command, actor)
        except RuleBroken as refusal:
            _is_known(refusal)
            assert case.state is before
            continue
        assert offered or not made, f"{command} was done and not offered"
        _is_legal(before, case.state, made)


def _is_known(refusal: RuleBroken) -> None:
    assert refusal.rule in {rule.rule for rule in guards.Rule}
    assert str(refusal).endswith("."), refusal


def _is_legal(before: ComplaintState, after: ComplaintState, made: list[Event]) -> None:
    assert after.handler_id not in after.interested
    if after.proposal is not None and after.proposal.approved:
        assert after.proposal.approved_by not in {after.proposal.proposed_by, None} | after.interested
        assert after.proposal.kind == "reject" or after.paid_minor <= after.proposal.amount_minor
    if after.ending == "closed" and before.ending is None:
        assert after.answer is not None
        assert not after.upheld or after.root_cause is not None
        assert not any(one.stage == "accepted" for one in after.redress)
    if before.ending is not None:
        assert after.proposal == before.proposal or after.ending is None
        assert after.paid_minor == before.paid_minor
    if any(isinstance(one, SurveySent) for one in made):
        assert before.ending == "closed"
    assert after.paid_minor >= before.paid_minor
    assert after.credit_minor >= 0
    assert after.clawed_back <= {SALE}


COMPLAINT_TYPES = [one for one in CATALOGUE if one.family in ("complaint", "commission")]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of([stored_events(one) for one in COMPLAINT_TYPES]), max_size=25))
def test_facts_in_any_order_fold_into_a_state_that_can_be_asked(facts: list[Event]) -> None:
    case = Told(staffed())
    for number, fact in enumerate(facts):
        if codec.TYPE_OF[type(fact)].name == "complaint.adopted":
            continue
        moment = Moment(dt.date(2026, 3, 1), None, "urn:bank", str(number))
        case.state = COMPLAINTS.evolve(case.state, fact, moment)
    assert set(allowed(case.state, case.setting())) <= set(COMPLAINTS.decisions)


def test_every_rule_is_broken_somewhere_and_says_something() -> None:
    names = [rule.rule for rule in guards.Rule]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)
    modules = [guards, *{inspect.getmodule(step.decide) for step in STEPS}]
    source = "".join(inspect.getsource(module) for module in modules if module is not None)
    unused = [rule.name for rule in guards.Rule if f"Rule.{rule.name}" not in source]
    assert unused == []


def test_every_command_stands_in_the_table_once() -> None:
    verbs = {one for one in vars(ask).values() if isinstance(one, type) and issubclass(one, Command)}
    assert {step.command for step in STEPS} == verbs - {Command}
    assert [name for name, one in COMPLAINTS.decisions.items() if one.opens] == [declaration.OPENS]
    assert all(decision.about.endswith((".", ";", ",")) for decision in COMPLAINTS.decisions.values())
    assert CASE.startswith(COMPLAINTS.namespace)
