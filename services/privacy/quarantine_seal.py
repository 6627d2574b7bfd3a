"""Raw records that the door refused, sealed for the quarantine; a short header names the key.

The sealer calls these. A record lies under its subject's key, and goes with it; without a subject, under
the key of its source and day. It must never keep what belongs to a shredded subject.
"""

import datetime as dt
import re

from cryptography.exceptions import InvalidTag

from events.envelope import SUBJECT_PATTERN
from services.errors import CheckFailed, Refused
from services.privacy.ciphers import HeldKey
from services.privacy.keyring import Keyring

_DROPPED = b"dbq1.dropped\n"
_SOURCE_CHARACTERS = 200
_HEADER = re.compile(rb"dbq1\.(?P<owner>subject|day)\.(?P<key_id>[A-Za-z0-9_-]{12})\n")


def seal_bytes(keyring: Keyring, subject: str | None, source: str, day: dt.date, raw: bytes) -> bytes:
    """Header and ciphertext of a raw record; the header alone, saying `dropped`, for a shredded subject."""
    if subject is not None and re.fullmatch(SUBJECT_PATTERN, subject):
        return _seal("subject", keyring.keys_to_seal([subject])[subject], raw)
    key = keyring.day_key(_storable(source), day)
    if key.cipher is None:
        raise Refused(f"the key of {source!r} for {day} was destroyed after its time: seal under today's day")
    return _seal("day", key, raw)


def open_bytes(keyring: Keyring, sealed: bytes) -> bytes | None:
    """The raw record; None if it was dropped or its key was destroyed. CheckFailed if it was changed."""
    if sealed == _DROPPED:
        return None
    header = _HEADER.match(sealed)
    if header is None:
        raise CheckFailed(
            "these bytes have no quarantine header: they were not sealed by a door, or were changed"
        )
    key_id = header["key_id"].decode()
    key = keyring.key_by_id(key_id) if header["owner"] == b"subject" else keyring.day_key_by_id(key_id)
    if key is None:
        raise CheckFailed(
            f"no key {key_id} in this keyring: it is older than the quarantine; restore its backup"
        )
    if key.cipher is None:
        return None
    try:
        return key.cipher.decrypt(sealed[header.end() :], [header[0]])
    except (InvalidTag, ValueError) as error:
        raise CheckFailed(
            f"the quarantined record under key {key_id} was changed after it was sealed"
        ) from error


def _seal(owner: str, key: HeldKey, raw: bytes) -> bytes:
    if key.cipher is None:
        return _DROPPED
    header = f"dbq1.{owner}.{key.key_id}\n".encode()
    return header + key.cipher.encrypt(raw, [header])


def _storable(source: str) -> str:
    """A source as a refused record spells it may hold what PostgreSQL's text cannot."""
    return source.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")[:_SOURCE_CHARACTERS]
