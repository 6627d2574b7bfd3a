"""The rules of the complaint desk by name, and the guard lines that several decisions share.

A decision calls these before it makes an event; `declaration.allowed` calls the same ones for the screens.
Each sentence names the thing, the rule and the way out, in words that a clerk would use.
"""

import datetime as dt
import enum
from typing import Any, NoReturn

from events.complaints import Regime
from events.envelope import EmployeeId
from projections.people import EmployeeRow
from projections.rules.handling_pack import HandlingRules
from services.desks.complaints.facts import ComplaintFacts
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import RuleBroken, Setting


class Rule(enum.Enum):
    """Every rule of the desk: its stable name, and what it says."""

    ONCE_RECEIVED = "once-received", "A case is received once."
    DAY_HAS_COME = "day-has-come", "Nothing is recorded for a day that has not come."
    FEW_REPRESENTATIVES = "few-representatives", "At most five speak for a joint complaint (NFRA)."
    CASE_IS_OPEN = "case-is-open", "After the end only reopening, review, outside bodies and a survey remain."
    CASE_HAS_ENDED = (
        "case-has-ended",
        "Only what has ended can be reopened, and only what is closed surveyed.",
    )
    NOT_YET_ANSWERED = (
        "not-yet-answered",
        "What was answered is neither declined, forwarded nor triaged anew.",
    )
    OTHER_COMPLAINT = "other-complaint", "A complaint is linked to another one that we know."
    ACTS_IN_PERSON = "acts-in-person", "Who handles, approves or reviews is an employee, known by id."
    TRIAGE_FIRST = "triage-first", "A complaint is judged before it gets a handler."
    EACH_REGIME_ONCE = "each-regime-once", "Triage says once how a body of rules sees the complaint."
    HANDLER_ACTIVE = "handler-active", "A handler works for us today."
    HANDLER_INDEPENDENT = "handler-independent", "Nobody handles or judges their own case (CMPL-02)."
    HANDLER_FIRST = "handler-first", "Somebody must have the complaint before it is looked into."
    HANDLER_ONLY = "handler-only", "The assigned handler investigates and proposes."
    INVESTIGATION_FIRST = (
        "investigation-first",
        "No proposal without a look into the case, but for small ones.",
    )
    NOTHING_TWICE = "nothing-twice", "No asking the customer for what we hold (NFRA)."
    REQUEST_KNOWN = "request-known", "What comes in answers something that we asked for."
    AMOUNT_FITS = "amount-fits", "A proposal to pay names an amount, a rejection none."
    ONE_CURRENCY = "one-currency", "A case is settled in one currency."
    PROPOSAL_FIRST = "proposal-first", "What is approved or answered was proposed."
    SECOND_PERSON = "second-person", "Nobody approves their own work."
    MAY_APPROVE = "may-approve", "Approval and more time are given by those entitled to."
    APPROVAL_FIRST = "approval-first", "No answer and no money without approval."
    ANSWER_MATCHES = "answer-matches", "The answer says what was approved."
    ANSWER_STANDS = "answer-stands", "An answer stands until somebody contests it."
    REMEDIES_TOLD = "remedies-told", "An answer tells what the complainant may do next."
    SHORT_WAY_OPEN = (
        "short-way-open",
        "A summary resolution is for the first days, and for a content customer.",
    )
    CUSTOMER_TOLD = "customer-told", "Who waits longer is told."
    WITHIN_MAXIMUM = "within-maximum", "No rule lets an answer wait for ever."
    CREDIT_ONCE = "credit-once", "One provisional credit at a time, reversed up to what was given."
    WITHIN_APPROVED = "within-approved", "Redress stays within what was approved."
    OFFER_FIRST = "offer-first", "Redress is offered, accepted, then paid, once."
    ANSWER_FIRST = "answer-first", "Acceptance, rejection and review are about an answer."
    REVIEW_IN_TIME = "review-in-time", "A review is asked for within its days (NFRA)."
    REVIEW_ASKED = "review-asked", "Only a review that was asked for is decided."
    ROOT_CAUSE_FIRST = "root-cause-first", "An upheld complaint is not closed before we know why."
    OTHERS_AFFECTED = (
        "others-affected",
        "A systemic issue names product or seller, days, and other customers.",
    )
    ANSWERED_BEFORE_CLOSING = "answered-before-closing", "A complaint is closed when it was settled."
    NOTHING_OWED = "nothing-owed", "A complaint is not closed while money or a review is open."
    CLOSED_AS_ANSWERED = "closed-as-answered", "A closing repeats the answer and what was paid."
    SURVEY_NEEDS_CUSTOMER = "survey-needs-customer", "A survey goes to a customer."

    def __init__(self, rule: str, says: str) -> None:
        self.rule = rule
        self.says = says


def refuse(rule: Rule, sentence: str) -> NoReturn:
    """Refuse the command, naming the rule."""
    raise RuleBroken(rule.rule, sentence)


def facts_of(setting: Setting) -> ComplaintFacts:
    """The desk's questions, typed."""
    facts: ComplaintFacts = setting.facts
    return facts


