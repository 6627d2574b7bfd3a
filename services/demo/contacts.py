"""Contacts: interactions, service requests, transfers of customers, and campaigns with their responses.

Marketing goes to those who agreed to it, and stops the day they withdraw. Contacts of the planted cases are
in planted_conduct.py.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from events.event_type import EntryRef
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.channels import APP_CHANNEL, BRANCHES, CALL_CENTRE, OWN, PARTNER_CHANNELS, Channel
from services.demo.customers import Customer
from services.demo.diary import CRM, Diary, named
from services.demo.entities import HOME
from services.demo.people import Employee, Staff
from services.demo.products import BY_SLUG
from services.demo.year import DAY, Year, moment

TOPICS = ("balance", "transfer", "card", "rate", "advice", "documents", "app help", "appointment")
REQUESTS = ("change of address", "new card", "statement", "limit change", "account closing", "certificate")
CAMPAIGN_PRODUCTS = ("term-1y", "steady-180", "bond", "credit", "steady-365", "mixed", "whole-life", "debit",
                     "consumer", "quiet-90", "annuity", "term-3m")  # fmt: skip


class Contact(NamedTuple):
    """An interaction that took place; surveys may ask about it."""

    customer: Customer
    channel: Channel
    employee: Employee | None
    ended: dt.datetime
    ref: EntryRef


def talk(diary: Diary, seed: int, year: Year, customers: Sequence[Customer], staff: Staff) -> list[Contact]:
    """The interactions of the year; a part of them at the default size."""
    chance = Chance(seed, "interactions")
    total = len(customers) / numbers.PER * numbers.INTERACTIONS
    if len(customers) < numbers.ALL_INTERACTIONS_FROM:
        total *= numbers.INTERACTIONS_KEPT
    home = [customer for customer in customers if customer.entity is HOME]
    contacts = []
    for number in range(1, round(total) + 1):
        kind = chance.among(numbers.INTERACTION_CHANNELS)
        customer = chance.choice(home if kind == "partner" else customers)
        day = year.day(chance, kind)
        if day <= customer.since:
            continue
        channel = OWN.get(kind) or PARTNER_CHANNELS["north"]
        employee = _who(chance, staff, customer, channel, day)
        at = moment(chance, day, customer.entity.zone, kind)
        contacts.append(
            _interaction(diary, chance, named("int", f"{number:06d}"), customer, channel, employee, at)
        )
    return contacts


def serve(diary: Diary, seed: int, year: Year, customers: Sequence[Customer], staff: Staff) -> None:
    """Service requests: opened, resolved, some reopened."""
    chance = Chance(seed, "service")
    for number in range(1, round(len(customers) / numbers.PER * numbers.SERVICE_REQUESTS) + 1):
        customer = chance.choice(customers)
        kind = chance.choice(("app", "branch", "call"))
        day = year.day(chance, kind)
        if day <= customer.since:
            continue
        at = moment(chance, day, customer.entity.zone, kind)
        request: dict[str, Any] = {
            "service_request_id": named("req", f"{number:06d}"),
            "customer_id": customer.id,
        }
        diary.note(
            OWN[kind].source, "service_request.opened", at, **request, legal_entity=customer.entity.code,
            kind=chance.choice(REQUESTS), channel_id=OWN[kind].id, unit_id=customer.seat.unit.id,
        )  # fmt: skip
        _resolve(diary, chance, year, staff, request, at)


def transfer(
    diary: Diary, staff: Staff, customers: Sequence[Customer], left_behind: Sequence[Customer]
) -> None:
    """When a seat changes hands its customers are told who follows; `left_behind` are told when somebody
    does."""
    waiting = {customer.id for customer in left_behind}
    for seat in staff.seats:
        for left, follower in zip(seat.holders, seat.holders[1:], strict=False):
            assert left.until is not None, "who was followed has left"
            for customer in customers:
                if customer.seat is not seat or customer.since > left.until:
                    continue
                late = follower.since > left.until + 10 * DAY
                colleague = next(
                    (
                        other.holder(left.until)
                        for other in staff.seats_of(seat.unit.entity)
                        if other is not seat
                    ),
                    None,
                )
                takes_over = (
                    follower if not late or customer.id in waiting or colleague is None else colleague
                )
                diary.note(
                    CRM, "customer.transferred", max(left.until,
                    follower.since if takes_over is follower else left.until),
                    customer_id=customer.id, from_employee_id=left.id, to_employee_id=takes_over.id,
                    to_unit_id=takes_over.unit.id, reason="manager left",
                )  # fmt: skip


def campaign(diary: Diary, seed: int, year: Year, customers: Sequence[Customer]) -> None:
    """Twelve campaigns to those who agreed to marketing; a tenth is held back as control."""
    chance = Chance(seed, "campaigns")
    asked = round(len(customers) / numbers.PER * numbers.CAMPAIGN_CONTACTS)
    for number in range(numbers.CAMPAIGNS):
        starts = year.days[15 + 28 * number]
        campaign_id = named("camp", number + 1)
        product = BY_SLUG[CAMPAIGN_PRODUCTS[number]]
        diary.note(
            CRM, "campaign.planned", starts - 14 * DAY, campaign_id=campaign_id,
            name=f"{product.name} for you",
            objective="sell", product_ids=(product.id,), starts_on=starts, ends_on=starts + 20 * DAY,
            legal_entity=HOME.code,
        )  # fmt: skip
        willing = [one for one in customers if _wants_marketing(one, starts, starts + 20 * DAY)]
        for customer in chance.sample(willing, min(asked, len(willing))):
            if chance.happens(numbers.CAMPAIGN_CONTROL):
                continue
            day = starts + chance.randrange(20) * DAY
            accepted = chance.happens(numbers.CAMPAIGN_RESPONSE)
            diary.note(
                CALL_CENTRE.source, "campaign.contact_made", moment(chance, day, customer.entity.zone,
                "call"),
                campaign_id=campaign_id, customer_id=customer.id, legal_entity=customer.entity.code,
                channel_id=CALL_CENTRE.id, consent_ref=f"{customer.id}/marketing",
                outcome="accepted" if accepted else chance.choice(("refused", "no_answer")),
            )  # fmt: skip


def _wants_marketing(customer: Customer, first: dt.date, last: dt.date) -> bool:
    withdrew = customer.withdrew_on
    return (
        "marketing" in customer.holds
        and customer.since < first
        and (withdrew is None or withdrew > last + DAY)
    )


def _who(chance: Chance, staff: Staff, customer: Customer, channel: Channel, day: dt.date) -> Employee | None:
    if channel is APP_CHANNEL:
        return None
    if channel is CALL_CENTRE:
        return chance.choice(staff.call_agents)
    if channel is BRANCHES:
        return customer.seat.holder(day) or staff.in_branch(chance, customer.seat.unit, day)
    assert channel.partner is not None, "what is not ours is a partner's"
    return chance.choice(staff.partner_agents[channel.partner])


def _interaction(
    diary: Diary,
    chance: Chance,
    interaction_id: str,
    customer: Customer,
    channel: Channel,
    employee: Employee | None,
    at: dt.datetime,
) -> Contact:
    told = {"interaction_id": interaction_id, "customer_id": customer.id}
    employee_id = None if employee is None else employee.id
    diary.note(
        channel.source, "interaction.started", at, **told, legal_entity=customer.entity.code,
        channel_id=channel.id, employee_id=employee_id, direction="inbound",
        unit_id=customer.seat.unit.id if channel is BRANCHES else None, topic=chance.choice(TOPICS),
        recording_ref=f"line-{interaction_id}" if channel is CALL_CENTRE else None,
    )  # fmt: skip
    seconds = chance.randrange(40, 900)
    ended = at + dt.timedelta(seconds=seconds)
    ref = diary.note(
        channel.source, "interaction.ended", ended, **told, employee_id=employee_id, outcome="answered",
        duration_seconds=seconds,
    )  # fmt: skip
    return Contact(customer, channel, employee, ended, ref)


def _resolve(
    diary: Diary, chance: Chance, year: Year, staff: Staff, request: dict[str, Any], at: dt.datetime
) -> None:
    handler = chance.choice(staff.call_agents)
    first = chance.happens(numbers.FIRST_CONTACT)
    done = at + (dt.timedelta(minutes=12) if first else dt.timedelta(hours=chance.randrange(20, 120)))
    if done.date() > year.last:
        return
    diary.note(CRM, "service_request.resolved", done, **request, employee_id=handler.id, first_contact=first)
    again = done + dt.timedelta(days=chance.randrange(1, 12))
    if chance.happens(numbers.REOPENED_REQUESTS) and (again + 2 * DAY).date() <= year.last:
        diary.note(CRM, "service_request.reopened", again, **request, reason="not done")
        diary.note(CRM, "service_request.resolved", again + 2 * DAY, **request, employee_id=handler.id)
