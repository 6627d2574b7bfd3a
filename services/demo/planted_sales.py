"""Planted cases that lie in sales: 1 to 8 and 18 of the list. Each function plants one.

As in a bank: somebody sells what may not be sold, or to whom, or in a way that hides it. The truth names the
sales.
"""

from collections.abc import Callable

from services.demo import numbers
from services.demo.aftercare import redeem
from services.demo.channels import BRANCHES, LAPSING, PARTNER_CHANNELS, RESTRICTED, licence_ends
from services.demo.customers import assess
from services.demo.products import BY_SLUG, LINKED, WITHDRAWN, withdrawn_on
from services.demo.scene import Scene, customer_subject, employee_subject
from services.demo.steps import Sale
from services.demo.year import DAY

SAME_WORDS = "Customer insists on this fund, understands every risk and takes full responsibility."
EQUITY = ("equity", "growth")
RISKY = ("equity", "growth", "technology")


def retest_before_purchase(scene: Scene) -> None:
    """1: a C2 customer tests again until C4 and buys an R4 fund the same day."""
    for customer in scene.cast(numbers.RETESTS, lambda one: one.grade == "C2"):
        at = scene.at(scene.day(40, 300)) + 3 * DAY / 24
        assess(scene.diary, scene.chance, customer, at - DAY / 8, "C4")
        product = BY_SLUG[scene.chance.choice(EQUITY)]
        sale = scene.sell(customer, product, BRANCHES, scene.own_manager(customer, at.date()), at, grade="C4")
        _true(scene, 1, "retested up before an R4 fund", sale)


def lowest_grade_by_partner(scene: Scene) -> None:
    """2: a partner sells R2 to customers who may hold nothing above R1."""
    agents = scene.staff.partner_agents["north"]
    for customer in scene.cast(numbers.LOWEST_SOLD_R2, lambda one: one.grade == "C1-lowest"):
        at = scene.at(scene.day(40, 320), "partner")
        sale = scene.sell(
            customer,
            BY_SLUG["steady-90"],
            PARTNER_CHANNELS["north"],
            scene.chance.choice(agents),
            at,
            grade="C2",
        )
        _true(scene, 2, "R2 sold to the lowest grade", sale)
        _also(scene, "R-SUIT-01", "risk above the grade", sale)


def seniors_overridden(scene: Scene) -> None:
    """3: one seller has seniors confirm, in one and the same wording, that they want risky funds."""
    seniors = scene.cast(numbers.OVERRIDES, lambda one: one.age_band == "65_plus" and 2 <= one.cap <= 3)
    seniors += scene.cast(numbers.OVERRIDES - len(seniors),
    lambda one: one.age_band == "65_plus" and one.cap <= 3
                          and one.grade != "C1-lowest")  # fmt: skip
    sales = []
    for customer in seniors:
        at = scene.at(scene.day(60, 300))
        sale = scene.sell(
            customer, BY_SLUG[scene.chance.choice(RISKY)], BRANCHES, scene.manager("overrider", at.date()),
            at,
            faults=frozenset(["mismatch"]), override_text=SAME_WORDS,
        )  # fmt: skip
        _also(scene, "R-SUIT-01", "risk above the grade, overridden", sale)
        sales.append(sale)
    if sales:
        seller = scene.manager("overrider", sales[0].day)
        subjects = (employee_subject(seller), *(customer_subject(sale.customer) for sale in sales))
        scene.truth.case(3, "seniors' overrides in one wording", *subjects)


def churning(scene: Scene) -> None:
    """4: funds are sold out of and into again every few weeks, by one seller."""
    customers = scene.cast(numbers.CHURNED_CUSTOMERS, lambda one: one.cap >= 4)
    each, more = divmod(numbers.CHURNED_SALES, numbers.CHURNED_CUSTOMERS)
    for place, customer in enumerate(customers):
        day, last, entries = scene.day(20, 180), None, []
        for turn in range(each + (place < more)):
            at = scene.at(day)
            product = BY_SLUG[RISKY[turn % 2]]
            replaces = () if last is None else (last.id,)
            last = scene.sell(
                customer, product, BRANCHES, scene.manager("churner", day), at, 120_000, replaces=replaces
            )
            entries.append(last.ref)
            day = scene.later(day, scene.chance.randint(24, 42))
            entries.append(redeem(scene.diary, last, scene.at(day) - DAY / 12, "switch"))
            day = scene.later(day, 1)
        scene.truth.case(4, "churned", customer_subject(customer), entries=tuple(entries))


