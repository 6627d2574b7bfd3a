"""What the complaint desk must remember of a case to judge the next command: state, and its fold.

`evolve` takes every event of a case, decided here or adopted as a fact, in any order, and never raises for
one; it must hold nothing that no rule asks for, and no personal data.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from events import codec
from events import complaint_outcomes as out
from events import complaints as cmp
from events.commissions import CommissionClawedBack
from events.envelope import (
    ApplicationId,
    ChannelId,
    ComplaintId,
    Currency,
    CustomerId,
    EmployeeId,
    Envelope,
    Event,
    ProductId,
    SaleId,
    UnitId,
)
from events.errors import EventError
from events.event_type import EntryRef
from events.surveys import SurveySent
from services.desks.deciding import Moment

Ending = Literal["declined", "forwarded", "withdrawn", "closed"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """How the case should end; `approved_by` is set once a second person agreed."""

    kind: Literal["accept", "redress_without_accepting", "reject"]
    amount_minor: int = 0
    proposed_by: EmployeeId | None = None
    approved: bool = False
    approved_by: EmployeeId | None = None
    approval: EntryRef | None = None
    answered: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The last answer sent; `decision` is None for a summary resolution. `contested` once somebody rejected
    it, or a review or an ombudsman changed it."""

    decision: out.Outcome | None
    on: dt.date | None
    entry: EntryRef
    accepted: bool = False
    rejected: bool = False
    contested: bool = False


class Redress(msgspec.Struct, frozen=True):
    """One kind of redress under the proposal in force."""

    kind: out.RedressKind
    amount_minor: int
    stage: Literal["offered", "accepted", "paid"]


class ComplaintState(msgspec.Struct, frozen=True, kw_only=True):
    """A case, as far as rules ask. `interested` are those complained about and the seller; `redress` stands
    under the present proposal, `paid_before_minor` was paid under earlier ones."""

    complaint_id: ComplaintId | None = None
    customer_id: CustomerId | None = None
    received: bool = False
    received_on: dt.date | None = None
    legal_entity: str | None = None
    channel_id: ChannelId | None = None
    product_id: ProductId | None = None
    sale_id: SaleId | None = None
    application_id: ApplicationId | None = None
    seller_id: EmployeeId | None = None
    unit_id: UnitId | None = None
    interested: frozenset[EmployeeId] = frozenset()
    acknowledged: bool = False
    reclassified: bool = False
    links: frozenset[tuple[str, ComplaintId]] = frozenset()
    triaged: bool = False
    regimes: tuple[cmp.RegimeFacts, ...] = ()
    handler_id: EmployeeId | None = None
    investigated: bool = False
    on_file: frozenset[EntryRef] = frozenset()
    items: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    came: frozenset[str] = frozenset()
    proposal: Proposal | None = None
    answer: Answer | None = None
    extended_to: dt.date | None = None
    currency: Currency | None = None
    credit_minor: int = 0
    redress: tuple[Redress, ...] = ()
    paid_before_minor: int = 0
    clawed_back: frozenset[SaleId] = frozenset()
    escalated_to: frozenset[str] = frozenset()
    review: Literal["asked", "decided"] | None = None
    ombudsman: tuple[str, bool, int | None] | None = None
    root_cause: tuple[str, str | None, str | None] | None = None
    issues: frozenset[str] = frozenset()
    ending: Ending | None = None
    closing: EntryRef | None = None
    surveys: int = 0
    surveyed: bool = False

    @property
    def paid_minor(self) -> int:
        """All redress that was paid."""
        return self.paid_before_minor + sum(one.amount_minor for one in self.redress if one.stage == "paid")

    @property
    def upheld(self) -> bool:
        """Whether the answer found for the complainant, wholly or in part."""
        return self.answer is not None and self.answer.decision in ("upheld", "partly_upheld")


def evolve(state: ComplaintState, event: Event, moment: Moment) -> ComplaintState:
    """The state after one more event; an event that no rule asks about changes nothing."""
    step = _STEPS.get(type(event))
    if step is None:
        return state
    if isinstance(event, cmp.ComplaintStep):
        state = _change(
            state, complaint_id=event.complaint_id, customer_id=event.customer_id or state.customer_id
        )
    return step(state, event, moment)


