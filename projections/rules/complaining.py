"""Rules about one customer's complaints: R-CMPL-02 conflict of interest, R-CMPL-06 repeat complainant.

One ledger per complaint for the first, one per customer for the second. Complaints without a customer, as in
public extracts, are not judged by the second.
"""

import datetime as dt
from functools import partial

import msgspec

from events.complaints import (
    ComplaintHandlerAssigned,
    ComplaintInvestigationStarted,
    ComplaintLinked,
    ComplaintReceived,
    ComplaintRootCauseRecorded,
)
from events.envelope import Entry, Event
from events.event_type import EntryRef
from projections.ledger import Key, Ledger, change
from projections.rules.rule import (
    About,
    Hit,
    Parameters,
    Rule,
    RuleRow,
    about_of,
    added,
    hit_of_entry,
    ref,
)


class ConflictParameters(Parameters):
    """R-CMPL-02 has nothing to set: nobody looks into a complaint about themselves."""


class RepeatParameters(Parameters):
    """`complaints` or more within `days`, none of them with a root cause; duplicates do not count."""

    complaints: int
    days: int


class ConflictRow(RuleRow, frozen=True):
    subject: str
    complaint_id: str
    concerned: tuple[str, ...]
    handlers: tuple[str, ...]
    received: EntryRef | None
    on: dt.date | None
    about: About
    hits: tuple[Hit, ...]


class Grievance(msgspec.Struct, frozen=True):
    complaint_id: str
    on: dt.date | None
    issue: str
    solved: bool
    duplicate: bool
    entry: EntryRef | None
    about: About


class RepeatRow(RuleRow, frozen=True):
    subject: str
    grievances: tuple[Grievance, ...]
    hits: tuple[Hit, ...]


CONFLICT_INPUTS = ("complaint", "handler")
REPEAT_INPUTS = ("complaints", "days", "first_on", "last_on", "issues")


def conflict_ledger(rule: Rule[ConflictParameters]) -> Ledger:
    """Who is complained about and who handles it, per complaint."""
    return Ledger(
        "rule_complaint_conflict",
        1,
        ConflictRow,
        ("subject", "complaint_id"),
        _complaint_key,
        {
            ComplaintReceived: partial(_post_concerned, rule),
            ComplaintHandlerAssigned: partial(_post_handler, rule),
            ComplaintInvestigationStarted: partial(_post_handler, rule),
        },
        about="who is complained about, and who handles the complaint",
    )


def repeat_ledger(rule: Rule[RepeatParameters]) -> Ledger:
    """The complaints of one customer."""
    return Ledger(
        "rule_repeat_complainant",
        1,
        RepeatRow,
        ("subject",),
        _customer_key,
        {
            ComplaintReceived: partial(_post_complaint, rule),
            ComplaintRootCauseRecorded: partial(_post_cause, rule),
            ComplaintLinked: partial(_post_linked, rule),
        },
        about="complaints of a customer, as the rule on repeat complainants reads them",
    )


def _complaint_key(event: ComplaintReceived | ComplaintHandlerAssigned, entry: Entry) -> tuple[Key, ...]:
    if isinstance(event, ComplaintReceived) and not _concerned(event):
        return ()
    return ((entry.subject, event.complaint_id),)


def _customer_key(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject,),) if entry.subject.startswith("customer/") else ()


def _concerned(event: ComplaintReceived) -> tuple[str, ...]:
    named = [*event.complained_about_employee_ids]
    if event.seller_id is not None:
        named.append(event.seller_id)
    return tuple(sorted(set(named)))


def _post_concerned(
    rule: Rule[ConflictParameters],
    key: Key,
    row: ConflictRow | None,
    event: ComplaintReceived,
    entry: Entry,
) -> ConflictRow:
    row = row or ConflictRow(key[0], key[1], (), (), None, None, About(), ())
    row = change(row, concerned=_concerned(event), received=ref(entry), about=about_of(event))
    return _with_conflict(rule, row, entry)


