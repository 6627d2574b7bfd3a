"""What the door reads before it admits: which events are in the journal, and the rows that are stamped from.

Admission asks once per batch, in one snapshot, so rows and watermarks belong together. It never writes.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from events import codec
from events.envelope import Entry, Position
from projections.fold import Declarations
from projections.ledger import Key, Row
from services.door.memory import Known
from services.journal.port import Journal
from services.store.database import Connection
from services.store.generation import watermarks
from services.store.queries.duplicates import counted_entries, types_by_subject
from services.store.snapshot import Snapshots
from services.store.timeline import positions_of
from services.store.writer import load_rows

Wanted = Mapping[str, Collection[Key]]
"""Ledger → keys of the rows that a batch is stamped from."""


class Looked(NamedTuple):
    """One look: entries by source id, rows by ledger and key, next offset to fold by partition.

    `watermarks` and `rows` are empty where no rows were wanted.
    """

    entries: dict[bytes, list[Known]]
    rows: dict[str, dict[Key, Row]]
    watermarks: dict[int, int]


class References:
    """The live generation of `declarations`, as the door sees it. Close it when done."""

    def __init__(
        self,
        conninfo: str,
        journal: Journal,
        declarations: Declarations,
        zone_name: str,
        kind: str = "ledgers",
    ) -> None:
        self.declarations = declarations
        self._journal = journal
        self._zone = ZoneInfo(zone_name)
        self._snapshots = Snapshots(conninfo, kind, declarations.fingerprint(zone_name))

    def look(self, source_ids: Sequence[bytes], wanted: Wanted) -> Looked:
        """Entries under these source ids, and the wanted rows with the watermarks they stand at."""

        def work(connection: Connection, schema: str) -> Looked:
            entries: dict[bytes, list[Known]] = {}
            for entry_id, content, partition, offset, day in counted_entries(connection, schema, source_ids):
                position = Position(self._journal.volume, partition, offset)
                entries.setdefault(entry_id[:10], []).append(Known(entry_id, content, position, day))
            rows = {
                ledger: load_rows(connection, schema, self.declarations, ledger, list(keys))
                for ledger, keys in wanted.items()
                if keys
            }
            marks = watermarks(connection, schema) if rows else {}
            return Looked(entries, rows, {partition: mark.next_offset for partition, mark in marks.items()})

        return self._snapshots.read(work)

    def watermarks(self) -> dict[int, int]:
        """The next offset to fold, of every partition."""
        marks = self._snapshots.read(watermarks)
        return {partition: mark.next_offset for partition, mark in marks.items()}

    def types_of(self, subjects: Sequence[str]) -> dict[str, list[str]]:
        """The types of the posted entries of each of these subjects, in journal order."""
        return self._snapshots.read(lambda connection, schema: types_by_subject(connection, schema, subjects))

    def history(self, subject: str, until: Mapping[int, int]) -> list[Entry]:
        """The posted entries of a subject before the offsets `until`, bodies fetched from the journal."""
        volume = self._journal.volume
        found = self._snapshots.read(
            lambda connection, schema: positions_of(connection, schema, subject, volume)
        )
        positions = [position for position in found if position.offset < until.get(position.partition, 0)]
        return [
            codec.decode(record.value, position, self._zone)
            for position, record in zip(positions, self._journal.fetch(positions), strict=True)
        ]

    def close(self) -> None:
        """Release the connection."""
        self._snapshots.close()
