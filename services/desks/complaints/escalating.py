"""9.3.3(7) Going higher: escalation, review by a higher place, mediation, the ombudsman.

What outside bodies do does not wait for us: it is recorded before and after the end of the procedure.
"""

import datetime as dt

from events import complaint_outcomes as out
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    counting,
    in_person,
    must_be_independent,
    must_be_open,
    must_have_come,
    must_hold_role,
    refuse,
    rules_of,
    whose,
)
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Draft, Setting


def may_escalate(state: ComplaintState, setting: Setting) -> None:
    """Always: the ombudsman and the regulator can be turned to after the end as well."""


def escalate(state: ComplaintState, command: ask.Escalate, setting: Setting) -> tuple[Draft, ...]:
    if command.to in state.escalated_to:
        return ()
    may_escalate(state, setting)
    if command.to in ("manager", "head_office"):
        must_be_open(state, f"escalate it to {command.to.replace('_', ' ')}")
    return (Draft(out.ComplaintEscalated(**whose(state), to=command.to, reason=command.reason)),)


def may_request_review(state: ComplaintState, setting: Setting) -> None:
    """We have decided something, and no review is under way."""
    if state.answer is None and state.ending != "declined":
        refuse(
            Rule.ANSWER_FIRST,
            "A review looks at a decision, and none was sent in this case. Send the final response first, or "
            "escalate the complaint.",
        )


def request_review(state: ComplaintState, command: ask.RequestReview, setting: Setting) -> tuple[Draft, ...]:
    if state.review == "asked":
        return ()
    may_request_review(state, setting)
    must_have_come(command.requested_on, setting)
    _must_be_in_time(state, command.requested_on or setting.today, setting)
    event = out.ComplaintReviewRequested(**whose(state), reviewer=command.reviewer)
    return (Draft(event, on=command.requested_on),)


def may_decide_review(state: ComplaintState, setting: Setting) -> None:
    """A review was asked for, and the actor stands above those who decided and had no part in it."""
    if state.review != "asked":
        refuse(
            Rule.REVIEW_ASKED,
            "No review is under way in this case, so there is none to decide. Record the request for it "
            "first.",
        )
    must_hold_role(setting, rules_of(setting).senior_roles, "decide a review")
    reviewer = in_person(setting, "decide a review")
    must_be_independent(state, reviewer, "review")
    proposal = state.proposal
    deciders = {state.handler_id} | (
        set() if proposal is None else {proposal.proposed_by, proposal.approved_by}
    )
    if reviewer in deciders:
        refuse(
            Rule.SECOND_PERSON,
            f"{reviewer} handled this complaint or approved its answer, and a review is decided by somebody "
            "who did neither. Ask a colleague at a higher place.",
        )


def decide_review(state: ComplaintState, command: ask.DecideReview, setting: Setting) -> tuple[Draft, ...]:
    may_decide_review(state, setting)
    event = out.ComplaintReviewDecided(**whose(state), outcome=command.outcome, reason=command.reason)
    return (Draft(event),)


def may_record_ombudsman_decision(state: ComplaintState, setting: Setting) -> None:
    """Always: an ombudsman decides when it likes."""


def record_ombudsman_decision(
    state: ComplaintState, command: ask.RecordOmbudsmanDecision, setting: Setting
) -> tuple[Draft, ...]:
    if state.ombudsman == (command.outcome, command.overturned, command.amount_minor):
        return ()
    may_record_ombudsman_decision(state, setting)
    must_have_come(command.received_on, setting)
    if command.overturned and state.answer is None:
        refuse(
            Rule.ANSWER_FIRST,
            "We have sent no answer in this case that the ombudsman could have overturned. Record the "
            "decision without `overturned`.",
        )
    event = out.ComplaintOmbudsmanDecisionReceived(
        **whose(state),
        outcome=command.outcome,
        overturned=command.overturned,
        amount_minor=command.amount_minor,
        currency=command.currency,
    )
    return (Draft(event, on=command.received_on),)


def may_record_mediation(state: ComplaintState, setting: Setting) -> None:
    """Always: mediation is one of the remedies after the answer."""


def record_mediation(
    state: ComplaintState, command: ask.RecordMediation, setting: Setting
) -> tuple[Draft, ...]:
    may_record_mediation(state, setting)
    must_have_come(command.held_on, setting)
    event = out.ComplaintMediationHeld(**whose(state), outcome=command.outcome, mediator=command.mediator)
    return (Draft(event, on=command.held_on),)


def _must_be_in_time(state: ComplaintState, requested: dt.date, setting: Setting) -> None:
    if state.answer is None or state.answer.on is None:
        return
    days = rules_of(setting).review_days
    for regime in counting(state):
        if regime in days:
            last = state.answer.on + dt.timedelta(days=days[regime])
            if requested > last:
                refuse(
                    Rule.REVIEW_IN_TIME,
                    f"Under {regime} a review is asked for within {days[regime]} days of the answer, by "
                    f"{last}. If there is something new, reopen the complaint; else tell the complainant of "
                    "the other remedies.",
                )
