"""Checking: hold a product against the customer, and keep the file from which the answer can be had again.

The verdict is projections/rules/suitability_check.py; here its inputs are gathered. A blocked or open verdict
is an answer too: only what cannot be judged at all is refused.
"""

import datetime as dt

from events.advice import SuitabilityChecked
from events.suitability_file import SuitabilityInputs
from projections.rules.suitability_check import check as verdict_of
from projections.rules.suitability_pack import SuitabilityPack
from services.desks.deciding import Draft, Setting
from services.desks.suitability import commands as ask
from services.desks.suitability.guards import Rule, facts_of, must_be_known, must_be_new, refuse
from services.desks.suitability.state import SuitabilityState


def may_check(state: SuitabilityState, setting: Setting) -> None:
    """The case is new."""
    must_be_new(state)


def check(state: SuitabilityState, command: ask.Check, setting: Setting) -> tuple[Draft, ...]:
    may_check(state, setting)
    must_be_known(command.customer_id, setting)
    _need_recorded(command, setting)
    inputs = gathered(command, setting)
    pack = _pack(inputs, setting)
    verdict = verdict_of(inputs, pack)
    told = inputs.circumstances
    event = SuitabilityChecked(
        customer_id=command.customer_id,
        check_id=facts_of(setting).case_id,
        product_id=command.product_id,
        grade=inputs.customer.grade,
        risk_level=verdict.level,
        objective=told.objective,
        capacity=told.capacity,
        knowledge=told.knowledge,
        outcome=verdict.outcome,
        override=verdict.override,
        rule_version=pack.stated.version,
        pack=pack.ref,
        questionnaire_version=inputs.customer.questionnaire_version,
        valid_until=_usable_until(inputs, pack),
        inputs=inputs,
        findings=verdict.findings,
        duties=verdict.duties,
        employee_id=command.seller_id or setting.actor.employee_id,
        channel_id=command.channel_id,
    )
    return (Draft(event),)


def gathered(command: ask.Check, setting: Setting) -> SuitabilityInputs:
    """All that the verdict depends on, as it is today."""
    facts, today = facts_of(setting), setting.today
    seller_id = command.seller_id or setting.actor.employee_id
    channel = None
    if command.channel_id is not None:
        channel = facts.channel(command.channel_id, command.product_id, today)
    return SuitabilityInputs(
        on=today,
        product=facts.product(command.product_id, today),
        customer=facts.customer(command.customer_id, today),
        channel=channel,
        seller=None if seller_id is None else facts.seller(seller_id, today),
        circumstances=command.circumstances,
        target_market=facts.target_market(command.product_id, today),
    )


def _need_recorded(command: ask.Check, setting: Setting) -> None:
    need_id = command.circumstances.need_id
    if need_id is not None and need_id not in facts_of(setting).needs(command.customer_id):
        refuse(
            Rule.NEED_ON_RECORD,
            f"No need {need_id} of this customer is on record. Record the need first, or leave it out.",
        )


def _pack(inputs: SuitabilityInputs, setting: Setting) -> SuitabilityPack:
    regime = inputs.product.regime
    pack = facts_of(setting).pack(regime, setting.today)
    if pack is None:
        refuse(
            Rule.PACK_IN_FORCE,
            f"No rule pack for products of kind {regime} is in force on {setting.today}. Ask compliance to "
            "publish one.",
        )
    return pack


def _usable_until(inputs: SuitabilityInputs, pack: SuitabilityPack) -> dt.date:
    """A check is used within the pack's days, and never past the profile that it rests on."""
    until = inputs.on + dt.timedelta(days=pack.stated.check_valid_days)
    profile = inputs.customer.valid_until
    return until if profile is None or profile < inputs.on else min(until, profile)