def _adopted(state: ComplaintState, event: cmp.ComplaintAdopted, moment: Moment) -> ComplaintState:
    for fact in event.facts:
        envelope = Envelope(
            specversion="1.0",
            id=fact.entry.id,
            source=fact.entry.source,
            type=fact.type,
            subject="",
            dataschema=fact.dataschema,
            data=fact.data,
        )
        try:
            _, _, decoded = codec.decode_data(envelope)
        except EventError:
            continue  # as in the journal, what cannot be read counts for nothing
        state = evolve(state, decoded, Moment(fact.on, fact.time, fact.entry.source, fact.entry.id))
    return state


def _received(state: ComplaintState, event: cmp.ComplaintReceived, moment: Moment) -> ComplaintState:
    interested = state.interested | set(event.complained_about_employee_ids)
    return _change(
        state,
        received=True,
        received_on=moment.on,
        legal_entity=event.legal_entity,
        channel_id=event.channel_id,
        product_id=event.product_id,
        sale_id=event.sale_id,
        application_id=event.application_id,
        seller_id=event.seller_id,
        unit_id=event.unit_id,
        interested=interested if event.seller_id is None else interested | {event.seller_id},
    )


def _acknowledged(state: ComplaintState, event: cmp.ComplaintAcknowledged, moment: Moment) -> ComplaintState:
    return _change(state, acknowledged=True)


def _declined(state: ComplaintState, event: cmp.ComplaintDeclined, moment: Moment) -> ComplaintState:
    return _ended(state, "declined")


def _forwarded(state: ComplaintState, event: cmp.ComplaintForwarded, moment: Moment) -> ComplaintState:
    return _ended(state, "forwarded")


def _withdrawn(state: ComplaintState, event: out.ComplaintWithdrawn, moment: Moment) -> ComplaintState:
    return _ended(state, "withdrawn")


def _reclassified(state: ComplaintState, event: cmp.ComplaintReclassified, moment: Moment) -> ComplaintState:
    return _change(state, reclassified=True)


def _linked(state: ComplaintState, event: cmp.ComplaintLinked, moment: Moment) -> ComplaintState:
    return _change(state, links=state.links | {(event.kind, event.other_complaint_id)})


def _triaged(state: ComplaintState, event: cmp.ComplaintTriaged, moment: Moment) -> ComplaintState:
    return _change(state, triaged=True, regimes=event.regimes)


def _assigned(state: ComplaintState, event: cmp.ComplaintHandlerAssigned, moment: Moment) -> ComplaintState:
    return _change(state, handler_id=event.employee_id)


def _started(
    state: ComplaintState, event: cmp.ComplaintInvestigationStarted, moment: Moment
) -> ComplaintState:
    return _change(state, investigated=True)


def _collected(
    state: ComplaintState, event: cmp.ComplaintEvidenceCollected, moment: Moment
) -> ComplaintState:
    items = state.items if event.item is None else state.items | {event.item.casefold()}
    return _change(state, on_file=state.on_file | set(event.entries), items=items)


def _asked(state: ComplaintState, event: cmp.ComplaintInformationRequested, moment: Moment) -> ComplaintState:
    return _change(state, asked=state.asked | {event.request_id})


def _came(state: ComplaintState, event: cmp.ComplaintInformationReceived, moment: Moment) -> ComplaintState:
    return _change(state, came=state.came | {event.request_id})


def _proposed(
    state: ComplaintState, event: cmp.ComplaintResolutionProposed, moment: Moment
) -> ComplaintState:
    proposal = Proposal(kind=event.kind, amount_minor=event.amount_minor or 0, proposed_by=event.employee_id)
    paid = state.paid_minor
    kept = state.currency if paid or state.credit_minor else None
    return _change(
        state, proposal=proposal, redress=(), paid_before_minor=paid, currency=kept or event.currency
    )


