"""Finding a subject by name, phone, e-mail or document number without storing any of them in clear.

The sealer remembers look-ups as it seals; API and console search through `find`. Only keyed hashes rest in
the database, next to the keys, and they go when the key goes: no hash of a personal value may ever be in
an event.
"""

import hmac
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from services.errors import WrongUse
from services.privacy.keyring import Keyring
from services.privacy.master_key import derive
from services.privacy.tables import Connection

FOUND_AT_MOST = 100
PHONE_DIGITS = 10
"""Digits from the end that are compared, so a number is found with and without its country code."""

NAMED = "named"
"""Kind of a value whose event says in its field `name` what it is."""
CONTACT = "contact"
"""Kind of a value that is an e-mail address if it has an @, else a phone number."""


class Remembered(NamedTuple):
    """A value by which a subject can be found from now on."""

    subject: str
    kind: str
    value: str


LOOKUPS: tuple[tuple[str, str, str], ...] = (
    ("customer.registered", "name", "name"),
    ("customer.registered", "phone", "phone"),
    ("customer.registered", "email", "email"),
    ("customer.identified", "doc_number", "document"),
    ("customer.attribute_recorded", "value", NAMED),
    ("customer.attribute_corrected", "value", NAMED),
    ("lead.captured", "name", "name"),
    ("lead.captured", "contact", CONTACT),
    ("employee.hired", "name", "name"),
)
"""(type, sealed field, kind of look-up): all that can be searched for."""

ATTRIBUTE_KINDS: dict[str, str] = {
    "name": "name",
    "phone": "phone",
    "mobile": "phone",
    "email": "email",
    "doc_number": "document",
}
"""Attribute names whose values can be searched for, and as what."""


def remembered(type_name: str, subject: str, sent: Any) -> Iterator[Remembered]:
    """The look-ups that an event in sent form gives."""
    for field, kind in _LOOKUPS_OF.get(type_name, ()):
        value = getattr(sent, field)
        plain_kind = _plain_kind(kind, value, sent) if value is not None else None
        if plain_kind is not None:
            yield Remembered(subject, plain_kind, value)


class Lookups:
    """Keyed hashes of one keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._key = derive(keyring.master_key, "lookup 1")

    def remember(self, values: Iterable[Remembered]) -> None:
        """Make subjects findable; those that are shredded, or have no key, stay unfindable."""
        found = {(item.subject, item.kind, self.digest(item.kind, item.value)) for item in values}
        rows = sorted(row for row in found if row[2] is not None)
        if rows:
            self._keyring.run(lambda connection: _insert(connection, rows))

    def find(self, kind: str, value: str, limit: int = FOUND_AT_MOST) -> list[str]:
        """At most `limit` subjects that carry the value, in order; candidates, as people share names."""
        digest = self.digest(kind, value)
        if digest is None:
            return []
        rows = self._keyring.run(
            lambda connection: connection.execute(_FIND, (kind, digest, limit)).fetchall()
        )
        return [str(row[0]) for row in rows]

    def digest(self, kind: str, value: str) -> bytes | None:
        """HMAC-SHA256 over kind and normalised value; None if nothing is left of the value."""
        normalise = _NORMALISE.get(kind)
        if normalise is None:
            raise WrongUse(f"no look-up by {kind!r}: choose one of {', '.join(_NORMALISE)}")
        plain = normalise(unicodedata.normalize("NFKC", value))
        return hmac.digest(self._key, f"{kind}\n{plain}".encode(), "sha256") if plain else None


_LOOKUPS_OF: dict[str, tuple[tuple[str, str], ...]] = {
    type_name: tuple((field, kind) for name, field, kind in LOOKUPS if name == type_name)
    for type_name, _, _ in LOOKUPS
}


def _plain_kind(kind: str, value: str, sent: Any) -> str | None:
    if kind == NAMED:
        return ATTRIBUTE_KINDS.get(sent.name)
    if kind == CONTACT:
        return "email" if "@" in value else "phone"
    return kind


def _name(value: str) -> str:
    return " ".join(value.casefold().split())


def _phone(value: str) -> str:
    return "".join(sign for sign in value if sign.isdecimal())[-PHONE_DIGITS:]


def _document(value: str) -> str:
    return "".join(sign for sign in value.upper() if sign.isalnum())


_NORMALISE: dict[str, Callable[[str], str]] = {
    "name": _name,
    "phone": _phone,
    "email": _name,
    "document": _document,
}

_FIND = """
SELECT DISTINCT subject FROM daybook_privacy.lookup WHERE kind = %s AND digest = %s ORDER BY subject LIMIT %s
"""

_INSERT = """
INSERT INTO daybook_privacy.lookup (subject, kind, digest)
SELECT made.subject, made.kind, made.digest
FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS made (subject, kind, digest)
JOIN daybook_privacy.subject_key AS held ON held.subject = made.subject AND held.state <> 'shredded'
ORDER BY made.subject, made.kind, made.digest
FOR SHARE OF held
ON CONFLICT DO NOTHING
"""
"""The shared lock makes a shredding wait, or makes this see that it has happened: none slips in behind it."""


def _insert(connection: Connection, rows: list[tuple[str, str, bytes | None]]) -> None:
    subjects, kinds, digests = (list(column) for column in zip(*rows, strict=True))
    connection.execute(_INSERT, (subjects, kinds, digests))
