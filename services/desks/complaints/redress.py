"""9.3.3(6) Carrying it out: provisional credit, redress up to what was approved, commission taken back."""

from events import complaint_outcomes as out
from events.commissions import CommissionClawedBack
from events.envelope import Currency
from events.event_type import EntryRef
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    facts_of,
    money,
    must_be_open,
    must_keep_currency,
    refuse,
    whose,
)
from services.desks.complaints.state import ComplaintState, Proposal, Redress
from services.desks.deciding import Draft, Setting


def may_give_provisional_credit(state: ComplaintState, setting: Setting) -> None:
    """Open, and no credit stands."""
    must_be_open(state, "give a provisional credit")
    if state.credit_minor:
        refuse(
            Rule.CREDIT_ONCE,
            f"A provisional credit of {_in(state, state.credit_minor)} stands already. Reverse it before "
            "you give another.",
        )


def give_provisional_credit(
    state: ComplaintState, command: ask.GiveProvisionalCredit, setting: Setting
) -> tuple[Draft, ...]:
    may_give_provisional_credit(state, setting)
    _must_be_something(command.amount_minor)
    must_keep_currency(state, command.currency)
    event = out.ComplaintProvisionalCreditGiven(
        **whose(state), amount_minor=command.amount_minor, currency=command.currency
    )
    return (Draft(event),)


def may_reverse_provisional_credit(state: ComplaintState, setting: Setting) -> None:
    """Open, and a credit stands."""
    must_be_open(state, "reverse a provisional credit")
    if not state.credit_minor:
        refuse(
            Rule.CREDIT_ONCE,
            "No provisional credit stands in this case, so there is nothing to reverse.",
        )


def reverse_provisional_credit(
    state: ComplaintState, command: ask.ReverseProvisionalCredit, setting: Setting
) -> tuple[Draft, ...]:
    may_reverse_provisional_credit(state, setting)
    _must_be_something(command.amount_minor)
    must_keep_currency(state, command.currency)
    if command.amount_minor > state.credit_minor:
        refuse(
            Rule.CREDIT_ONCE,
            f"Only {_in(state, state.credit_minor)} was credited, and "
            f"{money(command.amount_minor, command.currency)} cannot be taken back. Reverse that much at "
            "most.",
        )
    event = out.ComplaintProvisionalCreditReversed(
        **whose(state), amount_minor=command.amount_minor, currency=command.currency, reason=command.reason
    )
    return (Draft(event),)


def may_offer_redress(state: ComplaintState, setting: Setting) -> None:
    """A proposal that pays was approved."""
    must_be_open(state, "offer redress")
    if _approved(state).amount_minor <= state.paid_minor:
        refuse(
            Rule.WITHIN_APPROVED,
            "The approved proposal leaves nothing to pay. Have a proposal with a higher amount approved "
            "first.",
        )


def offer_redress(state: ComplaintState, command: ask.OfferRedress, setting: Setting) -> tuple[Draft, ...]:
    standing = _of_kind(state, command.kind)
    if state.ending is None and standing == Redress(command.kind, command.amount_minor, "offered"):
        return ()
    may_offer_redress(state, setting)
    if standing is not None and standing.stage != "offered":
        refuse(
            Rule.OFFER_FIRST,
            f"Redress for {command.kind} was {standing.stage} already: {_in(state, standing.amount_minor)}. "
            "It is paid once; for more, have a new proposal approved.",
        )
    _must_be_something(command.amount_minor)
    must_keep_currency(state, command.currency)
    approved = _approved(state).amount_minor
    others = sum(one.amount_minor for one in state.redress if one.kind != command.kind)
    taken = state.paid_before_minor + others
    if taken + command.amount_minor > approved:
        refuse(
            Rule.WITHIN_APPROVED,
            f"{_in(state, approved)} was approved in all, and {_in(state, taken)} of it is offered or paid, "
            f"so {money(command.amount_minor, command.currency)} is too much. Offer at most "
            f"{_in(state, approved - taken)}, or have a higher amount approved.",
        )
    event = out.ComplaintRedressOffered(
        **whose(state), kind=command.kind, amount_minor=command.amount_minor, currency=command.currency
    )
    return (Draft(event),)


