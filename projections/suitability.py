"""Suitability: every check with what became of it, target markets, questionnaires, what was recommended.

The suitability desk asks these ledgers what was true; screens show them. The file of a check itself stays in
its entry. Facts come late: a row keeps the day of each step, and its state follows from the days.
"""

import datetime as dt

from events.advice import (
    AdviceGiven,
    NeedRecorded,
    ProductRecommended,
    SuitabilityChecked,
    SuitabilityOverrideConfirmed,
    SuitabilityOverrideRequested,
    SuitabilityWarningGiven,
)
from events.envelope import Entry, Event
from events.products import ProductTargetMarketDefined
from events.questionnaires import QuestionnairePublished
from events.sales import CallbackConfirmed, CoolingOffStarted, SaleConfirmed
from events.suitability_file import TargetMarket
from projections.ledger import Key, Ledger, Row, change, earliest, latest
from projections.steps import by_entry, stands


class SuitabilityCheckRow(Row, frozen=True):
    """A check. `override_allowed` is the verdict's word; `override_state` says how far the customer went:
    none, warned, requested, confirmed."""

    subject: str
    check_id: str
    product_id: str | None = None
    grade: str | None = None
    risk_level: str | None = None
    outcome: str | None = None
    override_allowed: str | None = None
    override_state: str = "none"
    checked_on: dt.date | None = None
    valid_until: dt.date | None = None
    reasons: tuple[str, ...] = ()
    channel_id: str | None = None
    employee_id: str | None = None
    pack: str | None = None
    pack_version: str | None = None
    pack_digest: str | None = None
    questionnaire_version: str | None = None
    warned: bool = False
    warned_on: dt.date | None = None
    requested: bool = False
    requested_on: dt.date | None = None
    own_initiative: bool = False
    confirmed: bool = False
    confirmed_on: dt.date | None = None
    sale_id: str | None = None
    sold_on: dt.date | None = None
    cooling_until: dt.date | None = None
    called_back_on: dt.date | None = None


class TargetMarketRow(Row, frozen=True):
    """A version of a product's target market."""

    subject: str
    market_version: str
    product_id: str
    valid_from: dt.date | None
    market: TargetMarket
    occupations: tuple[str, ...] = ()
    income_from_minor: int | None = None
    currency: str | None = None


class QuestionnaireRow(Row, frozen=True):
    """A version of a questionnaire, whole."""

    subject: str
    questionnaire_version: str
    questionnaire_id: str
    valid_from: dt.date
    published_on: dt.date | None
    published: QuestionnairePublished


class NeedRow(Row, frozen=True):
    """A need of a customer; what it says is a sealed token."""

    subject: str
    need_id: str
    need_type: str | None = None
    level: str | None = None
    product_category: str | None = None
    text: str | None = None
    employee_id: str | None = None
    recorded_on: dt.date | None = None


class AdviceRow(Row, frozen=True):
    """That somebody, or a machine, put a product forward."""

    subject: str
    source: str
    id: str
    product_id: str
    employee_id: str | None
    kind: str
    on: dt.date | None


def _check_keys(event: Event, entry: Entry) -> tuple[Key, ...]:
    check_id = event.suitability_check_id if isinstance(event, SaleConfirmed) else event.check_id  # type: ignore[attr-defined]
    return () if check_id is None else ((entry.envelope.subject, check_id),)


