"""Complaints that show a clock: under every body of rules one answered in time, one late, some still open.

They are as many in a small bank as in a large one, so that no regime is without an example. Ordinary
complaints are in complaints.py.
"""

import datetime as dt
from typing import Any, NamedTuple

from events.complaints import RegimeFacts
from services.demo.chance import Chance
from services.demo.channels import CALL_CENTRE
from services.demo.complaints import Complaint, Office
from services.demo.customers import Customer
from services.demo.products import BY_SLUG
from services.demo.year import DAY, moment, next_working

OPEN_AT = (0.5, 0.8, 0.97)
"""How much of the clock has run when the year ends."""
PRODUCTS = ("demand", "debit", "credit", "term-1y", "car", "consumer", "mortgage", "term-3m", "renovation")


class Shown(NamedTuple):
    """Rules of a place, after how many days an answer shows them met and late, and how long they allow."""

    entity: str
    issue: str
    regime: RegimeFacts
    met: int
    late: int | None
    allowed: int | None = None


def _under(regime: str, **facts: Any) -> RegimeFacts:
    return RegimeFacts(regime=regime, counts_as_complaint=True, **facts)  # type: ignore[arg-type]


SHOWN: tuple[Shown, ...] = (
    Shown("demo-cn", "fee", _under("cn_nfra", complexity="simple"), 9, 24, 15),
    Shown("demo-cn", "service", _under("cn_nfra", complexity="especially_complex"), 43, None),
    Shown("demo-gb", "fee", _under("uk_disp", eligible_complainant=True, psd_emd=False), 24, 66, 56),
    Shown("demo-gb", "fraud", _under("uk_disp", eligible_complainant=True, psd_emd=True), 19, 61),
    Shown("demo-eu", "fee", _under("eu_psd2"), 19, 62, 49),
    Shown("demo-us", "service", _under("us_cfpb"), 20, 75, 60),
    Shown("demo-us", "fraud", _under("us_reg_e", error_type="unauthorised transfer"), 20, 59),
    Shown("demo-au", "service", _under("au_rg271", asic_kind="standard"), 21, 43, 30),
)


def show_clocks(office: Office, seed: int, customers: list[Customer]) -> None:
    """Take the complaints of the table."""
    shelf = _Shelf(office, Chance(seed, "clock cases"), customers)
    days = office.year.days
    for one in SHOWN:
        shelf.take(one, days[shelf.chance.randint(45, 240)], one.met, forgotten=False)
        if one.late is not None:
            shelf.take(one, days[shelf.chance.randint(45, 240)], one.late, forgotten=True)
        for share in OPEN_AT if one.allowed is not None else ():
            assert one.allowed is not None, "a table of two kinds"
            day = office.year.last - int(share * one.allowed) * DAY
            shelf.take(one, day, None, forgotten=one.regime.regime == "cn_nfra")


class _Shelf:
    """Customers to complain, each at most once where there are enough, and products in turn."""

    def __init__(self, office: Office, chance: Chance, customers: list[Customer]) -> None:
        self.chance = chance
        self._office = office
        self._customers = customers
        self._used: set[str] = set()
        self._count = 0

    def take(self, one: Shown, day: dt.date, days: int | None, *, forgotten: bool) -> None:
        """One complaint, received on a working day."""
        customer = self._customer(one.entity, day)
        if customer is None:
            return
        product = BY_SLUG[PRODUCTS[self._count % len(PRODUCTS)]]
        self._count += 1
        at = moment(self.chance, day if days is None else next_working(day), customer.entity.zone, "branch")
        self._office.take(
            Complaint(
                self._office.number(), customer, at, one.issue, CALL_CENTRE, product.id,
                shown=(days, one.regime, forgotten),
            )
        )  # fmt: skip

    def _customer(self, entity: str, day: dt.date) -> Customer | None:
        there = [one for one in self._customers if one.entity.code == entity and one.since < day - 30 * DAY]
        fresh = [one for one in there if one.id not in self._used] or there
        if not fresh:
            return None
        chosen = self.chance.choice(fresh)
        self._used.add(chosen.id)
        return chosen