def may_accept_redress(state: ComplaintState, setting: Setting) -> None:
    """Something is on offer."""
    must_be_open(state, "record that redress was accepted")
    if not any(one.stage == "offered" for one in state.redress):
        refuse(
            Rule.OFFER_FIRST,
            "No redress is on offer in this case, so none can be accepted. Offer it first.",
        )


def accept_redress(state: ComplaintState, command: ask.AcceptRedress, setting: Setting) -> tuple[Draft, ...]:
    standing = _of_kind(state, command.kind)
    if standing is not None and standing.stage != "offered":
        return ()
    may_accept_redress(state, setting)
    if standing is None:
        refuse(
            Rule.OFFER_FIRST,
            f"No redress for {command.kind} is on offer. On offer is: {_kinds(state, 'offered')}.",
        )
    event = out.ComplaintRedressAccepted(
        **whose(state), kind=command.kind, amount_minor=standing.amount_minor, currency=_currency(state)
    )
    return (Draft(event),)


def may_pay_redress(state: ComplaintState, setting: Setting) -> None:
    """Something was accepted and is not paid."""
    must_be_open(state, "pay redress")
    if not any(one.stage == "accepted" for one in state.redress):
        refuse(
            Rule.OFFER_FIRST,
            "The complainant has accepted no redress that is still to be paid. Offer it and record the "
            "acceptance first.",
        )


def pay_redress(state: ComplaintState, command: ask.PayRedress, setting: Setting) -> tuple[Draft, ...]:
    standing = _of_kind(state, command.kind)
    if standing is not None and standing.stage == "paid":
        return ()
    may_pay_redress(state, setting)
    if standing is None or standing.stage != "accepted":
        refuse(
            Rule.OFFER_FIRST,
            f"Redress for {command.kind} was not accepted, so it cannot be paid. To be paid is: "
            f"{_kinds(state, 'accepted')}.",
        )
    paid = out.ComplaintRedressPaid(
        **whose(state), kind=command.kind, amount_minor=standing.amount_minor, currency=_currency(state)
    )
    return (Draft(paid), *_commission_back(state, setting))


def _commission_back(state: ComplaintState, setting: Setting) -> tuple[Draft, ...]:
    """What was kept of the sale's commission goes back, once, when the complaint is upheld."""
    cause = _upheld_by(state)
    if cause is None or state.sale_id is None or state.sale_id in state.clawed_back:
        return ()
    return tuple(
        Draft(
            CommissionClawedBack(
                sale_id=held.sale_id,
                customer_id=held.customer_id,
                application_id=held.application_id,
                channel_id=held.channel_id,
                seller_id=held.seller_id,
                legal_entity=held.legal_entity or state.legal_entity,
                policy_id=held.policy_id,
                policy_version=held.policy_version,
                amount_minor=kept,
                currency=held.currency,
                cause_event=cause,
                reason="complaint upheld",
            )
        )
        for held in facts_of(setting).commission_of(state.sale_id, state.customer_id, state.application_id)
        if (kept := max(held.accrued_minor, held.paid_minor) - held.clawed_back_minor) > 0
    )


def _upheld_by(state: ComplaintState) -> EntryRef | None:
    """The entry by which the complaint was upheld: the answer, else the approval of a proposal to accept."""
    if state.answer is not None and state.answer.decision is not None:
        return state.answer.entry if state.upheld else None
    proposal = state.proposal
    if proposal is not None and proposal.kind == "accept":
        return proposal.approval
    return None


def _approved(state: ComplaintState) -> Proposal:
    proposal = state.proposal
    if proposal is None or not proposal.approved:
        refuse(
            Rule.APPROVAL_FIRST,
            "No money is offered before a second person has approved the proposal. Propose, have it "
            "approved, then offer.",
        )
    return proposal


def _of_kind(state: ComplaintState, kind: str) -> Redress | None:
    return next((one for one in state.redress if one.kind == kind), None)


def _kinds(state: ComplaintState, stage: str) -> str:
    return ", ".join(one.kind for one in state.redress if one.stage == stage)


def _in(state: ComplaintState, amount_minor: int) -> str:
    return money(amount_minor, state.currency or "")


def _currency(state: ComplaintState) -> Currency:
    assert state.currency is not None, "an offer has fixed it"
    return state.currency


def _must_be_something(amount_minor: int) -> None:
    if not amount_minor:
        refuse(
            Rule.AMOUNT_FITS, "Nothing cannot be credited, reversed or offered. State an amount above zero."
        )