def _approved(
    state: ComplaintState, event: cmp.ComplaintResolutionApproved, moment: Moment
) -> ComplaintState:
    if state.proposal is None:
        return state
    agreed = msgspec.structs.replace(
        state.proposal,
        approved=True,
        approved_by=event.employee_id,
        approval=EntryRef(moment.source, moment.id),
    )
    return _change(state, proposal=agreed)


def _answered(state: ComplaintState, event: out.ComplaintFinalResponseSent, moment: Moment) -> ComplaintState:
    return _with_answer(state, event.decision, moment)


def _summarised(
    state: ComplaintState, event: out.ComplaintSummaryResolutionSent, moment: Moment
) -> ComplaintState:
    state = _with_answer(state, None, moment)
    return _mark_answer(state, accepted=True)


def _with_answer(state: ComplaintState, decision: out.Outcome | None, moment: Moment) -> ComplaintState:
    answer = Answer(decision=decision, on=moment.on, entry=EntryRef(moment.source, moment.id))
    proposal = state.proposal
    if proposal is not None:
        proposal = msgspec.structs.replace(proposal, answered=True)
    return _change(state, answer=answer, proposal=proposal, review=None)


def _extended(state: ComplaintState, event: out.ComplaintExtensionGranted, moment: Moment) -> ComplaintState:
    return _change(state, extended_to=event.new_due)


def _credited(
    state: ComplaintState, event: out.ComplaintProvisionalCreditGiven, moment: Moment
) -> ComplaintState:
    return _change(
        state,
        credit_minor=state.credit_minor + event.amount_minor,
        currency=state.currency or event.currency,
    )


def _credit_reversed(
    state: ComplaintState, event: out.ComplaintProvisionalCreditReversed, moment: Moment
) -> ComplaintState:
    return _change(state, credit_minor=max(0, state.credit_minor - event.amount_minor))


def _offered(state: ComplaintState, event: out.ComplaintRedressOffered, moment: Moment) -> ComplaintState:
    return _redress(state, event.kind, event.amount_minor, event.currency, "offered")


def _redress_accepted(
    state: ComplaintState, event: out.ComplaintRedressAccepted, moment: Moment
) -> ComplaintState:
    return _redress(state, event.kind, event.amount_minor, event.currency, "accepted")


def _paid(state: ComplaintState, event: out.ComplaintRedressPaid, moment: Moment) -> ComplaintState:
    return _redress(state, event.kind, event.amount_minor, event.currency, "paid")


def _redress(
    state: ComplaintState,
    kind: out.RedressKind,
    amount_minor: int,
    currency: Currency,
    stage: Literal["offered", "accepted", "paid"],
) -> ComplaintState:
    """The state with this kind at this stage; a fact that pays a kind a second time adds to what was paid."""
    before = sum(one.amount_minor for one in state.redress if one.kind == kind and one.stage == "paid")
    others = tuple(one for one in state.redress if one.kind != kind)
    return _change(
        state,
        redress=(*others, Redress(kind, amount_minor, stage)),
        paid_before_minor=state.paid_before_minor + before,
        currency=state.currency or currency,
    )


def _clawed_back(state: ComplaintState, event: CommissionClawedBack, moment: Moment) -> ComplaintState:
    return _change(state, clawed_back=state.clawed_back | {event.sale_id})


def _accepted(state: ComplaintState, event: out.ComplaintAnswerAccepted, moment: Moment) -> ComplaintState:
    return _mark_answer(state, accepted=True, rejected=False)


def _rejected(state: ComplaintState, event: out.ComplaintAnswerRejected, moment: Moment) -> ComplaintState:
    return _mark_answer(state, accepted=False, rejected=True, contested=True)


def _mark_answer(state: ComplaintState, **marks: bool) -> ComplaintState:
    if state.answer is None:
        return state
    return _change(state, answer=msgspec.structs.replace(state.answer, **marks))


def _escalated(state: ComplaintState, event: out.ComplaintEscalated, moment: Moment) -> ComplaintState:
    return _change(state, escalated_to=state.escalated_to | {event.to})


def _review_asked(
    state: ComplaintState, event: out.ComplaintReviewRequested, moment: Moment
) -> ComplaintState:
    return _change(state, review="asked")


