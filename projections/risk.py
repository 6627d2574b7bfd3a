"""Risk: the signals that the watch wrote, the rule packs they came from, and fraud assessments.

A signal stands on the subject of its facts and may land anywhere after them, so nothing here is read or
written by the handler of any other fact.
"""

import datetime as dt

from events.envelope import Entry
from events.event_type import EntryRef
from events.risk import FraudAssessed, RiskSignalDetected, RulePackPublished
from projections.figure import Figure, count_of
from projections.ledger import Key, Ledger, Row
from projections.steps import by_entry
from projections.tally import Tally


class SignalRow(Row, frozen=True):
    """What a rule saw, with the rule's words, what it read and the entries it read it in."""

    subject: str
    signal_id: str
    rule: str
    rule_version: str
    pack: str
    severity: str
    score: int
    text: str
    detected_on: dt.date | None
    window_from: dt.date | None
    window_to: dt.date | None
    legal_entity: str | None
    customer_id: str | None
    product_id: str | None
    channel_id: str | None
    unit_id: str | None
    seller_id: str | None
    inputs: tuple[tuple[str, str], ...]
    evidence: tuple[EntryRef, ...]


class RulePackRow(Row, frozen=True):
    """A version of a rule pack, and which text it is."""

    subject: str
    pack_version: str
    digest: str
    rules: tuple[str, ...]
    effective_from: dt.date
    published_on: dt.date | None
    approver: str | None


class FraudAssessmentRow(Row, frozen=True):
    """Somebody looked whether an application, or a customer, deceives us."""

    subject: str
    source: str
    id: str
    application_id: str | None
    employee_id: str | None
    outcome: str
    assessed_on: dt.date | None


def _signal_keys(event: RiskSignalDetected, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.signal_id),)


def _detected(key: Key, row: SignalRow | None, event: RiskSignalDetected, entry: Entry) -> SignalRow:
    if row is not None:
        return row
    return SignalRow(
        key[0],
        key[1],
        event.rule,
        event.rule_version,
        event.pack,
        event.severity,
        event.score,
        event.text,
        entry.occurred_on,
        event.window_from,
        event.window_to,
        event.legal_entity,
        event.customer_id,
        event.product_id,
        event.channel_id,
        event.unit_id,
        event.seller_id,
        event.inputs,
        event.evidence,
    )


def _pack_keys(event: RulePackPublished, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.pack_version),)


def _published(key: Key, row: RulePackRow | None, event: RulePackPublished, entry: Entry) -> RulePackRow:
    return RulePackRow(
        key[0], key[1], event.digest, event.rules, event.effective_from, entry.occurred_on, event.approver
    )


def _assessed(key: Key, row: object, event: FraudAssessed, entry: Entry) -> FraudAssessmentRow:
    return FraudAssessmentRow(
        key[0], key[1], key[2], event.application_id, event.employee_id, event.outcome, entry.occurred_on
    )


SIGNALS = Ledger(
    name="signals",
    version=1,
    row=SignalRow,
    key=("subject", "signal_id"),
    keys=_signal_keys,
    handlers={RiskSignalDetected: _detected},
    indexes=(("rule", "detected_on"),),
    about="what the risk rules saw",
)

RULE_PACKS = Ledger(
    name="rule_packs",
    version=1,
    row=RulePackRow,
    key=("subject", "pack_version"),
    keys=_pack_keys,
    handlers={RulePackPublished: _published},
    about="rule packs by version",
)

FRAUD_ASSESSMENTS = Ledger(
    name="fraud_assessments",
    version=1,
    row=FraudAssessmentRow,
    key=("subject", "source", "id"),
    keys=by_entry,
    handlers={FraudAssessed: _assessed},
    written_once=True,
    about="assessments whether an application deceives us",
)

SIGNALS_BY_DAY = Tally(
    name="signals_by_day",
    ledger=SIGNALS,
    by=(
        "legal_entity",
        "rule",
        "rule_version",
        "severity",
        "product_id",
        "channel_id",
        "unit_id",
        "seller_id",
        "detected_on",
    ),
)

SIGNALS_FIGURE = Figure(
    name="signals",
    title="Risk signals",
    unit="count",
    tally=SIGNALS_BY_DAY,
    compute=count_of(),
    by=(
        "legal_entity",
        "rule",
        "rule_version",
        "severity",
        "product_id",
        "channel_id",
        "unit_id",
        "seller_id",
    ),
    day="detected_on",
)
