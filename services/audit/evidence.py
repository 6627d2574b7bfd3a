"""From a row to its events: which entries posted it, bodies fetched from the journal.

CLI and API show it under every figure: number → rows (services/store/queries/figures.py) → entries.
"""

import datetime as dt
from typing import Any

import msgspec

from events import codec
from events.envelope import Entry
from projections.ledger import Ledger, Row
from services.audit.as_of import subject_entries
from services.journal.port import Journal
from services.projector.batch import Cut
from services.store.database import Connection


class Evidence(msgspec.Struct, frozen=True):
    """An entry behind a row; `data` is as stored, sealed fields as tokens."""

    position: str
    type: str
    source: str
    id: str
    occurred: str | None
    admitted_at: dt.datetime
    line: str
    data: dict[str, Any]


def entries_behind(
    connection: Connection, schema: str, journal: Journal, zone: dt.tzinfo, ledger: Ledger, row: Row
) -> list[Evidence]:
    """The entries that posted a row, in journal order; corrected ones as they count now."""
    key = ledger.key_of(row)
    return [
        evidence_of(entry)
        for entry in subject_entries(connection, schema, journal, zone, str(key[0]), Cut())
        if type(entry.event) in ledger.handlers and key in ledger.keys(entry.event, entry)
    ]


def evidence_of(entry: Entry) -> Evidence:
    """An entry in the form that screens and programs show."""
    occurred = entry.envelope.time or entry.envelope.date
    return Evidence(
        str(entry.position),
        entry.envelope.type,
        entry.source,
        entry.id,
        None if occurred is None else occurred.isoformat(),
        entry.admitted_at,
        codec.headline(codec.TYPES[entry.envelope.type], entry.event),
        msgspec.json.decode(codec.encode_json(entry.event), type=dict[str, Any]),
    )
