"""What the suitability desk asks of the rest of the bank: a port, answered from ledgers and packs.

The composition root gives one object to every decision as `setting.facts`; tests answer from a small bank of
their own. Answers are as of a day; nothing here decides anything.
"""

import datetime as dt
from typing import Protocol

from events.envelope import ChannelId, CustomerId, EmployeeId, ProductId, QuestionnaireId
from events.questionnaires import QuestionnairePublished
from events.suitability_file import (
    CheckedChannel,
    CheckedCustomer,
    CheckedProduct,
    CheckedSeller,
    TargetMarket,
)
from events.vocabulary import SuitabilityRegime
from projections.rules.cooling_off import BusinessDays, CoolingOffPack
from projections.rules.suitability_pack import SuitabilityPack


class SuitabilityFacts(Protocol):
    """The questions of the desk."""

    @property
    def case_id(self) -> str:
        """The case that the command is about; for a command that opens one, the id minted for it."""

    def pack(self, regime: SuitabilityRegime, on: dt.date) -> SuitabilityPack | None:
        """The pack that governs a regime on a day."""

    def cooling_off_pack(self, on: dt.date) -> CoolingOffPack | None:
        """The periods to step back that are in force on a day."""

    def business_days(self, jurisdiction: str) -> BusinessDays | None:
        """How business days are counted there; None where we keep no calendar."""

    def product(self, product_id: ProductId, on: dt.date) -> CheckedProduct:
        """The product as the catalogue has it on a day; `unknown` if it was never registered."""

    def customer(self, customer_id: CustomerId, on: dt.date) -> CheckedCustomer:
        """Class, band and the assessment in force on a day; `unknown` if nobody registered the customer."""

    def channel(self, channel_id: ChannelId, product_id: ProductId, on: dt.date) -> CheckedChannel:
        """How a channel stands, and whether it may sell the product."""

    def seller(self, employee_id: EmployeeId, on: dt.date) -> CheckedSeller:
        """Whether an employee is in service, and with which licences and certificates."""

    def target_market(self, product_id: ProductId, on: dt.date) -> TargetMarket | None:
        """For whom the product is, as defined last by that day."""

    def needs(self, customer_id: CustomerId) -> frozenset[str]:
        """The ids of the needs on record."""

    def recommended_by(
        self, customer_id: CustomerId, product_id: ProductId, since: dt.date
    ) -> frozenset[EmployeeId]:
        """Who recommended the product to the customer, or advised it, since a day."""

    def assessed_on(self, customer_id: CustomerId) -> tuple[dt.date, ...]:
        """The days on which the customer was assessed."""

    def questionnaire(self, questionnaire_id: QuestionnaireId, on: dt.date) -> QuestionnairePublished | None:
        """The version of a questionnaire in force on a day."""
