"""Channels: the app, the branches, the call centre and three partners, with their contracts and licences.

One partner's licence runs out during the year and one may not sell everything. The ordinary business keeps to
both; the planted cases do not.
"""

import datetime as dt
from dataclasses import dataclass

from services.demo.diary import APP, BRANCH, CALL, CRM, PARTNERS, Diary, named
from services.demo.products import MORTGAGE, PRODUCTS, Product
from services.demo.year import DAY, Year


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to customers; `kind` is what hours, tickets and satisfaction depend on."""

    id: str
    kind: str
    name: str
    source: str
    partner: str | None = None


APP_CHANNEL = Channel(named("channel", "app"), "app", "Mobile app", APP)
BRANCHES = Channel(named("channel", "branch"), "branch", "Branches", BRANCH)
CALL_CENTRE = Channel(named("channel", "call"), "call", "Call centre", CALL)
PARTNER_CHANNELS = {
    name: Channel(named("channel", f"partner-{name}"), "partner", f"Partner {name}", source, name)
    for name, source in PARTNERS.items()
}
CHANNELS = (APP_CHANNEL, BRANCHES, CALL_CENTRE, *PARTNER_CHANNELS.values())
OWN = {"app": APP_CHANNEL, "branch": BRANCHES, "call": CALL_CENTRE}
RESTRICTED = PARTNER_CHANNELS["river"]
LAPSING = PARTNER_CHANNELS["harbour"]
RESTRICTED_KINDS = ("deposit", "wealth", "card", "loan")


def licence_ends(year: Year) -> dt.date:
    """The last day on which the lapsing partner's licence is valid."""
    return year.anchor(8, 1, 60, 300) - DAY


def may_sell(channel: Channel, product: Product, day: dt.date, year: Year) -> bool:
    """Whether the channel is licensed and authorised for the product on a day."""
    if product is MORTGAGE:
        return channel is BRANCHES
    if channel is RESTRICTED:
        return product.kind in RESTRICTED_KINDS
    return channel is not LAPSING or day <= licence_ends(year)


def contract(diary: Diary, year: Year) -> None:
    """Note the contracts, and what the restricted partner may sell."""
    begins = year.book_from - 800 * DAY
    for channel in CHANNELS:
        diary.note(
            CRM, "channel.contracted", begins,
            channel_id=channel.id, name=channel.name, own=channel.partner is None, partner=channel.partner,
            channel_type={"call": "call_centre"}.get(channel.kind, channel.kind), valid_from=begins,
            licence_no=None if channel.partner is None else f"L-{channel.partner}",
            licence_valid_to=licence_ends(year) if channel is LAPSING else None,
            all_products=channel is not RESTRICTED,
        )  # fmt: skip
    for product in PRODUCTS:
        if product.kind in RESTRICTED_KINDS and product is not MORTGAGE:
            diary.note(
                CRM, "channel.product_authorised", begins,
                channel_id=RESTRICTED.id, product_id=product.id, valid_from=begins,
            )  # fmt: skip
