"""The complaint desk's questions, answered from the live ledgers, the journal and the clock book.

The composition root makes one for every command. Answers are as posted: what was published a moment ago and
is not posted yet is not known yet.
"""

import datetime as dt
from collections.abc import Iterable

import msgspec

from events import codec
from events.advice import (
    AdviceGiven,
    DisclosureAcknowledged,
    DisclosureGiven,
    DualRecordingStored,
    NeedRecorded,
    SuitabilityChecked,
    SuitabilityOverrideConfirmed,
)
from events.commissions import CommissionAccrued, CommissionClawedBack, CommissionPaid, CommissionStep
from events.complaints import RegimeFacts
from events.customers import CustomerIdentified
from events.envelope import ApplicationId, ComplaintId, CustomerId, EmployeeId, Entry, ProductId, SaleId
from events.event_type import EntryRef
from events.interactions import CallHandled, InteractionStarted
from events.sales import ContractDelivered, SaleConfirmed
from projections.fold import Declarations, effective
from projections.people import EmployeeRow
from projections.rules.clock import Clock, Extension, Milestones, Receipt, Triage
from projections.rules.clock_book import ClockBook
from projections.rules.handling_pack import HandlingRules
from services.desks.complaints.facts import (
    MAX_AFFECTED,
    CommissionHeld,
    FileItem,
)
from services.desks.complaints.packs import handling_in_force
from services.desks.reading import Reading
from services.journal.port import Journal
from services.store.queries.complaints import buyers, subject_of_complaint
from services.store.timeline import positions_of
from services.store.writer import load_rows

CALLS_BEFORE = dt.timedelta(days=90)
"""How long before a sale a contact with the customer may have been about it."""

ITEMS: dict[type, str] = {
    SaleConfirmed: "sale",
    ContractDelivered: "contract",
    NeedRecorded: "need",
    AdviceGiven: "advice",
    SuitabilityChecked: "suitability",
    SuitabilityOverrideConfirmed: "override",
    DisclosureGiven: "disclosure",
    DisclosureAcknowledged: "disclosure",
    DualRecordingStored: "recording",
    CallHandled: "call",
    InteractionStarted: "contact",
    CustomerIdentified: "identity document",
}
"""The lines of the evidence checklist, and which entries fill them."""

_LONG = dt.date(9000, 1, 1)


class LedgerFacts:
    """The answers for one case."""

    def __init__(
        self,
        case_id: str,
        reading: Reading,
        journal: Journal,
        zone: dt.tzinfo,
        declarations: Declarations,
        book: ClockBook,
    ) -> None:
        self.case_id = ComplaintId(case_id)
        self._reading = reading
        self._journal = journal
        self._zone = zone
        self._declarations = declarations
        self._book = book

    def handling_rules(self, on: dt.date) -> HandlingRules:
        """The handling pack that governs the day."""
        return handling_in_force(on)

    def employee(self, employee_id: EmployeeId) -> EmployeeRow | None:
        """The register's row of an employee."""
        key = (f"employee/{employee_id}",)
        with self._reading() as (connection, schema):
            row = load_rows(connection, schema, self._declarations, "employees", [key]).get(key)
        assert row is None or isinstance(row, EmployeeRow)
        return row

    def complaint_exists(self, complaint_id: ComplaintId) -> bool:
        """Whether the register has the complaint."""
        with self._reading() as (connection, schema):
            return subject_of_complaint(connection, schema, complaint_id) is not None

    def summary_until(
        self, received_on: dt.date, legal_entity: str | None, regimes: tuple[RegimeFacts, ...]
    ) -> dt.date | None:
        """The last day of every clock that ends the short way; the latest of them."""
        days = [
            clock.due_on
            for clock in self._clocks(received_on, legal_entity, regimes)
            if clock.clock == "summary_resolution" and clock.due_on is not None
        ]
        return max(days, default=None)

    def last_extension(
        self, received_on: dt.date, legal_entity: str | None, regimes: tuple[RegimeFacts, ...]
    ) -> dt.date | None:
        """The longest that each regime would allow if somebody granted everything; the shortest of those."""
        granted = (Extension(received_on, None, _LONG, "granted", customer_told=True),)
        longest: dict[str, dt.date] = {}
        for clock in self._clocks(received_on, legal_entity, regimes, granted):
            if clock.governs and clock.duty and clock.due_on is not None and clock.regime != "house":
                longest[clock.regime] = max(clock.due_on, longest.get(clock.regime, clock.due_on))
        return min(longest.values(), default=None)

    def material_held(
        self, customer_id: CustomerId | None, application_id: ApplicationId | None
    ) -> frozenset[str]:
        """The items of the checklist that the journal holds about whoever complained."""
        subject = _subject(customer_id, None, application_id)
        return frozenset(ITEMS[type(one.event)] for one in self._entries(subject) if type(one.event) in ITEMS)

    def file_of(
        self, customer_id: CustomerId | None, sale_id: SaleId | None, application_id: ApplicationId | None
    ) -> tuple[FileItem, ...]:
        """What the journal holds about the sale (or, without one, about the customer), in its order."""
        subject = _subject(customer_id, sale_id, application_id)
        entries = [one for one in self._entries(subject) if type(one.event) in ITEMS]
        sale = next(
            (one for one in entries if isinstance(one.event, SaleConfirmed) and one.event.sale_id == sale_id),
            None,
        )
        return tuple(_item(one) for one in entries if _belongs(one, sale_id, sale))

    def affected_customers(
        self,
        product_id: ProductId | None,
        seller_id: EmployeeId | None,
        sold_from: dt.date,
        sold_through: dt.date,
    ) -> tuple[CustomerId, ...]:
        """The customers with such a sale, each once, in order; enough of them to see that they are too many,
        even without the one who complains."""
        with self._reading() as (connection, schema):
            found = buyers(
                connection,
                schema,
                product_id=product_id,
                seller_id=seller_id,
                first=sold_from,
                last=sold_through,
                limit=MAX_AFFECTED + 2,
            )
        return tuple(CustomerId(one) for one in found)

    def commission_of(
        self, sale_id: SaleId, customer_id: CustomerId | None, application_id: ApplicationId | None
    ) -> tuple[CommissionHeld, ...]:
        """What sellers and channels were granted for a sale, by the entries of the sale's subject."""
        subject = _subject(customer_id, sale_id, application_id)
        return tuple(_held(self._entries(subject), sale_id))

    def _clocks(
        self,
        received_on: dt.date,
        legal_entity: str | None,
        regimes: tuple[RegimeFacts, ...],
        extensions: tuple[Extension, ...] = (),
    ) -> tuple[Clock, ...]:
        receipt = Receipt(
            source="desk", id="asked", on=received_on, legal_entity=legal_entity or "", received_by="own"
        )
        triages = (Triage(received_on, None, "asked", regimes),) if regimes else ()
        return self._book.clocks(Milestones(receipt=receipt, triages=triages, extensions=extensions))

    def _entries(self, subject: str | None) -> list[Entry]:
        if subject is None:
            return []
        with self._reading() as (connection, schema):
            positions = positions_of(connection, schema, subject, self._journal.volume)
        entries = [
            codec.decode(record.value, position, self._zone)
            for position, record in zip(positions, self._journal.fetch(positions), strict=True)
        ]
        return effective(entries, self._zone)