def _post_handler(
    rule: Rule[ConflictParameters],
    key: Key,
    row: ConflictRow | None,
    event: ComplaintHandlerAssigned | ComplaintInvestigationStarted,
    entry: Entry,
) -> ConflictRow | None:
    if event.employee_id is None:
        return row
    row = row or ConflictRow(key[0], key[1], (), (), None, None, About(), ())
    handlers = tuple(sorted({*row.handlers, event.employee_id}))
    return _with_conflict(rule, change(row, handlers=handlers, on=entry.occurred_on), entry)


def _with_conflict(rule: Rule[ConflictParameters], row: ConflictRow, entry: Entry) -> ConflictRow:
    told = {value for hit in row.hits for name, value in hit.inputs if name == "handler"}
    both = [one for one in row.handlers if one in row.concerned and one not in told]
    if not both:
        return row
    hit = hit_of_entry(
        rule,
        row.subject,
        ref(entry),
        inputs={"complaint": row.complaint_id, "handler": both[0]},
        on=entry.occurred_on,
        about=msgspec.structs.replace(row.about, seller_id=both[0]),
        evidence=(row.received,) if row.received is not None else (),
    )
    return change(row, hits=added(row.hits, (hit,)))


def _post_complaint(
    rule: Rule[RepeatParameters], key: Key, row: RepeatRow | None, event: ComplaintReceived, entry: Entry
) -> RepeatRow:
    old = _found(row, event.complaint_id)
    grievance = Grievance(
        event.complaint_id,
        entry.occurred_on,
        event.issue,
        old.solved if old is not None else False,
        old.duplicate if old is not None else False,
        ref(entry),
        about_of(event),
    )
    row = _replaced(row or RepeatRow(key[0], (), ()), grievance)
    return _with_repeat(rule, row, grievance)


def _post_cause(
    rule: Rule[RepeatParameters],
    key: Key,
    row: RepeatRow | None,
    event: ComplaintRootCauseRecorded,
    entry: Entry,
) -> RepeatRow:
    row = row or RepeatRow(key[0], (), ())
    old = _found(row, event.complaint_id) or _unseen(event.complaint_id)
    return _replaced(row, msgspec.structs.replace(old, solved=True))


def _post_linked(
    rule: Rule[RepeatParameters], key: Key, row: RepeatRow | None, event: ComplaintLinked, entry: Entry
) -> RepeatRow | None:
    if event.kind != "duplicate_of":
        return row
    row = row or RepeatRow(key[0], (), ())
    old = _found(row, event.complaint_id) or _unseen(event.complaint_id)
    return _replaced(row, msgspec.structs.replace(old, duplicate=True))


def _with_repeat(rule: Rule[RepeatParameters], row: RepeatRow, last: Grievance) -> RepeatRow:
    """One hit per run: the next is raised only once as many complaints came again."""
    asked = rule.parameters
    if last.on is None or last.entry is None:
        return row
    day = last.on
    since = day - dt.timedelta(days=asked.days)
    told = {one for hit in row.hits for one in hit.evidence}
    run = [
        one
        for one in row.grievances
        if one.entry is not None
        and one.entry not in told
        and not one.duplicate
        and one.on is not None
        and since < one.on <= day
    ]
    if len(run) < asked.complaints or any(one.solved for one in run):
        return row
    run.sort(key=lambda one: (str(one.on), one.complaint_id))
    hit = hit_of_entry(
        rule,
        row.subject,
        last.entry,
        inputs={
            "complaints": len(run),
            "days": asked.days,
            "first_on": run[0].on,
            "last_on": day,
            "issues": tuple(sorted({one.issue for one in run})),
        },
        on=day,
        about=last.about,
        evidence=tuple(one.entry for one in run if one.entry is not None),
    )
    return change(row, hits=added(row.hits, (hit,)))


def _found(row: RepeatRow | None, complaint_id: str) -> Grievance | None:
    grievances = () if row is None else row.grievances
    return next((one for one in grievances if one.complaint_id == complaint_id), None)


def _unseen(complaint_id: str) -> Grievance:
    return Grievance(complaint_id, None, "", False, False, None, About())


def _replaced(row: RepeatRow, grievance: Grievance) -> RepeatRow:
    others = tuple(one for one in row.grievances if one.complaint_id != grievance.complaint_id)
    return change(row, grievances=(*others, grievance)[-50:])
