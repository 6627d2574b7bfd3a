"""Cooling-off: start the period of a sale that rests on a check, and record the call-backs.

When a period ends is projections/rules/cooling_off.py; whether a sale was confirmed too early the watch sees.
"""

from events.sales import CallbackConfirmed, CoolingOffStarted
from events.suitability_file import PackRef
from projections.rules.cooling_off import BusinessDays, CoolingOffPack, CoolingOffPeriod, window
from services.desks.deciding import Draft, Setting
from services.desks.suitability import commands as ask
from services.desks.suitability.guards import Rule, facts_of, must_be_check, refuse
from services.desks.suitability.state import CoolingOffState, SuitabilityState


def may_start_cooling_off(state: SuitabilityState, setting: Setting) -> None:
    """The check clears the sale, and no period was started."""
    must_be_check(state, "start a cooling-off")
    if not state.cleared:
        refuse(
            Rule.CLEARED_FIRST,
            f"This check ended in {state.outcome}, so there is no sale that a cooling-off could belong to. "
            "Sell what matches, or, where that is allowed, have the override confirmed first.",
        )
    if state.cooling_off is not None:
        refuse(
            Rule.ONE_COOLING_OFF,
            f"The cooling-off of {state.cooling_off.sale_id} runs through {state.cooling_off.until} already. "
            "Check again for another sale.",
        )


def start_cooling_off(
    state: SuitabilityState, command: ask.StartCoolingOff, setting: Setting
) -> tuple[Draft, ...]:
    may_start_cooling_off(state, setting)
    if command.began_at > setting.now:
        refuse(
            Rule.DAY_HAS_COME,
            f"{command.began_at:%Y-%m-%d %H:%M} has not come yet. Give the time of the signature or "
            f"delivery.",
        )
    pack, period = _period(state, command, setting)
    count = _count(period, setting)
    until, ends_at = window(period, command.began_at, setting.zone, count)
    event = CoolingOffStarted(
        sale_id=command.sale_id,
        customer_id=state.customer_id,
        kind=period.kind,
        until=until,
        ends_at=ends_at,
        period=period.name,
        callback=period.callback,
        pack=PackRef(pack=pack.stated.pack, version=pack.stated.version, digest=pack.digest),
        check_id=state.check_id,
    )
    return (Draft(event),)


def may_confirm_callback(state: SuitabilityState, setting: Setting) -> None:
    """A period was started, whoever rings did not sell, and it is not too early."""
    must_be_check(state, "record a call-back")
    _running(state)
    if setting.actor.employee_id is not None and setting.actor.employee_id == state.seller_id:
        refuse(
            Rule.CALLBACK_INDEPENDENT,
            f"{state.seller_id} sold the product, so somebody else must ring the customer back. Hand the "
            f"call "
            "to a colleague who had no part in the sale.",
        )


def confirm_callback(
    state: SuitabilityState, command: ask.ConfirmCallback, setting: Setting
) -> tuple[Draft, ...]:
    may_confirm_callback(state, setting)
    running = _running(state)
    if running.confirmed_at is not None and command.outcome == "confirmed":
        return ()
    if (
        running.callback == "before_contract"
        and running.ends_at is not None
        and setting.now < running.ends_at
    ):
        ends = running.ends_at.astimezone(setting.zone)
        refuse(
            Rule.COOLING_OFF_RUNS,
            f"The customer may step back until {ends:%Y-%m-%d %H:%M}; a call-back before that counts for "
            "nothing. Ring again afterwards.",
        )
    event = CallbackConfirmed(
        sale_id=running.sale_id,
        customer_id=state.customer_id,
        employee_id=setting.actor.employee_id,
        outcome=command.outcome,
        recording_id=command.recording_id,
        check_id=state.check_id,
    )
    return (Draft(event),)


def _running(state: SuitabilityState) -> CoolingOffState:
    if state.cooling_off is None:
        refuse(
            Rule.COOLING_OFF_FIRST,
            "No cooling-off was started on this check, so there is nothing to ring back about. Start it with "
            "the signature or the delivery.",
        )
    return state.cooling_off


def _period(
    state: SuitabilityState, command: ask.StartCoolingOff, setting: Setting
) -> tuple[CoolingOffPack, CoolingOffPeriod]:
    pack = facts_of(setting).cooling_off_pack(setting.today)
    period = None if pack is None else pack.period(command.jurisdiction, state.subtype)
    if pack is None or period is None:
        refuse(
            Rule.PERIOD_KNOWN,
            f"There is no cooling-off for {state.subtype or 'this kind of product'} in "
            f"{command.jurisdiction}. "
            "If there should be one, ask compliance; else go on with the sale.",
        )
    return pack, period


def _count(period: CoolingOffPeriod, setting: Setting) -> BusinessDays:
    count = facts_of(setting).business_days(period.jurisdiction)
    if count is not None:
        return count
    if period.business_days is not None:
        refuse(
            Rule.CALENDAR_KNOWN,
            f"{period.name} counts business days of {period.jurisdiction}, and we keep no calendar of it. "
            f"Ask "
            "compliance to publish one.",
        )
    return lambda day, number: day
