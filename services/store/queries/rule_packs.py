"""Which rule packs were published: every version in the ledger, and the entry that published it.

The command line asks, through services/watch/publishing.py. It reads one generation, in one statement.
"""

import datetime as dt
from typing import NamedTuple

from events.envelope import Position
from services.store.database import Connection


class PublishedRow(NamedTuple):
    """A version of a pack, and where it was published."""

    subject: str
    version: str
    digest: str
    effective_from: dt.date
    approver: str | None
    published_at: dt.datetime
    position: Position


def published_rows(connection: Connection, schema: str, source: str, volume: int) -> list[PublishedRow]:
    """Every published version, the earliest publication first; `source` is that of the publishing entries."""
    rows = connection.execute(
        "SELECT r.subject, r.pack_version, r.digest, r.effective_from, r.approver, e.admitted_at, "
        f"e.partition, e.position FROM {schema}.rule_packs r JOIN {schema}.entries e "
        "ON e.subject = r.subject AND e.source = %s AND e.id = left(r.digest, 32) "
        "AND e.type = 'rule_pack.published' ORDER BY e.admitted_at, r.subject, r.pack_version".encode(),
        (source,),
    ).fetchall()
    return [PublishedRow._make((*row[:6], Position(volume, *row[6:]))) for row in rows]
