"""The suitability desk: worked example 6 with its decisions, and each rule with its sentence."""

import datetime as dt
from typing import Any

import pytest

from events.advice import SuitabilityChecked
from events.customers import RiskProfileAssessed
from events.envelope import CustomerId, EmployeeId, QuestionnaireId, SaleId
from events.sales import CoolingOffStarted
from services.desks.deciding import Actor, RuleBroken
from services.desks.suitability import commands as ask
from services.desks.suitability.guards import Rule
from tests.desks.suitability_case import (
    CONFIRM,
    MAX,
    NOW,
    REQUEST,
    SUE,
    WARN,
    SuitabilityCase,
    bank,
    changed,
)
from tests.projections.suitability_given import AUTHORISED, customer, fund, wealth
from tests.projections.test_suitability_cooling_off import weekdays_of_doha
from tests.projections.test_suitability_questionnaire import QUESTIONNAIRE, answers


def refused(case: SuitabilityCase, name: str, command: Any, rule: Rule, actor: Actor = SUE) -> str:
    """The sentence of a refusal by this rule; the case stays as it was."""
    before = case.state
    with pytest.raises(RuleBroken) as caught:
        case.does(name, command, actor)
    assert caught.value.rule == rule.rule
    assert case.state == before
    return str(caught.value)


def test_worked_example_6_a_mismatch_with_warning_and_own_initiative_is_allowed_and_flagged() -> None:
    case = bank()
    state = case.check()
    assert (state.outcome, state.override, state.cleared) == ("mismatch", "allowed_with_warning", False)
    for name, command in (("warn", WARN), ("request-override", REQUEST), ("confirm-override", CONFIRM)):
        case.does(name, command)
    assert case.state.cleared
    checked = case.events[0]
    assert isinstance(checked, SuitabilityChecked)
    assert checked.outcome == "mismatch"


def test_worked_example_6_the_lowest_grade_is_blocked_whatever_follows() -> None:
    case = bank(products=fund("R2"), customers=customer("C1-lowest"))
    assert case.check(advice_mode="own_initiative").outcome == "blocked"
    sentence = refused(case, "warn", WARN, Rule.LOWEST_GRADE)
    assert "not even on the customer's own request" in sentence
    refused(case, "request-override", REQUEST, Rule.LOWEST_GRADE)
    refused(case, "confirm-override", CONFIRM, Rule.LOWEST_GRADE)
    assert case.allowed() == ()


def test_worked_example_6_a_wealth_product_beyond_the_grade_is_blocked_with_warning_and_initiative() -> None:
    case = bank(products=wealth("R3"))
    assert case.check(advice_mode="own_initiative").outcome == "blocked"
    for name, command in (("warn", WARN), ("request-override", REQUEST), ("confirm-override", CONFIRM)):
        assert "Offer a product that matches" in refused(case, name, command, Rule.BLOCKED)


def test_worked_example_6_a_channel_without_authority_blocks_what_would_match() -> None:
    case = bank(customers=customer("C4"), channels=changed(AUTHORISED, product_authorised=False))
    assert case.check().outcome == "blocked"
    assert "not authorised for this product" in refused(case, "warn", WARN, Rule.BLOCKED)


def test_the_file_has_everything_that_the_verdict_depends_on() -> None:
    case = bank()
    case.check(knowledge="met")
    (event,) = case.events
    assert isinstance(event, SuitabilityChecked)
    assert event.inputs is not None
    assert event.pack is not None
    assert (event.inputs.product, event.inputs.customer) == (fund(), customer())
    assert event.pack.version == "2026-02"
    assert event.valid_until == dt.date(2026, 4, 1)
    assert event.knowledge == "met"
    assert [one.text for one in event.findings if one.effect == "mismatch"] == [
        "R3 is beyond what suits a customer graded C2 (up to R2)."
    ]


def test_a_check_never_outlives_the_profile() -> None:
    case = bank(customers=customer("C3", valid_until=dt.date(2026, 3, 9)))
    assert case.check().valid_until == dt.date(2026, 3, 9)


def test_what_matches_needs_no_override() -> None:
    case = bank(customers=customer("C3"))
    assert case.check().cleared
    refused(case, "warn", WARN, Rule.NOTHING_TO_OVERRIDE)


def test_the_warning_comes_before_the_wish() -> None:
    case = bank()
    case.check()
    refused(case, "request-override", REQUEST, Rule.WARNING_FIRST)
    case.does("warn", WARN)
    refused(case, "confirm-override", CONFIRM, Rule.REQUEST_FIRST)
    case.does("request-override", REQUEST)
    assert case.clear["text"] == REQUEST.text
    assert case.does("request-override", REQUEST) == []