def _review_decided(
    state: ComplaintState, event: out.ComplaintReviewDecided, moment: Moment
) -> ComplaintState:
    state = _change(state, review="decided")
    return _mark_answer(state, contested=True) if event.outcome == "changed" else state


def _ombudsman(
    state: ComplaintState, event: out.ComplaintOmbudsmanDecisionReceived, moment: Moment
) -> ComplaintState:
    state = _change(state, ombudsman=(event.outcome, event.overturned, event.amount_minor))
    return _mark_answer(state, contested=True) if event.overturned else state


def _root_cause(
    state: ComplaintState, event: cmp.ComplaintRootCauseRecorded, moment: Moment
) -> ComplaintState:
    return _change(state, root_cause=(event.cause_code, event.product_id, event.step))


def _systemic(
    state: ComplaintState, event: cmp.ComplaintSystemicIssueDeclared, moment: Moment
) -> ComplaintState:
    return _change(state, issues=state.issues | {event.issue_id})


def _closed(state: ComplaintState, event: out.ComplaintClosed, moment: Moment) -> ComplaintState:
    return _change(_ended(state, "closed"), closing=EntryRef(moment.source, moment.id), surveyed=False)


def _reopened(state: ComplaintState, event: out.ComplaintReopened, moment: Moment) -> ComplaintState:
    """A new round: what was learned and paid stays, what was decided does not."""
    return _change(
        state,
        ending=None,
        proposal=None,
        answer=None,
        review=None,
        escalated_to=frozenset(),
        extended_to=None,
        redress=(),
        paid_before_minor=state.paid_minor,
    )


def _surveyed(state: ComplaintState, event: SurveySent, moment: Moment) -> ComplaintState:
    return _change(state, surveys=state.surveys + 1, surveyed=True)


def _ended(state: ComplaintState, ending: Ending) -> ComplaintState:
    return _change(state, ending=ending)


def _change(state: ComplaintState, **values: Any) -> ComplaintState:
    return msgspec.structs.replace(state, **values)


_STEPS: Mapping[type[Event], Callable[[ComplaintState, Any, Moment], ComplaintState]] = {
    cmp.ComplaintAdopted: _adopted,
    cmp.ComplaintReceived: _received,
    cmp.ComplaintAcknowledged: _acknowledged,
    cmp.ComplaintDeclined: _declined,
    cmp.ComplaintForwarded: _forwarded,
    cmp.ComplaintReclassified: _reclassified,
    cmp.ComplaintLinked: _linked,
    cmp.ComplaintTriaged: _triaged,
    cmp.ComplaintHandlerAssigned: _assigned,
    cmp.ComplaintInvestigationStarted: _started,
    cmp.ComplaintEvidenceCollected: _collected,
    cmp.ComplaintInformationRequested: _asked,
    cmp.ComplaintInformationReceived: _came,
    cmp.ComplaintResolutionProposed: _proposed,
    cmp.ComplaintResolutionApproved: _approved,
    cmp.ComplaintRootCauseRecorded: _root_cause,
    cmp.ComplaintSystemicIssueDeclared: _systemic,
    out.ComplaintFinalResponseSent: _answered,
    out.ComplaintSummaryResolutionSent: _summarised,
    out.ComplaintExtensionGranted: _extended,
    out.ComplaintProvisionalCreditGiven: _credited,
    out.ComplaintProvisionalCreditReversed: _credit_reversed,
    out.ComplaintRedressOffered: _offered,
    out.ComplaintRedressAccepted: _redress_accepted,
    out.ComplaintRedressPaid: _paid,
    out.ComplaintAnswerAccepted: _accepted,
    out.ComplaintAnswerRejected: _rejected,
    out.ComplaintEscalated: _escalated,
    out.ComplaintReviewRequested: _review_asked,
    out.ComplaintReviewDecided: _review_decided,
    out.ComplaintOmbudsmanDecisionReceived: _ombudsman,
    out.ComplaintWithdrawn: _withdrawn,
    out.ComplaintClosed: _closed,
    out.ComplaintReopened: _reopened,
    CommissionClawedBack: _clawed_back,
    SurveySent: _surveyed,
}
