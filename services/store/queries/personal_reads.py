"""Who looked at a customer's personal data: where the entries stand that say so.

The auditor asks here (services/audit/revealing.py) and reads their bodies from the journal.
"""

from events.envelope import Position
from services.store.database import Connection
from services.store.timeline import subject_hash

READ = "personal_data.accessed"


def reads_of(
    connection: Connection,
    schema: str,
    volume: int,
    subject: str,
    *,
    before: Position | None = None,
    limit: int = 100,
) -> list[Position]:
    """Where reads of a subject stand in the journal, the newest first, from before a position."""
    rows = connection.execute(
        f"SELECT partition, position FROM {schema}.entries "
        "WHERE substring(entry_id FROM 11 FOR 6) = %s AND subject = %s AND type = %s "
        "AND (%s::bigint IS NULL OR position < %s) ORDER BY position DESC LIMIT %s".encode(),
        (
            subject_hash(subject),
            subject,
            READ,
            None if before is None else before.offset,
            None if before is None else before.offset,
            limit,
        ),
    ).fetchall()
    return [Position(volume, *row) for row in rows]
