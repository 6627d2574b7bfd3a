"""9.3.3(4) Resolution: the handler proposes how it should end, a second person agrees."""

from events import complaints as cmp
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    in_person,
    money,
    must_be_handler,
    must_be_independent,
    must_be_open,
    must_hold_role,
    must_keep_currency,
    refuse,
    rules_of,
    summary_open,
    whose,
)
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Draft, Setting


def may_propose(state: ComplaintState, setting: Setting) -> None:
    """By the handler; investigated, or in the first days; nothing answered that stands, nothing owed."""
    must_be_open(state, "propose a resolution")
    handler = must_be_handler(state, setting, "propose a resolution")
    must_be_independent(state, handler, "propose")
    if state.answer is not None and not state.answer.contested:
        refuse(
            Rule.ANSWER_STANDS,
            "This complaint was answered, and nobody has contested the answer. Record the rejection or the "
            "review that changed it, then propose anew.",
        )
    if not state.investigated and not summary_open(state, setting):
        refuse(
            Rule.INVESTIGATION_FIRST,
            "Nobody has investigated this complaint, and the days for a summary resolution are over. Start "
            "the investigation, then propose.",
        )
    if any(one.stage == "accepted" for one in state.redress):
        refuse(
            Rule.NOTHING_OWED,
            "The complainant has accepted redress that we have not paid. Pay it, then propose anew.",
        )


def propose(state: ComplaintState, command: ask.Propose, setting: Setting) -> tuple[Draft, ...]:
    may_propose(state, setting)
    _must_fit(command)
    must_keep_currency(_unpaid_is_free(state), command.currency)
    if command.kind != "reject" and (command.amount_minor or 0) < state.paid_minor:
        refuse(
            Rule.WITHIN_APPROVED,
            f"{money(state.paid_minor, state.currency or '')} was paid in this case already, and a proposal "
            "states all that is paid in the case. Propose at least that amount.",
        )
    event = cmp.ComplaintResolutionProposed(
        **whose(state),
        kind=command.kind,
        amount_minor=command.amount_minor,
        currency=command.currency,
        reasons=command.reasons,
        employee_id=setting.actor.employee_id,
    )
    return (Draft(event),)


def may_approve(state: ComplaintState, setting: Setting) -> None:
    """By a second person entitled to it, without an interest in the case."""
    must_be_open(state, "approve a resolution")
    proposal = state.proposal
    if proposal is None:
        refuse(
            Rule.PROPOSAL_FIRST,
            "Nothing has been proposed in this case. Let the handler propose a resolution first.",
        )
    if proposal.answered:
        refuse(
            Rule.PROPOSAL_FIRST,
            "This proposal was answered already. Let the handler make a new one if the answer is contested.",
        )
    must_hold_role(setting, rules_of(setting).approver_roles, "approve a resolution")
    approver = in_person(setting, "approve a resolution")
    if approver == proposal.proposed_by:
        refuse(
            Rule.SECOND_PERSON,
            f"{approver} made this proposal, and a second person must approve it. Ask a colleague who may "
            "approve.",
        )
    must_be_independent(state, approver, "approve")


def approve(state: ComplaintState, command: ask.Approve, setting: Setting) -> tuple[Draft, ...]:
    if state.ending is None and state.proposal is not None and state.proposal.approved:
        return ()
    may_approve(state, setting)
    approver = in_person(setting, "approve a resolution")
    return (Draft(cmp.ComplaintResolutionApproved(**whose(state), employee_id=approver, four_eyes=True)),)


def _must_fit(command: ask.Propose) -> None:
    """What is accepted may cost something, redress without accepting must, a rejection may not."""
    amount = command.amount_minor or 0
    if amount and command.currency is None:
        refuse(
            Rule.AMOUNT_FITS,
            f"{amount} of which currency? State the currency of the amount.",
        )
    if command.kind == "redress_without_accepting" and not amount:
        refuse(
            Rule.AMOUNT_FITS,
            "Redress without accepting the complaint names the amount that we pay. State it, or propose a "
            "rejection.",
        )
    if command.kind == "reject" and amount:
        refuse(
            Rule.AMOUNT_FITS,
            f"A rejection pays nothing, but {money(amount, command.currency or '')} is proposed. Leave the "
            "amount out, or propose redress without accepting.",
        )


def _unpaid_is_free(state: ComplaintState) -> ComplaintState:
    """As long as no money has moved, a new proposal may be in another currency."""
    if state.paid_minor or state.credit_minor:
        return state
    return ComplaintState()