def test_the_wish_is_the_customers_own_and_in_writing() -> None:
    case = bank()
    case.check()
    case.does("warn", WARN)
    prompted = ask.RequestOverride(own_initiative=False, text="They told me to.")
    refused(case, "request-override", prompted, Rule.OWN_INITIATIVE)
    unwritten = ask.RequestOverride(own_initiative=True)
    refused(case, "request-override", unwritten, Rule.STATED_IN_WRITING)


def test_who_recommended_it_takes_no_override() -> None:
    case = bank(recommended=frozenset({EmployeeId("t:sue")}))
    case.check()
    case.does("warn", WARN)
    assert "t:sue recommended t:fund" in refused(case, "request-override", REQUEST, Rule.NOT_RECOMMENDED)
    case.does("request-override", REQUEST, MAX)
    refused(case, "confirm-override", CONFIRM, Rule.NOT_RECOMMENDED)
    case.does("confirm-override", CONFIRM, MAX)
    assert case.state.cleared


@pytest.mark.parametrize(("days", "counts"), [(90, True), (91, False)])
def test_how_long_a_recommendation_counts_is_the_word_of_the_pack(days: int, counts: bool) -> None:
    day = NOW.date() - dt.timedelta(days=days)
    case = bank(recommended=frozenset({EmployeeId("t:sue")}), recommended_on=day)
    case.check()
    pack = case.facts.pack(case.state.regime, NOW.date())
    assert pack is not None
    assert pack.stated.recommended_within_days == 90
    case.does("warn", WARN)
    if counts:
        assert f"since {day}" in refused(case, "request-override", REQUEST, Rule.NOT_RECOMMENDED)
    else:
        assert len(case.does("request-override", REQUEST)) == 1


def test_what_was_advised_cannot_be_overridden() -> None:
    case = bank()
    case.check(advice_mode="advised")
    refused(case, "warn", WARN, Rule.NOT_RECOMMENDED)


@pytest.mark.parametrize(("shown", "written"), [(False, True), (True, False)])
def test_an_override_is_confirmed_in_writing_after_the_warning(shown: bool, written: bool) -> None:
    case = bank()
    case.check()
    case.does("warn", WARN)
    case.does("request-override", REQUEST)
    half = ask.ConfirmOverride(warning_shown=shown, written_ack=written)
    refused(case, "confirm-override", half, Rule.CONFIRMED_IN_WRITING)


def test_a_check_is_used_within_its_days() -> None:
    case = bank()
    case.check()
    case.now = NOW + dt.timedelta(days=31)
    assert "until 2026-04-01" in refused(case, "warn", WARN, Rule.CHECK_STILL_VALID)


def test_what_is_missing_is_found_out_first() -> None:
    case = bank(customers=customer(None))
    assert case.check().outcome == "insufficient_information"
    assert "no risk profile" in refused(case, "warn", WARN, Rule.COMPLETE_FIRST)


def test_insurance_that_is_not_affordable_knows_no_override() -> None:
    product = fund(None, subtype="whole_life", regime="cn_insurance")
    case = bank(products=product, needed=frozenset({"n1"}))
    assert case.check(need_id="n1", commitment_bp=5_000).outcome == "mismatch"
    refused(case, "warn", WARN, Rule.NO_OVERRIDE)


def test_a_check_names_a_known_customer_and_a_recorded_need() -> None:
    check = ask.Check(customer_id=CustomerId("t:anna"), product_id=bank().check().product_id or "")  # type: ignore[arg-type]
    unknown = bank(customers=changed(customer(), state="unknown"))
    refused(unknown, "check", check, Rule.CUSTOMER_KNOWN)
    with pytest.raises(RuleBroken, match="No need n9"):
        bank().check(need_id="n9")


def test_a_case_holds_one_check() -> None:
    case = bank()
    case.check()
    command = ask.Check(customer_id=CustomerId("t:anna"), product_id=case.state.product_id or "")  # type: ignore[arg-type]
    refused(case, "check", command, Rule.ONE_CASE)


def assess(**more: Any) -> ask.AssessProfile:
    fields: dict[str, Any] = {
        "customer_id": "t:anna",
        "questionnaire_id": QuestionnaireId("t:q"),
        "questionnaire_version": "3",
        "answers": answers("b", "b", "b"),
    }
    return ask.AssessProfile(**(fields | more))


def test_answers_become_a_grade_and_are_kept_only_sealed() -> None:
    case = bank(asked=QUESTIONNAIRE)
    (event,) = case.does("assess-profile", assess(face_to_face=True))
    assert isinstance(event, RiskProfileAssessed)
    assert (event.grade, event.score, event.valid_until) == ("C3", 40, dt.date(2027, 3, 2))
    assert event.answers is None
    assert case.clear["answers"] == answers("b", "b", "b")
    refused(case, "warn", WARN, Rule.CHECK_FIRST)


