"""The rules of the suitability desk by name, and the guard lines that several decisions share.

Each sentence names the thing, the rule and the way out, in words that a clerk would use.
"""

import enum
from typing import NoReturn

from events.envelope import CustomerId, EmployeeId, ProductId
from services.desks.deciding import RuleBroken, Setting
from services.desks.suitability.facts import SuitabilityFacts
from services.desks.suitability.state import SuitabilityState


class Rule(enum.Enum):
    """Every rule of the desk: its stable name, and what it says."""

    ONE_CASE = "one-case", "A case holds one check or one assessment."
    CUSTOMER_KNOWN = "customer-known", "Only a registered customer is checked or assessed."
    PACK_IN_FORCE = "pack-in-force", "A verdict needs a rule pack for the product's regime."
    NEED_ON_RECORD = "need-on-record", "A need that is named was recorded."
    CHECK_FIRST = "check-first", "Warnings, overrides and cooling-off rest on a check."
    CHECK_STILL_VALID = "check-still-valid", "A check is used within its days."
    NOTHING_TO_OVERRIDE = "nothing-to-override", "What matches needs no override."
    LOWEST_GRADE = "lowest-grade", "The lowest tolerance has no exception, even on request."
    BLOCKED = "blocked", "What is blocked cannot be overridden."
    COMPLETE_FIRST = "complete-first", "What is not known is found out before anything is overridden."
    NO_OVERRIDE = "no-override", "This regime knows no override."
    NOT_RECOMMENDED = "not-recommended", "What a seller recommended is not the customer's own initiative."
    WARNING_FIRST = "warning-first", "The special written warning comes before the customer's decision."
    OWN_INITIATIVE = "own-initiative", "Beyond the grade only on the customer's own initiative."
    STATED_IN_WRITING = "stated-in-writing", "The customer states the wish in writing."
    REQUEST_FIRST = "request-first", "Only an override that was asked for is confirmed."
    CONFIRMED_IN_WRITING = "confirmed-in-writing", "The customer saw the warning and confirmed in writing."
    QUESTIONNAIRE_IN_FORCE = "questionnaire-in-force", "An assessment uses the questionnaire in force."
    ANSWERS_COMPLETE = "answers-complete", "Every question has an answer that the questionnaire knows."
    RETEST_LIMIT = "retest-limit", "The questionnaire is not taken until the grade fits."
    MET_IN_PERSON = "met-in-person", "A face-to-face assessment names the employee who was there."
    CLEARED_FIRST = "cleared-first", "A sale rests on a match or a confirmed override."
    DAY_HAS_COME = "day-has-come", "Nothing is recorded for a time that has not come."
    PERIOD_KNOWN = "period-known", "A cooling-off needs a period in the pack."
    CALENDAR_KNOWN = "calendar-known", "Business days need the calendar of the place."
    ONE_COOLING_OFF = "one-cooling-off", "A sale has one period to step back."
    COOLING_OFF_FIRST = "cooling-off-first", "A call-back belongs to a period to step back."
    COOLING_OFF_RUNS = "cooling-off-runs", "A call-back before the period ends counts for nothing."
    CALLBACK_INDEPENDENT = "callback-independent", "Who sold it does not ring back."

    def __init__(self, rule: str, says: str) -> None:
        self.rule = rule
        self.says = says


def refuse(rule: Rule, sentence: str) -> NoReturn:
    """Refuse the command, naming the rule."""
    raise RuleBroken(rule.rule, sentence)


def facts_of(setting: Setting) -> SuitabilityFacts:
    """The desk's questions, typed."""
    facts: SuitabilityFacts = setting.facts
    return facts


def must_be_new(state: SuitabilityState) -> None:
    """The case has nothing in it."""
    if state.kind != "none":
        refuse(
            Rule.ONE_CASE,
            f"{state.check_id} holds {'a check' if state.kind == 'check' else 'an assessment'} already. "
            f"Open a "
            "new case.",
        )


def must_be_known(customer_id: CustomerId, setting: Setting) -> None:
    """The customer is registered."""
    if facts_of(setting).customer(customer_id, setting.today).state == "unknown":
        refuse(
            Rule.CUSTOMER_KNOWN,
            f"Nobody has registered the customer {customer_id}. Register them first, then come back.",
        )


def must_be_check(state: SuitabilityState, deed: str) -> tuple[CustomerId, ProductId]:
    """The case is a check; gives its customer and product."""
    if state.kind != "check" or state.customer_id is None or state.product_id is None:
        refuse(Rule.CHECK_FIRST, f"This case holds no check, so we cannot {deed}. Check the product first.")
    return state.customer_id, state.product_id


def must_be_valid(state: SuitabilityState, setting: Setting) -> None:
    """The check's days are not over."""
    if state.valid_until is not None and setting.today > state.valid_until:
        refuse(
            Rule.CHECK_STILL_VALID,
            f"This check could be used until {state.valid_until}; today is {setting.today}. Check the "
            f"product "
            "again.",
        )


def must_be_overridable(state: SuitabilityState, setting: Setting) -> tuple[CustomerId, ProductId]:
    """The check is a mismatch that the customer may still decide on; gives customer and product."""
    whose = must_be_check(state, "override it")
    must_be_valid(state, setting)
    if state.outcome == "match":
        refuse(Rule.NOTHING_TO_OVERRIDE, "The product suits the customer: go on with the sale.")
    if "lowest_grade_beyond_its_level" in state.reasons:
        refuse(
            Rule.LOWEST_GRADE,
            f"The customer is graded {state.grade}, the lowest tolerance: {state.risk_level} may not be "
            f"sold, "
            "not even on the customer's own request. Offer a product of level R1.",
        )
    if state.outcome == "blocked":
        refuse(
            Rule.BLOCKED,
            f"This sale is blocked: {_because(state)} No warning and no wish of the customer changes that. "
            "Offer a product that matches, or mend what blocks it and check again.",
        )
    if state.override == "none":
        _refuse_without_override(state)
    return whose


def may_still_decide(state: SuitabilityState, setting: Setting) -> None:
    """For screens: whether an override may go on."""
    must_be_overridable(state, setting)


def by_whom(state: SuitabilityState, setting: Setting) -> EmployeeId | None:
    """The employee who acts, else the check's seller."""
    return setting.actor.employee_id or state.seller_id


def _refuse_without_override(state: SuitabilityState) -> NoReturn:
    if state.outcome == "insufficient_information":
        refuse(
            Rule.COMPLETE_FIRST,
            f"Something is missing: {_because(state)} Find it out, then check the product again.",
        )
    if state.advice_mode == "advised":
        refuse(
            Rule.NOT_RECOMMENDED,
            f"The product was recommended, and {_because(state)} A seller may not recommend what does not "
            "match, so the customer cannot override it. Offer a product that matches.",
        )
    refuse(
        Rule.NO_OVERRIDE,
        f"{_because(state)} Products of this kind ({state.regime}) know no override. Offer a product that "
        "matches.",
    )


def _because(state: SuitabilityState) -> str:
    return " ".join(state.sentences) or "the check did not end in a match."
