"""9.3.3(3) Investigation: the handler looks into it, with a file that builds itself from the journal."""

from events import complaints as cmp
from events.event_type import EntryRef
from services.desks.complaints import commands as ask
from services.desks.complaints.guards import (
    Rule,
    counting,
    facts_of,
    must_be_handler,
    must_be_independent,
    must_be_unanswered,
    must_have_come,
    refuse,
    rules_of,
    whose,
)
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Draft, Setting


def may_start_investigation(state: ComplaintState, setting: Setting) -> None:
    """By the handler, while the case is unanswered."""
    must_be_unanswered(state, "investigate it")
    handler = must_be_handler(state, setting, "start the investigation")
    must_be_independent(state, handler, "investigate")


def start_investigation(
    state: ComplaintState, command: ask.StartInvestigation, setting: Setting
) -> tuple[Draft, ...]:
    may_start_investigation(state, setting)
    if state.investigated:
        return ()
    started = cmp.ComplaintInvestigationStarted(**whose(state), employee_id=state.handler_id)
    return (Draft(started), *_from_journal(state, setting))


def may_collect_evidence(state: ComplaintState, setting: Setting) -> None:
    """By the handler, once the investigation has begun."""
    must_be_unanswered(state, "collect evidence")
    must_be_handler(state, setting, "collect evidence")
    _must_be_investigated(state, "collect evidence")


def collect_evidence(
    state: ComplaintState, command: ask.CollectEvidence, setting: Setting
) -> tuple[Draft, ...]:
    may_collect_evidence(state, setting)
    if not (command.entries or command.recording_refs or command.item):
        return _from_journal(state, setting)
    entries = tuple(one for one in dict.fromkeys(command.entries) if one not in state.on_file)
    item_known = command.item is None or command.item.casefold() in state.items
    if not entries and not command.recording_refs and item_known:
        return ()
    event = cmp.ComplaintEvidenceCollected(
        **whose(state), entries=entries, recording_refs=command.recording_refs, item=command.item
    )
    return (Draft(event),)


def may_request_information(state: ComplaintState, setting: Setting) -> None:
    """By the handler, once the investigation has begun."""
    must_be_unanswered(state, "ask for information")
    must_be_handler(state, setting, "ask for information")
    _must_be_investigated(state, "ask for information")


def request_information(
    state: ComplaintState, command: ask.RequestInformation, setting: Setting
) -> tuple[Draft, ...]:
    may_request_information(state, setting)
    if command.request_id in state.asked:
        return ()
    if command.asked == "customer":
        _must_not_be_held(state, command.what, setting)
    event = cmp.ComplaintInformationRequested(
        **whose(state),
        request_id=command.request_id,
        asked=command.asked,
        what=command.what,
        pauses_clock=command.pauses_clock,
    )
    return (Draft(event),)


def may_record_information(state: ComplaintState, setting: Setting) -> None:
    """Something is still awaited; anybody at the desk may receive it."""
    must_be_unanswered(state, "record information")
    if not state.asked - state.came:
        refuse(
            Rule.REQUEST_KNOWN,
            "We are waiting for nothing in this case. Request the information first, or put what came on the "
            "file as evidence.",
        )


def record_information(
    state: ComplaintState, command: ask.RecordInformation, setting: Setting
) -> tuple[Draft, ...]:
    if command.request_id in state.came:
        return ()
    may_record_information(state, setting)
    must_have_come(command.received_on, setting)
    if command.request_id not in state.asked:
        awaited = ", ".join(sorted(state.asked - state.came))
        refuse(
            Rule.REQUEST_KNOWN,
            f"Nothing was asked for under {command.request_id}. We are waiting for: {awaited}.",
        )
    event = cmp.ComplaintInformationReceived(**whose(state), request_id=command.request_id)
    return (Draft(event, on=command.received_on),)


def _from_journal(state: ComplaintState, setting: Setting) -> tuple[Draft, ...]:
    """One event an item of the checklist, with the entries that are not yet on file."""
    entries: dict[str, list[EntryRef]] = {}
    recordings: dict[str, list[str]] = {}
    for one in facts_of(setting).file_of(state.customer_id, state.sale_id, state.application_id):
        if one.entry in state.on_file:
            continue
        entries.setdefault(one.item, []).append(one.entry)
        if one.recording_ref is not None:
            recordings.setdefault(one.item, []).append(one.recording_ref)
    return tuple(
        Draft(
            cmp.ComplaintEvidenceCollected(
                **whose(state),
                entries=tuple(dict.fromkeys(found)),
                recording_refs=tuple(dict.fromkeys(recordings.get(item, ()))),
                item=item,
            )
        )
        for item, found in entries.items()
    )


def _must_be_investigated(state: ComplaintState, deed: str) -> None:
    if not state.investigated:
        refuse(
            Rule.INVESTIGATION_FIRST,
            f"The investigation has not begun, so we cannot {deed}. Start the investigation first.",
        )


def _must_not_be_held(state: ComplaintState, what: str, setting: Setting) -> None:
    """A regime forbids asking the customer for what the bank has."""
    strict = [one for one in counting(state) if one in rules_of(setting).no_repeated_material]
    if not strict:
        return
    held = facts_of(setting).material_held(state.customer_id, state.application_id)
    if what.casefold() in state.items | held:
        refuse(
            Rule.NOTHING_TWICE,
            f"We hold the {what} already, and {strict[0]} forbids asking the customer for it again. Take it "
            "from our own files and put it on the file as evidence.",
        )
