"""A subject's personal data in clear, for a request of access: every entry, unsealed where its key allows."""

import datetime as dt
from typing import Any

import msgspec

from events import codec
from services.audit.as_of import subject_entries
from services.audit.evidence import Evidence, evidence_of
from services.journal.port import Journal
from services.privacy.sealer import Sealer
from services.projector.batch import Cut
from services.store.database import Connection


class PersonalEntry(msgspec.Struct, frozen=True):
    """An entry with its sealed fields in clear; None where the key was destroyed."""

    entry: Evidence
    clear: dict[str, Any]


def export_subject(
    connection: Connection, schema: str, journal: Journal, sealer: Sealer, zone: dt.tzinfo, subject: str
) -> list[PersonalEntry]:
    """Every counted entry of a subject, in journal order."""
    return [
        PersonalEntry(
            evidence_of(entry),
            sealer.unseal_fields(
                codec.TYPES[entry.envelope.type],
                entry.source,
                entry.id,
                subject,
                entry.event,
                even_restricted=True,
            ),
        )
        for entry in subject_entries(connection, schema, journal, zone, subject, Cut())
    ]
