"""Ledger: a table with one row per thing, posted in journal order by pure handlers.

One file per area declares its ledgers; projections/catalogue.py lists them all. The handler table is also the
subscription list. Handlers must never query, read a clock or depend on entries of another subject.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from events.envelope import Entry, Event

Key = tuple[Any, ...]
"""Values of a ledger's key columns; the first is always the subject."""


class Row(msgspec.Struct, frozen=True):
    """Base of every row type. Fields are columns: str, int, bool, date, datetime, optional ones, tuples of
    str, and tuples of frozen structs. No floats, and nothing that a fold cannot derive from entries."""


R = TypeVar("R", bound=Row)
E = TypeVar("E", bound=Event)

Handler = Callable[[Key, Any, Any, Entry], Any]
"""`handler(key, row | None, event, entry) -> row | None`; total, pure; None deletes the row."""

Keys = Callable[[Any, Entry], tuple[Key, ...]]
"""The keys that an event touches: none, one, or several (a survey has one row per question)."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """Name, version, row type, key and handlers.

    Raise `version` whenever a handler's result changes: it is part of the generation's fingerprint.
    `written_once` promises that a key holds the entry's own source and id, so rows need never be read back.
    `content` is the digest of data files that decide its rows (rule packs), part of the fingerprint too.
    """

    name: str
    version: int
    row: type[Row]
    key: tuple[str, ...]
    keys: Keys
    handlers: Mapping[type[Event], Handler]
    written_once: bool = False
    indexes: tuple[tuple[str, ...], ...] = ()
    about: str = ""
    content: str = ""

    def __post_init__(self) -> None:
        fields = self.row.__struct_fields__
        assert self.key[0] == "subject", f"{self.name}: a key begins with the subject"
        assert fields[: len(self.key)] == self.key, f"{self.name}: key columns come first in the row type"
        assert not self.written_once or {"source", "id"} <= set(self.key), f"{self.name}: not written once"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.row.__struct_fields__

    def key_of(self, row: Row) -> Key:
        """The key that a row stands under."""
        return tuple(getattr(row, name) for name in self.key)


def change(row: R, /, **columns: Any) -> R:
    """A copy of a row with some columns set."""
    return msgspec.structs.replace(row, **columns)


def earliest(a: dt.date | None, b: dt.date | None) -> dt.date | None:
    """The earlier of two dates of which either may be unknown."""
    if a is None or b is None:
        return a if b is None else b
    return min(a, b)


def latest(a: dt.date | None, b: dt.date | None) -> dt.date | None:
    """The later of two dates of which either may be unknown."""
    if a is None or b is None:
        return a if b is None else b
    return max(a, b)
