"""The bank assembled: every concern in turn, each with its own diary and its own stream of chance.

`build` gives the whole story of a seed: the facts, what they amount to, and the truth. It reads no clock and
does no input or output; play.py brings it to the door.
"""

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass

from services.demo import lookalikes, numbers, planted_conduct, planted_sales
from services.demo.aftercare import Habit, care
from services.demo.chance import Chance
from services.demo.channels import CALL_CENTRE, contract
from services.demo.check_desk import CheckDesk
from services.demo.clock_cases import show_clocks
from services.demo.commissions import grant, publish
from services.demo.complaint_papers import Papers
from services.demo.complaints import Complaint, Office, draw_complaints
from services.demo.contacts import Contact, campaign, serve, talk, transfer
from services.demo.customers import Customer, welcome
from services.demo.deeds import Agenda, Deed, opening_entry
from services.demo.diary import Diary, Fact
from services.demo.feed import Feed, closing
from services.demo.holdings import value
from services.demo.loans import draw_loans, observe
from services.demo.people import Staff, recruit
from services.demo.products import launch
from services.demo.sales import Market, draw_sales
from services.demo.scene import Scene
from services.demo.steps import Sale
from services.demo.surveys import ask, design, menu_changed_on, occasions
from services.demo.targets import plan
from services.demo.truth import CASES, UNPLAYABLE, Truth
from services.demo.year import Year

DIARIES = (
    "staff", "products", "channels", "customers", "book", "sales", "loans", "planted", "alike", "aftercare",
    "holdings", "interactions", "service", "transfers", "campaigns", "complaints", "surveys", "targets",
    "commissions",
)  # fmt: skip
"""One diary per concern; an event's id begins with its concern."""


@dataclass(slots=True, eq=False)
class Bank:
    """The story of one seed."""

    year: Year
    staff: Staff
    customers: list[Customer]
    sales: list[Sale]
    contacts: list[Contact]
    complaints: list[Complaint]
    facts: list[Fact]
    deeds: list[Deed]
    feed: Feed
    truth: Truth

    def year_sales(self) -> list[Sale]:
        """The sales of the played year."""
        return [sale for sale in self.sales if sale.day >= self.year.first]


def build(customers: int, seed: int, last: dt.date, rules: frozenset[str] | None = None) -> Bank:
    """The bank of a seed whose year ends on `last`; cases whose rule is not among `rules` are left out."""
    year, truth = Year(last), Truth(customers)
    cases = _playable(truth, rules)
    diaries = {name: Diary(name) for name in DIARIES}
    staff = recruit(diaries["staff"], seed, customers, year)
    launch(diaries["products"], year)
    contract(diaries["channels"], year)
    people = welcome(diaries["customers"], seed, customers, year, staff)
    agenda, ends = Agenda(), closing(year)
    desk = CheckDesk(agenda, seed, year)
    sales = _sell(diaries, seed, Market(Chance(seed, "market"), year, staff, people), truth, desk)
    scene, alike = _scenes(diaries, seed, year, staff, people, truth, _investing(sales, year), desk)
    office = Office(Papers(diaries["complaints"], agenda, year.last, ends), seed, year, staff)
    left = _plant(scene, office, cases)
    _plant_alike(alike, office)
    sales += [*scene.sales, *alike.sales]
    draw_complaints(office, seed, people, [sale for sale in sales if sale.day >= year.first], truth)
    show_clocks(office, seed, people)
    publish(diaries["commissions"], year)
    grant(diaries["commissions"], year, sales, truth, case=9 in cases)
    care(diaries["aftercare"], seed, year, sales, truth, _habits(staff, cases))
    _, falls = planted_conduct.safe_fund_days(year)
    value(diaries["holdings"], seed, year, people, sales, falls)
    contacts = talk(diaries["interactions"], seed, year, people, staff)
    serve(diaries["service"], seed, year, people, staff)
    transfer(diaries["transfers"], staff, people, left)
    campaign(diaries["campaigns"], seed, year, people)
    _survey(diaries["surveys"], seed, year, sales, contacts, office, people, truth)
    plan(diaries["targets"], seed, year, sales)
    facts = [fact for name in DIARIES for fact in diaries[name].facts]
    feed = Feed(seed, year, facts, truth)
    dropped = feed.dropped | {
        opening_entry(one.case_id) for one in agenda.deeds if one.name == "receive" and one.at > ends
    }
    truth.expected = [one for one in truth.expected if not _never_happened(one.entries, dropped)]
    return Bank(year, staff, people, sales, contacts, office.made, facts, agenda.until(ends), feed, truth)


