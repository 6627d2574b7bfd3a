"""The relay: carries what desks decided to the journal, in the order in which it was saved, at least once.

Workers run one; commands run it too, so that what they decided is there when they return. What is carried
twice counts once, since the record has the same name and bytes. It stops at the first append that fails.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence

from events import codec
from services.desks.storage import SCHEMA, DeskStorage, Kept
from services.journal.port import Journal, Record
from services.store.database import Connection, connect
from services.store.locks import Lock

PAGE_RECORDS = 500
TABLE = f"CREATE TABLE IF NOT EXISTS {SCHEMA}.relayed (desk text PRIMARY KEY, number bigint NOT NULL)"


class Relay:
    """Carries several desks to one journal; only one process at a time does so."""

    def __init__(self, journal: Journal, conninfo: str, storages: Mapping[str, DeskStorage]) -> None:
        self._journal = journal
        self._storages = storages
        self._connection: Connection = connect(conninfo, autocommit=True)
        self._connection.execute(TABLE.encode())
        self._lock = Lock(conninfo, "relay")
        self._turn = threading.Lock()

    def carry(self) -> int:
        """Carry everything that was saved before the call; gives back how many records were appended.

        Waits for another process that is carrying. Raises JournalUnavailable where the journal gives no
        answer: what follows is carried by the next call.
        """
        with self._turn:
            self._lock.take()
            try:
                return sum(self._carry(desk, storage) for desk, storage in self._storages.items())
            finally:
                self._lock.release()

    def behind(self) -> int:
        """How many records are saved and not known to be in the journal; a page of each desk at the most."""
        return sum(
            len(storage.kept_after(self._number(desk), PAGE_RECORDS))
            for desk, storage in self._storages.items()
        )

    def close(self) -> None:
        """Release the connections."""
        self._lock.close()
        self._connection.close()

    def _carry(self, desk: str, storage: DeskStorage) -> int:
        carried = 0
        while page := storage.kept_after(self._number(desk), PAGE_RECORDS):
            for run in self._runs(page):
                self._journal.append([Record(_key(one), one.value) for one in run])
                self._remember(desk, run[-1].number)
                carried += len(run)
        return carried

    def _runs(self, page: Sequence[Kept]) -> Iterator[list[Kept]]:
        """The page cut so that no subject stands twice in one append: if one record of it fails, none that
        follows it on its subject can be in the journal before it."""
        run: list[Kept] = []
        subjects: set[bytes] = set()
        for one in page:
            if _key(one) in subjects:
                yield run
                run, subjects = [], set()
            run.append(one)
            subjects.add(_key(one))
        yield run

    def _number(self, desk: str) -> int:
        row = self._connection.execute(
            f"SELECT number FROM {SCHEMA}.relayed WHERE desk = %s".encode(), (desk,)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def _remember(self, desk: str, number: int) -> None:
        self._connection.execute(
            f"INSERT INTO {SCHEMA}.relayed VALUES (%s, %s) "
            "ON CONFLICT (desk) DO UPDATE SET number = EXCLUDED.number".encode(),
            (desk, number),
        )


def _key(one: Kept) -> bytes:
    """The key under which the record stands in the journal: its subject."""
    return codec.decode_envelope(one.value).subject.encode()
