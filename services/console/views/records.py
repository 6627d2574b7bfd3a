"""What lies behind everything: tables of ledgers, one row with its entries, an entry, a subject's rows.

Every other view leads here. Sealed fields are never shown: a row or an entry says that there is one.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from events import codec
from events.codec import headline
from events.envelope import Entry, Position
from events.errors import DaybookError
from services.api.guard import must, needs, who_of
from services.api.ledgers import TABLES, filters_of, permission_of, row_shown, table_named
from services.api.reading import entries_of, must_see, reading
from services.console.pages import page, with_query
from services.console.view import PREFIX, View
from services.errors import NotFound, WrongUse
from services.identity.who import Permission
from services.store.queries.names import names_in
from services.store.queries.rows import PageQuery, ledger_page
from services.store.queries.subjects import subject_rows
from services.store.timeline import timeline

router = APIRouter(prefix=PREFIX)
VIEW = View("records", "Ledgers", f"{PREFIX}/ledgers", "read_ledgers", router)

PAGE_ROWS = 50
TIMELINE_ROWS = 200
SHORT_COLUMNS = 10
OF_CUSTOMERS: tuple[str, ...] = ("customer", "lead", "complaint")
"""Kinds of subjects that are about persons."""


class SealedHere(NamedTuple):
    """Stands where an entry holds a sealed value."""

    dropped: bool


class Field(NamedTuple):
    """A field of an entry's data, with what it holds as text or parts."""

    name: str
    value: Any


@router.get("/ledgers", dependencies=[needs("read_ledgers")])
def every_ledger(request: Request) -> Response:
    """All ledgers that the reader may read."""
    who = who_of(request)
    tables = [table for table in TABLES.values() if who.may(permission_of(table))]
    return page(request, "records/ledgers.html", tables=tables)


@router.get("/ledgers/{name}")
def one_ledger(request: Request, name: str, sort: str | None = None, cursor: str | None = None) -> Response:
    """A ledger's rows in an order, with filters on any column in the address."""
    table = table_named(name)
    must(who_of(request), permission_of(table))
    filters = tuple(one for one in filters_of(request) if one.column not in ("lang", "theme"))
    with reading(request) as found:
        rows = ledger_page(
            found.connection,
            found.schema,
            table,
            PageQuery(filters, sort or None, (), cursor, PAGE_ROWS),
        )
        called = names_in(found.connection, found.schema, rows.rows)
    told = [column.name for column in table.columns if _told(rows.rows, column.name)]
    return page(
        request,
        "records/ledger.html",
        called=called,
        table=table,
        rows=list(zip(rows.keys, rows.rows, strict=True)),
        columns=list(dict.fromkeys((*told[:SHORT_COLUMNS], *_sorted_by(sort)))),
        sort=sort or "",
        filters=filters,
        next=rows.next,
        csv=f"/ledgers/{name}?{_query_of(request)}format=csv",
    )


@router.get("/ledgers/{name}/row")
def one_row(request: Request, name: str, key: str) -> Response:
    """A row and the entries that posted it."""
    table = table_named(name)
    must(who_of(request), permission_of(table))
    shown = row_shown(request, table, _key(key))
    with reading(request) as found:
        called = names_in(found.connection, found.schema, [shown.row])
    return page(request, "records/row.html", called=called, table=table, row=shown.row, entries=shown.entries)


@router.get("/entries/{volume}/{partition}/{offset}")
def one_entry(request: Request, volume: int, partition: int, offset: int) -> Response:
    """An entry as it stands in the journal: its envelope, and its data with sealed fields masked."""
    must(who_of(request), "read_ledgers")
    system: Any = request.app.state.system
    position = Position(volume, partition, offset)
    record = system.journal.fetch([position])[0]
    try:
        entry = codec.decode(record.value, position, system.zone)
    except DaybookError as error:
        return page(request, "records/unreadable.html", position=position, error=error)
    with reading(request) as found:
        must_see(found, entry.subject)
    must(who_of(request), _permission_for(entry.subject))
    return page(
        request,
        "records/entry.html",
        entry=entry,
        line=headline(codec.TYPES[entry.envelope.type], entry.event),
        fields=_fields(entry),
        stored=_pretty(entry),
    )


@router.get("/subjects/{kind}/{identifier}")
def one_subject(request: Request, kind: str, identifier: str) -> Response:
    """Everything that the ledgers hold of a subject that has no view of its own, and its timeline."""
    subject = f"{kind}/{identifier}"
    who = who_of(request)
    must(who, _permission_for(subject))
    with reading(request) as found, entries_of(found, subject):
        rows = subject_rows(found.connection, found.schema, found.system.declarations, subject)
        lines = timeline(
            found.connection,
            found.schema,
            subject,
            volume=found.system.journal.volume,
            limit=TIMELINE_ROWS,
        )
    if not rows and not lines:
        raise NotFound(f"nothing is known of {subject!r}: look for it in the ledgers")
    seen = {name: (TABLES[name], held) for name, held in rows.items() if who.may(permission_of(TABLES[name]))}
    return page(request, "records/subject.html", subject=subject, rows=seen, lines=lines)


def _permission_for(subject: str) -> Permission:
    return "read_customers" if subject.partition("/")[0] in OF_CUSTOMERS else "read_ledgers"


def _told(rows: tuple[Mapping[str, Any], ...], name: str) -> bool:
    """Whether a column says something short in any of the rows."""
    return any(
        row[name] not in (None, False, "", ()) and not isinstance(row[name], (dict, list, tuple))
        for row in rows
    )


def _sorted_by(sort: str | None) -> tuple[str, ...]:
    """The column that a table is sorted by is always shown."""
    return (sort.removeprefix("-"),) if sort else ()


def _query_of(request: Request) -> str:
    _, _, query = with_query(request, cursor=None, lang=None, theme=None).partition("?")
    return f"{query}&" if query else ""


def _key(text: str) -> tuple[str, ...]:
    try:
        parts = json.loads(text)
    except ValueError as error:
        raise WrongUse(f"key={text!r} is no JSON list of texts") from error
    if not isinstance(parts, list):
        raise WrongUse(f"key={text!r} is no JSON list of texts")
    return tuple(str(part) for part in parts)


def _fields(entry: Entry) -> list[Field]:
    """The fields of an entry that are set, sealed ones masked."""
    sealed = codec.TYPES[entry.envelope.type].sealed
    found = []
    for name in entry.event.__struct_fields__:
        value = getattr(entry.event, name)
        if value is None or value == ():
            continue
        found.append(Field(name, SealedHere(value == "dropped") if name in sealed else value))
    return found


def _pretty(entry: Entry) -> str:
    """The event as it is stored, indented; tokens of sealed fields are what the journal holds."""
    return json.dumps(json.loads(codec.encode_json(entry.envelope)), indent=2, ensure_ascii=False)
