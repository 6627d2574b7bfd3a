"""Keys for quarantined records without a subject: one per source and day, destroyed after 90 days.

The keyring calls these on a connection of its own. The row of a destroyed key stays, so that none is ever
made twice for a day.
"""

import datetime as dt
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from services.privacy.ciphers import HeldKey, KeyState
from services.privacy.siv import DATA_KEY_BYTES
from services.privacy.tables import Connection
from services.privacy.wrapping import KeyWrap

KEPT_DAYS = 90
"""As long as the quarantine keeps its records."""

_SELECT = "SELECT source, day, key_id, wrapped FROM daybook_privacy.day_key"


def ensure(connection: Connection, wrap: KeyWrap, source: str, day: dt.date) -> HeldKey:
    """The key of a source's day, made if it never had one; durable on return."""
    find = f"{_SELECT} WHERE source = %s AND day = %s"
    row = connection.execute(find, (source, day)).fetchone()
    if row is None:
        key_id = secrets.token_urlsafe(9)
        wrapped = wrap.wrap(secrets.token_bytes(DATA_KEY_BYTES), owner=_owner(source, day), key_id=key_id)
        with connection.transaction():
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute(
                "INSERT INTO daybook_privacy.day_key (source, day, key_id, wrapped) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (source, day) DO NOTHING",
                (source, day, key_id, wrapped),
            )
        row = connection.execute(find, (source, day)).fetchone()
    assert row is not None, "just inserted, and rows of this table are never deleted"
    return _held(wrap, row)


def by_id(connection: Connection, wrap: KeyWrap, key_id: str) -> HeldKey | None:
    row = connection.execute(f"{_SELECT} WHERE key_id = %s", (key_id,)).fetchone()
    return None if row is None else _held(wrap, row)


def expire(connection: Connection, today: dt.date) -> int:
    """Destroy the keys of days that lie KEPT_DAYS or more before `today`; how many."""
    last = today - dt.timedelta(days=KEPT_DAYS)
    with connection.transaction():
        return connection.execute(
            "UPDATE daybook_privacy.day_key SET wrapped = NULL, destroyed_at = now() "
            "WHERE day <= %s AND wrapped IS NOT NULL",
            (last,),
        ).rowcount


def _held(wrap: KeyWrap, row: tuple[object, ...]) -> HeldKey:
    source, day, key_id, wrapped = row
    if wrapped is None:
        return HeldKey(str(key_id), KeyState.SHREDDED, None)
    assert isinstance(day, dt.date)
    assert isinstance(wrapped, bytes)
    key = wrap.unwrap(wrapped, owner=_owner(str(source), day), key_id=str(key_id))
    return HeldKey(str(key_id), KeyState.ACTIVE, AESSIV(key))


def _owner(source: str, day: dt.date) -> str:
    return f"{source} on {day.isoformat()}"
