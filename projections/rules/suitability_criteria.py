"""The criteria of a suitability check, one pure function each: what was asked, what was found, why.

`suitability_check.py` calls them by the pack's list. Each is total: what nobody knows is `not_assessed`.
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Callable
from typing import NamedTuple, get_args

from events.suitability_file import (
    Assessed,
    CheckedProduct,
    Criterion,
    Effect,
    MarketLimits,
    Result,
    SuitabilityInputs,
)
from events.vocabulary import RiskLevel
from projections.rules.suitability_pack import RegimeRules, SellerNeeds, StatedSuitabilityPack

LEVELS: tuple[RiskLevel, ...] = get_args(RiskLevel)

Told = tuple[tuple[str, str], ...]


class Judged(NamedTuple):
    """What a criterion gave. `effect` is set where it is graver than the pack's word for the criterion."""

    result: Result
    reason: str
    told: Told = ()
    effect: Effect | None = None


Judge = Callable[[SuitabilityInputs, RegimeRules, StatedSuitabilityPack], Judged]


def level_of(product: CheckedProduct) -> RiskLevel | None:
    """The rating that counts: the highest of the issuer's, the seller's and the catalogue's."""
    stated = (product.issuer_rating, product.seller_rating, product.risk_level)
    return max((one for one in stated if one is not None), default=None)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > dt.MAXYEAR:
        return dt.date.max
    if year < dt.MINYEAR:
        return dt.date.min
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _product(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    product = inputs.product
    if product.state == "unknown":
        return Judged("not_met", "product_unknown")
    if product.status != "on_sale":
        return Judged("not_met", "product_not_on_sale", (("status", product.status or "not_yet"),))
    if product.approval in ("missing", "revoked"):
        return Judged("not_met", "product_not_approved", (("approval", product.approval),))
    return Judged("met", "product_on_sale")


def _channel(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    channel = inputs.channel
    if channel is None:
        return Judged("not_assessed", "channel_not_named")
    if channel.state == "unknown":
        return Judged("not_met", "channel_unknown")
    if channel.status != "contracted":
        return Judged("not_met", "channel_not_contracted", (("status", channel.status or "not_yet"),))
    if channel.licence_valid is False:
        return Judged("not_met", "channel_licence_expired")
    if channel.product_authorised is not True:
        return Judged("not_met", "channel_not_authorised")
    return Judged("met", "channel_authorised")


def _seller(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    seller = inputs.seller
    if seller is None:
        alone = inputs.channel is not None and inputs.channel.channel_type in rules.unattended_channels
        return Judged("not_applicable", "no_seller") if alone else Judged("not_assessed", "seller_not_named")
    if seller.state == "unknown":
        return Judged("not_met", "seller_unknown")
    if not seller.employed:
        return Judged("not_met", "seller_not_in_service")
    needs = _needs(inputs.product, rules)
    if needs is not None and needs.licences and not set(needs.licences) & set(seller.licences):
        return Judged("not_met", "seller_without_licence", (("needed", _list(needs.licences)),))
    if needs is not None and needs.certificates and not set(needs.certificates) & set(seller.certificates):
        return Judged("not_met", "seller_without_certificate", (("needed", _list(needs.certificates)),))
    return Judged("met", "seller_qualified")


def _qualified(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    if inputs.product.subtype not in rules.qualified_only:
        return Judged("not_applicable", "open_to_all")
    professional = inputs.customer.professional or inputs.customer.customer_class == "professional"
    if professional or inputs.circumstances.qualified_investor_proof is not None:
        return Judged("met", "qualified_investor")
    return Judged("not_met", "not_qualified_investor")


def _profile(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    customer = inputs.customer
    if not _must_be_rated(inputs, rules):
        return Judged("not_applicable", "profile_not_needed")
    if customer.grade is None or customer.valid_until is None:
        return Judged("not_met", "profile_missing")
    until = customer.valid_until
    if customer.assessed_on is not None:
        until = min(until, months_after(customer.assessed_on, pack.assessment.validity_months))
    if until < inputs.on:
        return Judged("not_met", "profile_expired", (("valid_until", until.isoformat()),))
    if rules.first_face_to_face and inputs.product.own and not customer.met_face_to_face:
        return Judged("not_met", "never_face_to_face")
    return Judged("met", "profile_valid", (("grade", customer.grade), ("valid_until", until.isoformat())))


def _risk_level(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    grade, level = inputs.customer.grade, level_of(inputs.product)
    if level is None:
        if _must_be_rated(inputs, rules) and rules.rated != "where_stated":
            return Judged("not_assessed", "product_not_rated")
        return Judged("not_applicable", "level_not_needed")
    if rules.rated == "subtypes" and not _must_be_rated(inputs, rules):
        return Judged("not_applicable", "level_not_needed")
    if grade is None:
        return Judged("not_assessed", "grade_unknown", (("level", level),))
    told = (("grade", grade), ("level", level), ("highest", max(rules.matrix[grade], default="none")))
    if level in rules.matrix[grade]:
        return Judged("met", "level_matches", told)
    if grade in rules.never_beyond:
        return Judged("not_met", "lowest_grade_beyond_its_level", told, "blocks")
    if rules.criteria["risk_level"] == "blocks":
        return Judged("not_met", "level_beyond_grade_blocked", told)
    return Judged("not_met", "level_beyond_grade", told)


def _senior(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    asked, level = rules.seniors, level_of(inputs.product)
    if asked is None or level is None or level < asked.lowest_level:
        return Judged("not_applicable", "age_not_weighed")
    if inputs.customer.age_band is None:
        return Judged("not_applicable", "age_unknown")
    if inputs.customer.age_band not in asked.age_bands:
        return Judged("not_applicable", "age_not_weighed")
    years = inputs.circumstances.experience_years
    told = (("level", level), ("needed", str(asked.experience_years)))
    if years is None:
        return Judged("not_assessed", "senior_experience_unknown", told)
    if years < asked.experience_years:
        return Judged("not_met", "senior_without_experience", told)
    return Judged("met", "senior_experienced", told)


def _objective(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    return _declared(inputs.circumstances.objective, "objective")


def _capacity(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    return _declared(inputs.circumstances.capacity, "capacity")


def _knowledge(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    own_wish = inputs.circumstances.advice_mode in ("execution_only", "own_initiative")
    if rules.non_complex_exempt and own_wish and not inputs.product.complex:
        return Judged("not_applicable", "execution_only_non_complex")
    return _declared(inputs.circumstances.knowledge, "knowledge")


def _need(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    if inputs.circumstances.need_id is None:
        return Judged("not_met", "need_not_recorded")
    return Judged("met", "need_recorded")


def _affordability(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    share, most = inputs.circumstances.commitment_bp, rules.most_commitment_bp
    if share is None or most is None:
        return Judged("not_assessed", "commitment_unknown")
    told = (("share", _percent(share)), ("most", _percent(most)))
    return Judged("met", "affordable", told) if share <= most else Judged("not_met", "not_affordable", told)


def _target_market(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    market = inputs.target_market
    if market is None:
        return Judged("not_assessed", "target_market_undefined")
    outside = tuple(name for name, inside in _limits(market.positive, inputs) if inside is False)
    told = (("version", market.version), ("outside", _list(outside)))
    if outside:
        return Judged("not_met", "outside_target_market", told)
    return Judged("met", "in_target_market", (("version", market.version),))


def _negative_market(inputs: SuitabilityInputs, rules: RegimeRules, pack: StatedSuitabilityPack) -> Judged:
    market = inputs.target_market
    if market is None:
        return Judged("not_assessed", "target_market_undefined")
    for limits in market.negative:
        fits = dict(_limits(limits, inputs))
        if fits and all(inside is True for inside in fits.values()):
            told = (("version", market.version), ("because", _list(tuple(fits))))
            return Judged("not_met", "in_negative_market", told)
    return Judged("met", "not_in_negative_market", (("version", market.version),))


CRITERIA: dict[Criterion, Judge] = {
    "product": _product,
    "channel": _channel,
    "seller": _seller,
    "qualified_investor": _qualified,
    "profile": _profile,
    "risk_level": _risk_level,
    "senior": _senior,
    "objective": _objective,
    "capacity": _capacity,
    "knowledge": _knowledge,
    "need": _need,
    "affordability": _affordability,
    "target_market": _target_market,
    "negative_market": _negative_market,
}


def _must_be_rated(inputs: SuitabilityInputs, rules: RegimeRules) -> bool:
    return rules.rated != "subtypes" or inputs.product.subtype in rules.rated_subtypes


def _needs(product: CheckedProduct, rules: RegimeRules) -> SellerNeeds | None:
    """The line for the product's subtype, else the one for the rest of its category."""
    same = [one for one in rules.sellers if one.category == product.category]
    named = [one for one in same if product.subtype in one.subtypes]
    rest = [one for one in same if not one.subtypes]
    return next(iter((*named, *rest)), None)


def _declared(answer: Assessed, name: str) -> Judged:
    return Judged(answer, f"{name}_{answer}")


def _limits(limits: MarketLimits, inputs: SuitabilityInputs) -> list[tuple[str, bool | None]]:
    """The conditions that a market states, each with whether the case fulfils it; None where unknown."""
    customer, told = inputs.customer, inputs.circumstances
    channel_type = None if inputs.channel is None else inputs.channel.channel_type
    values: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
        ("age", customer.age_band, limits.age_bands),
        ("customer class", customer.customer_class, limits.customer_classes),
        ("grade", customer.grade, limits.grades),
        ("objective", told.wanted, limits.objectives),
        ("knowledge", told.knowledge_level, limits.knowledge),
        ("capacity for loss", told.loss_capacity, limits.loss_capacities),
        ("channel", channel_type, limits.channel_types),
    )
    found: list[tuple[str, bool | None]] = [
        (name, None if value is None else value in asked) for name, value, asked in values if asked
    ]
    low, high, months = limits.horizon_from_months, limits.horizon_to_months, told.horizon_months
    if low is not None or high is not None:
        inside = None if months is None else (low or 0) <= months and (high is None or months <= high)
        found.append(("horizon", inside))
    return found


def _percent(basis_points: int) -> str:
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + " %"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
