"""A desk of three commands, on real PostgreSQL, for the tests of the mechanics that every desk shares."""

import datetime as dt
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from events.complaint_outcomes import ComplaintClosed, ComplaintProgressUpdateSent
from events.complaints import ComplaintReceived
from events.envelope import ComplaintId, CustomerId, Event
from services.desks.deciding import (
    Actor,
    Command,
    Decision,
    DeskDeclaration,
    Draft,
    Moment,
    RuleBroken,
    Setting,
)
from services.desks.desk import Desk
from services.desks.relay import Relay
from services.desks.storage import DeskStorage
from services.journal.postgres import PostgresJournal
from services.privacy.keyring import Keyring
from services.privacy.sealer import Sealer

ZONE = dt.timezone(dt.timedelta(hours=8))
ANNA = Actor("anna")


class Receive(Command, frozen=True, kw_only=True):
    """Take in a complaint."""

    customer_id: CustomerId
    issue: str
    text: str | None = None


class Update(Command, frozen=True, kw_only=True):
    """Tell the complainant how far we are."""

    method: str


class Close(Command, frozen=True, kw_only=True):
    """End it."""


@dataclass(frozen=True)
class State:
    """What the rules of this desk need."""

    case_id: str = ""
    customer_id: CustomerId | None = None
    updates: tuple[str, ...] = ()
    closed: bool = False


def evolve(state: State, event: Event, moment: Moment) -> State:
    """The state after an event."""
    if isinstance(event, ComplaintReceived):
        return State(event.complaint_id, event.customer_id)
    if isinstance(event, ComplaintProgressUpdateSent):
        return State(state.case_id, state.customer_id, (*state.updates, str(event.method)), state.closed)
    return State(state.case_id, state.customer_id, state.updates, True)


def receive(state: State, command: Receive, setting: Setting) -> tuple[Draft, ...]:
    event = ComplaintReceived(
        complaint_id=setting.facts.case_id,
        customer_id=command.customer_id,
        legal_entity="bank",
        received_by="own",
        issue=command.issue,
    )
    return (Draft(event, {"text": command.text}),)


def update(state: State, command: Update, setting: Setting) -> tuple[Draft, ...]:
    if state.closed:
        raise RuleBroken("CLOSED", f"{state.case_id} is closed: reopen it before you write to the customer")
    event = ComplaintProgressUpdateSent(
        complaint_id=ComplaintId(state.case_id), customer_id=state.customer_id, method=command.method
    )
    return (Draft(event),)


def close(state: State, command: Close, setting: Setting) -> tuple[Draft, ...]:
    if state.closed:
        return ()
    event = ComplaintClosed(
        complaint_id=ComplaintId(state.case_id),
        customer_id=state.customer_id,
        outcome="not_upheld",
        relief="none",
    )
    return (Draft(event),)


DECLARATION: DeskDeclaration[State] = DeskDeclaration(
    name="complaints",
    case_field="complaint_id",
    initial=State(),
    evolve=evolve,
    decisions={
        "receive": Decision(Receive, receive, "take in a complaint", opens=True),
        "update": Decision(Update, update, "tell how far we are"),
        "close": Decision(Close, close, "end it", roles=frozenset({"handler"})),
    },
)


class SmallBank:
    """A journal, a keyring and the small desk on one database; several stand for several processes."""

    def __init__(self, database_url: str) -> None:
        self.conninfo = database_url
        self.journal = PostgresJournal.create(database_url, name="journal", partitions=4)
        self.keyring = Keyring(database_url, b"k" * 32)
        self.keyring.create()
        self.now = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
        self.storage = DeskStorage(database_url, "complaints")
        self.desk: Desk[State] = Desk(
            DECLARATION,
            self.storage,
            Sealer(self.keyring),
            lambda: self.now,
            ZONE,
            lambda case_id: SimpleNamespace(case_id=case_id),
            lambda event: event,
        )
        self.relay = Relay(self.journal, database_url, {"complaints": self.storage})

    def receive(self, customer: int = 1, **given: Any) -> str:
        """Open a case; gives back its id."""
        command = Receive(customer_id=CustomerId(f"bank:{customer}"), issue="a fee", text="They took 5.")
        return self.desk.handle("receive", command, ANNA, **given).case_id

    def update(self, case_id: str, method: str = "letter", **given: Any) -> int:
        """Send an update; gives back the version after it."""
        return self.desk.handle("update", Update(method=method), ANNA, case_id=case_id, **given).version

    def close(self) -> None:
        """Release everything."""
        self.relay.close()
        self.storage.close()
        self.keyring.close()
        self.journal.close()
