"""Customers: who they are, their seat, their grade and wealth, their papers and consents.

Sales ask who may buy what on a day; everything personal is sent in clear and sealed at the door.
"""

import datetime as dt
from dataclasses import dataclass, field

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.diary import APP, BRANCH, CRM, Diary, named
from services.demo.entities import ENTITIES, HOME, Entity
from services.demo.people import Seat, Staff
from services.demo.year import DAY, Year, moment

FAMILY = (
    "Zhao",
    "Qian",
    "Sun",
    "Li",
    "Zhou",
    "Wu",
    "Zheng",
    "Wang",
    "Evans",
    "Hughes",
    "Müller",
    "Schmidt",
    "Garcia",
)
GIVEN = ("Xin", "Fang", "Wei", "Na", "Jun", "Mei", "Hannah", "George", "Lena", "Paul", "Maria", "Leo")
AGES = {"under_30": (19, 29), "30_44": (30, 44), "45_59": (45, 59), "60_64": (60, 64), "65_plus": (65, 88)}
CAPS = {"C1-lowest": 1, "C1": 1, "C2": 2, "C3": 3, "C4": 4, "C5": 5}
"""The riskiest level that matches a grade, from the suitability matrix."""
RETIREMENT_BRANCH = "demo:unit-lake-view"
SENIORS_THERE = 0.45
RETIREMENT_SHARE = 0.25
"""Of the home entity's customers."""


@dataclass(slots=True, eq=False)
class Customer:
    """A customer. `profile_ends` is the last day on which the newest risk profile is valid."""

    id: str
    entity: Entity
    seat: Seat
    age_band: str
    grade: str
    professional: bool
    since: dt.date
    wealth_cny: float
    organisation: bool
    profile_ends: dt.date
    withdrew_on: dt.date | None = None
    holds: list[str] = field(default_factory=list)

    @property
    def cap(self) -> int:
        """The riskiest level that may be sold to this customer."""
        return 5 if self.professional else CAPS[self.grade]

    def profiled(self, day: dt.date) -> bool:
        """Whether a risk profile is valid on a day, wherever in the world it is that day."""
        return self.since <= day < self.profile_ends


def welcome(diary: Diary, seed: int, count: int, year: Year, staff: Staff) -> list[Customer]:
    """Make the customers and note their registration, papers, consents and risk profiles."""
    chance = Chance(seed, "customers")
    people = [_customer(chance, number, year, staff) for number in range(1, count + 1)]
    papers = Chance(seed, "papers")
    for customer in people:
        _register(diary, papers, customer, year)
        _profiles(diary, papers, customer, year)
        _consents(diary, papers, customer, year)
    return people


def assess(
    diary: Diary, chance: Chance, customer: Customer, at: dt.datetime, grade: str, change: str | None = None
) -> dt.date:
    """Note a risk assessment and give back the last day of its validity."""
    valid_until = at.date() + (numbers.PROFILE_VALID_DAYS - 1) * DAY
    diary.note(
        CRM, "risk_profile.assessed", at,
        customer_id=customer.id, questionnaire_version="2024-1", grade=grade,
        score=CAPS[grade] * 18 + chance.randrange(10), professional=customer.professional,
        face_to_face=chance.happens(0.6), valid_until=valid_until, material_change=change,
    )  # fmt: skip
    return valid_until


def _customer(chance: Chance, number: int, year: Year, staff: Staff) -> Customer:
    entity = chance.among({entity: entity.share for entity in ENTITIES})
    seat = chance.choice(staff.seats_of(entity))
    professional = chance.happens(numbers.PROFESSIONAL)
    fresh = chance.happens(numbers.NEW_IN_THE_YEAR)
    since = year.day(chance, "branch") if fresh else year.book_from - chance.randrange(10, 3_000) * DAY
    return Customer(
        id=named("cust", f"{number:06d}"),
        entity=entity,
        seat=seat,
        age_band=_age_band(chance, seat),
        grade=chance.among(numbers.GRADES),
        professional=professional,
        since=since,
        wealth_cny=chance.spread(numbers.WEALTH_MEDIAN, numbers.WEALTH_SIGMA),
        organisation=chance.happens(numbers.ORGANISATIONS),
        profile_ends=since,
    )


