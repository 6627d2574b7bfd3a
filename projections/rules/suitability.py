"""Suitability of a sale for its customer: R-SUIT-01 to -04, one ledger per customer.

The row keeps the customer's assessments, overrides and the purchases in scope with their days, so a fact that
comes late is judged with the rest. A hit once made stays: what was sold on what we knew then was seen.
"""

import datetime as dt
from collections.abc import Iterator
from functools import partial

import msgspec

from events.advice import SuitabilityOverrideConfirmed, SuitabilityOverrideRequested
from events.customers import CustomerRegistered, RiskProfileAssessed
from events.envelope import Entry, Event
from events.event_type import EntryRef
from events.risk import Severity
from events.sales import SaleConfirmed
from events.vocabulary import RiskGrade, RiskLevel, SuitabilityRegime
from projections.ledger import Key, Ledger, change
from projections.rules.rule import (
    About,
    Hit,
    Parameters,
    Rule,
    RuleRow,
    Rules,
    about_of,
    added,
    hit_of_entry,
    ref,
)

LEVELS: tuple[RiskLevel, ...] = ("R1", "R2", "R3", "R4", "R5")
GRADES: tuple[RiskGrade, ...] = ("C1-lowest", "C1", "C2", "C3", "C4", "C5")
KEPT = 40
"""Assessments, overrides and purchases remembered per customer; older ones can no longer matter."""


class MismatchParameters(Parameters):
    """`highest` level that each grade matches. Where a regime allows an override, an overridden mismatch is
    flagged with a severity and a score of its own."""

    highest: dict[RiskGrade, RiskLevel]
    override_allowed: tuple[SuitabilityRegime, ...]
    overridden_severity: Severity
    overridden_score: int
    judged_regimes: tuple[SuitabilityRegime, ...]


class LowestGradeParameters(Parameters):
    """The grades that may buy nothing above `highest`, whatever they sign."""

    grades: tuple[RiskGrade, ...]
    highest: RiskLevel
    judged_regimes: tuple[SuitabilityRegime, ...]


class ExpiredParameters(Parameters):
    """Levels whose sale needs a profile that is still valid."""

    lowest_level: RiskLevel
    judged_regimes: tuple[SuitabilityRegime, ...]


class ShoppingParameters(Parameters):
    """A retest `steps` grades up, or the `retests`-th in `retest_days`, within `hours` before a purchase."""

    steps: int
    hours: int
    retests: int
    retest_days: int
    lowest_level: RiskLevel


class Assessment(msgspec.Struct, frozen=True):
    on: dt.date | None
    at: dt.datetime | None
    grade: RiskGrade
    professional: bool
    valid_until: dt.date
    explained: bool
    entry: EntryRef


class Override(msgspec.Struct, frozen=True):
    product_id: str
    check_id: str
    own_initiative: bool
    confirmed: bool


class Purchase(msgspec.Struct, frozen=True):
    on: dt.date | None
    at: dt.datetime | None
    level: RiskLevel
    regime: SuitabilityRegime
    professional: bool
    check_id: str | None
    entry: EntryRef
    about: About


class SuitabilityRow(RuleRow, frozen=True):
    subject: str
    professional: bool
    assessments: tuple[Assessment, ...]
    overrides: tuple[Override, ...]
    purchases: tuple[Purchase, ...]
    hits: tuple[Hit, ...]


def suitability_ledger(rules: Rules) -> Ledger:
    """The ledger of the suitability rules that a pack holds."""
    post = partial
    return Ledger(
        "rule_suitability",
        1,
        SuitabilityRow,
        ("subject",),
        _customer_key,
        {
            CustomerRegistered: post(_post_registered, rules),
            RiskProfileAssessed: post(_post_assessed, rules),
            SuitabilityOverrideRequested: post(_post_requested, rules),
            SuitabilityOverrideConfirmed: post(_post_confirmed, rules),
            SaleConfirmed: post(_post_sale, rules),
        },
        about="assessments, overrides and purchases in scope, as the suitability rules read them",
    )


def _customer_key(event: Event, entry: Entry) -> tuple[Key, ...]:
    if not entry.subject.startswith("customer/"):
        return ()
    if isinstance(event, CustomerRegistered) and event.customer_class != "professional":
        return ()
    if isinstance(event, SaleConfirmed) and _purchase(event, entry) is None:
        return ()
    return ((entry.subject,),)


def _post_registered(
    rules: Rules, key: Key, row: SuitabilityRow | None, event: CustomerRegistered, entry: Entry
) -> SuitabilityRow:
    return change(row or _new(key), professional=event.customer_class == "professional")


