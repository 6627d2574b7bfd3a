"""As-of: one subject's rows as they stood, with two cuts: what had happened, and what was known.

API and CLI ask here. The fold is the projector's own, in memory, over the subject's entries only.
"""

import datetime as dt
from collections.abc import Sequence

from events import codec
from events.envelope import Entry, happened_by
from projections.fold import Declarations, WorkingSet, effective
from projections.ledger import Key, Row
from services.journal.port import Journal
from services.projector.batch import Cut
from services.store.database import Connection
from services.store.timeline import known_until, positions_of


def subject_entries(
    connection: Connection, schema: str, journal: Journal, zone: dt.tzinfo, subject: str, cut: Cut
) -> list[Entry]:
    """A subject's counted entries within a cut, in journal order, corrections put in place."""
    positions = positions_of(connection, schema, subject, journal.volume)
    if cut.known_at is not None and positions:
        end = known_until(connection, schema, positions[0].partition, cut.known_at)
        positions = [position for position in positions if end is None or position.offset < end]
    entries = [
        codec.decode(record.value, position, zone)
        for position, record in zip(positions, journal.fetch(positions), strict=True)
    ]
    counted = effective(entries, zone)
    if cut.as_of is None:
        return counted
    return [entry for entry in counted if happened_by(entry, cut.as_of, zone)]


def fold_subject(
    declarations: Declarations, zone: dt.tzinfo, entries: Sequence[Entry]
) -> dict[str, dict[Key, Row]]:
    """Rows per ledger after folding these entries (corrections already in place) from nothing."""
    working = WorkingSet(declarations, zone, lambda entry: [])
    working.apply(working.plan(entries), lambda ledger, keys: None)
    return {
        ledger: {key: row for key, row in rows.items() if row is not None}
        for ledger, rows in working.rows.items()
        if any(row is not None for row in rows.values())
    }


def subject_as_of(
    connection: Connection,
    schema: str,
    journal: Journal,
    declarations: Declarations,
    zone: dt.tzinfo,
    subject: str,
    cut: Cut,
) -> dict[str, dict[Key, Row]]:
    """Rows per ledger of one subject, as of `cut.as_of` and as known at `cut.known_at`."""
    entries = subject_entries(connection, schema, journal, zone, subject, cut)
    return fold_subject(declarations, zone, entries)
