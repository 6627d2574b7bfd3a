"""The change feed's questions: how far the live generation is, and whose rows of a ledger may have changed.

The API's streams and the view worker ask here. A place is where a reader stands: a generation, and the next
offset of each partition. Only entries that a ledger folds change its rows, and only those of their subject.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from events import codec
from events.event_type import Correction, Voiding
from projections.complaints import COMPLAINTS
from projections.customers import CUSTOMERS
from projections.ledger import Ledger
from services.store.database import Connection
from services.store.generation import Generation, watermarks
from services.store.queries.rows import PAGE_ROWS_AT_MOST, Filter, PageQuery, ledger_page

DECIDE_WHO_SEES = (CUSTOMERS, COMPLAINTS)
"""Ledgers by whose rows the units of a subject are known: see store/scope.py."""


class Place(NamedTuple):
    """How far a generation is. `epoch` moves on when rows were changed beside the fold."""

    generation: int
    epoch: int
    offsets: tuple[int, ...]

    def follows(self, other: "Place") -> bool:
        """Whether what was read at the other place is kept right by the entries since."""
        return (self.generation, self.epoch, len(self.offsets)) == (
            other.generation,
            other.epoch,
            len(other.offsets),
        )

    def until(self, now: "Place", entries: int) -> "Place":
        """A place about that many entries on, and never beyond `now`."""
        moving = sum(low < high for low, high in zip(self.offsets, now.offsets, strict=True))
        share = max(1, entries // moving) if moving else 0
        cut = zip(self.offsets, now.offsets, strict=True)
        return self._replace(offsets=tuple(max(low, min(high, low + share)) for low, high in cut))


def place_of(connection: Connection, generation: Generation) -> Place:
    """How far a generation is now."""
    marks = watermarks(connection, generation.schema)
    return Place(
        generation.id,
        sum(mark.epoch for mark in marks.values()),
        tuple(marks[partition].next_offset for partition in sorted(marks)),
    )


def types_changing(ledgers: Sequence[Ledger]) -> tuple[str, ...]:
    """The types of the entries that can change a row of these ledgers; corrections can change any."""
    events = {event for ledger in ledgers for event in ledger.handlers}
    events |= {event for event in codec.TYPE_OF if issubclass(event, Correction | Voiding)}
    return tuple(sorted(codec.TYPE_OF[event].name for event in events))


def changed_subjects(
    connection: Connection, schema: str, since: Place, until: Place, types: Sequence[str] | None = None
) -> list[str]:
    """Subjects with entries (of these types) from one place up to another, each once, in order."""
    moved = [
        (partition, low, high)
        for partition, (low, high) in enumerate(zip(since.offsets, until.offsets, strict=True))
        if low < high
    ]
    rows = connection.execute(
        f"SELECT DISTINCT e.subject FROM {schema}.entries e "
        "JOIN unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS cut(partition, low, high) "
        "ON e.partition = cut.partition AND e.position >= cut.low AND e.position < cut.high "
        "WHERE %s::text[] IS NULL OR e.type = ANY(%s) ORDER BY 1".encode(),
        (*([one[at] for one in moved] for at in range(3)), *2 * (None if types is None else list(types),)),
    ).fetchall()
    return [str(row[0]) for row in rows]


def subjects_after(connection: Connection, schema: str, ledger: Ledger, after: str, limit: int) -> list[str]:
    """The next subjects with rows in a ledger, in order; `after` is the last one seen, empty at first."""
    rows = connection.execute(
        f'SELECT DISTINCT subject FROM {schema}."{ledger.name}" WHERE subject > %s '
        "ORDER BY subject LIMIT %s".encode(),
        (after, limit),
    ).fetchall()
    return [str(row[0]) for row in rows]


def rows_of_subjects(
    connection: Connection, schema: str, ledger: Ledger, subjects: Sequence[str], fields: Sequence[str] = ()
) -> Mapping[str, list[Mapping[str, Any]]]:
    """The rows of these subjects in a ledger, in the order of its key; a subject without rows is left out.

    `fields` are the columns shown, () all of them.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    if not subjects:
        return found
    wanted = (Filter("subject", "is", tuple(subjects)),)
    cursor: str | None = None
    while True:
        query = PageQuery(wanted, None, tuple(fields), cursor, PAGE_ROWS_AT_MOST)
        page = ledger_page(connection, schema, ledger, query)
        for key, row in zip(page.keys, page.rows, strict=True):
            found.setdefault(str(key[0]), []).append(row)
        if page.next is None:
            return found
        cursor = page.next
