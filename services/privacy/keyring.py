"""The keyring: one data key per subject, wrapped by the master key, and the states and holds on it.

Door, desks and API use it through the sealer; `daybook privacy` directly. A key is durable before `ensure`
returns. It must never hand out a key without having asked the database for its state in the same call,
so that a shredding by any process takes effect at once; and it appends no events: its callers do.
"""

import datetime as dt
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from events.envelope import SUBJECT_PATTERN
from services.errors import LegalHold, NotFound, Refused, WrongUse
from services.privacy import day_keys
from services.privacy.ciphers import HeldKey, KeyState, OpenKeys
from services.privacy.siv import DATA_KEY_BYTES
from services.privacy.tables import Connection, create_tables
from services.privacy.wrapping import KeyWrap

T = TypeVar("T")

CONNECTIONS = 4
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 30

__all__ = ["Hold", "KeyState", "Keyring", "ShredResult"]


class ShredResult(NamedTuple):
    """What a shredding did; `already` says that the key was gone before."""

    subject: str
    already: bool
    shredded_at: dt.datetime
    lookups: int


class Hold(NamedTuple):
    """A legal hold; it stands until `released_at`."""

    subject: str
    hold_id: str
    reason: str
    placed_by: str
    placed_at: dt.datetime
    released_at: dt.datetime | None


