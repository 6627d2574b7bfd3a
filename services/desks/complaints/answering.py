"""9.3.3(5) Communication: keep the complainant informed, give more time where a rule allows it, answer."""

from events import complaint_outcomes as out
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    counting,
    facts_of,
    in_person,
    must_be_open,
    must_be_unanswered,
    must_have_come,
    must_hold_role,
    refuse,
    rules_of,
    summary_open,
    whose,
)
from services.desks.complaints.state import ComplaintState, Proposal
from services.desks.deciding import Draft, Setting

FITTING: dict[str, tuple[str, ...]] = {
    "accept": ("upheld", "partly_upheld"),
    "redress_without_accepting": ("upheld", "partly_upheld", "not_upheld"),
    "reject": ("not_upheld",),
}
"""Which decisions an answer may state after which kind of proposal. Money without accepting counts as upheld
where the facts are not decided, and as rejected where they are."""


def may_send_progress_update(state: ComplaintState, setting: Setting) -> None:
    """Open."""
    must_be_open(state, "send a progress update")


def send_progress_update(
    state: ComplaintState, command: ask.SendProgressUpdate, setting: Setting
) -> tuple[Draft, ...]:
    may_send_progress_update(state, setting)
    return (Draft(out.ComplaintProgressUpdateSent(**whose(state), method=command.method)),)


def may_send_holding_response(state: ComplaintState, setting: Setting) -> None:
    """Open and unanswered."""
    must_be_unanswered(state, "send a holding response")


def send_holding_response(
    state: ComplaintState, command: ask.SendHoldingResponse, setting: Setting
) -> tuple[Draft, ...]:
    may_send_holding_response(state, setting)
    if command.expected < setting.today:
        refuse(
            Rule.CUSTOMER_TOLD,
            f"The letter would promise the answer for {command.expected}, which is past. Promise a day that "
            "is still to come.",
        )
    event = out.ComplaintHoldingResponseSent(**whose(state), reason=command.reason, expected=command.expected)
    return (Draft(event),)


def may_send_final_response(state: ComplaintState, setting: Setting) -> None:
    """An approved proposal waits for its answer."""
    must_be_open(state, "answer it")
    _approved(state)


def send_final_response(
    state: ComplaintState, command: ask.SendFinalResponse, setting: Setting
) -> tuple[Draft, ...]:
    answer = state.answer
    same = answer is not None and answer.decision == command.decision
    if state.ending is None and same and state.proposal is not None and state.proposal.answered:
        return ()
    may_send_final_response(state, setting)
    proposal = _approved(state)
    if command.decision not in FITTING[proposal.kind]:
        fitting = " or ".join(FITTING[proposal.kind])
        refuse(
            Rule.ANSWER_MATCHES,
            f"The proposal that was approved is to {proposal.kind.replace('_', ' ')}; an answer of "
            f"{command.decision} does not match it. Answer {fitting}, or propose and approve something else.",
        )
    _must_tell_remedies(state, command, setting)
    event = out.ComplaintFinalResponseSent(
        **whose(state),
        decision=command.decision,
        checklist=command.checklist,
        remedies_told=command.remedies_told,
        document_ref=command.document_ref,
    )
    return (Draft(event),)


def may_send_summary_resolution(state: ComplaintState, setting: Setting) -> None:
    """In the first days, while nothing was answered."""
    must_be_unanswered(state, "send a summary resolution")
    if not summary_open(state, setting):
        refuse(
            Rule.SHORT_WAY_OPEN,
            "The days in which a summary resolution is enough are over, or the rules of this complaint "
            "know none. Investigate, propose and send a final response.",
        )


def send_summary_resolution(
    state: ComplaintState, command: ask.SendSummaryResolution, setting: Setting
) -> tuple[Draft, ...]:
    if state.ending is None and state.answer is not None and state.answer.decision is None:
        return ()
    may_send_summary_resolution(state, setting)
    if not command.customer_accepted:
        refuse(
            Rule.SHORT_WAY_OPEN,
            "A complaint counts as resolved only when the complainant is content with it. Ask them first; "
            "if they are not, investigate and send a final response.",
        )
    return (Draft(out.ComplaintSummaryResolutionSent(**whose(state), document_ref=command.document_ref)),)


def may_extend(state: ComplaintState, setting: Setting) -> None:
    """By a senior second person, while the answer is outstanding."""
    must_be_unanswered(state, "give more time")
    approver = in_person(setting, "give more time")
    _entitled(state, setting)
    if approver == state.handler_id:
        refuse(
            Rule.SECOND_PERSON,
            f"{approver} handles this complaint and cannot give themselves more time. Ask a second person "
            "who may.",
        )