def rules_of(setting: Setting) -> HandlingRules:
    """The handling rules in force today."""
    return facts_of(setting).handling_rules(setting.today)


def must_be_open(state: ComplaintState, deed: str) -> None:
    """The procedure runs."""
    if state.ending is not None:
        refuse(
            Rule.CASE_IS_OPEN,
            f"This complaint was {state.ending}, so we cannot {deed}. If it was not over, reopen it with the "
            "reason, then go on.",
        )


def must_not_be_closed(state: ComplaintState, deed: str) -> None:
    """The procedure may have ended, but the file is not closed."""
    if state.ending == "closed":
        must_be_open(state, deed)


def must_be_unanswered(state: ComplaintState, deed: str) -> None:
    """Open, and no final answer was sent."""
    must_be_open(state, deed)
    if state.answer is not None:
        refuse(
            Rule.NOT_YET_ANSWERED,
            f"This complaint was answered already, so we cannot {deed}. Close it, or, if the answer is "
            "contested, ask for a review.",
        )


def must_have_come(day: dt.date | None, setting: Setting) -> None:
    """A day that is stated lies not in the future."""
    if day is not None and day > setting.today:
        refuse(
            Rule.DAY_HAS_COME,
            f"{day} has not come yet. Give the day on which it happened, today ({setting.today}) at the "
            "latest.",
        )


def in_person(setting: Setting, deed: str) -> EmployeeId:
    """The employee who acts."""
    if setting.actor.employee_id is None:
        refuse(
            Rule.ACTS_IN_PERSON,
            f"{setting.actor.name} is not linked to an employee, so they cannot {deed}. Sign in as the "
            "employee who does it.",
        )
    return setting.actor.employee_id


def must_be_independent(state: ComplaintState, employee_id: EmployeeId, deed: str) -> None:
    """Nobody with an interest in the case has a hand in it."""
    if employee_id in state.interested:
        refuse(
            Rule.HANDLER_INDEPENDENT,
            f"{employee_id} is complained about here or made the sale, and nobody may {deed} in their own "
            "case. Choose somebody who had no part in it.",
        )


def must_work_today(row: EmployeeRow | None, employee_id: EmployeeId, today: dt.date) -> None:
    """The employee exists and is neither gone nor suspended."""
    if row is None:
        refuse(
            Rule.HANDLER_ACTIVE,
            f"We know no employee {employee_id}. Check the id in the staff register.",
        )
    past = [one.value for one in row.standings if one.since is None or one.since <= today]
    standing = past[-1] if past else row.standing
    if standing != "employed":
        refuse(
            Rule.HANDLER_ACTIVE,
            f"{employee_id} does not work here today (standing: {standing}). Choose an active employee.",
        )


def must_hold_role(setting: Setting, roles: frozenset[str], deed: str) -> str:
    """The actor holds one of the roles; the first of them is returned."""
    held = sorted(setting.actor.roles & roles)
    if not held:
        refuse(
            Rule.MAY_APPROVE,
            f"{setting.actor.name} may not {deed}: that takes one of the roles {', '.join(sorted(roles))}. "
            "Ask somebody who has it.",
        )
    return held[0]


def must_be_handler(state: ComplaintState, setting: Setting, deed: str) -> EmployeeId:
    """The actor is the assigned handler."""
    employee_id = in_person(setting, deed)
    if state.handler_id is None:
        refuse(
            Rule.HANDLER_FIRST,
            f"Nobody has this complaint yet, so nobody can {deed}. Assign a handler first.",
        )
    if employee_id != state.handler_id:
        refuse(
            Rule.HANDLER_ONLY,
            f"Only its handler, {state.handler_id}, may {deed}. Let them do it, or assign the complaint to "
            f"{employee_id}.",
        )
    return employee_id


def must_keep_currency(state: ComplaintState, currency: str | None) -> None:
    """The currency is that in which money has moved or was approved in this case."""
    if currency is not None and state.currency is not None and currency != state.currency:
        refuse(
            Rule.ONE_CURRENCY,
            f"This case is settled in {state.currency}, not in {currency}. Convert the amount and state it "
            f"in {state.currency}.",
        )


def counting(state: ComplaintState) -> tuple[Regime, ...]:
    """The regimes under which this counts as a complaint."""
    return tuple(one.regime for one in state.regimes if one.counts_as_complaint)


def summary_open(state: ComplaintState, setting: Setting) -> bool:
    """Whether today a summary resolution is still enough."""
    if state.received_on is None:
        return False
    until = facts_of(setting).summary_until(state.received_on, state.legal_entity, state.regimes)
    return until is not None and setting.today <= until


def whose(state: ComplaintState) -> dict[str, Any]:
    """The fields with which every event of the case begins."""
    return {"complaint_id": state.complaint_id, "customer_id": state.customer_id}


def money(amount_minor: int, currency: str) -> str:
    """An amount as a clerk reads it; minor units are hundredths but for currencies without them."""
    if currency in _WHOLE:
        return f"{currency} {amount_minor:,}"
    return f"{currency} {amount_minor // 100:,}.{amount_minor % 100:02d}"


_WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "PYG", "UGX"})
