"""What is known of other subjects on a day, from their ledger rows: pure answers for the door's stamper.

A row that is missing, or that only later facts have made, means an id that nobody had registered: its state
is `unknown`, and a rule judges it again at the day's close.
"""

import datetime as dt
from typing import cast

from events.envelope import UnitId
from events.known import (
    KnownAnswer,
    KnownChannel,
    KnownInteraction,
    KnownPrice,
    KnownProduct,
    KnownQuestion,
    KnownSeller,
)
from events.vocabulary import ApprovalStatus, ChannelStatus, ProductStatus, RiskLevel
from projections.channels import ChannelRow
from projections.people import EmployeeRow, Permission
from projections.products import ProductRow
from projections.satisfaction import SurveyRow
from projections.steps import at


def known_product(row: ProductRow | None, on: dt.date | None) -> KnownProduct:
    """The product as the catalogue had it on a day; without a day, as it is."""
    if row is None or row.product_id is None:
        return KnownProduct(state="unknown")
    status, level, version = at(row.statuses, on), at(row.risk_levels, on), at(row.versions, on)
    return KnownProduct(
        state="known",
        category=row.category,
        subtype=row.subtype,
        risk_level=None if level is None else cast(RiskLevel, level.value),
        version=None if version is None else version.value,
        status="not_yet" if status is None else cast(ProductStatus, status.value),
        suitability_regime=row.suitability_regime,
        approval=_approval(row, None if version is None else version.value, on),
    )


def known_price(row: ProductRow | None, on: dt.date | None) -> KnownPrice:
    """The line of the price book in force on a day."""
    price = None if row is None else at(row.prices, on)
    if price is None:
        return KnownPrice(state="unknown")
    return KnownPrice(
        state="known",
        price_version=price.price_version,
        fee_minor=price.fee_minor,
        currency=price.currency,
        rate_bp=price.rate_bp,
    )


def known_channel(row: ChannelRow | None, product_id: str | None, on: dt.date | None) -> KnownChannel:
    """How a channel stood on a day, and whether it might sell the product then."""
    if row is None or row.channel_id is None:
        return KnownChannel(state="unknown")
    status, contract = at(row.statuses, on), at(row.contracts, on)
    if status is None or contract is None:
        return KnownChannel(state="known", status="not_yet")
    over = status.value == "contracted" and _past(contract.until, on)
    return KnownChannel(
        state="known",
        status="terminated" if over else cast(ChannelStatus, status.value),
        licence_valid=not _past(contract.licence_until, on),
        product_authorised=_authorised(row, contract.all_products, product_id, on),
    )


def known_seller(row: EmployeeRow | None, on: dt.date | None) -> KnownSeller:
    """Whether a seller was in service on a day, in which unit, with which licences and certificates."""
    if row is None or row.employee_id is None:
        return KnownSeller(state="unknown")
    standing = at(row.standings, on)
    return KnownSeller(
        state="known",
        employed=standing is not None and standing.value == "employed",
        unit_id=_unit(row, on),
        licences=_in_force(row.licences, on),
        certificates=_in_force(row.certificates, on),
    )


def known_employee(row: EmployeeRow | None, on: dt.date | None) -> KnownInteraction:
    """The unit of an employee on a day."""
    if row is None or row.employee_id is None:
        return KnownInteraction(state="unknown")
    return KnownInteraction(state="known", employee_unit_id=_unit(row, on))


def known_survey(row: SurveyRow | None, version: str | None = None) -> KnownAnswer:
    """The questions of a version of a survey; of the latest one if no version is asked for."""
    designs = () if row is None else row.designs
    asked = [one for one in designs if version in (None, one.survey_version)]
    if not asked:
        return KnownAnswer(state="unknown")
    return KnownAnswer(
        state="known",
        questions=tuple(
            KnownQuestion(
                question_id=one.question_id,
                kind=one.kind,
                scale_low=one.scale_low,
                scale_high=one.scale_high,
                direction=one.direction,
                box=one.box,
            )
            for one in asked[-1].questions
        ),
    )


def _approval(row: ProductRow, version: str | None, on: dt.date | None) -> ApprovalStatus | None:
    """Of the version in force; None for a product on which nobody ever decided."""
    if not row.approvals:
        return None
    found = at(tuple(one for one in row.approvals if one.product_version == version), on)
    if found is None:
        return "missing"
    return "approved" if found.approved else "revoked"


def _authorised(
    row: ChannelRow, all_products: bool, product_id: str | None, on: dt.date | None
) -> bool | None:
    if product_id is None:
        return None
    found = at(tuple(one for one in row.products if one.product_id == product_id), on)
    if found is None or (found.granted and _past(found.until, on)):
        return all_products
    return found.granted


def _unit(row: EmployeeRow, on: dt.date | None) -> UnitId | None:
    found = None
    for place in row.places:
        if on is not None and place.since is not None and place.since > on:
            break
        found = place.unit_id or found
    return None if found is None else UnitId(found)


def _in_force(permissions: tuple[Permission, ...], on: dt.date | None) -> tuple[str, ...]:
    """Names of what was granted and had neither ended nor been taken away; sorted."""
    result = []
    for name in sorted({one.name for one in permissions}):
        found = at(tuple(one for one in permissions if one.name == name), on)
        if found is not None and found.granted and not _past(found.until, on):
            result.append(name)
    return tuple(result)


def _past(until: dt.date | None, on: dt.date | None) -> bool:
    return until is not None and on is not None and on > until
