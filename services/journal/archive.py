"""A closed archive: a whole journal, up to stated ends, in one SQLite file that a stranger can open.

The auditor writes one and reads it through the port like any journal; nothing is ever appended to it. The
file has a table `header(key, value)` of JSON values and a table `record(partition, "offset", key, value)`.
"""

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from events.envelope import Position
from services.errors import JournalIncomplete, NotFound, WrongUse
from services.journal.port import Journal, Record, StoredRecord
from services.journal.share import check_starts, share_fairly

FORMAT_VERSION = 1

_READ_RECORDS = 5_000
_LENGTH_BYTES = 8
_NULL_LENGTH = (1 << 64) - 1


class ArchiveHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive says of itself; `sha256` is per partition, see `RecordDigest`."""

    format_version: int
    journal_id: str
    zone: str
    volume: int
    partitions: int
    begins: dict[int, int]
    ends: dict[int, int]
    sha256: dict[int, str]
    created_at: datetime


class RecordDigest:
    """SHA-256 over the values of one partition in order, each behind its length in 8 bytes, big-endian.

    A null value is the length 2^64 - 1 and no bytes.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def add(self, value: bytes | None) -> None:
        """Go on with the next record's value."""
        length = _NULL_LENGTH if value is None else len(value)
        self._sha256.update(length.to_bytes(_LENGTH_BYTES, "big"))
        if value is not None:
            self._sha256.update(value)

    def hexdigest(self) -> str:
        """The digest so far, in hexadecimal."""
        return self._sha256.hexdigest()


def write_archive(
    path: Path,
    journal: Journal,
    *,
    journal_id: str,
    zone: str,
    created_at: datetime,
    ends: Mapping[int, int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> ArchiveHeader:
    """Copy a journal up to `ends` (by default, as it now ends) into a new file at `path`.

    The file appears under its name when it is whole and on disk. `progress` is told the number of records
    so far. WrongUse if the file exists or the ends lie beyond the journal.
    """
    if path.exists():
        raise WrongUse(f"{path} exists: an archive is never overwritten, choose another name")
    begins, last = journal.begins(), journal.ends()
    stops = last if ends is None else dict(ends)
    if stops.keys() != last.keys() or any(stops[part] > last[part] for part in stops):
        raise WrongUse(f"the journal ends at {last}; it cannot be archived up to {stops}")
    part_path = path.with_name(path.name + ".part")
    part_path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part_path)) as database:
            _make_tables(database)
            digests = _copy(database, journal, begins, stops, progress)
            header = ArchiveHeader(
                format_version=FORMAT_VERSION,
                journal_id=journal_id,
                zone=zone,
                volume=journal.volume,
                partitions=journal.partitions,
                begins=begins,
                ends=stops,
                sha256={partition: digest.hexdigest() for partition, digest in digests.items()},
                created_at=created_at,
            )
            _write_header(database, header)
        _settle(part_path, path)
    except BaseException:
        part_path.unlink(missing_ok=True)
        raise
    return header