def _post_assessed(
    rules: Rules, key: Key, row: SuitabilityRow | None, event: RiskProfileAssessed, entry: Entry
) -> SuitabilityRow:
    made = Assessment(
        entry.occurred_on,
        entry.occurred_at,
        event.grade,
        event.professional,
        event.valid_until,
        event.material_change is not None,
        ref(entry),
    )
    row = row or _new(key)
    row = change(row, assessments=(*row.assessments, made)[-KEPT:])
    return _judged(rules, row, row.purchases)


def _post_requested(
    rules: Rules, key: Key, row: SuitabilityRow | None, event: SuitabilityOverrideRequested, entry: Entry
) -> SuitabilityRow:
    return _with_override(row or _new(key), event.product_id, event.check_id, own=event.own_initiative)


def _post_confirmed(
    rules: Rules, key: Key, row: SuitabilityRow | None, event: SuitabilityOverrideConfirmed, entry: Entry
) -> SuitabilityRow:
    confirmed = event.warning_shown and event.written_ack
    return _with_override(row or _new(key), event.product_id, event.check_id, confirmed=confirmed)


def _post_sale(
    rules: Rules, key: Key, row: SuitabilityRow | None, event: SaleConfirmed, entry: Entry
) -> SuitabilityRow:
    row = row or _new(key)
    purchase = _purchase(event, entry)
    assert purchase is not None, "the key function leaves other sales out"
    row = change(row, purchases=(*row.purchases, purchase)[-KEPT:])
    return _judged(rules, row, (purchase,))


def _judged(rules: Rules, row: SuitabilityRow, purchases: tuple[Purchase, ...]) -> SuitabilityRow:
    new = tuple(hit for purchase in purchases for hit in _hits(rules, row, purchase))
    return change(row, hits=added(row.hits, new))


def _hits(rules: Rules, row: SuitabilityRow, purchase: Purchase) -> Iterator[Hit]:
    assessment = _in_force(row, purchase)
    if assessment is None or purchase.professional or row.professional or assessment.professional:
        return
    mismatch, lowest = rules.get("R-SUIT-01"), rules.get("R-SUIT-02")
    expired, shopping = rules.get("R-SUIT-03"), rules.get("R-SUIT-04")
    at_lowest = lowest is not None and _is_lowest(lowest, purchase, assessment)
    if lowest is not None and at_lowest:
        yield _hit(lowest, row, purchase, assessment)
    if mismatch is not None and not at_lowest and _is_mismatch(mismatch, purchase, assessment):
        yield _mismatch_hit(mismatch, row, purchase, assessment)
    if expired is not None and _is_expired(expired, purchase, assessment):
        yield _hit(expired, row, purchase, assessment)
    if shopping is not None and _is_shopped(shopping, row, purchase, assessment):
        yield _hit(shopping, row, purchase, assessment)


def _is_lowest(rule: Rule[LowestGradeParameters], purchase: Purchase, assessment: Assessment) -> bool:
    asked = rule.parameters
    return (
        purchase.regime in asked.judged_regimes
        and assessment.grade in asked.grades
        and _above(purchase.level, asked.highest)
    )


def _is_mismatch(rule: Rule[MismatchParameters], purchase: Purchase, assessment: Assessment) -> bool:
    asked = rule.parameters
    return purchase.regime in asked.judged_regimes and _above(purchase.level, asked.highest[assessment.grade])


def _mismatch_hit(
    rule: Rule[MismatchParameters], row: SuitabilityRow, purchase: Purchase, assessment: Assessment
) -> Hit:
    """A mismatch that the customer asked for in writing is allowed in some regimes, and flagged."""
    asked, hit = rule.parameters, _hit(rule, row, purchase, assessment)
    if purchase.regime not in asked.override_allowed or not _overridden(row, purchase):
        return hit
    return msgspec.structs.replace(hit, severity=asked.overridden_severity, score=asked.overridden_score)


def _is_expired(rule: Rule[ExpiredParameters], purchase: Purchase, assessment: Assessment) -> bool:
    asked = rule.parameters
    return (
        purchase.regime in asked.judged_regimes
        and not _above(asked.lowest_level, purchase.level)
        and purchase.on is not None
        and assessment.valid_until < purchase.on
    )


def _is_shopped(
    rule: Rule[ShoppingParameters], row: SuitabilityRow, purchase: Purchase, assessment: Assessment
) -> bool:
    """Retested upwards shortly before a risky purchase, with no change in life to say why."""
    asked = rule.parameters
    if _above(asked.lowest_level, purchase.level) or assessment.explained:
        return False
    if not _within_hours(assessment, purchase, asked.hours) or assessment.on is None:
        return False
    earlier = [one for one in row.assessments if _before(one, assessment)]
    if not earlier:
        return False
    last = max(earlier, key=_when)
    risen = GRADES.index(assessment.grade) - GRADES.index(last.grade)
    since = assessment.on - dt.timedelta(days=asked.retest_days)
    recent = [one for one in earlier if one.on is not None and one.on >= since]
    return risen >= asked.steps or (risen > 0 and len(recent) + 1 >= asked.retests)


