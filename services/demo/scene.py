"""The scene of planted cases and look-alikes: whom they take, and where their sales are made.

A customer plays in one case only. Nothing here knows how a rule works; a case is what a bank person would
call misconduct, and its truth is written down where it is planted.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import Channel
from services.demo.check_desk import CheckDesk
from services.demo.customers import Customer
from services.demo.diary import Diary
from services.demo.entities import HOME
from services.demo.people import Employee, Staff
from services.demo.products import Product
from services.demo.steps import Counter, Fault, Order, Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year, moment, next_working


class Scene:
    """Customers set aside, a counter, and days."""

    def __init__(
        self,
        diary: Diary,
        chance: Chance,
        year: Year,
        staff: Staff,
        customers: Sequence[Customer],
        truth: Truth,
        prefix: str,
        taken: set[str],
        investing: frozenset[str],
        desk: CheckDesk | None = None,
    ) -> None:
        self.diary = diary
        self.chance = chance
        self.year = year
        self.staff = staff
        self.customers = customers
        self.truth = truth
        self.counter = Counter(diary, prefix, desk)
        self.sales: list[Sale] = []
        self.investing = investing
        self._taken = taken

    def cast(self, count: int, wanted: Callable[[Customer], bool]) -> list[Customer]:
        """Long-standing customers of the home entity, at most `count`, whom no other case uses."""
        fit = [
            one
            for one in self.customers
            if one.id not in self._taken
            and one.entity is HOME
            and not one.professional
            and not one.organisation
            and one.since < self.year.book_from
            and one.profile_ends > self.year.last
            and wanted(one)
        ]
        chosen = self.chance.sample(fit, min(count, len(fit)))
        self._taken.update(one.id for one in chosen)
        return chosen

    def day(self, after: int, before: int) -> dt.date:
        """A working day between so many days into the year."""
        return next_working(self.year.days[self.chance.randrange(after, before)])

    def at(self, day: dt.date, kind: str = "branch") -> dt.datetime:
        """A moment of that day at home."""
        return moment(self.chance, day, HOME.zone, kind)

    def manager(self, role: str, day: dt.date) -> Employee:
        """Who plays a role of the cast on a day."""
        seat = self.staff.cast[role]
        return seat.holder(day) or seat.holders[-1]

    def own_manager(self, customer: Customer, day: dt.date) -> Employee:
        """The customer's own manager, or somebody of the branch while there is none."""
        return customer.seat.holder(day) or self.staff.in_branch(self.chance, customer.seat.unit, day)

    def sell(
        self,
        customer: Customer,
        product: Product,
        channel: Channel,
        seller: Employee,
        at: dt.datetime,
        amount_cny: float | None = None,
        faults: frozenset[Fault] = frozenset(),
        *,
        planted: bool = True,
        grade: str | None = None,
        override_text: str | None = None,
        replaces: tuple[str, ...] = (),
    ) -> Sale:
        """A sale of the case, with all the steps of an ordinary one."""
        amount = amount_cny if amount_cny is not None else self.ticket(product)
        order = Order(
            customer, product, channel, seller, seller.unit, at, amount, faults,
            grade=grade, override_text=override_text, replaces=replaces,
        )  # fmt: skip
        sale = self.counter.sell(order)
        sale.planted = planted
        self.sales.append(sale)
        return sale

    def ticket(self, product: Product) -> float:
        """An ordinary amount for the product."""
        kind = "insurance" if product.kind == "linked" else product.kind
        return self.chance.spread(numbers.TICKET_MEDIANS[kind], 0.5)

    def later(self, day: dt.date, days: int) -> dt.date:
        """So many days later, but never past the year."""
        return min(day + days * DAY, self.year.last)


def customer_subject(customer: Customer) -> str:
    """The subject that a customer's facts stand under."""
    return f"customer/{customer.id}"


def employee_subject(employee: Employee) -> str:
    """The subject that an employee's facts stand under."""
    return f"employee/{employee.id}"
