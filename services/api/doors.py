"""Ledgers under the words that people ask by: customers, satisfaction, performance, risk, what is sold.

Each door is a line in `DOORS`: the same pages, filters and CSV as /ledgers, with the columns named in the
OpenAPI document. It must hold no query of its own.
"""

from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from services.api.guard import needs
from services.api.ledgers import (
    PAGE_ANSWERS,
    Asked,
    RowShown,
    listed,
    permission_of,
    row_shown,
    table_named,
)
from services.api.openapi import answers
from services.api.reading import json_of, reading
from services.errors import NotFound
from services.store.columns import Column
from services.store.queries.rows import Filter, PageQuery, ledger_page


class WayIn(NamedTuple):
    """A path, the ledger behind it, the word it stands under, and what one finds there."""

    path: str
    ledger: str
    tag: str
    about: str


DOORS: tuple[WayIn, ...] = (
    WayIn("/customers", "customers", "customers", "Customers"),
    WayIn("/satisfaction", "responses", "satisfaction", "Invitations to surveys, and what was answered"),
    WayIn(
        "/satisfaction/surveys", "surveys", "satisfaction", "Surveys, with every version of their questions"
    ),
    WayIn(
        "/satisfaction/follow-ups", "follow_ups", "satisfaction", "What was promised to customers, and done"
    ),
    WayIn("/performance/sales", "sales", "performance", "Sales, with the date of each step"),
    WayIn("/performance/targets", "targets", "performance", "Targets by level, metric and period"),
    WayIn(
        "/performance/applications", "applications", "performance", "Applications, with the date of each step"
    ),
    WayIn(
        "/performance/commissions", "commissions", "performance", "Commissions accrued, paid and clawed back"
    ),
    WayIn("/risk/signals", "signals", "risk", "What the risk rules saw"),
    WayIn("/risk/rule-packs", "rule_packs", "risk", "Rule packs by version"),
    WayIn(
        "/products", "products", "products, channels, people", "Products, with their versions and risk levels"
    ),
    WayIn("/channels", "channels", "products, channels, people", "Channels, their contracts and products"),
    WayIn(
        "/employees", "employees", "products, channels, people", "Employees, their places and certificates"
    ),
    WayIn("/units", "org_units", "products, channels, people", "Units of the organisation"),
)

_SCHEMAS: dict[str, dict[str, Any]] = {
    "bigint": {"type": "integer", "minimum": -(2**63) + 1, "maximum": 2**63 - 1},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamptz": {"type": "string", "format": "date-time"},
}


def _column_parameter(column: Column) -> dict[str, Any]:
    schema = _SCHEMAS.get(column.cast)
    return {
        "name": column.name,
        "in": "query",
        "schema": {"type": "string"} if schema is None else {"anyOf": [schema, {"const": ""}]},
    }


def _router() -> APIRouter:
    """One list a door, all alike."""
    router = APIRouter()
    for door in DOORS:
        _add(router, door)
    return router


def _add(router: APIRouter, door: WayIn) -> None:
    table = table_named(door.ledger)
    columns = [_column_parameter(column) for column in table.columns if column.cast != "jsonb"]

    @router.get(
        door.path,
        tags=[door.tag],
        name=door.path.strip("/").replace("/", " "),
        summary=door.about,
        description=f"{door.about}: rows of the ledger `{door.ledger}` by pages, or all with `format=csv`. "
        "Any column filters; empty: rows without one; `column.ne`, `.gte`, `.lte`, `.gt`, `.lt` compare.",
        responses=PAGE_ANSWERS,
        openapi_extra={"parameters": columns},
        dependencies=[needs(permission_of(table))],
    )
    def rows(request: Request, asked: Asked) -> Response:
        return listed(request, table, asked)


router = _router()


@router.get(
    "/risk/signals/{signal_id:path}",
    tags=["risk"],
    summary="A signal: why, and in which entries",
    responses=answers(RowShown),
    dependencies=[needs("read_risk")],
)
def signal(request: Request, signal_id: str) -> Response:
    """A signal with the words of its rule, what the rule read, and the entries that it saw it in."""
    table = table_named("signals")
    wanted = PageQuery((Filter("signal_id", "is", (signal_id,)),), limit=1)
    with reading(request) as found:
        page = ledger_page(found.connection, found.schema, table, wanted)
    if not page.keys:
        raise NotFound(f"there is no signal {signal_id!r}: see GET /risk/signals")
    return json_of(row_shown(request, table, page.keys[0]))
