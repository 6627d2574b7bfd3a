"""Customer records: what we know and from whom, risk assessments, holdings, representatives, requests.

The card itself is in projections/customers.py. Personal values appear as sealed tokens only.
"""

import datetime as dt

from events.customers import (
    CustomerAttributeCorrected,
    CustomerAttributeRecorded,
    CustomerAttributeVerified,
    RepresentativeAppointed,
    RepresentativeEnded,
    RiskProfileAssessed,
)
from events.envelope import Entry
from events.holdings import HoldingValued
from events.privacy import DataSubjectRequestFulfilled, DataSubjectRequestReceived
from projections.figure import Figure, count_of
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import by_entry, stands
from projections.tally import Tally


class AttributeRow(Row, frozen=True):
    """One thing that we know of a customer, where it came from and whether it was checked."""

    subject: str
    name: str
    value: str | None = None
    source_kind: str | None = None
    verified: bool = False
    since: dt.date | None = None
    verified_on: dt.date | None = None
    method: str | None = None


class RiskProfileRow(Row, frozen=True):
    """One risk assessment."""

    subject: str
    source: str
    id: str
    grade: str
    score: int | None
    professional: bool
    face_to_face: bool
    questionnaire_version: str
    assessed_on: dt.date | None
    valid_until: dt.date
    channel_id: str | None
    employee_id: str | None


class HoldingRow(Row, frozen=True):
    """The latest value of a holding; what is below nought is a debt and no asset."""

    subject: str
    holding_id: str
    legal_entity: str | None = None
    product_id: str | None = None
    unit_id: str | None = None
    rm_id: str | None = None
    sale_id: str | None = None
    currency: str | None = None
    value_minor: int = 0
    asset_minor: int = 0
    units: str | None = None
    valued_on: dt.date | None = None


class RepresentativeRow(Row, frozen=True):
    """Somebody who may, or might, act for a customer."""

    subject: str
    representative_id: str
    kind: str | None = None
    scope: str | None = None
    authority_ref: str | None = None
    until: dt.date | None = None
    appointed_on: dt.date | None = None
    ended: bool = False
    ended_on: dt.date | None = None
    in_force: bool = False


class SubjectRequestRow(Row, frozen=True):
    """A customer's request about personal data: asked when, answered when and how."""

    subject: str
    request_id: str
    kind: str | None = None
    received_on: dt.date | None = None
    fulfilled: bool = False
    fulfilled_on: dt.date | None = None
    outcome: str | None = None


def _attribute_keys(
    event: CustomerAttributeRecorded | CustomerAttributeVerified | CustomerAttributeCorrected, entry: Entry
) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.name),)


def _attribute_stated(
    key: Key,
    row: AttributeRow | None,
    event: CustomerAttributeRecorded | CustomerAttributeCorrected,
    entry: Entry,
) -> AttributeRow:
    row = row or AttributeRow(*key)
    if not stands(entry.occurred_on, row.since):
        return row
    since = latest(row.since, entry.occurred_on)
    checked = row.verified_on is not None and since is not None and row.verified_on >= since
    return change(
        row,
        value=event.value,
        source_kind=event.source_kind,
        verified=event.verified or checked,
        since=since,
    )


def _attribute_verified(
    key: Key, row: AttributeRow | None, event: CustomerAttributeVerified, entry: Entry
) -> AttributeRow:
    row = row or AttributeRow(*key)
    if not stands(entry.occurred_on, row.verified_on):
        return row
    return change(
        row,
        verified=row.verified or stands(entry.occurred_on, row.since),
        verified_on=latest(row.verified_on, entry.occurred_on),
        method=event.method,
    )


def _assessed(key: Key, row: object, event: RiskProfileAssessed, entry: Entry) -> RiskProfileRow:
    return RiskProfileRow(
        key[0],
        key[1],
        key[2],
        event.grade,
        event.score,
        event.professional,
        event.face_to_face,
        event.questionnaire_version,
        entry.occurred_on,
        event.valid_until,
        event.channel_id,
        event.employee_id,
    )


def _holding_keys(event: HoldingValued, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.holding_id),)


def _valued(key: Key, row: HoldingRow | None, event: HoldingValued, entry: Entry) -> HoldingRow:
    row = row or HoldingRow(*key)
    if not stands(event.as_of, row.valued_on):
        return row
    return change(
        row,
        legal_entity=event.legal_entity or row.legal_entity,
        product_id=event.product_id or row.product_id,
        unit_id=event.unit_id or row.unit_id,
        rm_id=event.relationship_manager or row.rm_id,
        sale_id=event.sale_id or row.sale_id,
        currency=event.currency,
        value_minor=event.value_minor,
        asset_minor=max(event.value_minor, 0),
        units=event.units,
        valued_on=event.as_of,
    )