def _overridden(row: SuitabilityRow, purchase: Purchase) -> bool:
    """On the customer's own initiative, warned in writing and confirmed."""
    return any(
        one.own_initiative and one.confirmed
        for one in row.overrides
        if one.product_id == purchase.about.product_id
        and (purchase.check_id is None or one.check_id == purchase.check_id)
    )


def _hit(rule: Rule[Parameters], row: SuitabilityRow, purchase: Purchase, assessment: Assessment) -> Hit:
    return hit_of_entry(
        rule,
        row.subject,
        purchase.entry,
        inputs={
            "grade": assessment.grade,
            "risk_level": purchase.level,
            "regime": purchase.regime,
            "product": purchase.about.product_id,
            "assessed_on": assessment.on,
            "valid_until": assessment.valid_until,
            "sold_on": purchase.on,
            "previous_grade": _previous_grade(row, assessment),
            "overridden": "yes" if _overridden(row, purchase) else "no",
        },
        on=purchase.on,
        about=purchase.about,
        evidence=(assessment.entry,),
    )


INPUTS = (
    "grade",
    "risk_level",
    "regime",
    "product",
    "assessed_on",
    "valid_until",
    "sold_on",
    "previous_grade",
    "overridden",
)


def _previous_grade(row: SuitabilityRow, assessment: Assessment) -> str | None:
    earlier = [one for one in row.assessments if _before(one, assessment)]
    return max(earlier, key=_when).grade if earlier else None


def _purchase(event: SaleConfirmed, entry: Entry) -> Purchase | None:
    """The sale as these rules see it; None where the product carries no level, or no rule applies to it."""
    product = event.known.product if event.known is not None else None
    if product is None or product.risk_level is None or product.suitability_regime in (None, "none"):
        return None
    assert product.suitability_regime is not None
    about = about_of(event)
    return Purchase(
        entry.occurred_on,
        entry.occurred_at,
        product.risk_level,
        product.suitability_regime,
        event.customer_class == "professional",
        event.suitability_check_id,
        ref(entry),
        about,
    )


def _with_override(
    row: SuitabilityRow,
    product_id: str,
    check_id: str,
    *,
    own: bool | None = None,
    confirmed: bool | None = None,
) -> SuitabilityRow:
    same = [one for one in row.overrides if (one.product_id, one.check_id) == (product_id, check_id)]
    old = same[0] if same else Override(product_id, check_id, False, False)
    new = Override(
        product_id,
        check_id,
        old.own_initiative if own is None else own,
        old.confirmed if confirmed is None else confirmed,
    )
    others = tuple(one for one in row.overrides if one not in same)
    return change(row, overrides=(*others, new)[-KEPT:])


def _in_force(row: SuitabilityRow, purchase: Purchase) -> Assessment | None:
    """The last assessment before the purchase; none on record is not judged here."""
    before = [one for one in row.assessments if _not_after(one, purchase)]
    return max(before, key=_when) if before else None


def _not_after(one: Assessment, purchase: Purchase) -> bool:
    if one.at is not None and purchase.at is not None:
        return one.at <= purchase.at
    if one.on is None or purchase.on is None:
        return True
    return one.on <= purchase.on


def _before(one: Assessment, other: Assessment) -> bool:
    return one.entry != other.entry and _when(one) < _when(other)


_NOON = dt.time(12)


def _when(one: Assessment) -> tuple[dt.datetime, str, str]:
    if one.at is not None:
        at = one.at
    elif one.on is not None:
        at = dt.datetime.combine(one.on, _NOON, tzinfo=dt.UTC)
    else:
        at = dt.datetime.min.replace(tzinfo=dt.UTC)
    return at, one.entry.source, one.entry.id


def _within_hours(one: Assessment, purchase: Purchase, hours: int) -> bool:
    if one.at is not None and purchase.at is not None:
        return purchase.at - one.at <= dt.timedelta(hours=hours)
    if one.on is None or purchase.on is None:
        return False
    return (purchase.on - one.on).days * 24 <= hours


def _above(level: RiskLevel, other: RiskLevel) -> bool:
    return LEVELS.index(level) > LEVELS.index(other)


def _new(key: Key) -> SuitabilityRow:
    return SuitabilityRow(key[0], False, (), (), (), ())