def splitting(scene: Scene) -> None:
    """5: one purchase of 147,000 becomes three of 49,000, below what would be looked at."""
    for customer in scene.cast(numbers.SPLITS, lambda one: one.cap >= 2):
        day = scene.day(40, 320)
        parts = [
            scene.sell(
                customer, BY_SLUG["steady-180"], BRANCHES, scene.manager("splitter", day),
                scene.at(day) + part * DAY / 3, numbers.PART_AMOUNT,
            )
            for part in range(numbers.PARTS)
        ]  # fmt: skip
        scene.truth.case(5, "split", customer_subject(customer), entries=tuple(sale.ref for sale in parts))


def licence_lapsed(scene: Scene) -> None:
    """6: a partner goes on selling after its licence ran out."""
    agents = scene.staff.partner_agents["harbour"]
    for customer in scene.cast(numbers.LAPSED_SALES, lambda one: one.cap >= 2):
        day = licence_ends(scene.year) + scene.chance.randint(2, 45) * DAY
        product = BY_SLUG[scene.chance.choice(("steady-90", "term-1y", "quiet-90"))]
        sale = scene.sell(customer, product, LAPSING, scene.chance.choice(agents), scene.at(day, "partner"))
        _true(scene, 6, "sold after the licence had lapsed", sale)


def uncertified(scene: Scene) -> None:
    """7: somebody without the certificate sells linked insurance."""
    for customer in scene.cast(numbers.UNCERTIFIED_SALES, lambda one: one.cap >= 3):
        day = scene.day(30, 330)
        sale = scene.sell(customer, LINKED, BRANCHES, scene.manager("uncertified", day), scene.at(day))
        _true(scene, 7, "linked insurance by an uncertified seller", sale)


def withdrawn_product(scene: Scene) -> None:
    """8: a partner's catalogue is stale, and a product that was withdrawn is still sold."""
    agents = scene.staff.partner_agents["river"]
    for customer in scene.cast(numbers.WITHDRAWN_SALES, lambda one: one.cap >= 2):
        day = withdrawn_on(scene.year) + scene.chance.randint(2, 35) * DAY
        sale = scene.sell(
            customer, WITHDRAWN, RESTRICTED, scene.chance.choice(agents), scene.at(day, "partner")
        )
        _true(scene, 8, "withdrawn product", sale)


def unauthorised_channel(scene: Scene) -> None:
    """18: a partner sells funds, for which it has no authority."""
    agents = scene.staff.partner_agents["river"]
    for customer in scene.cast(numbers.UNAUTHORISED_SALES, lambda one: one.cap >= 3):
        at = scene.at(scene.day(30, 330), "partner")
        sale = scene.sell(customer, BY_SLUG["mixed"], RESTRICTED, scene.chance.choice(agents), at)
        _true(scene, 18, "product not authorised for the channel", sale)


def own_wishes(scene: Scene) -> None:
    """No case of the list: customers ask for a fund beyond their grade, are warned and confirm it."""
    wanted = scene.cast(
        numbers.OWN_WISHES,
        lambda one: 2 <= one.cap <= 3 and one.grade != "C1-lowest" and one.age_band != "65_plus",
    )
    for customer in wanted:
        at = scene.at(scene.day(40, 320))
        product = BY_SLUG[scene.chance.choice(EQUITY)]
        seller = scene.own_manager(customer, at.date())
        sale = scene.sell(
            customer, product, BRANCHES, seller, at, faults=frozenset(["mismatch"]), planted=False
        )
        subject, what = customer_subject(customer), "beyond the grade on the customer's own wish"
        scene.truth.base("R-SUIT-01", what, subject, entries=(sale.ref,))


PLANTED: dict[int, Callable[[Scene], None]] = {
    1: retest_before_purchase,
    2: lowest_grade_by_partner,
    3: seniors_overridden,
    4: churning,
    5: splitting,
    6: licence_lapsed,
    7: uncertified,
    8: withdrawn_product,
    18: unauthorised_channel,
}


def _true(scene: Scene, case: int, what: str, sale: Sale) -> None:
    scene.truth.case(case, what, customer_subject(sale.customer), entries=(sale.ref,))


def _also(scene: Scene, rule: str, what: str, sale: Sale) -> None:
    """What a planted sale breaks besides: true if it is signalled, and nobody insists on it."""
    subject = customer_subject(sale.customer)
    scene.truth.base(rule, what, subject, entries=(sale.ref,), required=False)
