"""Units and staff: branches with their seats, who sat on each seat when, licences and certificates.

A customer belongs to a seat; whoever holds it is the relationship manager. Sales, surveys and complaints ask
who that was on a day. Some people are cast for a planted case; the ordinary business treats them like others.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.diary import STAFF, Diary, named
from services.demo.entities import BY_CODE, HOME, Entity
from services.demo.year import DAY, Year, next_working

SURNAMES = (
    "Wang",
    "Li",
    "Zhang",
    "Liu",
    "Chen",
    "Yang",
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Weber",
    "Nguyen",
)
GIVEN = ("Ming", "Hui", "Jie", "Lan", "Yun", "Bo", "Alice", "Tom", "Ruth", "Omar", "Ines", "Kai")
BRANCH_NAMES = {
    "demo-cn": ("Harbour Street", "North Gate", "Lake View", "Old Town"),
    "demo-gb": ("Castle Square",),
    "demo-eu": ("Marktplatz",),
    "demo-us": ("Union Street",),
    "demo-au": ("Circular Wharf",),
}
CASTS = (
    "overrider", "churner", "splitter", "uncertified", "top_earner", "cherry_picker", "leaver", "safe_fund",
    "unlucky",
)  # fmt: skip
"""Relationship managers of the home entity that a planted case or an innocent look-alike needs."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A branch, the call centre or a partner's desk."""

    id: str
    name: str
    kind: str
    entity: Entity


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who works here, from `since` through `until`."""

    id: str
    role: str
    unit: Unit
    since: dt.date
    until: dt.date | None = None
    linked: bool = True

    def there(self, day: dt.date) -> bool:
        """Whether they serve customers on a day; the last one goes into handing over."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(slots=True, eq=False)
class Seat:
    """A place in a unit and those who held it, one after the other."""

    unit: Unit
    holders: list[Employee]

    def holder(self, day: dt.date) -> Employee | None:
        """Who held it on a day; None while it is empty."""
        return next((one for one in self.holders if one.there(day)), None)


@dataclass(slots=True, eq=False)
class Staff:
    """Everybody, by what they do."""

    units: list[Unit]
    branches: list[Unit]
    call_centre: Unit
    partner_desks: dict[str, Unit]
    seats: list[Seat]
    call_agents: list[Employee]
    partner_agents: dict[str, list[Employee]]
    handlers: list[Employee]
    compliance: list[Employee]
    cast: dict[str, Seat] = field(default_factory=dict)

    def seats_of(self, entity: Entity) -> list[Seat]:
        """The relationship managers' seats of an entity."""
        return [seat for seat in self.seats if seat.unit.entity is entity]

    def in_branch(self, chance: Chance, unit: Unit, day: dt.date) -> Employee:
        """Somebody in service, for a customer whose own seat is empty: of the branch, else of the company,
        else whom another company of the bank sends over."""
        near = ([seat for seat in self.seats if seat.unit is unit], self.seats_of(unit.entity), self.seats)
        for seats in near:
            there = [holder for seat in seats if (holder := seat.holder(day))]
            if there:
                return chance.choice(there)
        raise AssertionError(f"nobody of the bank is in service on {day}")