def _checked(
    key: Key, row: SuitabilityCheckRow | None, event: SuitabilityChecked, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    if row.outcome is not None and not stands(entry.occurred_on, row.checked_on):
        return row
    return change(
        row,
        product_id=event.product_id,
        grade=event.grade,
        risk_level=event.risk_level,
        outcome=event.outcome,
        override_allowed=event.override,
        checked_on=latest(row.checked_on, entry.occurred_on),
        valid_until=event.valid_until,
        reasons=tuple(one.reason for one in event.findings if one.effect not in ("none", "warns")),
        channel_id=event.channel_id,
        employee_id=event.employee_id,
        pack=None if event.pack is None else event.pack.pack,
        pack_version=event.rule_version if event.pack is None else event.pack.version,
        pack_digest=None if event.pack is None else event.pack.digest,
        questionnaire_version=event.questionnaire_version,
    )


def _warned(
    key: Key, row: SuitabilityCheckRow | None, event: SuitabilityWarningGiven, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    return _stated(change(row, warned=True, warned_on=earliest(row.warned_on, entry.occurred_on)))


def _requested(
    key: Key, row: SuitabilityCheckRow | None, event: SuitabilityOverrideRequested, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    return _stated(
        change(
            row,
            requested=True,
            requested_on=latest(row.requested_on, entry.occurred_on),
            own_initiative=row.own_initiative or event.own_initiative,
        )
    )


def _confirmed(
    key: Key, row: SuitabilityCheckRow | None, event: SuitabilityOverrideConfirmed, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    if not (event.warning_shown and event.written_ack):
        return row
    on = latest(row.confirmed_on, entry.occurred_on)
    return _stated(change(row, warned=True, confirmed=True, confirmed_on=on))


def _stated(row: SuitabilityCheckRow) -> SuitabilityCheckRow:
    state = "warned" if row.warned else "none"
    if row.requested:
        state = "requested"
    return change(row, override_state="confirmed" if row.confirmed else state)


def _sold(
    key: Key, row: SuitabilityCheckRow | None, event: SaleConfirmed, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    if row.sale_id is not None and not stands(entry.occurred_on, row.sold_on):
        return row
    return change(row, sale_id=event.sale_id, sold_on=latest(row.sold_on, entry.occurred_on))


def _cooling(
    key: Key, row: SuitabilityCheckRow | None, event: CoolingOffStarted, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    return change(row, cooling_until=latest(row.cooling_until, event.until))


def _called_back(
    key: Key, row: SuitabilityCheckRow | None, event: CallbackConfirmed, entry: Entry
) -> SuitabilityCheckRow:
    row = row or SuitabilityCheckRow(*key)
    if event.outcome != "confirmed":
        return row
    return change(row, called_back_on=earliest(row.called_back_on, entry.occurred_on))


def _market_keys(event: ProductTargetMarketDefined, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.market.version),)


def _market(key: Key, row: object, event: ProductTargetMarketDefined, entry: Entry) -> TargetMarketRow:
    return TargetMarketRow(
        key[0],
        key[1],
        product_id=event.product_id,
        valid_from=event.valid_from or entry.occurred_on,
        market=event.market,
        occupations=event.occupations,
        income_from_minor=event.income_from_minor,
        currency=event.currency,
    )


def _questionnaire_keys(event: QuestionnairePublished, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.questionnaire_version),)


def _published(
    key: Key, row: QuestionnaireRow | None, event: QuestionnairePublished, entry: Entry
) -> QuestionnaireRow:
    """A version, once published, stands: whoever publishes it again changes nothing."""
    if row is not None:
        return row
    return QuestionnaireRow(
        key[0], key[1], event.questionnaire_id, event.valid_from, entry.occurred_on, event
    )


def _need_keys(event: NeedRecorded, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.need_id),)


def _need(key: Key, row: NeedRow | None, event: NeedRecorded, entry: Entry) -> NeedRow:
    row = row or NeedRow(*key)
    if row.need_type is not None and not stands(entry.occurred_on, row.recorded_on):
        return row
    return change(
        row,
        need_type=event.need_type,
        level=event.level,
        product_category=event.product_category,
        text=event.text,
        employee_id=event.employee_id,
        recorded_on=latest(row.recorded_on, entry.occurred_on),
    )


def _advised(key: Key, row: object, event: ProductRecommended | AdviceGiven, entry: Entry) -> AdviceRow:
    kind = "advice" if isinstance(event, AdviceGiven) else "recommendation"
    return AdviceRow(key[0], key[1], key[2], event.product_id, event.employee_id, kind, entry.occurred_on)


SUITABILITY_CHECKS = Ledger(
    name="suitability_checks",
    version=1,
    row=SuitabilityCheckRow,
    key=("subject", "check_id"),
    keys=_check_keys,
    handlers={
        SuitabilityChecked: _checked,
        SuitabilityWarningGiven: _warned,
        SuitabilityOverrideRequested: _requested,
        SuitabilityOverrideConfirmed: _confirmed,
        SaleConfirmed: _sold,
        CoolingOffStarted: _cooling,
        CallbackConfirmed: _called_back,
    },
    indexes=(("check_id",), ("product_id",)),
    about="suitability checks, and how far their overrides went",
)

TARGET_MARKETS = Ledger(
    name="target_markets",
    version=1,
    row=TargetMarketRow,
    key=("subject", "market_version"),
    keys=_market_keys,
    handlers={ProductTargetMarketDefined: _market},
    about="for whom a product is, and for whom not, by version",
)

QUESTIONNAIRES = Ledger(
    name="questionnaires",
    version=1,
    row=QuestionnaireRow,
    key=("subject", "questionnaire_version"),
    keys=_questionnaire_keys,
    handlers={QuestionnairePublished: _published},
    about="risk questionnaires, by version",
)

NEEDS = Ledger(
    name="needs",
    version=1,
    row=NeedRow,
    key=("subject", "need_id"),
    keys=_need_keys,
    handlers={NeedRecorded: _need},
    about="what customers need, as sellers understood it",
)

ADVICE_LOG = Ledger(
    name="advice_log",
    version=1,
    row=AdviceRow,
    key=("subject", "source", "id"),
    keys=by_entry,
    handlers={ProductRecommended: _advised, AdviceGiven: _advised},
    written_once=True,
    indexes=(("product_id",),),
    about="who put which product forward",
)
