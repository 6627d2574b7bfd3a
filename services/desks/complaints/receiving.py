"""9.3.3(1) Receiving: open the case, acknowledge it, or say that it is not for us.

Decisions are guard lines, then events; `may_…` judges the case and who asks, the decision the rest.
"""

from events import complaints as cmp
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    facts_of,
    must_be_open,
    must_be_unanswered,
    must_have_come,
    must_not_be_closed,
    refuse,
    rules_of,
    whose,
)
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Draft, Setting


def may_receive(state: ComplaintState, setting: Setting) -> None:
    """A case is opened once."""
    if state.complaint_id is not None:
        refuse(
            Rule.ONCE_RECEIVED,
            f"{state.complaint_id} was received already. Open a new case for a new complaint, and link the "
            "two.",
        )


def receive(state: ComplaintState, command: ask.Receive, setting: Setting) -> tuple[Draft, ...]:
    may_receive(state, setting)
    must_have_come(command.received_on, setting)
    must_have_come(command.forwarded_on, setting)
    _few_representatives(command.representatives, setting)
    event = cmp.ComplaintReceived(
        complaint_id=facts_of(setting).case_id,
        customer_id=command.customer_id,
        legal_entity=command.legal_entity,
        received_by=command.received_by,
        forwarded_on=command.forwarded_on,
        external_ref=command.external_ref,
        channel_id=command.channel_id,
        product_id=command.product_id,
        issue=command.issue,
        sub_issue=command.sub_issue,
        region=command.region,
        sale_id=command.sale_id,
        application_id=command.application_id,
        seller_id=command.seller_id,
        unit_id=command.unit_id,
        complained_about_employee_ids=command.complained_about_employee_ids,
        on_behalf_of=command.on_behalf_of,
        representatives=command.representatives,
        first_interaction_id=command.first_interaction_id,
        amount_claimed_minor=command.amount_claimed_minor,
        currency=command.currency,
        text_ref=command.text_ref,
    )
    clear = {} if command.text is None else {"text": command.text}
    return (Draft(event, clear, on=command.received_on),)


def may_acknowledge(state: ComplaintState, setting: Setting) -> None:
    """The case is open."""
    must_be_open(state, "acknowledge it")


def acknowledge(state: ComplaintState, command: ask.Acknowledge, setting: Setting) -> tuple[Draft, ...]:
    if state.acknowledged:
        return ()
    may_acknowledge(state, setting)
    event = cmp.ComplaintAcknowledged(**whose(state), method=command.method, promised=command.promised)
    return (Draft(event),)


def may_decline(state: ComplaintState, setting: Setting) -> None:
    """The case is open and unanswered."""
    must_be_unanswered(state, "decline it")


def decline(state: ComplaintState, command: ask.Decline, setting: Setting) -> tuple[Draft, ...]:
    if state.ending == "declined":
        return ()
    may_decline(state, setting)
    must_have_come(command.told_on, setting)
    return (Draft(cmp.ComplaintDeclined(**whose(state), ground=command.ground, told_on=command.told_on)),)


def may_forward(state: ComplaintState, setting: Setting) -> None:
    """The case is open and unanswered."""
    must_be_unanswered(state, "forward it")


def forward(state: ComplaintState, command: ask.Forward, setting: Setting) -> tuple[Draft, ...]:
    if state.ending == "forwarded":
        return ()
    may_forward(state, setting)
    return (Draft(cmp.ComplaintForwarded(**whose(state), to=command.to, reason=command.reason)),)


def may_link(state: ComplaintState, setting: Setting) -> None:
    """The file is not closed."""
    must_not_be_closed(state, "link it")


def link(state: ComplaintState, command: ask.Link, setting: Setting) -> tuple[Draft, ...]:
    other = command.other_complaint_id
    if (command.kind, other) in state.links:
        return ()
    may_link(state, setting)
    if other == state.complaint_id:
        refuse(
            Rule.OTHER_COMPLAINT,
            f"{other} is this complaint itself. Name the other one.",
        )
    if not facts_of(setting).complaint_exists(other):
        refuse(
            Rule.OTHER_COMPLAINT,
            f"We know no complaint {other}. Check the id, or receive that complaint first.",
        )
    return (Draft(cmp.ComplaintLinked(**whose(state), kind=command.kind, other_complaint_id=other)),)


def may_reclassify(state: ComplaintState, setting: Setting) -> None:
    """The case is open."""
    must_be_open(state, "reclassify it")


def reclassify(state: ComplaintState, command: ask.Reclassify, setting: Setting) -> tuple[Draft, ...]:
    if state.reclassified:
        return ()
    may_reclassify(state, setting)
    event = cmp.ComplaintReclassified(
        **whose(state), from_kind=command.from_kind, from_ref=command.from_ref, reason=command.reason
    )
    return (Draft(event),)


def _few_representatives(representatives: int | None, setting: Setting) -> None:
    limit = rules_of(setting).max_representatives
    if representatives is not None and representatives > limit:
        refuse(
            Rule.FEW_REPRESENTATIVES,
            f"{representatives} people want to speak for this joint complaint; at most {limit} may. Ask "
            f"them to choose {limit}, then receive the complaint.",
        )
