"""Suitability checks that branches make at the desk: a part of their ordinary sales, and every own-wish fund.

steps.py asks it before it notes a check as a fact. What the desk answers is its own business: here it is only
asked about sales of which a bank person knows the answer.
"""

import datetime as dt

from events.suitability_file import Circumstances
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import Channel
from services.demo.customers import Customer
from services.demo.deeds import Agenda, as_actor, case_of
from services.demo.entities import HOME
from services.demo.people import Employee
from services.demo.products import Product
from services.demo.year import Year
from services.desks.deciding import Actor
from services.desks.suitability.declaration import SUITABILITY

MINUTE = dt.timedelta(minutes=1)
EXPERIENCE_YEARS = 5
WARNING = {"document": "Special risk warning", "document_version": "2", "method": "in_person"}


class CheckDesk:
    """The suitability desk as branches use it in the played year."""

    def __init__(self, agenda: Agenda, seed: int, year: Year) -> None:
        self.agenda = agenda
        self.chance = Chance(seed, "suitability desk")
        self._year = year

    def takes(self, customer: Customer, product: Product, channel: Channel, at: dt.datetime) -> bool:
        """Whether this kind of sale may be checked at the desk at all."""
        return (
            channel.kind == "branch"
            and product.kind in ("wealth", "fund")
            and customer.entity is HOME
            and not customer.organisation
            and at.date() > self._year.first
        )

    def check(
        self, number: str, customer: Customer, product: Product, channel: Channel, seller: Employee,
        at: dt.datetime, text: str | None = None,
    ) -> str:  # fmt: skip
        """Have a product checked, and with a `text` overridden on the customer's wish; gives the check."""
        actor, own_wish = as_actor(seller), text is not None
        command_id = f"demo check {number}"
        case_id = case_of(SUITABILITY, command_id)
        circumstances = Circumstances(
            advice_mode="own_initiative" if own_wish else "advised", objective="met", capacity="met",
            knowledge="not_met" if own_wish else "met", experience_years=EXPERIENCE_YEARS,
        )  # fmt: skip
        asked = {
            "customer_id": customer.id,
            "product_id": product.id,
            "channel_id": channel.id,
            "seller_id": seller.id,
            "circumstances": circumstances,
        }
        self.agenda.note(SUITABILITY, case_id, "check", at - 35 * MINUTE, actor, asked, command_id)
        if text is not None:
            self._override(case_id, actor, at, text)
        return case_id

    def is_drawn(self) -> bool:
        """Whether one of the ordinary sales is checked here."""
        return self.chance.happens(numbers.CHECKED_AT_THE_DESK)

    def _override(self, case_id: str, actor: Actor, at: dt.datetime, text: str) -> None:
        self.agenda.note(SUITABILITY, case_id, "warn", at - 33 * MINUTE, actor, dict(WARNING))
        self.agenda.note(
            SUITABILITY, case_id, "request-override", at - 32 * MINUTE, actor,
            {"own_initiative": True, "text": text},
        )  # fmt: skip
        self.agenda.note(
            SUITABILITY, case_id, "confirm-override", at - 29 * MINUTE, actor,
            {"warning_shown": True, "written_ack": True},
        )  # fmt: skip
