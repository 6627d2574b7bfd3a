"""Given: entries as the journal would hold them, and what a ledger makes of them. Used by tests of meaning.

Everything is built in memory from typed events; what only a real journal shows is tested elsewhere.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from events import codec
from events.envelope import Entry, Envelope, Event, Position, business_day
from projections.fold import Declarations, WorkingSet
from projections.ledger import Key, Ledger, Row

ZONE = dt.UTC
SOURCE = "urn:test:branch"
FIRST_DAY = dt.date(2026, 5, 4)

Given = Event | tuple[Event, dt.date | None]
"""An event, or an event and its day (None: undated)."""


def day(number: int) -> dt.date:
    """So many days after the first one, 4 May 2026."""
    return FIRST_DAY + dt.timedelta(days=number)


def entry(
    event: Event,
    *,
    on: dt.date | None = FIRST_DAY,
    at: dt.datetime | None = None,
    offset: int = 0,
    name: str | None = None,
    source: str = SOURCE,
    subject: str | None = None,
) -> Entry:
    """An event at its position: at an instant, else on a day, else undated."""
    event_type = codec.TYPE_OF[type(event)]
    about = subject or event_type.subject_of(event)
    assert about is not None, f"{event_type.name} names no subject: give one"
    envelope = Envelope(
        specversion="1.0",
        id=name or f"e{offset}",
        source=source,
        type=event_type.name,
        subject=about,
        dataschema=event_type.schema_urn(),
        time=at,
        date=None if at is not None else on,
        undated=at is None and on is None,
        admittedtime=dt.datetime(2026, 12, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=offset),
        data=codec.raw_json(event),
    )
    day_of = business_day(envelope, ZONE)
    return Entry(Position(0, 0, offset), envelope, event, event_type.version, day_of)


def journal(*given: Given) -> list[Entry]:
    """Entries in the order given, with ids e0, e1, …; an event without a day happened on the first day."""
    entries = []
    for offset, one in enumerate(given):
        event, on = one if isinstance(one, tuple) else (one, FIRST_DAY)
        entries.append(entry(event, on=on, offset=offset))
    return entries


def fold(ledger: Ledger, entries: Iterable[Entry]) -> dict[Key, Row]:
    """The rows that a ledger posts from entries, by key."""
    rows: dict[Key, Row] = {}
    for one in entries:
        handler = ledger.handlers.get(type(one.event))
        for key in ledger.keys(one.event, one) if handler is not None else ():
            assert handler is not None
            row = handler(key, rows.pop(key, None), one.event, one)
            if row is not None:
                rows[key] = row
    return rows


def only_row(ledger: Ledger, *given: Given) -> Row:
    """The one row that a ledger posts from these events."""
    rows = fold(ledger, journal(*given))
    assert len(rows) == 1, sorted(rows)
    return next(iter(rows.values()))


def folded(declarations: Declarations, batches: Sequence[Sequence[Entry]]) -> WorkingSet:
    """A working set after whole batches, as the projector folds them; history is every entry before."""
    everything = [one for batch in batches for one in batch]

    def history(correction: Entry) -> list[Entry]:
        return [
            one
            for one in everything
            if one.subject == correction.subject and one.position < correction.position
        ]

    working = WorkingSet(declarations, ZONE, history)
    for batch in batches:
        steps = working.plan(batch)
        for name, keys in working.missing(steps).items():
            working.load(name, {}, keys)
        working.apply(steps, lambda name, keys: working.load(name, {}, keys))
    return working
