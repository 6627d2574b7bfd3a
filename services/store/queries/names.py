"""What products, channels and units are called, by their ids. Pages ask, which would else show ids."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.store.database import Connection

Names = Mapping[str, Mapping[str, str]]
"""The names of ids, by the column that holds the ids."""

_HELD = {
    "product_id": ("product", "products", "product_id"),
    "channel_id": ("channel", "channels", "channel_id"),
    "unit_id": ("unit", "org_units", "unit_id"),
    "parent_id": ("unit", "org_units", "unit_id"),
    "of": ("unit", "org_units", "unit_id"),
}
"""Columns of ids: kind of subject, ledger, and the column there. A target is `of` a unit or a person."""


def names_of(connection: Connection, schema: str, column: str, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of the ids in such a column (`product_id`); who has none is left out."""
    kind, ledger, key = _HELD[column]
    subjects = sorted({f"{kind}/{one}" for one in ids if one is not None})
    if not subjects:
        return {}
    rows = connection.execute(
        f"SELECT {key}, name FROM {schema}.{ledger} WHERE subject = ANY(%s) AND name IS NOT NULL".encode(),
        (subjects,),
    ).fetchall()
    return {str(identifier): str(name) for identifier, name in rows}


def names_in(connection: Connection, schema: str, rows: Iterable[Any]) -> Names:
    """The names of all products, channels and units that these rows (structs or mappings) hold ids of."""
    wanted: dict[str, set[str]] = {column: set() for column in _HELD}
    for row in rows:
        for column, ids in wanted.items():
            value = row.get(column) if isinstance(row, Mapping) else getattr(row, column, None)
            if isinstance(value, str):
                ids.add(value)
    return {column: names_of(connection, schema, column, ids) for column, ids in wanted.items() if ids}
