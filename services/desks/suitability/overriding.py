"""Overriding: warn in writing, take the customer's own wish, have it confirmed; in that order, where allowed.

Whether a mismatch can be overridden at all is the verdict's word, which the pack gave it.
"""

import datetime as dt

from events.advice import (
    SuitabilityOverrideConfirmed,
    SuitabilityOverrideRequested,
    SuitabilityWarningGiven,
)
from services.desks.deciding import Draft, Setting
from services.desks.suitability import commands as ask
from services.desks.suitability.guards import (
    Rule,
    by_whom,
    facts_of,
    must_be_overridable,
    refuse,
)
from services.desks.suitability.state import SuitabilityState


def may_warn(state: SuitabilityState, setting: Setting) -> None:
    """A mismatch that can be overridden."""
    must_be_overridable(state, setting)


def warn(state: SuitabilityState, command: ask.Warn, setting: Setting) -> tuple[Draft, ...]:
    customer_id, product_id = must_be_overridable(state, setting)
    event = SuitabilityWarningGiven(
        customer_id=customer_id,
        check_id=state.check_id,
        product_id=product_id,
        document=command.document,
        document_version=command.document_version,
        method=command.method,
        employee_id=by_whom(state, setting),
    )
    return (Draft(event),)


def may_request_override(state: SuitabilityState, setting: Setting) -> None:
    """A mismatch that can be overridden, and the customer was warned."""
    must_be_overridable(state, setting)
    if not state.warned:
        refuse(
            Rule.WARNING_FIRST,
            "The customer was not yet given the special written warning. Give the warning, record it here, "
            "then take the customer's wish.",
        )


def request_override(
    state: SuitabilityState, command: ask.RequestOverride, setting: Setting
) -> tuple[Draft, ...]:
    if state.requested:
        return ()
    may_request_override(state, setting)
    customer_id, product_id = must_be_overridable(state, setting)
    if not command.own_initiative:
        refuse(
            Rule.OWN_INITIATIVE,
            f"{state.risk_level or 'This product'} is beyond what suits the customer, so it may be sold "
            f"only if "
            "the customer asks for it unprompted. If that is so, have the customer state it; if not, offer a "
            "product that matches.",
        )
    if command.text is None:
        refuse(
            Rule.STATED_IN_WRITING,
            "The customer's own statement is missing. Have the customer write, in their own words, that they "
            "ask for it, and enter it here.",
        )
    _not_by_who_recommended(state, setting)
    event = SuitabilityOverrideRequested(
        customer_id=customer_id,
        check_id=state.check_id,
        product_id=product_id,
        employee_id=by_whom(state, setting),
        own_initiative=True,
    )
    return (Draft(event, {"text": command.text}),)


def may_confirm_override(state: SuitabilityState, setting: Setting) -> None:
    """The customer was warned and asked for it."""
    may_request_override(state, setting)
    if not state.requested:
        refuse(
            Rule.REQUEST_FIRST,
            "The customer has not asked for this product in spite of the warning. Take the customer's "
            "written "
            "wish first.",
        )


def confirm_override(
    state: SuitabilityState, command: ask.ConfirmOverride, setting: Setting
) -> tuple[Draft, ...]:
    if state.confirmed:
        return ()
    may_confirm_override(state, setting)
    customer_id, product_id = must_be_overridable(state, setting)
    if not (command.warning_shown and command.written_ack):
        refuse(
            Rule.CONFIRMED_IN_WRITING,
            "An override counts only if the customer saw the warning and confirmed in writing. Show the "
            "warning again and have it signed; without a signature there is no sale.",
        )
    _not_by_who_recommended(state, setting)
    event = SuitabilityOverrideConfirmed(
        customer_id=customer_id,
        check_id=state.check_id,
        product_id=product_id,
        employee_id=by_whom(state, setting),
        warning_shown=True,
        written_ack=True,
        recording_ref=command.recording_ref,
    )
    return (Draft(event),)


def _not_by_who_recommended(state: SuitabilityState, setting: Setting) -> None:
    customer_id, product_id = must_be_overridable(state, setting)
    since = _looked_back_to(state, setting)
    employee_id = by_whom(state, setting)
    if employee_id in facts_of(setting).recommended_by(customer_id, product_id, since):
        refuse(
            Rule.NOT_RECOMMENDED,
            f"{employee_id} recommended {product_id} to this customer since {since}, so it is not the "
            "customer's own initiative. Offer a product that matches, or let a colleague who had no part in "
            "it take the customer's wish.",
        )


def _looked_back_to(state: SuitabilityState, setting: Setting) -> dt.date:
    """Since when a recommendation counts: the word of the pack in force; without one, since ever."""
    pack = facts_of(setting).pack(state.regime, setting.today)
    if pack is None:
        return dt.date.min
    return setting.today - dt.timedelta(days=pack.stated.recommended_within_days)
