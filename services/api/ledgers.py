"""Every ledger over HTTP: the list, pages of rows, whole tables as CSV, one row with the entries behind it.

Ledgers that people ask for by their own words have doors (doors.py), thin over the same. What a ledger takes
to be read stands in `PERMISSIONS`; whose rows are seen is the reading connection's business.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from events import codec
from events.envelope import Position
from projections.catalogue import LEDGERS
from services.api.csv import csv_of
from services.api.guard import needs_one_of, who_of
from services.api.openapi import answers
from services.api.reading import Cursor, Instant, Limit, Reading, entries_of, json_of, moment, reading
from services.audit.as_of import subject_as_of
from services.audit.evidence import Evidence, entries_behind, evidence_of
from services.errors import NotFound, WrongUse
from services.identity.who import Permission
from services.projector.batch import Cut
from services.store.queries.rows import (
    ENTRIES,
    OPERATORS,
    Filter,
    PageQuery,
    Table,
    export_rows,
    ledger_page,
    ledger_row,
    row_of,
    table_of,
)
from services.store.scope import scoped, visible

TABLES: Mapping[str, Table] = {
    table.name: table for table in (ENTRIES, *(table_of(ledger) for ledger in LEDGERS.ledgers))
}
"""Everything that can be listed, by name."""

RESERVED = frozenset(
    {"limit", "cursor", "sort", "fields", "format", "after", "wait", "as_of", "known_at", "key"}
)
"""Query parameters that are no columns."""

PAST = frozenset({"as_of", "known_at"})
PAST_TAKES = frozenset({"subject", "fields", "limit", "format", "after", "wait"})
"""What may stand beside the parameters that ask for the past."""

PERMISSIONS: Mapping[str, Permission] = {
    "entries": "read_journal",
    "customers": "read_customers",
    "attributes": "read_customers",
    "risk_profiles": "read_customers",
    "holdings": "read_customers",
    "representatives": "read_customers",
    "subject_requests": "read_customers",
    "needs": "read_customers",
    "complaints": "read_complaints",
    "complaint_clocks": "read_complaints",
    "systemic_issues": "read_complaints",
    "signals": "read_risk",
    "fraud_assessments": "read_risk",
    "quarantine_cases": "read_operations",
    "producer_days": "read_operations",
}
"""What it takes to read a ledger, where that is not `read_ledgers`."""

ANY: tuple[Permission, ...] = ("read_ledgers", *dict.fromkeys(PERMISSIONS.values()))
"""Permissions of which one is needed to look at the ledgers at all."""


def permission_asked(request: Request) -> Permission:
    """What the ledger in the path takes; for the list, any that somebody has."""
    name = request.path_params.get("ledger")
    if name is not None:
        return PERMISSIONS.get(name, "read_ledgers")
    who = who_of(request)
    return next((one for one in ANY if who.may(one)), "read_ledgers")


router = APIRouter(tags=["ledgers"], dependencies=[needs_one_of(ANY, permission_asked)])


class Listing(NamedTuple):
    """How a list is asked for, apart from its filters."""

    limit: int
    cursor: str | None
    sort: str | None
    fields: tuple[str, ...]
    as_csv: bool


def listing(
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Annotated[str | None, Query(max_length=100)] = None,
    fields: Annotated[str | None, Query(max_length=2_000)] = None,
    written_as: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    as_of: Instant = None,
    known_at: Instant = None,
) -> Listing:
    """The query parameters that every list has; the past of one subject is read from them in `listed`."""
    chosen = tuple(name for name in (fields or "").split(",") if name)
    return Listing(limit, cursor, sort, chosen, written_as == "csv")


Asked = Annotated[Listing, Depends(listing)]

_TYPES = {
    "text": "text",
    "text[]": "texts",
    "bigint": "integer",
    "smallint": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "instant",
    "jsonb": "structure",
}


class ColumnShown(msgspec.Struct, frozen=True):
    """A column: what it holds, whether it may be absent, and whether it holds a sealed token."""

    name: str
    type: str
    nullable: bool
    sealed: bool


class LedgerShown(msgspec.Struct, frozen=True):
    """A ledger: what it holds, the columns that name a row, all columns, where its rows are."""

    ledger: str
    about: str
    key: tuple[str, ...]
    columns: tuple[ColumnShown, ...]
    path: str


class Ledgers(msgspec.Struct, frozen=True):
    """Every ledger of the live generation."""

    ledgers: tuple[LedgerShown, ...]


class RowPage(msgspec.Struct, frozen=True):
    """A page of rows; `next` is the cursor of what follows, absent on the last one."""

    ledger: str
    rows: tuple[dict[str, Any], ...]
    next: str | None


class RowShown(msgspec.Struct, frozen=True):
    """A row by its key, and the entries that posted it."""

    ledger: str
    key: tuple[str, ...]
    row: dict[str, Any]
    entries: tuple[Evidence, ...]


PAGE_EXAMPLE = {
    "ledger": "sales",
    "rows": [{"subject": "customer/bank:17", "sale_id": "bank:s1", "amount_minor": 5_000_000}],
    "next": None,
}
PAGE_ANSWERS = answers(RowPage, PAGE_EXAMPLE, about="A page of rows, or with `format=csv` the whole table.")
PAGE_ANSWERS[200]["content"]["text/csv"] = {
    "schema": {"type": "string"},
    "example": "subject,sale_id\r\ncustomer/bank:17,bank:s1\r\n",
}
_COLUMNS = {
    "name": "columns",
    "in": "query",
    "style": "form",
    "explode": True,
    "description": "Any column as a filter: `unit_id=bank:u1`; empty: rows without one; given twice: either. "
    "`column.ne`, `.gte`, `.lte`, `.gt` and `.lt` compare.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "example": {"legal_entity": "bank-cn"},
}


@router.get("/ledgers", summary="Every ledger", responses=answers(Ledgers))
def list_ledgers(request: Request) -> Response:
    """What can be listed: each ledger, what it is about, its key and its columns."""
    who = who_of(request)
    return json_of(Ledgers(tuple(_shown(one) for one in TABLES.values() if who.may(permission_of(one)))))


@router.get(
    "/ledgers/{ledger}",
    summary="Rows of a ledger",
    responses=PAGE_ANSWERS,
    openapi_extra={"parameters": [_COLUMNS]},
)
def rows(request: Request, ledger: str, asked: Asked) -> Response:
    """Rows in the order of their key or of a column, filtered by any column: by pages, or all as CSV."""
    return listed(request, table_named(ledger), asked)


@router.get(
    "/ledgers/{ledger}/row", summary="One row, and the entries behind it", responses=answers(RowShown)
)
def row(request: Request, ledger: str, key: Annotated[str, Query(max_length=2_000)]) -> Response:
    """The row under a key, with the entries that posted it, bodies included; sealed fields stay sealed."""
    table = table_named(ledger)
    return json_of(row_shown(request, table, _key(key)))


def listed(request: Request, table: Table, asked: Listing) -> Response:
    """A page of a table, or all of it as CSV, as the query parameters ask."""
    if PAST & request.query_params.keys():
        return _past_rows(request, table, asked)
    query = PageQuery(filters_of(request), asked.sort, asked.fields, asked.cursor, asked.limit)
    if asked.as_csv:
        return csv_of(
            table.name,
            tuple(dict.fromkeys(asked.fields)) or tuple(column.name for column in table.columns),
            reading(request),
            lambda found: export_rows(found.connection, found.schema, table, query),
        )
    with reading(request) as found:
        page = ledger_page(found.connection, found.schema, table, query)
    return json_of(RowPage(table.name, tuple(dict(row) for row in page.rows), page.next))


def _past_rows(request: Request, table: Table, asked: Listing) -> Response:
    """One subject's rows as of a moment, as far as they were known at another."""
    others = sorted(set(request.query_params) - PAST - PAST_TAKES)
    subjects = request.query_params.getlist("subject")
    if table.ledger is None or len(subjects) != 1 or others:
        raise WrongUse(
            f"as_of and known_at fold the entries of one subject: GET /ledgers/{table.name}?subject=customer/"
            "bank:17&as_of=2026-05-04 takes no other filter; figures take as_of over everything"
        )
    past = [moment(request.query_params.get(name), name) for name in ("as_of", "known_at")]
    with reading(request) as found, entries_of(found, subjects[0]):
        system, connection, schema = found
        parts = (system.journal, system.declarations, system.zone)
        folded = subject_as_of(connection, schema, *parts, subjects[0], Cut(*past))
    shown = [table.column(name).name for name in asked.fields] or [one.name for one in table.columns]
    rows = folded.get(table.name, {}).values()
    kept = tuple({name: getattr(row, name) for name in shown} for row in rows)
    return json_of(RowPage(table.name, kept, None))