def _age_band(chance: Chance, seat: Seat) -> str:
    """By the bank's shares; the retirement town's branch has its seniors from the others."""
    there = RETIREMENT_SHARE * HOME.share
    seniors = SENIORS_THERE
    if seat.unit.id != RETIREMENT_BRANCH:
        seniors = (numbers.AGE_BANDS["65_plus"] - there * SENIORS_THERE) / (1 - there)
    rest = (1 - seniors) / (1 - numbers.AGE_BANDS["65_plus"])
    return chance.among(
        {band: share * rest for band, share in numbers.AGE_BANDS.items()} | {"65_plus": seniors}
    )


def _register(diary: Diary, chance: Chance, customer: Customer, year: Year) -> None:
    low, high = AGES[customer.age_band]
    born = dt.date(year.last.year - chance.randint(low, high), chance.randint(1, 12), chance.randint(1, 28))
    family, given = chance.choice(FAMILY), chance.choice(GIVEN)
    number = customer.id.rpartition("-")[2]
    manager = customer.seat.holder(max(customer.since, year.book_from)) or customer.seat.holders[-1]
    at = moment(chance, customer.since, customer.entity.zone, "branch")
    diary.note(
        BRANCH, "customer.registered", at,
        customer_id=customer.id, customer_type="organisation" if customer.organisation else "person",
        legal_entity=customer.entity.code,
        customer_class="professional" if customer.professional else "ordinary",
        age_band=None if customer.organisation else customer.age_band, region=customer.entity.country,
        relationship_manager=manager.id, unit_id=customer.seat.unit.id,
        name=f"{family} {given} {'Ltd' if customer.organisation else ''}".strip(),
        birth_date=None if customer.organisation else born,
        phone=f"+{chance.randrange(10, 99)} 555 {number}", email=f"{given.lower()}.{number}@mail.example",
        preferred_channel=chance.choice(("app", "sms", "email", "phone")), language=customer.entity.language,
    )  # fmt: skip
    diary.note(
        BRANCH, "customer.identified", at + dt.timedelta(minutes=6),
        customer_id=customer.id, doc_type="company_register" if customer.organisation else "identity_card",
        doc_number=f"{customer.entity.country}{chance.randrange(10**9):09d}", face_to_face=True,
    )  # fmt: skip


def _profiles(diary: Diary, chance: Chance, customer: Customer, year: Year) -> None:
    """A first assessment, and renewals before each runs out; some customers let it lapse during the year."""
    lapses = chance.happens(numbers.PROFILE_EXPIRED)
    day = customer.since
    if day < year.book_from:
        day = year.book_from - chance.randrange(1, 350) * DAY
        day = max(day, customer.since)
    while True:
        at = moment(chance, day, customer.entity.zone, "branch") + dt.timedelta(
            minutes=15 * (day == customer.since)
        )
        customer.profile_ends = assess(diary, chance, customer, at, customer.grade)
        if customer.profile_ends > year.last or (lapses and customer.profile_ends >= year.first):
            return
        day = customer.profile_ends - chance.randrange(1, 25) * DAY


def _consents(diary: Diary, chance: Chance, customer: Customer, year: Year) -> None:
    at = moment(chance, customer.since, customer.entity.zone, "branch") + dt.timedelta(minutes=30)
    diary.note(
        BRANCH, "consent.given", at,
        customer_id=customer.id, consent_id=f"{customer.id}/service", purpose="service", text_version="3",
    )  # fmt: skip
    if chance.happens(numbers.MARKETING_CONSENT):
        diary.note(
            BRANCH, "consent.given", at,
            customer_id=customer.id, consent_id=f"{customer.id}/marketing", purpose="marketing",
            text_version="3",
        )  # fmt: skip
        customer.holds.append("marketing")
        if chance.happens(numbers.CONSENT_WITHDRAWN):
            withdraw(diary, customer, moment(chance, year.day(chance, "app"), customer.entity.zone, "app"))
    if chance.happens(numbers.VULNERABLE):
        diary.note(
            BRANCH, "vulnerability.recorded", at,
            customer_id=customer.id, vulnerability_id=f"{customer.id}/care",
            driver=chance.choice(("health", "life_event", "resilience", "capability")),
        )  # fmt: skip


def withdraw(diary: Diary, customer: Customer, at: dt.datetime) -> None:
    """Note that a customer no longer wants marketing."""
    if at.date() <= customer.since:
        at += customer.since - at.date() + DAY
    customer.withdrew_on = at.date()
    diary.note(
        APP, "consent.withdrawn", at,
        customer_id=customer.id, consent_id=f"{customer.id}/marketing", purpose="marketing",
    )  # fmt: skip
