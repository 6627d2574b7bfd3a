"""Where desks keep their decisions: `eventsourcing` applications on PostgreSQL, one table of events a desk.

What is kept of an event is the very record that the relay will append to the journal, so that the journal
alone gives the tables back, byte for byte. Only this module knows the library.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, Mapper, StoredEvent

from events import codec
from events.envelope import Envelope, Event
from services.store.database import connect, connection_parts

SCHEMA = "desks"
POOL_CONNECTIONS = 2
POOL_OVERFLOW = 6
CONNECT_TIMEOUT_SECONDS = 10
LOCK_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class CaseEvent:
    """An event of a case at its version, decoded, with the record's value as it is stored."""

    originator_id: str
    originator_version: int
    value: bytes
    envelope: Envelope
    event: Event


class Kept(NamedTuple):
    """A record in the order in which desks saved: what the relay carries to the journal."""

    number: int
    case_id: str
    version: int
    value: bytes


class VersionTaken(Exception):
    """Somebody else saved this version of the case first."""


class RecordMapper(Mapper[str]):
    """Keeps an event as its stored envelope; the topic is the name of its type, never a module's path."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The row of an event."""
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.envelope.type,
            state=domain_event.value,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event of a row; the codec applies the upcasters."""
        return case_event(
            str(stored_event.originator_id), stored_event.originator_version, stored_event.state
        )


def case_event(case_id: str, version: int, value: bytes) -> CaseEvent:
    """Decode a stored record as an event of a case."""
    envelope = codec.decode_envelope(value)
    return CaseEvent(case_id, version, value, envelope, codec.decode_data(envelope)[2])


class DeskStorage:
    """The events of one desk; threads and processes may share the tables."""

    def __init__(self, conninfo: str, desk: str, schema: str = SCHEMA) -> None:
        self._conninfo = conninfo
        self._schema = schema
        self._desk = desk
        with connect(conninfo, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
        self._application: Application[str] = _application_of(desk)(environment_of(conninfo, schema))

    def events_of(self, case_id: str) -> list[CaseEvent]:
        """The events of a case in order; none for a case that the desk does not have."""
        try:
            found: list[CaseEvent] = self._application.repository.get(case_id, projector_func=_gathered)
            return found
        except AggregateNotFoundError:
            return []

    def save(self, events: Sequence[CaseEvent]) -> None:
        """Keep all of them or none; durable on return.

        Raises VersionTaken if a version is there already.
        """
        try:
            self._application.save(*events)
        except IntegrityError as error:
            raise VersionTaken from error

    def kept_after(self, number: int, limit: int) -> list[Kept]:
        """Records saved after the one with this number, in the order of their commits."""
        notifications = self._application.recorder.select_notifications(
            start=number, limit=limit, inclusive_of_start=False
        )
        return [
            Kept(one.id, str(one.originator_id), one.originator_version, one.state) for one in notifications
        ]

    def last_number(self) -> int:
        """The number of the last record saved, 0 before the first."""
        return self._application.recorder.max_notification_id() or 0

    def rows(self) -> Iterator[tuple[str, int, str, bytes]]:
        """Every row by case and version: (case, version, type, record)."""
        with connect(self._conninfo) as connection, connection.cursor("desk_rows") as cursor:
            cursor.execute(
                f"SELECT originator_id, originator_version, topic, state FROM {self._schema}."
                f'{self._desk}_events ORDER BY originator_id COLLATE "C", originator_version'.encode()
            )
            for case_id, version, topic, state in cursor:
                yield case_id, version, topic, bytes(state)

    def close(self) -> None:
        """Release the connections."""
        self._application.close()
        self._application.factory.close()


def _gathered(nothing: Any, events: Iterable[Any]) -> Any:
    """A projector for the library: the events themselves; None, which means not found, if there are none."""
    return list(events) or None


def _application_of(desk: str) -> Callable[..., Application[str]]:
    """An application class named after the desk: the library names its table `<name>_events`."""
    return type(desk, (Application,), {"name": desk})


def environment_of(conninfo: str, schema: str) -> dict[str, str]:
    """What the library reads instead of the process's environment."""
    parts = connection_parts(conninfo)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "ORIGINATOR_ID_TYPE": "text",
        "MAPPER_TOPIC": f"{RecordMapper.__module__}:{RecordMapper.__qualname__}",
        "POSTGRES_DBNAME": parts.get("dbname", "postgres"),
        "POSTGRES_HOST": parts.get("host", ""),
        "POSTGRES_PORT": parts.get("port", "5432"),
        "POSTGRES_USER": parts.get("user", "postgres"),
        "POSTGRES_PASSWORD": parts.get("password", ""),
        "POSTGRES_SCHEMA": schema,
        "POSTGRES_CONNECT_TIMEOUT": str(CONNECT_TIMEOUT_SECONDS),
        "POSTGRES_LOCK_TIMEOUT": str(LOCK_TIMEOUT_SECONDS),
        "POSTGRES_POOL_SIZE": str(POOL_CONNECTIONS),
        "POSTGRES_MAX_OVERFLOW": str(POOL_OVERFLOW),
        "POSTGRES_PRE_PING": "yes",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "no",
        "COMPRESSOR_TOPIC": "",
        "CIPHER_TOPIC": "",
        "IS_SNAPSHOTTING_ENABLED": "no",
    }
