"""What the complaint desk asks of the rest of the bank: a port, answered from the ledgers and rule packs.

The composition root gives one object to every decision as `setting.facts`; tests answer from a small bank
of their own. Answers are as of the decision; nothing here decides anything.
"""

import datetime as dt
from typing import Protocol

import msgspec

from events.complaints import RegimeFacts
from events.envelope import ApplicationId, ChannelId, ComplaintId, CustomerId, EmployeeId, ProductId, SaleId
from events.event_type import EntryRef
from projections.people import EmployeeRow
from projections.rules.handling_pack import HandlingRules

MAX_AFFECTED = 5_000
"""As many customers fit into one event; more is for a project, not a letter."""


class FileItem(msgspec.Struct, frozen=True):
    """Something that the journal holds about what is complained of: `item` is a line of the evidence
    checklist (`sale`, `disclosure`, `suitability`, `recording`, `call`, …)."""

    item: str
    entry: EntryRef
    recording_ref: str | None = None


class CommissionHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What a seller or channel was granted for a sale, whose customer and application are named."""

    sale_id: SaleId
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None
    seller_id: EmployeeId | None = None
    channel_id: ChannelId | None = None
    legal_entity: str | None = None
    policy_id: str | None = None
    policy_version: str | None = None
    accrued_minor: int
    paid_minor: int
    clawed_back_minor: int
    currency: str


class ComplaintFacts(Protocol):
    """The questions of the desk."""

    @property
    def case_id(self) -> ComplaintId:
        """The case that the command is about; for a command that opens one, the id minted for it."""

    def handling_rules(self, on: dt.date) -> HandlingRules:
        """The handling rules in force on a day."""

    def employee(self, employee_id: EmployeeId) -> EmployeeRow | None:
        """The register's row of an employee; None if there is nobody of that id."""

    def complaint_exists(self, complaint_id: ComplaintId) -> bool:
        """Whether a complaint of that id was received, as a fact or at the desk."""

    def summary_until(
        self, received_on: dt.date, legal_entity: str | None, regimes: tuple[RegimeFacts, ...]
    ) -> dt.date | None:
        """The last day on which a summary resolution is enough; None where the regimes know none."""

    def last_extension(
        self, received_on: dt.date, legal_entity: str | None, regimes: tuple[RegimeFacts, ...]
    ) -> dt.date | None:
        """The last day to which the answer may be put off under all regimes that count the complaint, each
        at the complexity that triage gave it; None where none of them sets a limit."""

    def material_held(
        self, customer_id: CustomerId | None, application_id: ApplicationId | None
    ) -> frozenset[str]:
        """What the bank has from this customer already, as names of items, lower case (`contract`)."""

    def file_of(
        self, customer_id: CustomerId | None, sale_id: SaleId | None, application_id: ApplicationId | None
    ) -> tuple[FileItem, ...]:
        """The entries about what is complained of, in journal order: sale, disclosure, suitability, calls."""

    def affected_customers(
        self,
        product_id: ProductId | None,
        seller_id: EmployeeId | None,
        sold_from: dt.date,
        sold_through: dt.date,
    ) -> tuple[CustomerId, ...]:
        """Who bought the product (of the seller, if one is named) in those days, both included; of more than
        MAX_AFFECTED, enough to see that."""

    def commission_of(
        self, sale_id: SaleId, customer_id: CustomerId | None, application_id: ApplicationId | None
    ) -> tuple[CommissionHeld, ...]:
        """What sellers and channels were granted for the sale; nothing if nobody was."""
