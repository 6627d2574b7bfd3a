"""Channels: branches, platforms, partners and agents through which products reach customers.

The subject is the channel. Rules ask whether a channel was contracted, licensed and authorised when a
sale happened; that is stamped on the sale from these facts.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.envelope import END, ID_PATTERN, ChannelId, Event, ProductId
from events.event_type import Correction, Voiding
from events.vocabulary import BasisPoints, LegalEntity, ProductCategory, Reference, Version, Words

ChannelType = Literal[
    "branch", "call_centre", "online", "app", "partner", "agent", "adviser", "mail", "other"
]


class CommissionRate(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """The rate for a product, else for a category, else, with neither, for everything not named."""

    product_id: Annotated[ProductId, Meta(pattern=f"^{ID_PATTERN}{END}")] | None = None
    category: ProductCategory | None = None
    rate_bp: BasisPoints


class ChannelContracted(Event, frozen=True, kw_only=True):
    """The channel may sell for us, with these rights and duties; a new contract renews the licence dates."""

    channel_id: ChannelId
    name: Words | None = None
    channel_type: ChannelType
    own: bool = True
    partner: Words | None = None
    legal_entity: LegalEntity | None = None
    rights: tuple[Words, ...] = ()
    duties: tuple[Words, ...] = ()
    licence_no: Words | None = None
    valid_from: dt.date
    valid_to: dt.date | None = None
    licence_valid_to: dt.date | None = None
    all_products: bool = True


class ChannelSuspended(Event, frozen=True, kw_only=True):
    """The channel may not sell for the time being; a new contract lifts it."""

    channel_id: ChannelId
    reason: Words


class ChannelTerminated(Event, frozen=True, kw_only=True):
    """The contract with the channel has ended."""

    channel_id: ChannelId
    reason: Words


class ChannelProductAuthorised(Event, frozen=True, kw_only=True):
    """The channel may sell this product."""

    channel_id: ChannelId
    product_id: ProductId
    valid_from: dt.date
    valid_to: dt.date | None = None


class ChannelProductWithdrawn(Event, frozen=True, kw_only=True):
    """The channel may no longer sell this product."""

    channel_id: ChannelId
    product_id: ProductId
    reason: Words


class ChannelPolicyPublished(Event, frozen=True, kw_only=True):
    """What the channel earns from a day on: a version of its commission policy."""

    channel_id: ChannelId
    policy_id: Reference
    policy_version: Version
    channel_type: ChannelType | None = None
    commission_table: Annotated[tuple[CommissionRate, ...], Meta(max_length=2_000)] = ()
    bonus: Words | None = None
    training_support: Words | None = None
    valid_from: dt.date


class ChannelCorrected(Correction, frozen=True, kw_only=True):
    """A fact about a channel, stated again."""

    channel_id: ChannelId


class ChannelVoided(Voiding, frozen=True, kw_only=True):
    """A fact about a channel that never was."""

    channel_id: ChannelId
