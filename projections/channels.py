"""Channels: who may sell for us, since when, until when, and which products.

The door's stamper asks it through projections/known.py how a channel stood when a sale happened.
"""

import datetime as dt

import msgspec

from events.channels import (
    ChannelContracted,
    ChannelPolicyPublished,
    ChannelProductAuthorised,
    ChannelProductWithdrawn,
    ChannelSuspended,
    ChannelTerminated,
    CommissionRate,
)
from events.envelope import Entry
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import Dated, by_subject, put, stands


class Contract(msgspec.Struct, frozen=True, omit_defaults=True):
    """A contract in force from `since`; its own end and that of the licence, both days included."""

    since: dt.date | None
    until: dt.date | None = None
    licence_until: dt.date | None = None
    all_products: bool = True


class Authority(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product that the channel may sell from `since`, or may no longer sell."""

    since: dt.date | None
    product_id: str
    granted: bool
    until: dt.date | None = None


class CommissionPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version of what the channel earns, from `since`."""

    since: dt.date | None
    policy_id: str
    policy_version: str
    rates: tuple[CommissionRate, ...] = ()


class ChannelRow(Row, frozen=True):
    """A channel; `status` is the latest, the histories say how it stood before."""

    subject: str
    channel_id: str | None = None
    name: str | None = None
    channel_type: str | None = None
    own: bool = True
    partner: str | None = None
    legal_entity: str | None = None
    licence_no: str | None = None
    licence_valid_to: dt.date | None = None
    contracted_on: dt.date | None = None
    status: str = "not_yet"
    statuses: tuple[Dated, ...] = ()
    contracts: tuple[Contract, ...] = ()
    products: tuple[Authority, ...] = ()
    policies: tuple[CommissionPolicy, ...] = ()


def _contracted(key: Key, row: ChannelRow | None, event: ChannelContracted, entry: Entry) -> ChannelRow:
    """In force from `valid_from`; a contract made after a suspension lifts it on the day it was made."""
    row = row or ChannelRow(*key)
    on = entry.occurred_on
    statuses = put(row.statuses, Dated(event.valid_from, "contracted"))
    if on is not None and on > event.valid_from:
        statuses = put(statuses, Dated(on, "contracted"))
    contract = Contract(event.valid_from, event.valid_to, event.licence_valid_to, event.all_products)
    row = change(row, status=statuses[-1].value, statuses=statuses, contracts=put(row.contracts, contract))
    if row.channel_id is not None and not stands(on, row.contracted_on):
        return row
    return change(
        row,
        channel_id=event.channel_id,
        name=event.name,
        channel_type=event.channel_type,
        own=event.own,
        partner=event.partner,
        legal_entity=event.legal_entity,
        licence_no=event.licence_no,
        licence_valid_to=event.licence_valid_to,
        contracted_on=latest(row.contracted_on, on),
    )


def _suspended(key: Key, row: ChannelRow | None, event: ChannelSuspended, entry: Entry) -> ChannelRow:
    return _standing(row or ChannelRow(*key), Dated(entry.occurred_on, "suspended"))


def _terminated(key: Key, row: ChannelRow | None, event: ChannelTerminated, entry: Entry) -> ChannelRow:
    return _standing(row or ChannelRow(*key), Dated(entry.occurred_on, "terminated"))


def _standing(row: ChannelRow, status: Dated) -> ChannelRow:
    statuses = put(row.statuses, status)
    return change(row, status=statuses[-1].value, statuses=statuses)


def _authorised(
    key: Key, row: ChannelRow | None, event: ChannelProductAuthorised, entry: Entry
) -> ChannelRow:
    row = row or ChannelRow(*key)
    authority = Authority(event.valid_from, event.product_id, True, event.valid_to)
    return change(row, products=put(row.products, authority))


def _product_withdrawn(
    key: Key, row: ChannelRow | None, event: ChannelProductWithdrawn, entry: Entry
) -> ChannelRow:
    row = row or ChannelRow(*key)
    return change(row, products=put(row.products, Authority(entry.occurred_on, event.product_id, False)))


def _policy(key: Key, row: ChannelRow | None, event: ChannelPolicyPublished, entry: Entry) -> ChannelRow:
    row = row or ChannelRow(*key)
    policy = CommissionPolicy(event.valid_from, event.policy_id, event.policy_version, event.commission_table)
    return change(row, policies=put(row.policies, policy))


CHANNELS = Ledger(
    name="channels",
    version=2,
    row=ChannelRow,
    key=("subject",),
    keys=by_subject,
    handlers={
        ChannelContracted: _contracted,
        ChannelSuspended: _suspended,
        ChannelTerminated: _terminated,
        ChannelProductAuthorised: _authorised,
        ChannelProductWithdrawn: _product_withdrawn,
        ChannelPolicyPublished: _policy,
    },
    about="channels with their contracts, licences and products",
)
