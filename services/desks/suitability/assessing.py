"""Assessing: from the answers to a published questionnaire to a risk grade with its last day.

Answers are sealed; score and grade are in clear. How often a customer may be asked is the pack's word.
"""

import datetime as dt

from events.customers import RiskProfileAssessed
from events.questionnaires import QuestionnairePublished
from events.vocabulary import SuitabilityRegime
from projections.rules import questionnaire as asked
from projections.rules.suitability_pack import AssessmentRules
from services.desks.deciding import Draft, Setting
from services.desks.suitability import commands as ask
from services.desks.suitability.guards import Rule, facts_of, must_be_known, must_be_new, refuse
from services.desks.suitability.state import SuitabilityState

HOUSE_REGIME: SuitabilityRegime = "cn_wealth"
"""Whose assessment rules hold for a questionnaire that names no regime."""


def may_assess_profile(state: SuitabilityState, setting: Setting) -> None:
    """The case is new."""
    must_be_new(state)


def assess_profile(
    state: SuitabilityState, command: ask.AssessProfile, setting: Setting
) -> tuple[Draft, ...]:
    may_assess_profile(state, setting)
    must_be_known(command.customer_id, setting)
    questionnaire = _in_force(command, setting)
    rules = _rules(questionnaire, setting)
    _may_ask_again(command, rules, setting)
    if command.face_to_face and setting.actor.employee_id is None:
        refuse(
            Rule.MET_IN_PERSON,
            f"{setting.actor.name} is not linked to an employee, so nobody met the customer. Sign in as the "
            "employee who did, or record it as taken alone.",
        )
    band = facts_of(setting).customer(command.customer_id, setting.today).age_band
    scored = asked.score(questionnaire, command.answers, age_band=band, fully_capable=command.fully_capable)
    if isinstance(scored, asked.Unscored):
        refuse(
            Rule.ANSWERS_COMPLETE,
            f"These answers give no grade: {'; '.join(scored.reasons[:5])}. Complete them with the customer.",
        )
    event = RiskProfileAssessed(
        customer_id=command.customer_id,
        assessment_id=facts_of(setting).case_id,
        check_id=facts_of(setting).case_id,
        questionnaire_id=questionnaire.questionnaire_id,
        questionnaire_version=questionnaire.questionnaire_version,
        score=min(scored.score, 1_000),
        grade=scored.grade,
        professional=command.professional,
        face_to_face=command.face_to_face,
        valid_until=asked.valid_until(questionnaire, rules, setting.today),
        channel_id=command.channel_id,
        employee_id=setting.actor.employee_id,
        material_change=command.material_change,
    )
    return (Draft(event, {"answers": command.answers}),)


def _in_force(command: ask.AssessProfile, setting: Setting) -> QuestionnairePublished:
    found = facts_of(setting).questionnaire(command.questionnaire_id, setting.today)
    if found is None:
        refuse(
            Rule.QUESTIONNAIRE_IN_FORCE,
            f"No questionnaire {command.questionnaire_id} is in force on {setting.today}. Ask compliance "
            f"which "
            "one to use.",
        )
    if found.questionnaire_version != command.questionnaire_version:
        refuse(
            Rule.QUESTIONNAIRE_IN_FORCE,
            f"Version {command.questionnaire_version} of {command.questionnaire_id} is not in force on "
            f"{setting.today}; version {found.questionnaire_version} is. Ask the customer that one.",
        )
    return found


def _rules(questionnaire: QuestionnairePublished, setting: Setting) -> AssessmentRules:
    regime = questionnaire.regimes[0] if questionnaire.regimes else HOUSE_REGIME
    pack = facts_of(setting).pack(regime, setting.today)
    if pack is None:
        refuse(
            Rule.PACK_IN_FORCE,
            f"No rule pack for products of kind {regime} is in force on {setting.today}. Ask compliance to "
            "publish one.",
        )
    return pack.stated.assessment


def _may_ask_again(command: ask.AssessProfile, rules: AssessmentRules, setting: Setting) -> None:
    earlier: tuple[dt.date, ...] = facts_of(setting).assessed_on(command.customer_id)
    if not asked.retests_left(rules, earlier, setting.today):
        refuse(
            Rule.RETEST_LIMIT,
            f"The customer has taken the questionnaire as often as allowed: {rules.most_a_day} times a day, "
            f"{rules.most_in_window} times in {rules.window_months} months. Use the last grade until another "
            "test is due.",
        )