def row_shown(request: Request, table: Table, key: tuple[str, ...]) -> RowShown:
    """A row with the entries behind it; NotFound without one."""
    with reading(request) as found:
        values = ledger_row(found.connection, found.schema, table, key)
        if values is None:
            raise NotFound(f"{table.name} has no row {list(key)}: see GET /ledgers/{table.name}")
        return RowShown(table.name, key, dict(values), tuple(_behind(found, table, values)))


def filters_of(request: Request) -> tuple[Filter, ...]:
    """The filters among the query parameters: everything that is no word of the API."""
    found: dict[tuple[str, Any], list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name in RESERVED:
            continue
        column, dot, operator = name.rpartition(".")
        if not dot:
            column, operator = name, "is"
        if operator not in OPERATORS:
            raise WrongUse(f"{name}: filter by COLUMN, or COLUMN with one of .{', .'.join(OPERATORS)}")
        found.setdefault((column, operator), []).append(value)
    return tuple(Filter(column, operator, tuple(values)) for (column, operator), values in found.items())


def table_named(name: str) -> Table:
    """A ledger by its name; NotFound, naming those that there are."""
    if name not in TABLES:
        raise NotFound(f"there is no ledger {name!r}; there are {', '.join(TABLES)}")
    return TABLES[name]


def permission_of(table: Table) -> Permission:
    """What it takes to read a ledger."""
    return PERMISSIONS.get(table.name, "read_ledgers")


def _behind(found: Reading, table: Table, values: Mapping[str, Any]) -> list[Evidence]:
    """The entries that posted a row, if its subject may be seen; of the built-in ledger, the entry itself."""
    system = found.system
    if table.ledger is not None:
        row = row_of(table.ledger, values)
        if not visible(found.connection, found.schema, str(values["subject"])):
            return []
        with scoped(found.connection, None):
            return entries_behind(
                found.connection, found.schema, system.journal, system.zone, table.ledger, row
            )
    position = Position(system.journal.volume, values["partition"], values["position"])
    record = system.journal.fetch([position])[0]
    return [evidence_of(codec.decode(record.value, position, system.zone))]


def _key(text: str) -> tuple[str, ...]:
    try:
        return tuple(
            str(value).lower() if isinstance(value, bool) else str(value)
            for value in msgspec.json.decode(text, type=list[str | int | bool])
        )
    except msgspec.MsgspecError as error:
        raise WrongUse(
            f'key={text!r} is no JSON list of texts, such as ["customer/bank:17","bank:s1"]'
        ) from error


def _shown(table: Table) -> LedgerShown:
    return LedgerShown(
        table.name,
        table.about,
        table.key,
        tuple(
            ColumnShown(one.name, _TYPES[one.cast], one.nullable, one.name in table.sealed)
            for one in table.columns
        ),
        f"/ledgers/{table.name}",
    )
