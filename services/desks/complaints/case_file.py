"""The file of a complaint that builds itself: what the journal holds about the sale, and what is missing.

API and command line show it; for a case at the desk it also says what has been put on the file. It decides
nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from events.envelope import ApplicationId, CustomerId, SaleId
from events.event_type import EntryRef
from projections.complaints import ComplaintRow
from services.desks.complaints.facts import ComplaintFacts, FileItem
from services.desks.complaints.state import ComplaintState
from services.store.queries.entries import EntryLine

EXPECTED = ("sale", "contract", "need", "advice", "suitability", "disclosure", "recording", "call")
"""The lines of the evidence checklist that a complaint about a sale should have."""


class About(NamedTuple):
    """What a complaint is about."""

    customer_id: CustomerId | None
    sale_id: SaleId | None
    application_id: ApplicationId | None = None

    @property
    def subject(self) -> str | None:
        """The subject under which the journal keeps it."""
        named = (("customer", self.customer_id), ("application", self.application_id), ("sale", self.sale_id))
        return next((f"{kind}/{identifier}" for kind, identifier in named if identifier is not None), None)


class FileLine(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the file; `on_file` says that the desk has taken it up in this case."""

    item: str
    source: str
    id: str
    recording_ref: str | None
    on_file: bool
    entry: EntryLine | None


class ChecklistLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the evidence checklist: whether we have it, and the first entry that shows it. `on_file`: the
    desk has it without an entry of the journal."""

    item: str
    have: bool
    entry: EntryRef | None
    position: str | None
    on_file: bool


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a complaint, in journal order, and its checklist."""

    case_id: str
    customer_id: str | None
    sale_id: str | None
    application_id: str | None
    entries: tuple[FileLine, ...]
    evidence_checklist: tuple[ChecklistLine, ...]


def about_case(state: ComplaintState) -> About:
    """What a case at the desk is about."""
    return About(state.customer_id, state.sale_id, state.application_id)


def about_row(row: ComplaintRow) -> About:
    """What a complaint that is only facts is about."""
    kind, _, identifier = row.subject.partition("/")
    return About(
        CustomerId(identifier) if kind == "customer" else None,
        None if row.sale_id is None else SaleId(row.sale_id),
    )


def items_of(facts: ComplaintFacts, about: About) -> tuple[FileItem, ...]:
    """What the journal holds about it."""
    return facts.file_of(about.customer_id, about.sale_id, about.application_id)


def case_file(
    case_id: str,
    about: About,
    items: tuple[FileItem, ...],
    posted: Mapping[tuple[str, str], EntryLine],
    state: ComplaintState | None,
) -> CaseFile:
    """The file, from the items and where their entries stand; `state` is None for a case of nobody's desk."""
    lines = tuple(
        FileLine(
            item=one.item,
            source=one.entry.source,
            id=one.entry.id,
            recording_ref=one.recording_ref,
            on_file=state is not None and one.entry in state.on_file,
            entry=posted.get((one.entry.source, one.entry.id)),
        )
        for one in items
    )
    collected = frozenset[str]() if state is None else state.items
    named = (*EXPECTED, *(one.item for one in items), *sorted(collected))
    return CaseFile(
        case_id=case_id,
        customer_id=about.customer_id,
        sale_id=about.sale_id,
        application_id=about.application_id,
        entries=lines,
        evidence_checklist=tuple(_checked(item, lines, collected) for item in dict.fromkeys(named)),
    )


def _checked(item: str, lines: tuple[FileLine, ...], collected: frozenset[str]) -> ChecklistLine:
    first = next((one for one in lines if one.item == item), None)
    return ChecklistLine(
        item=item,
        have=first is not None or item in collected,
        entry=None if first is None else EntryRef(first.source, first.id),
        position=None if first is None or first.entry is None else first.entry.position,
        on_file=item in collected,
    )