def _subject(
    customer_id: CustomerId | None, sale_id: SaleId | None, application_id: ApplicationId | None
) -> str | None:
    for kind, identifier in (("customer", customer_id), ("application", application_id), ("sale", sale_id)):
        if identifier is not None:
            return f"{kind}/{identifier}"
    return None


def _belongs(entry: Entry, sale_id: SaleId | None, sale: Entry | None) -> bool:
    """Whether an entry may tell something about the sale; with no sale named, every one may."""
    if sale_id is None or sale is None:
        return sale_id is None or getattr(entry.event, "sale_id", sale_id) == sale_id
    assert isinstance(sale.event, SaleConfirmed)
    about = getattr(entry.event, "sale_id", None) or sale_id
    product = getattr(entry.event, "product_id", None) or sale.event.product_id
    if about != sale_id or product != sale.event.product_id:
        return False
    if isinstance(entry.event, CallHandled | InteractionStarted) and entry.occurred_on and sale.occurred_on:
        return entry.occurred_on >= sale.occurred_on - CALLS_BEFORE
    return True


def _item(entry: Entry) -> FileItem:
    event = entry.event
    recording = event.recording_id if isinstance(event, DualRecordingStored) else None
    if isinstance(event, CallHandled):
        recording = event.recording_ref
    return FileItem(ITEMS[type(event)], EntryRef(entry.source, entry.id), recording)


def _held(entries: Iterable[Entry], sale_id: SaleId) -> list[CommissionHeld]:
    """What each seller and channel got for the sale, by currency: granted, paid, taken back."""
    held: dict[tuple[str | None, str | None, str], CommissionHeld] = {}
    for entry in entries:
        event = entry.event
        if not isinstance(event, CommissionStep) or event.sale_id != sale_id:
            continue
        key = (event.seller_id, event.channel_id, event.currency)
        one = held.get(key) or CommissionHeld(
            sale_id=sale_id,
            customer_id=event.customer_id,
            application_id=event.application_id,
            seller_id=event.seller_id,
            channel_id=event.channel_id,
            legal_entity=event.legal_entity,
            accrued_minor=0,
            paid_minor=0,
            clawed_back_minor=0,
            currency=event.currency,
        )
        held[key] = _with_step(one, event)
    return list(held.values())


def _with_step(held: CommissionHeld, event: CommissionStep) -> CommissionHeld:
    if isinstance(event, CommissionAccrued):
        return msgspec.structs.replace(
            held,
            accrued_minor=held.accrued_minor + event.amount_minor,
            policy_id=event.policy_id,
            policy_version=event.policy_version,
        )
    if isinstance(event, CommissionPaid):
        return msgspec.structs.replace(held, paid_minor=held.paid_minor + event.amount_minor)
    assert isinstance(event, CommissionClawedBack)
    return msgspec.structs.replace(held, clawed_back_minor=held.clawed_back_minor + event.amount_minor)