class Keyring:
    """The keys of one database. Threads may share it; close it, or use it in a `with`."""

    def __init__(self, conninfo: str, master_key: bytes) -> None:
        self.master_key = master_key
        self._wrap = KeyWrap(master_key)
        self._open_keys = OpenKeys(self._wrap)
        self._pool = ConnectionPool(
            conninfo,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS,
            kwargs={"autocommit": True, "connect_timeout": CONNECT_SECONDS},
            configure=_configure,
            name="keyring",
            open=True,
        )

    def __enter__(self) -> "Keyring":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def create(self) -> None:
        """Create the tables, once; refuses (WrongUse) a master key that did not make this keyring."""
        self.run(lambda connection: create_tables(connection, self._wrap.check))

    def ensure(self, subjects: Iterable[str]) -> None:
        """Give each subject that never had a key one; committed, and flushed to disk, on return."""
        self.run(lambda connection: self._ensure(connection, sorted(set(subjects))))

    def keys_to_read(self, subjects: Iterable[str]) -> dict[str, HeldKey]:
        """The keys of the subjects that have or had one, with their state now: one query."""
        wanted = sorted(set(subjects))
        return self.run(lambda connection: self._fetch(connection, _BY_SUBJECT, wanted)) if wanted else {}

    def keys_to_seal(self, subjects: Iterable[str]) -> dict[str, HeldKey]:
        """The keys of all these subjects, made where missing: one query when there is none to make."""
        wanted = sorted(set(subjects))
        return self.run(lambda connection: self._ensure(connection, wanted)) if wanted else {}

    def key_by_id(self, key_id: str) -> HeldKey | None:
        """The subject's key with this id, with its state now."""
        found = self.run(lambda connection: self._fetch(connection, _BY_KEY_ID, [key_id]))
        return next(iter(found.values()), None)

    def state(self, subject: str) -> KeyState | None:
        """The state of a subject's key; None if it never had one."""
        held = self.keys_to_read([subject]).get(subject)
        return None if held is None else held.state

    def restrict(self, subject: str) -> None:
        """Stop ordinary reads in clear; what arrives is still sealed. Refused once shredded."""
        self._set_state(subject, KeyState.RESTRICTED)

    def unrestrict(self, subject: str) -> None:
        """Allow ordinary reads again. Refused once shredded."""
        self._set_state(subject, KeyState.ACTIVE)

    def shred(self, subject: str) -> ShredResult:
        """Destroy the subject's key and its look-ups in one transaction; again is no error.

        Raises LegalHold while a hold stands. A subject without a key is marked, so that it never gets one.
        """
        _check_subject(subject)
        result = self.run(lambda connection: _shred(connection, subject))
        self._open_keys.drop(subject)
        if not result.already:
            self.run(_scrub)
        return result

    def place_hold(self, subject: str, hold_id: str, reason: str, placed_by: str) -> Hold:
        """Forbid shredding until the hold is released; the same hold again is no error."""
        _check_subject(subject)
        return self.run(lambda connection: _place_hold(connection, subject, hold_id, reason, placed_by))

    def release_hold(self, subject: str, hold_id: str) -> Hold:
        """End a hold; again is no error. NotFound if it was never placed."""
        return self.run(lambda connection: _release_hold(connection, subject, hold_id))

    def holds(self, subject: str) -> tuple[Hold, ...]:
        """All holds ever placed on a subject, oldest first."""
        return self.run(lambda connection: _holds(connection, subject))

    def day_key(self, source: str, day: dt.date) -> HeldKey:
        """The key for what `source` sent on `day` without a subject; made at first use, durable on return."""
        return self.run(lambda connection: day_keys.ensure(connection, self._wrap, source, day))

    def day_key_by_id(self, key_id: str) -> HeldKey | None:
        return self.run(lambda connection: day_keys.by_id(connection, self._wrap, key_id))

    def expire_day_keys(self, today: dt.date) -> int:
        """Destroy the day keys that have served their 90 days by `today`; how many were destroyed."""
        destroyed = self.run(lambda connection: day_keys.expire(connection, today))
        if destroyed:
            self.run(_scrub)
        return destroyed

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` on a connection, and again on others if one broke: all work here may be repeated."""
        for _ in range(CONNECTIONS):
            with self._pool.connection() as connection:
                try:
                    return work(connection)
                except psycopg.OperationalError:
                    if not connection.broken:
                        raise
        with self._pool.connection() as connection:
            return work(connection)

    def _fetch(self, connection: Connection, query: str, names: Sequence[str]) -> dict[str, HeldKey]:
        rows = connection.execute(query, (list(names),)).fetchall()
        return {str(row[0]): self._open_keys.held(row) for row in rows}

    def _ensure(self, connection: Connection, subjects: Sequence[str]) -> dict[str, HeldKey]:
        """Sorted inserts, so that doors which make keys for the same subjects wait in one order."""
        held = self._fetch(connection, _BY_SUBJECT, subjects)
        missing = [subject for subject in subjects if subject not in held]
        if missing:
            key_ids = [new_key_id() for _ in missing]
            wrapped = [
                self._wrap.wrap(secrets.token_bytes(DATA_KEY_BYTES), owner=subject, key_id=key_id)
                for subject, key_id in zip(missing, key_ids, strict=True)
            ]
            made = connection.execute(_INSERT, (missing, key_ids, wrapped)).fetchall()
            held |= {str(row[0]): self._open_keys.held(row) for row in made}
            others = [subject for subject in missing if subject not in held]
            if others:  # another door made their keys just now
                held |= self._fetch(connection, _BY_SUBJECT, others)
        return held

    def _set_state(self, subject: str, state: KeyState) -> None:
        _check_subject(subject)
        self.ensure([subject])
        now = self.run(lambda connection: connection.execute(_SET_STATE, (state, subject)).fetchone())
        if now is None:
            raise Refused(f"{subject} has been shredded and cannot become {state}: nothing is left to read")


_KEYS = "SELECT subject, key_id, state, wrapped FROM daybook_privacy.subject_key"
_BY_SUBJECT = f"{_KEYS} WHERE subject = ANY(%b::text[])"
_BY_KEY_ID = f"{_KEYS} WHERE key_id = ANY(%s)"

_INSERT = """
INSERT INTO daybook_privacy.subject_key (subject, key_id, wrapped)
SELECT * FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS made (subject, key_id, wrapped) ORDER BY subject
ON CONFLICT (subject) DO NOTHING
RETURNING subject, key_id, state, wrapped
"""
"""A statement is a transaction of its own here, flushed to disk before its rows are given back."""

_SET_STATE = """
UPDATE daybook_privacy.subject_key SET state = %s WHERE subject = %s AND state <> 'shredded' RETURNING subject
"""

_SHRED = """
INSERT INTO daybook_privacy.subject_key AS held (subject, key_id, wrapped, state, shredded_at)
VALUES (%s, %s, NULL, 'shredded', now())
ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, state = 'shredded', shredded_at = now()
WHERE held.state <> 'shredded'
RETURNING shredded_at
"""


def new_key_id() -> str:
    """12 characters that say nothing of the subject."""
    return secrets.token_urlsafe(9)


def _configure(connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
    connection.execute("SET timezone = 'UTC'")
    connection.execute("SET synchronous_commit = on")  # a key is durable before anything is sealed with it


def _check_subject(subject: str) -> None:
    if not re.fullmatch(SUBJECT_PATTERN, subject):
        raise WrongUse(f"{subject!r} is no subject: write <kind>/<namespace>:<id>, such as customer/crm:1001")


def _lock_subject(connection: Connection, subject: str) -> None:
    """Holds and shreddings of one subject wait for each other, until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4))", (f"privacy {subject}",))


def _shred(connection: Connection, subject: str) -> ShredResult:
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        _lock_subject(connection, subject)
        for hold in _holds(connection, subject):
            if hold.released_at is None:
                raise LegalHold(
                    f"{subject} is under legal hold {hold.hold_id} ({hold.reason}), placed by "
                    f"{hold.placed_by} on {hold.placed_at:%Y-%m-%d}: its key may not be destroyed; "
                    f"first release the hold with `daybook privacy release {subject} {hold.hold_id}`"
                )
        done = connection.execute(_SHRED, (subject, new_key_id())).fetchone()
        gone = connection.execute(
            "DELETE FROM daybook_privacy.lookup WHERE subject = %s", (subject,)
        ).rowcount
        row = connection.execute(
            "SELECT shredded_at FROM daybook_privacy.subject_key WHERE subject = %s", (subject,)
        ).fetchone()
        assert row is not None
        shredded_at = row[0]
        assert isinstance(shredded_at, dt.datetime)
    return ShredResult(subject, done is None, shredded_at, gone)


def _scrub(connection: Connection) -> None:
    """Let PostgreSQL remove the old row versions now; until then the wrapped key would rest in the file."""
    connection.execute(
        "VACUUM (SKIP_LOCKED, INDEX_CLEANUP ON, TRUNCATE OFF) "
        "daybook_privacy.subject_key, daybook_privacy.lookup, daybook_privacy.day_key"
    )


def _place_hold(connection: Connection, subject: str, hold_id: str, reason: str, placed_by: str) -> Hold:
    with connection.transaction():
        _lock_subject(connection, subject)
        row = connection.execute(
            "SELECT state FROM daybook_privacy.subject_key WHERE subject = %s", (subject,)
        ).fetchone()
        if row is not None and row[0] == KeyState.SHREDDED:
            raise Refused(
                f"{subject} has been shredded already: a hold comes too late, nothing is left to keep"
            )
        connection.execute(
            "INSERT INTO daybook_privacy.legal_hold (subject, hold_id, reason, placed_by) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (subject, hold_id) DO NOTHING",
            (subject, hold_id, reason, placed_by),
        )
        hold = next(hold for hold in _holds(connection, subject) if hold.hold_id == hold_id)
    if hold.released_at is not None:
        raise Refused(
            f"hold {hold_id} on {subject} was released on {hold.released_at:%Y-%m-%d}: give a new hold id"
        )
    return hold


def _release_hold(connection: Connection, subject: str, hold_id: str) -> Hold:
    with connection.transaction():
        _lock_subject(connection, subject)
        connection.execute(
            "UPDATE daybook_privacy.legal_hold SET released_at = now() "
            "WHERE subject = %s AND hold_id = %s AND released_at IS NULL",
            (subject, hold_id),
        )
        for hold in _holds(connection, subject):
            if hold.hold_id == hold_id:
                return hold
    raise NotFound(f"no hold {hold_id} on {subject}: see `daybook privacy state {subject}` for its holds")


def _holds(connection: Connection, subject: str) -> tuple[Hold, ...]:
    rows: list[Any] = connection.execute(
        "SELECT subject, hold_id, reason, placed_by, placed_at, released_at FROM daybook_privacy.legal_hold "
        "WHERE subject = %s ORDER BY placed_at, hold_id",
        (subject,),
    ).fetchall()
    return tuple(Hold(*row) for row in rows)