def test_age_is_weighed_by_the_band_on_the_card() -> None:
    case = bank(asked=QUESTIONNAIRE, customers=customer(age_band="65_plus"))
    (event,) = case.does("assess-profile", assess(answers=answers()))
    assert isinstance(event, RiskProfileAssessed)
    assert event.grade == "C3"


def test_an_assessment_uses_the_questionnaire_in_force_with_every_answer() -> None:
    refused(bank(), "assess-profile", assess(), Rule.QUESTIONNAIRE_IN_FORCE)
    case = bank(asked=QUESTIONNAIRE)
    old = assess(questionnaire_version="2")
    assert "version 3 is" in refused(case, "assess-profile", old, Rule.QUESTIONNAIRE_IN_FORCE)
    short = assess(answers=answers()[:2])
    assert "kinds has no answer" in refused(case, "assess-profile", short, Rule.ANSWERS_COMPLETE)
    nobody = assess(face_to_face=True)
    refused(case, "assess-profile", nobody, Rule.MET_IN_PERSON, Actor("app"))


def test_a_third_test_in_a_day_is_refused() -> None:
    case = bank(asked=QUESTIONNAIRE, assessed=(NOW.date(), NOW.date()))
    assert "2 times a day" in refused(case, "assess-profile", assess(), Rule.RETEST_LIMIT)


def start(began_at: dt.datetime = NOW, jurisdiction: str = "CN") -> ask.StartCoolingOff:
    return ask.StartCoolingOff(sale_id=SaleId("t:s1"), jurisdiction=jurisdiction, began_at=began_at)


CALL = ask.ConfirmCallback(outcome="confirmed")


def private_fund() -> SuitabilityCase:
    product = fund("R2", category="wealth", subtype="private_fund")
    case = bank(products=product)
    case.check(qualified_investor_proof="doc")
    return case


def test_a_private_fund_cools_off_for_24_hours_and_is_called_back_afterwards_by_somebody_else() -> None:
    case = private_fund()
    refused(case, "confirm-callback", CALL, Rule.COOLING_OFF_FIRST, MAX)
    (event,) = case.does("start-cooling-off", start())
    assert isinstance(event, CoolingOffStarted)
    assert (event.kind, event.period, event.ends_at) == (
        "pre_contract",
        "cn_private_fund",
        NOW + dt.timedelta(hours=24),
    )
    assert "until 2026-03-03 10:00" in refused(case, "confirm-callback", CALL, Rule.COOLING_OFF_RUNS, MAX)
    case.now = NOW + dt.timedelta(hours=25)
    refused(case, "confirm-callback", CALL, Rule.CALLBACK_INDEPENDENT)
    case.does("confirm-callback", CALL, MAX)
    assert case.does("confirm-callback", CALL, MAX) == []
    assert case.state.cooling_off is not None
    assert case.state.cooling_off.confirmed_at == case.now
    refused(case, "start-cooling-off", start(), Rule.ONE_COOLING_OFF)


def test_a_cooling_off_needs_a_sale_that_may_be_a_period_and_a_time_that_has_come() -> None:
    case = bank()
    case.check()
    refused(case, "start-cooling-off", start(), Rule.CLEARED_FIRST)
    refused(bank(), "start-cooling-off", start(), Rule.CHECK_FIRST)
    overridden = bank()
    assert overridden.overridden().cleared
    assert "start-cooling-off" in overridden.allowed()
    cleared = bank(customers=customer("C3"))
    cleared.check()
    refused(cleared, "start-cooling-off", start(), Rule.PERIOD_KNOWN)
    late = start(NOW + dt.timedelta(hours=1))
    refused(cleared, "start-cooling-off", late, Rule.DAY_HAS_COME)


def test_business_days_need_a_calendar() -> None:
    product = fund(None, subtype="whole_life", regime="mifid_non_advised")
    case = bank(products=product)
    case.check(advice_mode="execution_only")
    refused(case, "start-cooling-off", start(jurisdiction="QFC"), Rule.CALENDAR_KNOWN)
    case.facts.calendars["QFC"] = weekdays_of_doha
    (event,) = case.does("start-cooling-off", start(jurisdiction="QFC"))
    assert isinstance(event, CoolingOffStarted)
    assert event.until == dt.date(2026, 3, 23)


def test_screens_offer_what_the_guards_let_pass() -> None:
    case = bank()
    assert case.allowed() == ("assess-profile", "check")
    case.check()
    assert case.allowed() == ("warn",)
    case.does("warn", WARN)
    assert case.allowed() == ("warn", "request-override")
    case.does("request-override", REQUEST)
    case.does("confirm-override", CONFIRM)
    assert "start-cooling-off" in case.allowed()


def test_every_rule_has_its_own_name() -> None:
    names = [one.rule for one in Rule]
    assert len(set(names)) == len(names)
