"""The desk's questions answered from the live ledgers and the shipped packs.

The composition root makes one per case and hands it to the decisions. Each answer is one look at the live
generation; it must decide nothing and keep nothing.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar, cast

from events.envelope import ChannelId, CustomerId, EmployeeId, ProductId, QuestionnaireId
from events.questionnaires import QuestionnairePublished
from events.suitability_file import (
    CheckedChannel,
    CheckedCustomer,
    CheckedProduct,
    CheckedSeller,
    TargetMarket,
)
from events.vocabulary import AgeBand, CustomerClass, RiskGrade, RiskLevel, SuitabilityRegime
from projections.channels import CHANNELS, ChannelRow
from projections.customer_records import RISK_PROFILES, RiskProfileRow
from projections.customers import CUSTOMERS, CustomerRow
from projections.known import known_channel, known_product, known_seller
from projections.ledger import Ledger, Row
from projections.people import EMPLOYEES, EmployeeRow
from projections.products import PRODUCTS, ProductRow
from projections.rules.cooling_off import BusinessDays, CoolingOffPack
from projections.rules.suitability_pack import SuitabilityPack, in_force
from projections.suitability import (
    ADVICE_LOG,
    NEEDS,
    QUESTIONNAIRES,
    TARGET_MARKETS,
    AdviceRow,
    NeedRow,
    QuestionnaireRow,
    TargetMarketRow,
)
from services.desks.reading import Reading
from services.desks.suitability.packs import cooling_off_in_force, suitability_packs
from services.store.queries.suitability import rows_of

R = TypeVar("R", bound=Row)


class LedgerFacts:
    """The real facts of one case; `calendars` count business days by jurisdiction."""

    def __init__(
        self, case_id: str, reading: Reading, calendars: Mapping[str, BusinessDays] | None = None
    ) -> None:
        self._case_id = case_id
        self._reading = reading
        self._calendars = calendars or {}

    @property
    def case_id(self) -> str:
        return self._case_id

    def pack(self, regime: SuitabilityRegime, on: dt.date) -> SuitabilityPack | None:
        return in_force(suitability_packs(), regime, on)

    def cooling_off_pack(self, on: dt.date) -> CoolingOffPack | None:
        return cooling_off_in_force(on)

    def business_days(self, jurisdiction: str) -> BusinessDays | None:
        return self._calendars.get(jurisdiction)

    def product(self, product_id: ProductId, on: dt.date) -> CheckedProduct:
        row = self._one(PRODUCTS, ProductRow, f"product/{product_id}")
        known = known_product(row, on)
        if row is None or known.state == "unknown":
            return CheckedProduct(state="unknown")
        first = len(row.risk_levels) < 2
        return CheckedProduct(
            state="known",
            regime=known.suitability_regime or "none",
            category=known.category,
            subtype=known.subtype,
            version=known.version,
            status=known.status,
            approval=known.approval,
            issuer_rating=cast(RiskLevel | None, row.issuer_rating) if first else None,
            seller_rating=cast(RiskLevel | None, row.seller_rating) if first else None,
            risk_level=known.risk_level,
            complex=row.complex_flag,
            principal_at_risk=row.principal_at_risk,
            recording_required=row.recording_required,
            own=row.issuer in (None, row.legal_entity),
        )

    def customer(self, customer_id: CustomerId, on: dt.date) -> CheckedCustomer:
        subject = f"customer/{customer_id}"
        card = self._one(CUSTOMERS, CustomerRow, subject)
        if card is None or card.legal_entity is None:
            return CheckedCustomer(state="unknown")
        profiles = [
            one for one in self._profiles(subject) if one.assessed_on is None or one.assessed_on <= on
        ]
        last = next((one for one in profiles if _is_on_card(one, card)), profiles[-1] if profiles else None)
        return CheckedCustomer(
            state="known",
            customer_class=cast(CustomerClass | None, card.customer_class),
            age_band=cast(AgeBand | None, card.age_band),
            grade=None if last is None else cast(RiskGrade, last.grade),
            professional=card.professional or (last is not None and last.professional),
            assessed_on=None if last is None else last.assessed_on,
            valid_until=None if last is None else last.valid_until,
            questionnaire_version=None if last is None else last.questionnaire_version,
            met_face_to_face=any(one.face_to_face for one in profiles),
        )

    def channel(self, channel_id: ChannelId, product_id: ProductId, on: dt.date) -> CheckedChannel:
        row = self._one(CHANNELS, ChannelRow, f"channel/{channel_id}")
        known = known_channel(row, product_id, on)
        return CheckedChannel(
            state=known.state,
            channel_type=None if row is None else row.channel_type,
            status=known.status,
            licence_valid=known.licence_valid,
            product_authorised=known.product_authorised,
        )

    def seller(self, employee_id: EmployeeId, on: dt.date) -> CheckedSeller:
        known = known_seller(self._one(EMPLOYEES, EmployeeRow, f"employee/{employee_id}"), on)
        return CheckedSeller(
            state=known.state,
            employed=known.employed or False,
            licences=known.licences,
            certificates=known.certificates,
        )

    def target_market(self, product_id: ProductId, on: dt.date) -> TargetMarket | None:
        rows = self._rows(TARGET_MARKETS, TargetMarketRow, f"product/{product_id}")
        begun = [one for one in rows if one.valid_from is None or one.valid_from <= on]
        last = max(begun, key=lambda one: (one.valid_from or dt.date.min, one.market_version), default=None)
        return None if last is None else last.market

    def needs(self, customer_id: CustomerId) -> frozenset[str]:
        return frozenset(one.need_id for one in self._rows(NEEDS, NeedRow, f"customer/{customer_id}"))

    def recommended_by(
        self, customer_id: CustomerId, product_id: ProductId, since: dt.date
    ) -> frozenset[EmployeeId]:
        rows = self._rows(ADVICE_LOG, AdviceRow, f"customer/{customer_id}")
        return frozenset(
            EmployeeId(one.employee_id)
            for one in rows
            if one.product_id == product_id
            and one.employee_id is not None
            and (one.on is None or one.on >= since)
        )

    def assessed_on(self, customer_id: CustomerId) -> tuple[dt.date, ...]:
        profiles = self._profiles(f"customer/{customer_id}")
        return tuple(one.assessed_on for one in profiles if one.assessed_on is not None)

    def questionnaire(self, questionnaire_id: QuestionnaireId, on: dt.date) -> QuestionnairePublished | None:
        rows = self._rows(QUESTIONNAIRES, QuestionnaireRow, f"questionnaire/{questionnaire_id}")
        begun = [one for one in rows if one.valid_from <= on]
        last = max(begun, key=lambda one: (one.valid_from, one.questionnaire_version), default=None)
        return None if last is None else last.published

    def _profiles(self, subject: str) -> list[RiskProfileRow]:
        """Assessments by day; of two on one day the one named later counts."""
        rows = self._rows(RISK_PROFILES, RiskProfileRow, subject)
        return sorted(rows, key=lambda one: (one.assessed_on or dt.date.min, one.source, one.id))

    def _one(self, ledger: Ledger, row: type[R], subject: str) -> R | None:
        return next(iter(self._rows(ledger, row, subject)), None)

    def _rows(self, ledger: Ledger, row: type[R], subject: str) -> list[R]:
        with self._reading() as (connection, schema):
            return rows_of(connection, schema, ledger, row, subject)


def _is_on_card(profile: RiskProfileRow, card: CustomerRow) -> bool:
    """Whether an assessment is the one on the customer's card: of two on one day, the one made later."""
    on_card = (card.grade, card.grade_since, card.grade_until)
    return (profile.grade, profile.assessed_on, profile.valid_until) == on_card