def recruit(diary: Diary, seed: int, customers: int, year: Year) -> Staff:
    """Make the units and the staff, and note how they came."""
    units = _units(diary, year)
    branches = [unit for unit in units if unit.kind == "branch"]
    desks = {unit.id.rpartition("-")[2]: unit for unit in units if unit.kind == "partner"}
    call_centre = next(unit for unit in units if unit.kind == "call_centre")
    office = units[0]
    hiring = _Hiring(diary, Chance(seed, "people"), year)
    managers, agents, partners = headcount(customers)
    seats = [
        Seat(branch, [hiring.hire("relationship_manager", branch)]) for branch in _places(branches, managers)
    ]
    staff = Staff(
        units,
        branches,
        call_centre,
        desks,
        seats,
        [hiring.hire("call_agent", call_centre) for _ in range(agents)],
        {
            name: [hiring.hire("partner_agent", desk) for _ in range(max(1, partners // 3))]
            for name, desk in desks.items()
        },
        [hiring.hire("complaint_handler", office) for _ in range(numbers.HANDLERS)],
        [hiring.hire("compliance", office) for _ in range(numbers.COMPLIANCE)],
    )
    staff.cast = dict(zip(CASTS, _cast_seats(staff)[: len(CASTS)], strict=True))
    hiring.license_all(staff)
    _turn_over(hiring, staff, year)
    return staff


def headcount(customers: int) -> tuple[int, int, int]:
    """Relationship managers, call agents and partner agents for a bank of this size."""
    sellers = max(numbers.SELLERS_AT_LEAST, round(numbers.SELLERS * customers / numbers.PER))
    whole = sum(numbers.MANAGERS_PER_SELLERS)
    managers, agents, _ = (round(sellers * part / whole) for part in numbers.MANAGERS_PER_SELLERS)
    return managers, agents, sellers - managers - agents


class _Hiring:
    """Hires people and notes it."""

    def __init__(self, diary: Diary, chance: Chance, year: Year) -> None:
        self.diary = diary
        self.chance = chance
        self.year = year
        self.count = 0

    def hire(self, role: str, unit: Unit, since: dt.date | None = None) -> Employee:
        """Somebody starts; without a day, some years before the back book."""
        self.count += 1
        day = since or self.year.book_from - self.chance.randrange(40, 1_500) * DAY
        employee = Employee(named("emp", self.count), role, unit, day)
        name = f"{self.chance.choice(GIVEN)} {self.chance.choice(SURNAMES)}"
        self.diary.note(
            STAFF, "employee.hired", day, employee_id=employee.id, name=name, role=role,
            unit_id=unit.id, legal_entity=unit.entity.code,
        )  # fmt: skip
        return employee

    def license_all(self, staff: Staff) -> None:
        """Licences and certificates of everybody who sells; one seller lacks one on purpose."""
        uncertified = staff.cast["uncertified"].holders[0]
        for seat in staff.seats:
            self.license(seat.holders[0], linked=seat.holders[0] is not uncertified)
        for employee in (
            *staff.call_agents,
            *(one for desk in staff.partner_agents.values() for one in desk),
        ):
            self.license(employee, linked=True)

    def license(self, employee: Employee, *, linked: bool) -> None:
        """A seller's licences for funds and insurance, and the certificate for linked insurance."""
        body = f"{employee.unit.entity.country} licensing body"
        for licence in ("fund", "insurance"):
            self.diary.note(
                STAFF, "licence.granted", employee.since, employee_id=employee.id, body=body,
                licence_class=licence, licence_no=f"{licence[:2].upper()}{self.chance.randrange(10**8):08d}",
            )  # fmt: skip
        if linked:
            self.diary.note(
                STAFF, "certification.granted", employee.since, employee_id=employee.id,
                certificate="investment_linked", course_id=named("course", 1),
            )  # fmt: skip


def _units(diary: Diary, year: Year) -> list[Unit]:
    founded = year.book_from - 3_000 * DAY
    units = [Unit(named("unit", "head-office"), "Head office", "head_office", HOME)]
    for code, count in numbers.BRANCHES_OF_ENTITIES.items():
        for name in BRANCH_NAMES[code][:count]:
            slug = name.lower().replace(" ", "-")
            units.append(Unit(named("unit", slug), name, "branch", BY_CODE[code]))
    units.append(Unit(named("unit", "call-centre"), "Call centre", "call_centre", HOME))
    for partner in ("north", "river", "harbour"):
        units.append(Unit(named("unit", f"partner-{partner}"), f"Partner desk {partner}", "partner", HOME))
    for unit in units:
        diary.note(
            STAFF, "org_unit.created", founded, unit_id=unit.id, name=unit.name, kind=unit.kind,
            parent_id=None if unit is units[0] else units[0].id, region=unit.entity.country,
            legal_entity=unit.entity.code,
        )  # fmt: skip
    diary.note(
        STAFF, "course.defined", founded, course_id=named("course", 1), name="Linked insurance",
        topics=("risk of the underlying", "costs", "suitability"), mode="mixed", validity_months=24,
    )  # fmt: skip
    return units


def _places(branches: Sequence[Unit], managers: int) -> list[Unit]:
    """A branch for each manager: by the entity's share of customers, at least one to a branch."""
    places = list(branches)
    while len(places) < managers:
        places.append(max(branches, key=lambda branch: _shortage(branch, branches, places)))
    return places


def _shortage(branch: Unit, branches: Sequence[Unit], places: Sequence[Unit]) -> float:
    siblings = sum(1 for one in branches if one.entity is branch.entity)
    return branch.entity.share / siblings / places.count(branch)


def _cast_seats(staff: Staff) -> list[Seat]:
    """Seats of the home entity, the branches in turn, so that no branch holds all the trouble."""
    home = staff.seats_of(HOME)
    branches = [branch for branch in staff.branches if branch.entity is HOME]
    by_branch = [[seat for seat in home if seat.unit is branch] for branch in branches]
    turns = max(len(seats) for seats in by_branch)
    return [seats[turn] for turn in range(turns) for seats in by_branch if turn < len(seats)]


def _turn_over(hiring: _Hiring, staff: Staff, year: Year) -> None:
    """People leave and are followed within days; the leaver's seat stays empty for forty."""
    chance = hiring.chance
    leaver = staff.cast["leaver"]
    cast = set(map(id, staff.cast.values()))
    others = [seat for seat in staff.seats if id(seat) not in cast]
    sellers = len(staff.seats) + len(staff.call_agents)
    leaving = chance.sample(others, min(len(others) // 2 + 1, max(0, round(sellers * numbers.TURNOVER) - 1)))
    days = {id(seat): year.first + chance.randrange(30, 330) * DAY for seat in leaving}
    days[id(leaver)] = year.anchor(5, 14, 60, 280)
    for seat in [*leaving, leaver]:
        last_day = next_working(days[id(seat)])
        empty = numbers.ORPHANED_DAYS if seat is leaver else chance.randrange(1, 4)
        _succeed(hiring, seat, last_day, next_working(last_day + empty * DAY))


def _succeed(hiring: _Hiring, seat: Seat, last_day: dt.date, starts: dt.date) -> None:
    left = seat.holders[0]
    seat.holders[0] = Employee(left.id, left.role, left.unit, left.since, last_day)
    hiring.diary.note(
        STAFF, "employee.left", last_day, employee_id=left.id, last_day=last_day, reason="resigned"
    )
    follower = hiring.hire(left.role, seat.unit, starts)
    hiring.license(follower, linked=True)
    seat.holders.append(follower)