class ArchiveJournal:
    """An archive behind the port; safe to share between threads. WrongUse if the file is not an archive."""

    def __init__(self, path: Path | str) -> None:
        path = Path(path)
        if not path.is_file():
            raise WrongUse(f"there is no archive {path}")
        self._path = path
        self._lock = threading.Lock()
        uri = f"{path.resolve().as_uri()}?mode=ro"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            self.header = _read_header(self._database)
        except (sqlite3.DatabaseError, msgspec.DecodeError, ValueError) as error:
            self._database.close()
            raise WrongUse(f"{path} is not a Daybook archive of format {FORMAT_VERSION}: {error}") from error
        self.volume = self.header.volume
        self.partitions = self.header.partitions

    def append(self, records: Sequence[Record]) -> list[Position]:
        """Always refused: an archive is closed."""
        raise WrongUse(f"{self._path} is a closed archive: {len(records)} records cannot be appended to it")

    def append_at(self, records: Sequence[StoredRecord]) -> None:
        """Always refused, as `append` is."""
        raise WrongUse(f"{self._path} is a closed archive: {len(records)} records cannot be appended to it")

    def read(self, starts: Mapping[int, int], limit: int, wait_seconds: float = 0.0) -> list[StoredRecord]:
        """Up to `limit` records from these offsets on; never waits, since nothing more will come."""
        del wait_seconds
        check_starts(starts, self.header.begins, self.header.ends)
        ahead = {partition: self.header.ends[partition] - start for partition, start in starts.items()}
        records: list[StoredRecord] = []
        for partition, count in share_fairly(ahead, limit).items():
            part = self._select(partition, starts[partition], count)
            if len(part) != count or part[-1].offset != starts[partition] + count - 1:
                raise self._damaged(partition, "records are missing")
            records += part
        return records

    def fetch(self, positions: Sequence[Position]) -> list[StoredRecord]:
        """The records at these positions, in the order asked."""
        records = []
        for position in positions:
            found = self._select(position.partition, position.offset, 1)
            if position.volume != self.volume or not found or found[0].offset != position.offset:
                raise NotFound(f"the archive {self._path} has no record at {position}")
            records += found
        return records

    def begins(self) -> dict[int, int]:
        """First offset of every partition."""
        return dict(self.header.begins)

    def ends(self) -> dict[int, int]:
        """The offset after the last, of every partition."""
        return dict(self.header.ends)

    def check(self) -> None:
        """Read every record; JournalIncomplete if one is missing, added or has a changed byte."""
        counted = 0
        for partition in range(self.partitions):
            digest = RecordDigest()
            following = self.header.begins[partition]
            for record in self._walk(partition):
                if record.offset != following:
                    raise self._damaged(partition, f"{record.offset} stands where {following} should")
                digest.add(record.value)
                following += 1
            if following != self.header.ends[partition]:
                raise self._damaged(partition, f"it ends at {following}, not {self.header.ends[partition]}")
            if digest.hexdigest() != self.header.sha256[partition]:
                raise self._damaged(partition, "its bytes do not have the digest of the header")
            counted += following - self.header.begins[partition]
        with self._lock:
            (rows,) = self._database.execute("SELECT count(*) FROM record").fetchone()
        if rows != counted:
            raise JournalIncomplete(
                f"{self._path} has {rows - counted} records in partitions it does not name"
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _walk(self, partition: int) -> Iterator[StoredRecord]:
        start = 0
        while records := self._select(partition, start, _READ_RECORDS):
            yield from records
            start = records[-1].offset + 1

    def _select(self, partition: int, start: int, limit: int) -> list[StoredRecord]:
        query = (
            'SELECT partition, "offset", key, value FROM record'
            ' WHERE partition = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?'
        )
        try:
            with self._lock:
                rows = self._database.execute(query, (partition, start, limit)).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(partition, str(error)) from error
        return [StoredRecord._make(row) for row in rows]

    def _damaged(self, partition: int, reason: str) -> JournalIncomplete:
        return JournalIncomplete(f"partition {partition} of the archive {self._path} is damaged: {reason}")


def _copy(
    database: sqlite3.Connection,
    journal: Journal,
    begins: Mapping[int, int],
    stops: Mapping[int, int],
    progress: Callable[[int], None] | None,
) -> dict[int, RecordDigest]:
    """Copy partition after partition, so that the file is written in the order of its key."""
    digests = {partition: RecordDigest() for partition in sorted(stops)}
    copied = 0
    for partition, digest in digests.items():
        following = begins[partition]
        while following < stops[partition]:
            limit = min(_READ_RECORDS, stops[partition] - following)
            records = journal.read({partition: following}, limit, wait_seconds=30.0)
            if not records:
                raise JournalIncomplete(f"partition {partition} gives nothing at {following}")
            for record in records:
                digest.add(record.value)
            database.executemany("INSERT INTO record VALUES (?, ?, ?, ?)", records)
            following += len(records)
            copied += len(records)
            if progress is not None:
                progress(copied)
    return digests


def _make_tables(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    database.execute(
        'CREATE TABLE record (partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, key BLOB, value BLOB,'
        ' PRIMARY KEY (partition, "offset")) WITHOUT ROWID'
    )


def _write_header(database: sqlite3.Connection, header: ArchiveHeader) -> None:
    fields: dict[str, object] = msgspec.to_builtins(header, str_keys=True)
    rows = [(key, json.dumps(value, sort_keys=True)) for key, value in fields.items()]
    database.executemany("INSERT INTO header VALUES (?, ?)", rows)
    database.commit()


def _read_header(database: sqlite3.Connection) -> ArchiveHeader:
    fields = {key: json.loads(value) for key, value in database.execute("SELECT key, value FROM header")}
    header = msgspec.convert(fields, ArchiveHeader, strict=False)
    everywhere = set(range(header.partitions))
    if header.format_version != FORMAT_VERSION:
        raise ValueError(f"its format is {header.format_version}")
    if not header.begins.keys() == header.ends.keys() == header.sha256.keys() == everywhere:
        raise ValueError("its header does not name every partition")
    return header


def _settle(part_path: Path, path: Path) -> None:
    """Make the file durable, then give it its name, then make the name durable."""
    _flush(part_path, os.O_RDWR)
    part_path.rename(path)
    with suppress(OSError):  # not every file system lets a folder be flushed
        _flush(path.parent, os.O_RDONLY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
