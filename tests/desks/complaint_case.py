"""Given, when, then for the complaint desk: a small bank to ask, and a case told in commands.

No database: decisions are pure. Each event that a decision drafts is checked against the form that a channel
would have to send.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from events import codec
from events.complaints import RegimeFacts
from events.envelope import ChannelId, ComplaintId, CustomerId, EmployeeId, Event, ProductId, SaleId
from events.event_type import EntryRef
from projections.people import EmployeeRow
from projections.rules.handling_pack import HandlingRules
from projections.steps import Dated
from services.desks.complaints import commands as ask
from services.desks.complaints.declaration import COMPLAINTS, allowed
from services.desks.complaints.facts import CommissionHeld, FileItem
from services.desks.complaints.packs import handling_in_force
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Actor, Command, Moment, RuleBroken, Setting
from services.desks.desk import sent_of

ZONE = dt.timezone(dt.timedelta(hours=8))
DAY_ONE = dt.datetime(2026, 3, 2, 10, 0, tzinfo=ZONE)
CASE = ComplaintId("desk.complaints:1")
CUSTOMER = CustomerId("bank:c1")
SALE = SaleId("bank:s1")
SELLER = EmployeeId("bank:seller")
BLAMED = EmployeeId("bank:blamed")
HANDLER = EmployeeId("bank:handler")
BOSS = EmployeeId("bank:boss")
CHIEF = EmployeeId("bank:chief")
LEAVER = EmployeeId("bank:leaver")

CLERK = Actor("clerk")
ANNA = Actor("anna", HANDLER, frozenset({"complaint_handler"}))
BEN = Actor("ben", BOSS, frozenset({"branch_manager"}))
CARL = Actor("carl", CHIEF, frozenset({"head_office"}))

NFRA = RegimeFacts(regime="cn_nfra", counts_as_complaint=True, complexity="simple")
NFRA_GRAVE = RegimeFacts(regime="cn_nfra", counts_as_complaint=True, complexity="especially_complex")
DISP = RegimeFacts(regime="uk_disp", counts_as_complaint=True)
NFRA_REMEDIES = ("review", "mediation", "arbitration", "court")

RECEIVE = ask.Receive(
    legal_entity="CN",
    received_by="own",
    issue="sold as safe as a deposit",
    customer_id=CUSTOMER,
    product_id=ProductId("bank:fund"),
    sale_id=SALE,
    seller_id=SELLER,
    complained_about_employee_ids=(BLAMED,),
    text="I was told that it could not fall.",
)
TRIAGE = ask.Triage(taxonomy="JR/T 0169-2018", code="wealth/mis-sale", severity="high", regimes=(NFRA,))
ACCEPT = ask.Propose(kind="accept", amount_minor=50_000, currency="CNY", reasons=("not told of the risk",))
UPHELD = ask.SendFinalResponse(decision="upheld", remedies_told=NFRA_REMEDIES)
CAUSE = ask.RecordRootCause(cause_code="disclosure", step="advice")


def employee(employee_id: EmployeeId, *standings: Dated) -> EmployeeRow:
    """A row of the staff register."""
    steps = standings or (Dated(dt.date(2020, 1, 1), "employed"),)
    return EmployeeRow(
        f"employee/{employee_id}", employee_id=employee_id, standing=steps[-1].value, standings=steps
    )


@dataclass
class Bank:
    """The bank as the desk sees it."""

    case_id: ComplaintId = CASE
    staff: dict[EmployeeId, EmployeeRow] = field(default_factory=dict)
    complaints: frozenset[str] = frozenset({"bank:other"})
    short_way: dt.date | None = None
    last_day: dt.date | None = None
    held: frozenset[str] = frozenset()
    entries: tuple[FileItem, ...] = ()
    buyers: tuple[CustomerId, ...] = ()
    commission: tuple[CommissionHeld, ...] = ()
    asked_for: list[Any] = field(default_factory=list)

    def handling_rules(self, on: dt.date) -> HandlingRules:
        return handling_in_force(on)

    def employee(self, employee_id: EmployeeId) -> EmployeeRow | None:
        return self.staff.get(employee_id)

    def complaint_exists(self, complaint_id: ComplaintId) -> bool:
        return complaint_id in self.complaints

    def summary_until(
        self, received_on: dt.date, legal_entity: str | None, regimes: tuple[RegimeFacts, ...]
    ) -> dt.date | None:
        return self.short_way

    def last_extension(
        self, received_on: dt.date, legal_entity: str | None, regimes: tuple[RegimeFacts, ...]
    ) -> dt.date | None:
        return self.last_day

    def material_held(self, customer_id: Any, application_id: Any) -> frozenset[str]:
        return self.held

    def file_of(self, customer_id: Any, sale_id: Any, application_id: Any) -> tuple[FileItem, ...]:
        return self.entries

    def affected_customers(
        self,
        product_id: ProductId | None,
        seller_id: EmployeeId | None,
        sold_from: dt.date,
        sold_through: dt.date,
    ) -> tuple[CustomerId, ...]:
        self.asked_for.append((product_id, seller_id, sold_from, sold_through))
        return self.buyers

    def commission_of(
        self, sale_id: SaleId, customer_id: Any, application_id: Any
    ) -> tuple[CommissionHeld, ...]:
        return self.commission


def staffed(**answers: Any) -> Bank:
    """A bank with the usual people."""
    people = {one: employee(one) for one in (SELLER, BLAMED, HANDLER, BOSS, CHIEF)}
    people[LEAVER] = employee(
        LEAVER, Dated(dt.date(2020, 1, 1), "employed"), Dated(dt.date(2026, 2, 1), "left")
    )
    return Bank(staff=people, **answers)


NAME_OF = {decision.command: name for name, decision in COMPLAINTS.decisions.items()}


@dataclass
class Told:
    """A case as far as it has been told; `version` counts its events, `clear` what was to be sealed."""

    bank: Bank = field(default_factory=staffed)
    state: ComplaintState = COMPLAINTS.initial
    now: dt.datetime = DAY_ONE
    version: int = 0
    clear: dict[str, Any] = field(default_factory=dict)

    def when(self, command: Command, actor: Actor = ANNA) -> list[Event]:
        """Carry a command out; the events that it made."""
        setting = self.setting(actor)
        drafts = COMPLAINTS.decisions[NAME_OF[type(command)]].decide(self.state, command, setting)
        for draft in drafts:
            sent_of(codec.TYPE_OF[type(draft.event)], draft)
            self.clear.update(draft.clear)
            self.fold(draft.event, draft.on)
        return [draft.event for draft in drafts]

    def fold(self, event: Event, on: dt.date | None = None) -> None:
        """An event of the case, whoever decided it."""
        self.version += 1
        at = self.now if on is None else None
        moment = Moment(on or self.now.date(), at, COMPLAINTS.source, f"{CASE}/{self.version}")
        self.state = COMPLAINTS.evolve(self.state, event, moment)

    def given(self, *commands: Command | tuple[Command, Actor]) -> "Told":
        """The case after these commands."""
        for one in commands:
            command, actor = one if isinstance(one, tuple) else (one, ANNA)
            self.when(command, actor)
        return self

    def refused(self, command: Command, actor: Actor = ANNA) -> tuple[str, str]:
        """The rule and the sentence by which a command is refused; nothing has changed."""
        before = msgspec.structs.replace(self.state)
        try:
            made = self.when(command, actor)
        except RuleBroken as refusal:
            assert self.state == before
            return refusal.rule, str(refusal)
        raise AssertionError(f"{type(command).__name__} was not refused: it made {made}")

    def setting(self, actor: Actor = ANNA) -> Setting:
        return Setting(self.now, ZONE, actor, self.bank)

    def allowed(self, actor: Actor = ANNA) -> tuple[str, ...]:
        return allowed(self.state, self.setting(actor))

    def later(self, days: int) -> "Told":
        """The same case some days on."""
        self.now += dt.timedelta(days=days)
        return self

    def entry(self, version: int) -> EntryRef:
        """How the journal names an event of the case."""
        return EntryRef(COMPLAINTS.source, f"{CASE}/{version}")


def received(**answers: Any) -> Told:
    """A complaint that came in."""
    return Told(staffed(**answers)).given((RECEIVE, CLERK))


def assigned(triage: ask.Triage = TRIAGE, **answers: Any) -> Told:
    """Acknowledged, triaged, with Anna."""
    return received(**answers).given(
        (ask.Acknowledge(), CLERK), (triage, CLERK), (ask.Assign(employee_id=HANDLER), BEN)
    )


def investigated(**answers: Any) -> Told:
    """Anna has looked into it."""
    return assigned(**answers).given(ask.StartInvestigation())


def approved(propose: ask.Propose = ACCEPT, **answers: Any) -> Told:
    """Proposed by Anna, approved by Ben."""
    return investigated(**answers).given(propose, (ask.Approve(), BEN))


def answered(**answers: Any) -> Told:
    """The final response went out: upheld."""
    return approved(**answers).given(UPHELD)


def closed(**answers: Any) -> Told:
    """Answered, learned from, closed without money."""
    return answered(**answers).given(CAUSE, ask.Close(relief="non_monetary"))


SITUATIONS: dict[str, Callable[[], Told]] = {
    "received": received,
    "assigned": assigned,
    "investigated": investigated,
    "approved": approved,
    "answered": answered,
    "closed": closed,
}

COMMISSION = CommissionHeld(
    sale_id=SALE,
    customer_id=CUSTOMER,
    seller_id=SELLER,
    channel_id=ChannelId("bank:branch"),
    policy_id="branch-2026",
    policy_version="1",
    accrued_minor=3_000,
    paid_minor=2_000,
    clawed_back_minor=500,
    currency="CNY",
)
