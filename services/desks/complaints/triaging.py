"""9.3.3(2) First treatment: judge the complaint, then give it to somebody who had no part in it."""

from events import complaints as cmp
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    facts_of,
    must_be_independent,
    must_be_open,
    must_be_unanswered,
    must_work_today,
    refuse,
    whose,
)
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Draft, Setting


def may_triage(state: ComplaintState, setting: Setting) -> None:
    """Open and unanswered; it may be judged anew as more becomes known."""
    must_be_unanswered(state, "triage it")


def triage(state: ComplaintState, command: ask.Triage, setting: Setting) -> tuple[Draft, ...]:
    may_triage(state, setting)
    regimes = [one.regime for one in command.regimes]
    for regime in regimes:
        if regimes.count(regime) > 1:
            refuse(
                Rule.EACH_REGIME_ONCE,
                f"{regime} is named {regimes.count(regime)} times. Say once how each body of rules sees this "
                "complaint.",
            )
    event = cmp.ComplaintTriaged(
        **whose(state),
        taxonomy=command.taxonomy,
        code=command.code,
        cause=command.cause,
        severity=command.severity,
        regimes=command.regimes,
        amount_claimed_minor=command.amount_claimed_minor,
        currency=command.currency,
        employee_id=setting.actor.employee_id,
    )
    drivers = command.vulnerable_drivers
    return (Draft(event, {} if drivers is None else {"vulnerable_drivers": drivers}),)


def may_assign(state: ComplaintState, setting: Setting) -> None:
    """Open and triaged."""
    must_be_open(state, "assign it")
    if not state.triaged:
        refuse(
            Rule.TRIAGE_FIRST,
            "This complaint has not been triaged, so we do not know what it takes to handle it. Triage it "
            "first, then assign it.",
        )


def assign(state: ComplaintState, command: ask.Assign, setting: Setting) -> tuple[Draft, ...]:
    may_assign(state, setting)
    employee_id = command.employee_id
    if employee_id == state.handler_id:
        return ()
    must_be_independent(state, employee_id, "handle a complaint")
    must_work_today(facts_of(setting).employee(employee_id), employee_id, setting.today)
    event = cmp.ComplaintHandlerAssigned(**whose(state), employee_id=employee_id, independence_checked=True)
    return (Draft(event),)
