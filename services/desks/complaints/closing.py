"""9.3.3(8) and (9) Closing and learning: why it happened, whom else it hit, the end, the survey after it."""

from typing import Literal

from events import complaint_outcomes as out
from events import complaints as cmp
from events.envelope import InvitationId
from events.surveys import SurveySent
from services.desks.complaints import commands as ask
from services.desks.complaints.facts import MAX_AFFECTED
from services.desks.complaints.guards import (
    Rule,
    facts_of,
    must_not_be_closed,
    refuse,
    whose,
)
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Draft, Setting

MINTED = "desk.complaints:"
"""What ids of this desk begin with."""


def may_record_root_cause(state: ComplaintState, setting: Setting) -> None:
    """The file is not closed."""
    must_not_be_closed(state, "record the root cause")


def record_root_cause(
    state: ComplaintState, command: ask.RecordRootCause, setting: Setting
) -> tuple[Draft, ...]:
    if state.root_cause == (command.cause_code, command.product_id, command.step):
        return ()
    may_record_root_cause(state, setting)
    event = cmp.ComplaintRootCauseRecorded(
        **whose(state), cause_code=command.cause_code, product_id=command.product_id, step=command.step
    )
    return (Draft(event),)


def may_declare_systemic_issue(state: ComplaintState, setting: Setting) -> None:
    """The file is not closed, and somebody has judged what the complaint is about."""
    must_not_be_closed(state, "declare a systemic issue")
    if not state.triaged:
        refuse(
            Rule.TRIAGE_FIRST,
            "This complaint has not been triaged, so we do not know what went wrong. Triage it, then say "
            "whom else it may have hit.",
        )


def declare_systemic_issue(
    state: ComplaintState, command: ask.DeclareSystemicIssue, setting: Setting
) -> tuple[Draft, ...]:
    if command.issue_id in state.issues:
        return ()
    may_declare_systemic_issue(state, setting)
    product_id = command.product_id or state.product_id
    seller_id = command.seller_id or state.seller_id
    if product_id is None and seller_id is None:
        refuse(
            Rule.OTHERS_AFFECTED,
            "Neither a product nor a seller is known, so we cannot look for others. Name one of them.",
        )
    if command.sold_through < command.sold_from:
        refuse(
            Rule.OTHERS_AFFECTED,
            f"The days of sale end ({command.sold_through}) before they begin ({command.sold_from}). Swap "
            "them.",
        )
    found = facts_of(setting).affected_customers(
        product_id, seller_id, command.sold_from, command.sold_through
    )
    others = tuple(sorted(set(found) - {state.customer_id}))
    if not others:
        refuse(
            Rule.OTHERS_AFFECTED,
            f"No other customer bought this from {command.sold_from} through {command.sold_through}. Choose "
            "other days, or another product or seller; if there is nobody else, it is not systemic.",
        )
    if len(others) > MAX_AFFECTED:
        refuse(
            Rule.OTHERS_AFFECTED,
            f"{len(others):,} other customers bought this, and one declaration holds {MAX_AFFECTED:,}. "
            "Declare shorter stretches of days, each under its own issue id.",
        )
    event = cmp.ComplaintSystemicIssueDeclared(
        **whose(state),
        issue_id=command.issue_id,
        scope=command.scope,
        product_id=product_id,
        seller_id=seller_id,
        sold_from=command.sold_from,
        sold_through=command.sold_through,
        affected_customers=others,
    )
    return (Draft(event),)


def may_close(state: ComplaintState, setting: Setting) -> None:
    """Settled, nothing owed, and learned from."""
    must_not_be_closed(state, "close it again")
    if state.answer is None and state.ending is None:
        refuse(
            Rule.ANSWERED_BEFORE_CLOSING,
            "This complaint was neither answered, settled, withdrawn nor declined, so it cannot be closed. "
            "Send the final response first.",
        )
    if any(one.stage == "accepted" for one in state.redress):
        pay = "Pay it, then close." if state.ending is None else "Reopen the complaint, pay it, then close."
        refuse(
            Rule.NOTHING_OWED,
            f"The complainant has accepted redress that we have not paid. {pay}",
        )
    if state.review == "asked":
        refuse(
            Rule.NOTHING_OWED,
            "A review was asked for and is not decided. Decide it, then close.",
        )
    if state.ending is not None:
        return
    _must_know_why(state, upheld=state.upheld)


