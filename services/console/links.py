"""Addresses of the console: where a customer, a complaint, a figure, a row, an entry is shown.

Templates call these as `link.…`; the paths that views declare must be the same, which a test follows.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from projections.ledger import Ledger, Row
from services.console.view import PREFIX

HOMES = {
    "customer": "customers",
    "product": "products",
    "channel": "channels",
    "employee": "people",
    "unit": "units",
}
"""Kinds of subjects that have a view of their own, and where it is."""


def customer(customer_id: str, **query: str) -> str:
    """A customer's page; takes an id or a subject."""
    return _with(f"{PREFIX}/customers/{_part(customer_id.removeprefix('customer/'))}", query)


def complaint(case_id: str) -> str:
    """A complaint's page."""
    return f"{PREFIX}/complaints/{_part(case_id)}"


def subject(name: str) -> str:
    """Whatever stands under a subject: the page of its view, else its rows and timeline."""
    kind, _, identifier = name.partition("/")
    return f"{PREFIX}/{HOMES.get(kind, f'subjects/{kind}')}/{_part(identifier)}"


def entry(position: object) -> str:
    """An entry of the journal, by its position `volume/partition/offset`."""
    return f"{PREFIX}/entries/{position}"


def signals_of(subject_name: str, source: str, entry_id: str) -> str:
    """The risk signals that name an entry as evidence."""
    query = {"subject": subject_name, "source": source, "entry_id": entry_id}
    return _with(f"{PREFIX}/risk/entries", query)


def signal(subject_name: str, signal_id: str) -> str:
    """A risk signal's page."""
    return _with(f"{PREFIX}/risk/signals", {"subject": subject_name, "signal_id": signal_id})


def figure(name: str, **query: Any) -> str:
    """A figure with its lines."""
    return _with(f"{PREFIX}/figures/{name}", query)


def rows(name: str, where: Mapping[str, str | None] | None = None, **query: Any) -> str:
    """The rows behind a line of a figure."""
    pairs = [("where", f"{dim}={value or ''}") for dim, value in (where or {}).items()]
    more = [(key.rstrip("_"), str(value)) for key, value in query.items() if value is not None]
    return f"{PREFIX}/figures/{name}/rows?{urlencode([*pairs, *more])}"


def ledger(name: str, **query: Any) -> str:
    """A ledger's table."""
    return _with(f"{PREFIX}/ledgers/{name}", query)


def row(of: Ledger | str, found: Row | Sequence[Any]) -> str:
    """One row with the entries that posted it; give the row, or its key."""
    name = of if isinstance(of, str) else of.name
    key = of.key_of(found) if isinstance(of, Ledger) and isinstance(found, msgspec.Struct) else found
    return f"{PREFIX}/ledgers/{name}/row?{urlencode({'key': json.dumps(list(key), default=str)})}"  # type: ignore[arg-type]


def _with(path: str, query: Mapping[str, Any]) -> str:
    pairs = {name.rstrip("_"): str(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _part(identifier: str) -> str:
    return quote(identifier, safe=":")
