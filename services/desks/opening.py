"""All desks of a system, opened over its database, journal and keyring, with the relay that carries for them.

The composition root makes one; API, CLI, workers and demo ask it for a desk by name. A new desk is a line in
`DESK_NAMES`, a property here and a package of its own.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from events.complaints import ComplaintReceived
from events.envelope import Event
from events.known import KnownComplaint
from projections.fold import Declarations
from projections.known import known_product
from projections.products import ProductRow
from projections.rules.clock_book import shipped_book
from services.desks import adoption
from services.desks.carrying import Carrier
from services.desks.complaints.declaration import COMPLAINTS
from services.desks.complaints.ledger_facts import LedgerFacts
from services.desks.complaints.state import ComplaintState
from services.desks.deciding import Actor, DeskDeclaration
from services.desks.desk import Answer, Desk
from services.desks.reading import Reading
from services.desks.relay import Relay
from services.desks.storage import DeskStorage
from services.desks.suitability.declaration import SUITABILITY
from services.desks.suitability.ledger_facts import LedgerFacts as SuitabilityLedgerFacts
from services.desks.suitability.state import SuitabilityState
from services.errors import WrongUse
from services.journal.port import Journal
from services.made_once import made_once
from services.privacy.sealer import Sealer
from services.store.writer import load_rows


class Parts(NamedTuple):
    """What desks need of the system around them."""

    conninfo: str
    journal: Journal
    sealer: Sealer
    reading: Reading
    declarations: Declarations
    clock: Callable[[], dt.datetime]
    zone: dt.tzinfo


class Desks:
    """The desks by name. Threads may share them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._storages = {name: DeskStorage(parts.conninfo, name) for name in DESK_NAMES}

    @made_once
    def complaints(self) -> Desk[ComplaintState]:
        """The complaint desk."""
        parts, book = self._parts, shipped_book()

        def facts(case_id: str) -> LedgerFacts:
            return LedgerFacts(case_id, parts.reading, parts.journal, parts.zone, parts.declarations, book)

        return self._desk(COMPLAINTS, facts)

    @made_once
    def suitability(self) -> Desk[SuitabilityState]:
        """The suitability desk."""
        return self._desk(SUITABILITY, lambda case_id: SuitabilityLedgerFacts(case_id, self._parts.reading))

    @made_once
    def relay(self) -> Relay:
        """Carries what all desks decided to the journal."""
        return Relay(self._parts.journal, self._parts.conninfo, self._storages)

    @made_once
    def carrier(self) -> Carrier:
        """Carries for commands that wait for their answer."""
        return Carrier(self.relay)

    def of(self, name: str) -> Desk[Any]:
        """A desk by its name; WrongUse for one that there is not."""
        if name not in DESK_NAMES:
            raise WrongUse(f"there is no desk {name!r}: the desks are {', '.join(DESK_NAMES)}")
        desk: Desk[Any] = getattr(self, name)
        return desk

    def adopt(self, case_id: str, actor: Actor, command_id: str | None = None) -> Answer:
        """Take over a complaint that came in as facts."""
        parts = self._parts
        return adoption.adopt(
            self.complaints, parts.reading, parts.journal, parts.zone, case_id, actor, command_id
        )

    def close(self) -> None:
        """Release the connections of all."""
        if "relay" in self.__dict__:
            self.relay.close()
        for storage in self._storages.values():
            storage.close()

    def _desk(self, declaration: DeskDeclaration[Any], facts: Callable[[str], Any]) -> Desk[Any]:
        parts = self._parts
        return Desk(
            declaration,
            self._storages[declaration.name],
            parts.sealer,
            parts.clock,
            parts.zone,
            facts,
            self._stamped,
        )

    def _stamped(self, event: Event) -> Event:
        """A received complaint knows its product's category; no other event of a desk is stamped."""
        if not isinstance(event, ComplaintReceived) or event.product_id is None:
            return event
        key = (f"product/{event.product_id}",)
        with self._parts.reading() as (connection, schema):
            row = load_rows(connection, schema, self._parts.declarations, "products", [key]).get(key)
        assert row is None or isinstance(row, ProductRow)
        on = self._parts.clock().astimezone(self._parts.zone).date()
        return msgspec.structs.replace(event, known=KnownComplaint(product=known_product(row, on)))


DESK_NAMES: tuple[str, ...] = ("complaints", "suitability")
"""Every desk, in the order in which the relay carries for them."""