def close(state: ComplaintState, command: ask.Close, setting: Setting) -> tuple[Draft, ...]:
    if state.ending == "closed":
        return ()
    may_close(state, setting)
    outcome = _outcome(state, command)
    _must_know_why(state, upheld=outcome in ("upheld", "partly_upheld"))
    paid = state.paid_minor
    if (command.relief == "monetary") != bool(paid):
        done = "Redress was paid" if paid else "No redress was paid"
        refuse(
            Rule.CLOSED_AS_ANSWERED,
            f"{done} in this case, so relief cannot be {command.relief}. State {_relief(paid)}.",
        )
    event = out.ComplaintClosed(
        **whose(state),
        outcome=outcome,
        relief=command.relief,
        redress_minor=paid or None,
        currency=state.currency if paid else None,
        resolution=command.resolution,
        employee_id=setting.actor.employee_id,
    )
    return (Draft(event),)


def may_reopen(state: ComplaintState, setting: Setting) -> None:
    """The procedure has ended."""
    if state.ending is None:
        refuse(
            Rule.CASE_HAS_ENDED,
            "This complaint is open, so there is nothing to reopen. Go on with it.",
        )


def reopen(state: ComplaintState, command: ask.Reopen, setting: Setting) -> tuple[Draft, ...]:
    may_reopen(state, setting)
    return (Draft(out.ComplaintReopened(**whose(state), reason=command.reason)),)


def may_send_survey(state: ComplaintState, setting: Setting) -> None:
    """Closed, with a customer whom one can ask."""
    if state.ending != "closed":
        refuse(
            Rule.CASE_HAS_ENDED,
            "Customers are asked about a complaint after it was closed, and this one is not. Close it first.",
        )
    if state.customer_id is None:
        refuse(
            Rule.SURVEY_NEEDS_CUSTOMER,
            "This complaint names no customer, so there is nobody to send a survey to.",
        )


def send_survey(state: ComplaintState, command: ask.SendSurvey, setting: Setting) -> tuple[Draft, ...]:
    if state.ending == "closed" and state.surveyed:
        return ()
    may_send_survey(state, setting)
    assert state.customer_id is not None, "may_send_survey has seen to it"
    case = (state.complaint_id or "").removeprefix(MINTED)
    minted = InvitationId(f"{MINTED}{case}.survey-{state.surveys + 1}")
    event = SurveySent(
        invitation_id=command.invitation_id or minted,
        survey_id=command.survey_id,
        survey_version=command.survey_version,
        customer_id=state.customer_id,
        legal_entity=state.legal_entity,
        trigger_event="complaint.closed",
        trigger=state.closing,
        product_id=state.product_id,
        unit_id=state.unit_id,
        channel_id=state.channel_id,
        seller_id=state.seller_id,
        journey="complaint",
        method=command.method,
    )
    return (Draft(event),)


def _outcome(state: ComplaintState, command: ask.Close) -> out.Outcome:
    """What the answer says; a withdrawn, declined or forwarded complaint is not judged."""
    decided: out.Outcome | None = None if state.answer is None else state.answer.decision
    if state.ending is not None:
        decided = "not_upheld" if state.ending == "declined" and command.outcome else "not_stated"
    if decided is None:
        if command.outcome is None:
            refuse(
                Rule.CLOSED_AS_ANSWERED,
                "A summary resolution does not say who was right. State the outcome.",
            )
        return command.outcome
    if command.outcome not in (None, decided):
        refuse(
            Rule.CLOSED_AS_ANSWERED,
            f"The outcome of this case is {decided}, not {command.outcome}. Leave the outcome out, or, if "
            "the answer was wrong, change it by a new proposal first.",
        )
    return decided


def _must_know_why(state: ComplaintState, *, upheld: bool) -> None:
    if upheld and state.root_cause is None:
        refuse(
            Rule.ROOT_CAUSE_FIRST,
            "The complaint was upheld, and nobody has recorded why it came to it. Record the root cause, "
            "then close.",
        )


def _relief(paid: int) -> Literal["monetary", "non_monetary or none"]:
    return "monetary" if paid else "non_monetary or none"
