"""Planted cases that lie in conduct: 10 to 17 of the list. Each function plants one.

Complaints live through the ordinary complaint office, answers through the ordinary survey; only who did what
to whom is planted.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from events.event_type import EntryRef
from services.demo import numbers
from services.demo.channels import BRANCHES, CALL_CENTRE
from services.demo.complaints import Complaint, Office
from services.demo.customers import Customer, withdraw
from services.demo.diary import BRANCH, CORE, CRM, SURVEY, SURVEYS, named
from services.demo.entities import HOME
from services.demo.products import BY_SLUG, PRODUCTS, SAFE_FUND, WITHDRAWN, withdrawn_on
from services.demo.scene import Scene, customer_subject, employee_subject
from services.demo.surveys import after_sale, reply, send
from services.demo.year import DAY, Year, next_working

TOP_EXTRA = 0.9
"""How much more the top earner sells than others."""
TOP_TICKET = 2.0
PROMISE = "safe as a deposit"
SAFE_FUND_DAYS = 61


def top_earner_sales(scene: Scene) -> None:
    """10, first half: somebody sells far more than the others."""
    usual = len(scene.customers) / numbers.PER * numbers.SALES * numbers.CHANNELS_BY_COUNT["branch"]
    extra = round(TOP_EXTRA * usual / len(scene.staff.seats))
    products = [
        one for one in PRODUCTS if one.kind in ("wealth", "insurance") and one.risk in (None, "R1", "R2")
    ]
    buyers = [
        one
        for one in scene.customers
        if one.entity is HOME and one.cap >= 2 and one.profile_ends > scene.year.last
    ]
    for _ in range(extra):
        day = scene.day(3, 350)
        customer, product = (
            scene.chance.choice(buyers),
            scene.chance.choice([one for one in products if _still(one.id, day, scene)]),
        )
        if customer.since < day:
            seller = scene.manager("top_earner", day)
            scene.sell(
                customer,
                product,
                BRANCHES,
                seller,
                scene.at(day),
                TOP_TICKET * scene.ticket(product),
                planted=False,
            )


def top_earner_complaints(scene: Scene, office: Office) -> None:
    """10, second half: and many of the customers complain."""
    seller = scene.staff.cast["top_earner"].holders[0]
    sold = [one for one in scene.sales if one.order.seller is seller and one.day < scene.year.last - 60 * DAY]
    shared = len(scene.customers) / numbers.PER * numbers.COMPLAINTS * numbers.CAUSES["mis_sale"]
    count = max(numbers.TOP_COMPLAINTS, round(numbers.TOP_COMPLAINTS * shared / len(scene.staff.seats)))
    for sale in scene.chance.sample(sold, min(count, len(sold))):
        at = scene.at(next_working(sale.day + scene.chance.randint(8, 50) * DAY))
        office.take(
            Complaint(
                office.number(),
                sale.customer,
                at,
                "mis_sale",
                BRANCHES,
                sale.product.id,
                seller.unit.id,
                seller,
                sale,
            )
        )
    scene.truth.case(10, "top earner", employee_subject(seller))


def chosen_respondents(scene: Scene) -> None:
    """11: a seller asks forty content customers himself."""
    seller = scene.staff.cast["cherry_picker"].holders[0]
    nines = round(numbers.CHOSEN_INVITATIONS * (10 - numbers.CHOSEN_MEAN))
    asked = scene.cast(numbers.CHOSEN_INVITATIONS, lambda one: one.seat.unit is seller.unit)
    asked += scene.cast(numbers.CHOSEN_INVITATIONS - len(asked), lambda one: True)
    entries = []
    for place, customer in enumerate(asked):
        day = scene.day(150, 240)
        sale = scene.sell(customer, BY_SLUG["term-1y"], BRANCHES, seller, scene.at(day), 20_000)
        occasion, invitation = after_sale(sale), named("inv-own", place + 1)
        sent = sale.order.at + dt.timedelta(hours=3)
        entries.append(send(scene.diary, occasion, invitation, "branch", sent, chosen_by="employee"))
        told = {"invitation_id": invitation, "survey_id": SURVEY, "customer_id": customer.id}
        scene.diary.note(SURVEYS, "survey.delivered", sent + dt.timedelta(minutes=1), **told)
        score = 9 if place < nines else 10
        entries.append(reply(scene.diary, occasion, invitation, sent + dt.timedelta(hours=2), score, 5, 7))
    scene.truth.case(11, "chosen respondents", employee_subject(seller), f"unit/{seller.unit.id}")


def unrecorded_complaints(scene: Scene) -> None:
    """12: customers are dissatisfied, and it is logged as a query."""
    for place, customer in enumerate(scene.cast(numbers.UNRECORDED_COMPLAINTS, lambda one: True)):
        at = scene.at(scene.day(20, 330), "call")
        ref = _dissatisfied(scene, customer, named("int-query", place + 1), at)
        scene.truth.case(12, "logged as a query", customer_subject(customer), entries=(ref,))


def own_handler(scene: Scene, office: Office) -> None:
    """13: the complaint is given to the one it is about."""
    for place, customer in enumerate(scene.cast(numbers.OWN_HANDLER, lambda one: True)):
        handler = scene.staff.handlers[place]
        at = scene.at(scene.day(60, 300), "call")
        complaint = office.take(
            Complaint(
                office.number(), customer, at, "service", CALL_CENTRE, BY_SLUG["demand"].id,
                seller=handler, handler=handler,
            )
        )  # fmt: skip
        assert complaint.received is not None
        scene.truth.case(13, "handled by the one complained about", customer_subject(customer))


def safe_fund(scene: Scene, office: Office) -> None:
    """14: one branch sells a fund as safe; half a year later it falls, and the complaints come."""
    scale = len(scene.customers) / numbers.PER
    branch = scene.staff.cast["safe_fund"].unit
    sellers = [seat for seat in scene.staff.seats if seat.unit is branch]
    count = max(numbers.SAFE_FUND_HOLDERS_AT_LEAST, round(numbers.SAFE_FUND_HOLDERS * scale))
    holders = scene.cast(count, lambda one: one.cap >= 3 and one.seat.unit is branch)
    holders += scene.cast(count - len(holders), lambda one: one.cap >= 3)
    begins, falls = safe_fund_days(scene.year)
    for customer in holders:
        day = next_working(begins + scene.chance.randrange(58) * DAY)
        seat = scene.chance.choice(sellers)
        seller = seat.holder(day) or scene.staff.in_branch(scene.chance, branch, day)
        scene.sell(customer, SAFE_FUND, BRANCHES, seller, scene.at(day))
    bought = [sale for sale in scene.sales if sale.product is SAFE_FUND]
    wanted = min(numbers.SAFE_FUND_COMPLAINTS, max(8, round(numbers.SAFE_FUND_COMPLAINTS * scale)))
    subjects = [f"product/{SAFE_FUND.id}", f"unit/{branch.id}"]
    asked = [
        (scene.at(next_working(falls + scene.chance.randrange(2, 27) * DAY), "call"), sale)
        for sale in scene.chance.sample(bought, min(wanted, len(bought)))
    ]
    asked.sort(key=lambda one: one[0])
    for place, (at, sale) in enumerate(asked):
        declares = place == len(asked) // 2
        named_seller = None if declares else sale.order.seller
        office.take(
            Complaint(
                office.number(), sale.customer, at, f"sold as {PROMISE}", BRANCHES, SAFE_FUND.id, branch.id,
                named_seller, sale, declares=_systemic(begins) if declares else None,
            )
        )  # fmt: skip
        subjects += [customer_subject(sale.customer)]
        if sale.order.seller is not None:
            subjects += [employee_subject(sale.order.seller)]
    scene.truth.case(14, "fund sold as safe", *dict.fromkeys(subjects))


def _systemic(begins: dt.date) -> dict[str, Any]:
    """What the office declares when the complaints come: whoever bought the fund in those two months."""
    return {
        "issue_id": "safe-fund",
        "scope": f"sold as {PROMISE}",
        "sold_from": begins,
        "sold_through": begins + SAFE_FUND_DAYS * DAY,
        "product_id": SAFE_FUND.id,
    }


def safe_fund_days(year: Year) -> tuple[dt.date, dt.date]:
    """When the fund is sold as safe for two months, and when it falls."""
    begins = year.anchor(3, 1, 40, 140)
    return begins, year.anchor(9, 10, (begins - year.first).days + 120, 320)


def contact_after_withdrawal(scene: Scene) -> None:
    """15: customers who withdrew their consent are still written to."""
    each = 2
    customers = scene.cast(
        numbers.CONTACTS_AFTER_WITHDRAWAL // each,
        lambda one: "marketing" in one.holds and one.withdrew_on is None,
    )
    for customer in customers:
        day = scene.day(60, 280)
        withdraw(scene.diary, customer, scene.at(day, "app"))
        for turn in range(each):
            at = scene.at(next_working(day + (6 + 14 * turn) * DAY), "call")
            ref = scene.diary.note(
                CRM, "message.sent", at, customer_id=customer.id, channel_id=CALL_CENTRE.id,
                purpose="marketing",
                content_ref="material/spring-offer",
            )  # fmt: skip
            scene.truth.case(15, "written to after withdrawal", customer_subject(customer), entries=(ref,))


def orphans(scene: Scene) -> list[Customer]:
    """16: a leaver's customers are left alone for forty days; gives back whom."""
    seat = scene.staff.cast["leaver"]
    leaver = seat.holders[0]
    assert leaver.until is not None, "the leaver left"
    book = [one for one in scene.customers if one.seat is seat and one.since <= leaver.until]
    count = max(numbers.ORPHANS_AT_LEAST, round(numbers.ORPHANS * len(scene.customers) / numbers.PER))
    left = scene.chance.sample(book, min(count, len(book)))
    subjects = (employee_subject(leaver), f"unit/{leaver.unit.id}", *(customer_subject(one) for one in left))
    scene.truth.case(16, "a book without a manager", *subjects)
    return left


