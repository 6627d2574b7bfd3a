"""Innocent look-alikes: what looks like misconduct and is none. A signal about one of them is a false one.

Planted beside the cases with the same means; the score names each that was wrongly raised.
"""

import datetime as dt
from collections.abc import Callable

from events.event_type import EntryRef
from services.demo.aftercare import redeem
from services.demo.channels import BRANCHES, CALL_CENTRE
from services.demo.complaints import Complaint, Office
from services.demo.customers import RETIREMENT_BRANCH, assess
from services.demo.diary import BRANCH, CRM, SURVEY, SURVEYS, named
from services.demo.entities import HOME
from services.demo.products import BY_SLUG
from services.demo.scene import Scene, customer_subject, employee_subject
from services.demo.surveys import after_sale, reply, send
from services.demo.truth import Innocent
from services.demo.year import DAY, moment, next_working

SMALL_SAMPLE = (10, 9, 8, 7, 6, 5, 3, 2)
"""Two promoters, two passives, four detractors: −25 of eight answers."""


def professionals(scene: Scene) -> None:
    """Professional customers buy the riskiest fund."""
    able = [
        one
        for one in scene.customers
        if one.professional
        and one.entity is HOME
        and one.since < scene.year.first
        and one.profile_ends > scene.year.last
    ]
    for customer in able[:3]:
        day = scene.day(30, 320)
        seller = scene.own_manager(customer, day)
        sale = scene.sell(customer, BY_SLUG["technology"], BRANCHES, seller, scene.at(day))
        _innocent(
            scene,
            "professional buys R5",
            ("R-SUIT-01", "R-SUIT-04", "R-SUIT-06"),
            customer_subject(customer),
            sale.ref,
        )


def inheritance(scene: Scene) -> None:
    """A customer inherits, which is recorded, is tested again and then buys an R4 fund."""
    for customer in scene.cast(3, lambda one: one.grade == "C2"):
        at = scene.at(scene.day(40, 300))
        scene.diary.note(
            BRANCH, "customer.attribute_recorded", at - 20 * DAY, customer_id=customer.id, name="inheritance",
            value="CNY 4,000,000", source_kind="customer", verified=True,
        )  # fmt: skip
        assess(scene.diary, scene.chance, customer, at - DAY / 6, "C4", change="inheritance")
        seller = scene.own_manager(customer, at.date())
        sale = scene.sell(customer, BY_SLUG["equity"], BRANCHES, seller, at, grade="C4")
        _innocent(
            scene,
            "retest after an inheritance",
            ("R-SUIT-01", "R-SUIT-04"),
            customer_subject(customer),
            sale.ref,
        )


def few_bad_answers(scene: Scene) -> None:
    """A small branch has an NPS of −25, of eight answers."""
    branch = next(one for one in scene.staff.branches if one.entity.code == "demo-au")
    there = [one for one in scene.customers if one.seat.unit is branch and one.since < scene.year.first]
    month = scene.year.days[250]
    for place, score in enumerate(SMALL_SAMPLE[: len(there)]):
        customer = there[place]
        day = next_working(month + place * 2 * DAY)
        seller = customer.seat.holder(day) or scene.staff.in_branch(scene.chance, branch, day)
        at = moment(scene.chance, day, branch.entity.zone, "branch")
        sale = scene.sell(customer, BY_SLUG["term-3m"], BRANCHES, seller, at, 30_000)
        occasion, invitation = after_sale(sale), named("inv-few", place + 1)
        told = {"invitation_id": invitation, "survey_id": SURVEY, "customer_id": customer.id}
        send(scene.diary, occasion, invitation, "sms", at + DAY / 8)
        scene.diary.note(SURVEYS, "survey.delivered", at + DAY / 7, **told)
        answer = reply(scene.diary, occasion, invitation, at + DAY / 4, score, 4 if score > 6 else 2, 5)
        if score <= 6:
            scene.diary.note(
                CRM, "follow_up.done", at + DAY, customer_id=customer.id, follow_up_id=f"fu-{invitation}",
                outcome="called", invitation_id=invitation, cause=answer,
            )  # fmt: skip
    _innocent(scene, "NPS −25 of eight answers", ("R-SAT-01",), f"unit/{branch.id}")


def house_purchases(scene: Scene) -> None:
    """Customers take their money out early to buy a home, and buy nothing else."""
    for customer in scene.cast(3, lambda one: one.cap >= 3 and one.id not in scene.investing):
        day = scene.day(30, 250)
        seller = scene.own_manager(customer, day)
        sale = scene.sell(customer, BY_SLUG["mixed"], BRANCHES, seller, scene.at(day))
        ref = redeem(scene.diary, sale, scene.at(next_working(day + 50 * DAY)), "house purchase")
        scene.truth.innocent.append(
            Innocent("redeemed for a house", ("R-SALE-02",), (customer_subject(customer),), (sale.ref, ref))
        )


def three_complaints(scene: Scene, office: Office) -> None:
    """A manager has three complaints in a year, which chance alone explains."""
    seller = scene.staff.cast["unlucky"].holders[0]
    for number, customer in enumerate(scene.cast(3, lambda one: one.seat.unit is seller.unit)):
        at = scene.at(next_working(scene.year.days[50 + 110 * number]))
        issue = ("service", "fee", "app")[number]
        office.take(
            Complaint(
                office.number(), customer, at, issue, BRANCHES, BY_SLUG["demand"].id, seller.unit.id, seller
            )
        )
    _innocent(scene, "three complaints in a year", ("R-PEOP-05", "R-CMPL-05"), employee_subject(seller))


def recorded_at_once(scene: Scene, office: Office) -> None:
    """Dissatisfied callers whose complaint is recorded the next working day, as it should be."""
    for number, customer in enumerate(scene.cast(6, lambda one: True)):
        at = moment(scene.chance, scene.day(20, 320), HOME.zone, "call")
        interaction_id = named("int-cross", number + 1)
        told = {"interaction_id": interaction_id, "customer_id": customer.id}
        scene.diary.note(
            CALL_CENTRE.source, "interaction.started", at, **told, legal_entity=HOME.code,
            channel_id=CALL_CENTRE.id,
            employee_id=scene.staff.call_agents[0].id, direction="inbound", topic="dissatisfied",
        )  # fmt: skip
        ref = scene.diary.note(
            CALL_CENTRE.source, "interaction.ended", at + dt.timedelta(minutes=15), **told, dissatisfied=True,
            outcome="complaint to be recorded", duration_seconds=900,
        )  # fmt: skip
        office.take(
            Complaint(
                office.number(), customer, at + dt.timedelta(hours=2), "service", CALL_CENTRE,
                BY_SLUG["demand"].id,
                first_interaction_id=interaction_id,
            )
        )  # fmt: skip
        _innocent(scene, "complaint recorded in time", ("R-CMPL-01",), customer_subject(customer), ref)


def retirement_town(scene: Scene) -> None:
    """A branch with many seniors, who hold what is right for them."""
    _innocent(scene, "seniors in R1 and R2", ("R-SUIT-06", "R-CMPL-05"), f"unit/{RETIREMENT_BRANCH}")


ALIKE: tuple[Callable[[Scene], None], ...] = (
    professionals,
    inheritance,
    few_bad_answers,
    house_purchases,
    retirement_town,
)
ALIKE_AT_THE_OFFICE: tuple[Callable[[Scene, Office], None], ...] = (three_complaints, recorded_at_once)


def _innocent(scene: Scene, what: str, rules: tuple[str, ...], subject: str, *entries: EntryRef) -> None:
    scene.truth.innocent.append(Innocent(what, rules, (subject,), entries))
