"""Columns: how a row type's fields become PostgreSQL columns, and values travel both ways.

The batch writer, the loaders and the digests share this; it must stay the only place that knows types.
"""

import datetime as dt
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from psycopg.types.json import Jsonb

from projections.ledger import Key, Ledger, Row

_SCALARS: dict[Any, str] = {
    str: 'text COLLATE "C"',
    int: "bigint",
    bool: "boolean",
    dt.date: "date",
    dt.datetime: "timestamptz",
    bytes: "bytea",
}

Convert = Callable[[Any], Any]
_encode_json = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Column:
    """A column: its SQL type, and conversions where the driver's own do not fit (None: as it is)."""

    name: str
    sql_type: str
    nullable: bool
    to_db: Convert | None = None
    from_db: Convert | None = None

    @property
    def cast(self) -> str:
        """The SQL type without its collation, for casts."""
        return self.sql_type.partition(" ")[0]


@dataclass(frozen=True)
class RowShape:
    """The columns of a ledger's rows, with fast conversion of whole rows."""

    ledger: Ledger
    columns: tuple[Column, ...]
    _outward: tuple[tuple[int, Convert], ...] = field(init=False)
    _inward: tuple[tuple[int, Convert], ...] = field(init=False)

    @property
    def key_columns(self) -> tuple[Column, ...]:
        return self.columns[: len(self.ledger.key)]

    def to_db(self, row: Row) -> list[Any]:
        """Column values of a row, in order."""
        values = list(msgspec.structs.astuple(row))
        for index, convert in self._outward:
            if values[index] is not None:
                values[index] = convert(values[index])
        return values

    def from_db(self, values: tuple[Any, ...]) -> Row:
        """A row from column values in order."""
        if not self._inward:
            return self.ledger.row(*values)
        found = list(values)
        for index, convert in self._inward:
            if found[index] is not None:
                found[index] = convert(found[index])
        return self.ledger.row(*found)

    def key(self, row: Row) -> Key:
        return msgspec.structs.astuple(row)[: len(self.ledger.key)]

    def __post_init__(self) -> None:
        outward = tuple((i, c.to_db) for i, c in enumerate(self.columns) if c.to_db is not None)
        inward = tuple((i, c.from_db) for i, c in enumerate(self.columns) if c.from_db is not None)
        object.__setattr__(self, "_outward", outward)
        object.__setattr__(self, "_inward", inward)


def shape_of(ledger: Ledger) -> RowShape:
    """The columns of a ledger; TypeError for a field of a type that no column can hold."""
    hints = get_type_hints(ledger.row, include_extras=True)
    return RowShape(ledger, tuple(column_of(name, hints[name]) for name in ledger.columns))


def column_of(name: str, annotation: Any) -> Column:
    """The column for one annotated field."""
    inner, nullable = _optional(annotation)
    base = _plain(inner)
    if base in _SCALARS:
        return Column(name, _SCALARS[base], nullable)
    if get_origin(base) is tuple:
        if _plain(get_args(base)[0]) is str and get_args(base)[1:] == (Ellipsis,):
            return Column(name, "text[]", nullable, list, tuple)
        return Column(name, "jsonb", nullable, _to_json, _from_json(base))
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return Column(name, "jsonb", nullable, _to_json, _from_json(base))
    raise TypeError(f"column {name}: no SQL type for {annotation!r}")


def _optional(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        arms = [arm for arm in get_args(annotation) if arm is not type(None)]
        if len(arms) == 1 and len(arms) < len(get_args(annotation)):
            return arms[0], True
    return annotation, False


def _plain(annotation: Any) -> Any:
    """The type behind Annotated, NewType and Literal."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if hasattr(annotation, "__supertype__"):
        return _plain(annotation.__supertype__)
    if get_origin(annotation) is Literal:
        return type(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, str):
        return str
    return annotation


def _to_json(value: Any) -> Jsonb:
    return Jsonb(value, _encode_json)


def _from_json(into: Any) -> Convert:
    return lambda value: msgspec.convert(value, into)