def structured_cash(scene: Scene) -> None:
    """17: cash just below the reporting limit, six times within five days."""
    for customer in scene.cast(1, lambda one: True):
        first, gap = scene.day(90, 260), numbers.CASH_DAYS / numbers.CASH_DEPOSITS
        entries = tuple(
            scene.diary.note(
                CORE, "transaction.posted",
                scene.at(first + int(place * gap) * DAY) + place % 2 * DAY / 30,
                customer_id=customer.id, transaction_id=f"cash-{place + 1}", direction="in", cash=True,
                amount_minor=numbers.CASH_AMOUNT * 100, currency=HOME.currency, kind="cash deposit",
                channel_id=BRANCHES.id, unit_id=customer.seat.unit.id, legal_entity=HOME.code,
            )
            for place in range(numbers.CASH_DEPOSITS)
        )  # fmt: skip
        scene.truth.case(17, "cash in parts", customer_subject(customer), entries=entries)


WITHOUT_OFFICE: dict[int, Callable[[Scene], None]] = {
    10: top_earner_sales,
    11: chosen_respondents,
    12: unrecorded_complaints,
    15: contact_after_withdrawal,
    17: structured_cash,
}
WITH_OFFICE: dict[int, Callable[[Scene, Office], None]] = {
    10: top_earner_complaints,
    13: own_handler,
    14: safe_fund,
}


def _dissatisfied(scene: Scene, customer: Customer, interaction_id: str, at: dt.datetime) -> EntryRef:
    manager = scene.own_manager(customer, at.date())
    told = {"interaction_id": interaction_id, "customer_id": customer.id}
    scene.diary.note(
        BRANCH, "interaction.started", at, **told, legal_entity=customer.entity.code, channel_id=BRANCHES.id,
        unit_id=manager.unit.id, employee_id=manager.id, direction="inbound", topic="query",
    )  # fmt: skip
    return scene.diary.note(
        BRANCH, "interaction.ended", at + dt.timedelta(minutes=20), **told, employee_id=manager.id,
        outcome="noted as query", dissatisfied=True, duration_seconds=1_200,
    )  # fmt: skip


def _still(product_id: str, day: dt.date, scene: Scene) -> bool:
    return product_id != WITHDRAWN.id or day < withdrawn_on(scene.year) - DAY
