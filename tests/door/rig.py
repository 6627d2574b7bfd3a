"""A door on real parts, and the events that tests bring to it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from events import codec
from events.envelope import Entry, Position
from projections.catalogue import LEDGERS
from projections.fold import Declarations
from services.door.admission import Door, Outcome, Submission
from services.door.limits import Limits
from services.door.memory import Memory
from services.door.producers import DoorCounts
from services.door.quarantine import Quarantine
from services.door.references import References
from services.journal.postgres import PostgresJournal
from services.privacy.keyring import Keyring
from services.privacy.sealer import Sealer
from services.projector.projector import Projector, resolve
from services.store.database import connect, migrate

ZONE = "Europe/Prague"
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
SOURCE = "urn:bank:branch"
FOLDED = ("products", "channels", "employees", "surveys", "quarantine_cases")
DECLARATIONS = Declarations(tuple(LEDGERS.ledger(name) for name in FOLDED))


def cloud_event(
    type_name: str, subject: str, data: dict[str, Any], event_id: str, **attributes: Any
) -> dict[str, Any]:
    """A CloudEvent as a channel system sends it; dated 1 March 2026 unless told otherwise."""
    when = {} if {"time", "date", "undated"} & attributes.keys() else {"date": "2026-03-01"}
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": type_name,
        "subject": subject,
        "dataschema": codec.TYPES[type_name].schema_urn()
        if type_name in codec.TYPES
        else "urn:daybook:x.y:1",
        **when,
        **attributes,
        "data": data,
    }


def customer(number: int = 1, *, event_id: str | None = None, **changed: Any) -> dict[str, Any]:
    """Ada registers."""
    data = {
        "customer_id": f"bank:{number}",
        "customer_type": "person",
        "legal_entity": "bank",
        "name": "Ada Lovelace",
        "phone": "+420 601 000 001",
    }
    subject = f"customer/bank:{number}"
    return cloud_event("customer.registered", subject, {**data, **changed}, event_id or f"c{number}")


def product(number: int = 1, *, event_id: str | None = None, **changed: Any) -> dict[str, Any]:
    """A fund enters the catalogue on 1 January."""
    data = {
        "product_id": f"bank:p{number}",
        "name": "Fund",
        "category": "wealth",
        "legal_entity": "bank",
        "risk_level": "R3",
    }
    subject, name = f"product/bank:p{number}", event_id or f"p{number}"
    return cloud_event("product.registered", subject, {**data, **changed}, name, date="2026-01-01")


def sale(number: int = 1, *, event_id: str | None = None, **changed: Any) -> dict[str, Any]:
    """Customer 1 buys fund 1."""
    data = {
        "sale_id": f"bank:s{number}",
        "customer_id": "bank:1",
        "legal_entity": "bank",
        "product_id": "bank:p1",
        "amount_minor": 100_000,
        "currency": "EUR",
    }
    return cloud_event("sale.confirmed", "customer/bank:1", {**data, **changed}, event_id or f"s{number}")


def submission(*events: dict[str, Any], row: bool = False, raw: bytes | None = None) -> Submission:
    """A unit as HTTP makes it of one event, or an import of a row."""
    encoded = tuple(msgspec.json.encode(event) for event in events)
    return Submission(raw or b"\n".join(encoded), encoded, SOURCE, row=row)


@dataclass
class Rig:
    """A door with everything behind it, on one database."""

    url: str
    journal: PostgresJournal
    log: PostgresJournal
    keyring: Keyring
    now: dt.datetime = NOW

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(ZONE)
        self.sealer = Sealer(self.keyring)
        with connect(self.url, autocommit=True) as connection:
            self.generation = resolve(connection, self.journal, DECLARATIONS, ZONE, "ledgers")
        self.references = References(self.url, self.journal, DECLARATIONS, ZONE)
        self.quarantine = Quarantine(
            self.log, self.journal, self.sealer, self.references, lambda: self.now, self.zone, b"secret"
        )
        self.counts = DoorCounts(self.url)
        self.projector = Projector(self.journal, self.url, DECLARATIONS, self.generation, self.zone)
        self.door = self.new_door()

    @classmethod
    def open(cls, url: str, keyring: Keyring) -> "Rig":
        migrate(url)
        keyring.create()
        journal = PostgresJournal.create(url, partitions=4)
        return cls(url, journal, PostgresJournal.create(url, name="quarantine", partitions=1), keyring)

    def new_door(self, limits: Limits | None = None) -> Door:
        """A door that remembers nothing, as after a restart."""
        return Door(
            self.journal,
            self.quarantine,
            self.sealer,
            self.references,
            Memory(),
            lambda: self.now,
            limits or Limits(),
            self.zone,
            self.counts,
        )

    def send(self, *events: dict[str, Any], dry_run: bool = False) -> list[Outcome]:
        """Each event a unit of its own, in one batch."""
        return self.door.admit([submission(event) for event in events], dry_run=dry_run)

    def post(self) -> None:
        """Fold all there is."""
        self.projector.catch_up(1_000)

    def entries(self) -> list[Entry]:
        """Everything in the journal, decoded, partition after partition."""
        records = self.journal.read(self.journal.begins(), 100_000)
        return [
            codec.decode(record.value, Position(0, record.partition, record.offset), self.zone)
            for record in records
        ]

    def entry(self, position: str | None) -> Entry:
        """The entry at a position that an outcome names."""
        assert position is not None
        place = Position.parse(position)
        return codec.decode(self.journal.fetch([place])[0].value, place, self.zone)

    def count_posted(self) -> int:
        with connect(self.url) as connection:
            row = connection.execute(
                f"SELECT count(*) FROM {self.generation.schema}.entries".encode()
            ).fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        self.counts.close()
        self.references.close()
        self.projector.close()
        self.journal.close()
        self.log.close()