def _playable(truth: Truth, rules: frozenset[str] | None) -> frozenset[int]:
    """Numbers of the cases to plant; for the others the truth says why not."""
    for case in CASES:
        if case.number in UNPLAYABLE:
            truth.not_planted[case.number] = UNPLAYABLE[case.number]
        elif rules is not None and case.rule not in rules:
            truth.not_planted[case.number] = f"the rule pack has no {case.rule}"
    return frozenset(case.number for case in CASES if case.number not in truth.not_planted)


def _sell(
    diaries: Mapping[str, Diary], seed: int, market: Market, truth: Truth, desk: CheckDesk
) -> list[Sale]:
    sales = draw_sales(diaries["book"], seed, market, truth, book=True)
    sales += draw_sales(diaries["sales"], seed, market, truth, desk, book=False)
    loans = draw_loans(diaries["book"], seed, market, book=True) + draw_loans(
        diaries["loans"], seed, market, book=False
    )
    observe(diaries["loans"], seed, market.year, loans)
    return sales + loans


def _scenes(
    diaries: Mapping[str, Diary],
    seed: int,
    year: Year,
    staff: Staff,
    people: list[Customer],
    truth: Truth,
    investing: frozenset[str],
    desk: CheckDesk,
) -> tuple[Scene, Scene]:
    """Where cases are planted, and where look-alikes are; they share no customer."""
    taken: set[str] = set()
    first, second = Chance(seed, "planted"), Chance(seed, "alike")
    return (
        Scene(diaries["planted"], first, year, staff, people, truth, "p", taken, investing, desk),
        Scene(diaries["alike"], second, year, staff, people, truth, "i", taken, investing),
    )


def _investing(sales: list[Sale], year: Year) -> frozenset[str]:
    """Who buys wealth products or funds in the ordinary way during the year."""
    return frozenset(
        sale.customer.id
        for sale in sales
        if sale.day >= year.first and sale.product.kind in ("wealth", "fund")
    )


def _plant(scene: Scene, office: Office, cases: frozenset[int]) -> list[Customer]:
    """Plant every case that may be, those with few fitting customers first; gives back who was orphaned."""
    for number in sorted(cases & planted_sales.PLANTED.keys()):
        planted_sales.PLANTED[number](scene)
    for number in sorted(cases & planted_conduct.WITHOUT_OFFICE.keys()):
        planted_conduct.WITHOUT_OFFICE[number](scene)
    for number in sorted(cases & planted_conduct.WITH_OFFICE.keys()):
        planted_conduct.WITH_OFFICE[number](scene, office)
    left = planted_conduct.orphans(scene) if 16 in cases else []
    planted_sales.own_wishes(scene)
    return left


def _plant_alike(scene: Scene, office: Office) -> None:
    for play in lookalikes.ALIKE:
        play(scene)
    for play_at in lookalikes.ALIKE_AT_THE_OFFICE:
        play_at(scene, office)


def _habits(staff: Staff, cases: frozenset[int]) -> dict[str, Habit]:
    if 10 not in cases:
        return {}
    top = staff.cast["top_earner"].holders[0]
    return {top.id: Habit(numbers.TOP_CANCEL, numbers.TOP_PERSISTENCY)}


def _survey(
    diary: Diary,
    seed: int,
    year: Year,
    sales: list[Sale],
    contacts: list[Contact],
    office: Office,
    people: list[Customer],
    truth: Truth,
) -> None:
    design(diary, year)
    ordinary = [sale for sale in sales if not sale.planted]
    asked = occasions(seed, len(people), year, ordinary, contacts, office.closed())
    ask(diary, seed, year, asked, truth)
    menu = f"call centre worse since {menu_changed_on(year).isoformat()}"
    truth.base("R-SAT-01", menu, f"channel/{CALL_CENTRE.id}", "unit/demo:unit-call-centre", scales=True)


def _never_happened(entries: tuple[object, ...], dropped: Set[object]) -> bool:
    return bool(entries) and all(entry in dropped for entry in entries)