def _representative_keys(
    event: RepresentativeAppointed | RepresentativeEnded, entry: Entry
) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.representative_id),)


def _appointed(
    key: Key, row: RepresentativeRow | None, event: RepresentativeAppointed, entry: Entry
) -> RepresentativeRow:
    row = row or RepresentativeRow(*key)
    on = entry.occurred_on
    if row.kind is not None and not stands(on, row.appointed_on):
        return row
    return change(
        row,
        kind=event.kind,
        scope=event.scope,
        authority_ref=event.authority_ref,
        until=event.until,
        appointed_on=latest(row.appointed_on, on),
        in_force=not row.ended or (on is not None and row.ended_on is not None and on > row.ended_on),
    )


def _representative_ended(
    key: Key, row: RepresentativeRow | None, event: RepresentativeEnded, entry: Entry
) -> RepresentativeRow:
    row = row or RepresentativeRow(*key)
    on = entry.occurred_on
    in_force = row.in_force and not stands(on, row.appointed_on)
    return change(row, ended=True, ended_on=latest(row.ended_on, on), in_force=in_force)


def _request_keys(
    event: DataSubjectRequestReceived | DataSubjectRequestFulfilled, entry: Entry
) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.request_id),)


def _requested(
    key: Key, row: SubjectRequestRow | None, event: DataSubjectRequestReceived, entry: Entry
) -> SubjectRequestRow:
    row = row or SubjectRequestRow(*key)
    return change(row, kind=event.kind, received_on=entry.occurred_on)


def _fulfilled(
    key: Key, row: SubjectRequestRow | None, event: DataSubjectRequestFulfilled, entry: Entry
) -> SubjectRequestRow:
    row = row or SubjectRequestRow(*key)
    if not stands(entry.occurred_on, row.fulfilled_on):
        return row
    on = latest(row.fulfilled_on, entry.occurred_on)
    return change(row, fulfilled=True, fulfilled_on=on, outcome=event.outcome)


ATTRIBUTES = Ledger(
    name="attributes",
    version=1,
    row=AttributeRow,
    key=("subject", "name"),
    keys=_attribute_keys,
    handlers={
        CustomerAttributeRecorded: _attribute_stated,
        CustomerAttributeVerified: _attribute_verified,
        CustomerAttributeCorrected: _attribute_stated,
    },
    about="what we know of a customer, with its source",
)

RISK_PROFILES = Ledger(
    name="risk_profiles",
    version=1,
    row=RiskProfileRow,
    key=("subject", "source", "id"),
    keys=by_entry,
    handlers={RiskProfileAssessed: _assessed},
    written_once=True,
    about="every risk assessment of a customer",
)

HOLDINGS = Ledger(
    name="holdings",
    version=1,
    row=HoldingRow,
    key=("subject", "holding_id"),
    keys=_holding_keys,
    handlers={HoldingValued: _valued},
    about="the latest value of what a customer holds",
)

REPRESENTATIVES = Ledger(
    name="representatives",
    version=1,
    row=RepresentativeRow,
    key=("subject", "representative_id"),
    keys=_representative_keys,
    handlers={RepresentativeAppointed: _appointed, RepresentativeEnded: _representative_ended},
    about="who may act for a customer",
)

SUBJECT_REQUESTS = Ledger(
    name="subject_requests",
    version=1,
    row=SubjectRequestRow,
    key=("subject", "request_id"),
    keys=_request_keys,
    handlers={DataSubjectRequestReceived: _requested, DataSubjectRequestFulfilled: _fulfilled},
    about="what customers asked about their personal data",
)

HOLDINGS_BY_PRODUCT = Tally(
    name="holdings_by_product",
    ledger=HOLDINGS,
    by=("legal_entity", "product_id", "unit_id", "rm_id", "currency"),
    measures=("asset_minor", "value_minor"),
    where="valued_on",
)

AUM = Figure(
    name="aum",
    title="Assets under management, latest values",
    unit="minor",
    tally=HOLDINGS_BY_PRODUCT,
    compute=count_of("asset_minor"),
    by=("legal_entity", "product_id", "unit_id", "rm_id"),
    always=("currency",),
)