def extend(state: ComplaintState, command: ask.Extend, setting: Setting) -> tuple[Draft, ...]:
    may_extend(state, setting)
    if not command.customer_told:
        refuse(
            Rule.CUSTOMER_TOLD,
            "The complainant must be told that it takes longer, and why. Tell them, then record the "
            "extension.",
        )
    if state.extended_to == command.new_due:
        return ()
    if command.new_due <= max(setting.today, state.extended_to or setting.today):
        refuse(
            Rule.WITHIN_MAXIMUM,
            f"{command.new_due} gives no more time than there is. Choose a later day.",
        )
    _must_stay_within(state, command, setting)
    event = out.ComplaintExtensionGranted(
        **whose(state),
        approver_id=setting.actor.employee_id,
        approver=_entitled(state, setting),
        reason=command.reason,
        new_due=command.new_due,
        customer_told=True,
    )
    return (Draft(event),)


def may_record_acceptance(state: ComplaintState, setting: Setting) -> None:
    """There is an answer to accept."""
    _must_be_answered(state, "record an acceptance")


def record_acceptance(
    state: ComplaintState, command: ask.RecordAcceptance, setting: Setting
) -> tuple[Draft, ...]:
    if state.answer is not None and state.answer.accepted:
        return ()
    may_record_acceptance(state, setting)
    return (Draft(out.ComplaintAnswerAccepted(**whose(state))),)


def may_record_rejection(state: ComplaintState, setting: Setting) -> None:
    """There is an answer to reject."""
    _must_be_answered(state, "record a rejection")


def record_rejection(
    state: ComplaintState, command: ask.RecordRejection, setting: Setting
) -> tuple[Draft, ...]:
    if state.answer is not None and state.answer.rejected:
        return ()
    may_record_rejection(state, setting)
    return (Draft(out.ComplaintAnswerRejected(**whose(state), reason=command.reason)),)


def may_withdraw(state: ComplaintState, setting: Setting) -> None:
    """The procedure runs; it ends on the day on which the withdrawal came."""
    must_be_open(state, "record a withdrawal")


def withdraw(state: ComplaintState, command: ask.Withdraw, setting: Setting) -> tuple[Draft, ...]:
    if state.ending == "withdrawn":
        return ()
    may_withdraw(state, setting)
    must_have_come(command.received_on, setting)
    return (Draft(out.ComplaintWithdrawn(**whose(state), reason=command.reason), on=command.received_on),)


def _approved(state: ComplaintState) -> Proposal:
    """The approved proposal that waits for its answer."""
    proposal = state.proposal
    if proposal is None:
        refuse(
            Rule.PROPOSAL_FIRST,
            "Nothing has been proposed in this case, so there is nothing to answer. Let the handler "
            "propose a resolution, and a second person approve it.",
        )
    if not proposal.approved:
        refuse(
            Rule.APPROVAL_FIRST,
            "The proposal has not been approved by a second person. Have it approved, then answer.",
        )
    if proposal.answered:
        refuse(
            Rule.ANSWER_STANDS,
            "The complainant has had this answer, and it stands. If it is contested, propose anew, then "
            "answer.",
        )
    return proposal


def _must_be_answered(state: ComplaintState, deed: str) -> None:
    must_be_open(state, deed)
    if state.answer is None:
        refuse(
            Rule.ANSWER_FIRST,
            f"No answer was sent in this case, so we cannot {deed}. Send the final response first.",
        )


def _must_tell_remedies(state: ComplaintState, command: ask.SendFinalResponse, setting: Setting) -> None:
    required = rules_of(setting).remedies
    for regime in counting(state):
        missing = [one for one in required.get(regime, ()) if one not in command.remedies_told]
        if missing:
            refuse(
                Rule.REMEDIES_TOLD,
                f"Under {regime} the answer must tell the complainant of: {', '.join(missing)}. Add what is "
                "missing to the letter and to the remedies told.",
            )


def _entitled(state: ComplaintState, setting: Setting) -> str:
    """The role in which the actor gives more time: head office where NFRA calls it especially complex."""
    rules = rules_of(setting)
    grave = any(
        one.regime == "cn_nfra" and one.counts_as_complaint and one.complexity == "especially_complex"
        for one in state.regimes
    )
    if grave:
        return must_hold_role(
            setting, rules.head_office_roles, "give more time to an especially complex complaint"
        )
    return must_hold_role(setting, rules.senior_roles, "give more time")


def _must_stay_within(state: ComplaintState, command: ask.Extend, setting: Setting) -> None:
    if state.received_on is None:
        return
    last = facts_of(setting).last_extension(state.received_on, state.legal_entity, state.regimes)
    if last is not None and command.new_due > last:
        refuse(
            Rule.WITHIN_MAXIMUM,
            f"{command.new_due} is too late: as triaged, this complaint of {state.received_on} must be "
            f"answered by {last}. Choose a day up to {last}, or triage it anew if it is more complex than "
            "was thought.",
        )
