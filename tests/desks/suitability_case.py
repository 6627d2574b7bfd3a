"""A case of the suitability desk without a database: a small bank, and commands one after another."""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from events.envelope import ChannelId, CustomerId, EmployeeId, Event, ProductId, QuestionnaireId
from events.questionnaires import QuestionnairePublished
from events.suitability_file import (
    CheckedChannel,
    CheckedCustomer,
    CheckedProduct,
    CheckedSeller,
    Circumstances,
    TargetMarket,
)
from events.vocabulary import SuitabilityRegime
from projections.rules.cooling_off import BusinessDays, CoolingOffPack
from projections.rules.suitability_pack import SuitabilityPack, in_force
from services.desks.deciding import Actor, Command, Moment, Setting
from services.desks.suitability import commands as ask
from services.desks.suitability.declaration import SUITABILITY, allowed
from services.desks.suitability.packs import cooling_off_in_force, suitability_packs
from services.desks.suitability.state import SuitabilityState
from tests.projections.suitability_given import AUTHORISED, SELLER, customer, fund

ZONE = dt.timezone(dt.timedelta(hours=8))
NOW = dt.datetime(2026, 3, 2, 10, tzinfo=ZONE)
TODAY = NOW.date()
WHO = CustomerId("t:anna")
WHAT = ProductId("t:fund")
SUE = Actor("sue", EmployeeId("t:sue"))
MAX = Actor("max", EmployeeId("t:max"))


@dataclass
class SmallFacts:
    """Answers as set by a test."""

    case_id: str = "desk.suitability:1"
    products: CheckedProduct = field(default_factory=fund)
    customers: CheckedCustomer = field(default_factory=customer)
    channels: CheckedChannel = AUTHORISED
    sellers: CheckedSeller = SELLER
    market: TargetMarket | None = None
    needed: frozenset[str] = frozenset()
    recommended: frozenset[EmployeeId] = frozenset()
    recommended_on: dt.date = TODAY
    assessed: tuple[dt.date, ...] = ()
    asked: QuestionnairePublished | None = None
    calendars: dict[str, BusinessDays] = field(default_factory=dict)

    def pack(self, regime: SuitabilityRegime, on: dt.date) -> SuitabilityPack | None:
        return in_force(suitability_packs(), regime, on)

    def cooling_off_pack(self, on: dt.date) -> CoolingOffPack | None:
        return cooling_off_in_force(on)

    def business_days(self, jurisdiction: str) -> BusinessDays | None:
        return self.calendars.get(jurisdiction)

    def product(self, product_id: ProductId, on: dt.date) -> CheckedProduct:
        return self.products

    def customer(self, customer_id: CustomerId, on: dt.date) -> CheckedCustomer:
        return self.customers

    def channel(self, channel_id: ChannelId, product_id: ProductId, on: dt.date) -> CheckedChannel:
        return self.channels

    def seller(self, employee_id: EmployeeId, on: dt.date) -> CheckedSeller:
        return self.sellers

    def target_market(self, product_id: ProductId, on: dt.date) -> TargetMarket | None:
        return self.market

    def needs(self, customer_id: CustomerId) -> frozenset[str]:
        return self.needed

    def recommended_by(
        self, customer_id: CustomerId, product_id: ProductId, since: dt.date
    ) -> frozenset[EmployeeId]:
        return self.recommended if self.recommended_on >= since else frozenset()

    def assessed_on(self, customer_id: CustomerId) -> tuple[dt.date, ...]:
        return self.assessed

    def questionnaire(self, questionnaire_id: QuestionnaireId, on: dt.date) -> QuestionnairePublished | None:
        return self.asked


@dataclass
class SuitabilityCase:
    """Commands in order; `now` may be moved between them."""

    facts: SmallFacts = field(default_factory=SmallFacts)
    now: dt.datetime = NOW
    state: SuitabilityState = SUITABILITY.initial
    events: list[Event] = field(default_factory=list)
    clear: dict[str, Any] = field(default_factory=dict)

    def does(self, name: str, command: Command, actor: Actor = SUE) -> list[Event]:
        """Carry a command out; the events that it made."""
        decision = SUITABILITY.decisions[name]
        assert type(command) is decision.command
        made: list[Event] = []
        for draft in decision.decide(self.state, command, self.setting(actor)):
            moment = Moment(self.now.date(), self.now, SUITABILITY.source, f"{len(self.events)}")
            self.state = SUITABILITY.evolve(self.state, draft.event, moment)
            self.clear |= draft.clear
            made.append(draft.event)
        self.events += made
        return made

    def check(self, actor: Actor = SUE, **told: Any) -> SuitabilityState:
        """A check in the branch; the state after it."""
        command = ask.Check(
            customer_id=WHO,
            product_id=WHAT,
            channel_id=ChannelId("t:branch"),
            circumstances=Circumstances(**told),
        )
        self.does("check", command, actor)
        return self.state

    def overridden(self) -> SuitabilityState:
        """Checked, warned, requested and confirmed."""
        self.check()
        self.does("warn", WARN)
        self.does("request-override", REQUEST)
        self.does("confirm-override", CONFIRM)
        return self.state

    def allowed(self, actor: Actor = SUE) -> tuple[str, ...]:
        return allowed(self.state, self.setting(actor))

    def setting(self, actor: Actor) -> Setting:
        return Setting(self.now, ZONE, actor, self.facts)


WARN = ask.Warn(document="Special risk warning", document_version="3", method="in_person")
REQUEST = ask.RequestOverride(own_initiative=True, text="I want this fund although it is too risky for me.")
CONFIRM = ask.ConfirmOverride(warning_shown=True, written_ack=True)


def bank(**facts: Any) -> SuitabilityCase:
    """A case whose bank differs in these facts."""
    return SuitabilityCase(replace(SmallFacts(), **facts))


def changed(struct: Any, **fields: Any) -> Any:
    """A copy of a struct with some fields set."""
    return msgspec.structs.replace(struct, **fields)
