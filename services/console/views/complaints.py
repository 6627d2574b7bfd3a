"""Complaints: the board by clock, the register, root causes and systemic issues.

One complaint is in complaint_case.py. Rules and due times are the desk's and the packs'; this asks and shows.
"""

import datetime as dt
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request, Response

from projections.complaint_clocks import COMPLAINT_CLOCKS_ON_TIME
from services.api.guard import needs, who_of
from services.api.reading import reading
from services.console.charts import Caption, Column, Point, bars, columns_over_time
from services.console.pages import language_of, page, today
from services.console.view import PREFIX, View
from services.console.views import complaint_case
from services.errors import NotFound, WrongUse
from services.store.queries import register as asking
from services.store.queries import root_causes
from services.store.queries.complaint_board import (
    NOBODY,
    BoardFilter,
    OpenLine,
    board_lines,
    choices,
    headline,
)
from services.store.queries.desk_work import systemic_issues
from services.store.queries.figures import FigureQuery, read_figure
from services.store.queries.names import names_of

HOME = f"{PREFIX}/complaints"
router = APIRouter(prefix=HOME, dependencies=[needs("read_complaints")])
VIEW = View("complaints", "Complaints", HOME, "read_complaints", router)

BOARD_ROWS, REGISTER_ROWS = 100, 50
PRESSING = 0.8
"""From this part of a clock's time on it is shown as pressing; the packs warn there too."""

STATES = ("open", "closed", "withdrawn", "declined", "forwarded")
TABS = (
    ("board", "By clock", HOME),
    ("register", "Register", f"{HOME}/register"),
    ("causes", "Root causes", f"{HOME}/root-causes"),
    ("issues", "Systemic issues", f"{HOME}/systemic-issues"),
)
MINE = "mine"


class BoardLine(NamedTuple):
    """A complaint on the board: its most urgent clock, and how much of that clock's time is gone."""

    open: OpenLine
    gone: float
    mood: str


@router.get("")
def board(
    request: Request,
    legal_entity: str = "",
    handler: str = "",
    regime: str = "",
    product: str = "",
    due: str = "",
) -> Response:
    """Open complaints with a running clock, the most urgent first."""
    now, me = request.app.state.system.clock(), who_of(request).employee_id
    wanted = BoardFilter(legal_entity, (me or NOBODY) if handler == MINE else handler, regime, product, due)
    with reading(request) as (_, connection, schema):
        found = board_lines(connection, schema, now, wanted, BOARD_ROWS)
        offered = choices(connection, schema)
        numbers = headline(connection, schema, now, wanted)
        names = names_of(connection, schema, "product_id", offered.products)
        query = FigureQuery(where=(("legal_entity", legal_entity),) if legal_entity else ())
        on_time = read_figure(connection, schema, COMPLAINT_CLOCKS_ON_TIME, query, today(request))[0]
    return page(
        request,
        "complaints/board.html",
        tabs=TABS,
        lines=[_line(one, now) for one in found],
        wanted=wanted._replace(handler=handler),
        offered=offered,
        me=me,
        numbers=numbers,
        names=names,
        figure=COMPLAINT_CLOCKS_ON_TIME,
        on_time=on_time,
        on_time_where={"legal_entity": legal_entity} if legal_entity else {},
    )


@router.get("/register")
def register(
    request: Request,
    state: str | None = None,
    legal_entity: str | None = None,
    handler: str | None = None,
    product: str | None = None,
    issue: str | None = None,
    root_cause: str | None = None,
    outcome: str | None = None,
    unit: str | None = None,
    seller: str | None = None,
    cursor: str | None = None,
) -> Response:
    """Every complaint, by filters, the latest first."""
    given = {
        "state": state,
        "legal_entity": legal_entity,
        "handler": handler,
        "product": product,
        "issue": issue,
        "root_cause": root_cause,
        "outcome": outcome,
        "unit": unit,
        "seller": seller,
    }
    filters = {name: ("" if value == NOBODY else value) for name, value in given.items() if value}
    with reading(request) as (_, connection, schema):
        rows = asking.latest_complaints(
            connection, schema, filters, after=_place(cursor), limit=REGISTER_ROWS + 1
        )
        offered = choices(connection, schema)
        names = names_of(
            connection, schema, "product_id", [*offered.products, *(one.product_id for one in rows)]
        )
    more = len(rows) > REGISTER_ROWS
    rows = rows[:REGISTER_ROWS]
    return page(
        request,
        "complaints/register.html",
        tabs=TABS,
        rows=rows,
        given={name: value or "" for name, value in given.items()},
        offered=offered,
        names=names,
        states=STATES,
        next=msgspec.json.encode(asking.place_of(rows[-1])).decode() if more else None,
    )


@router.get("/root-causes")
def causes(request: Request, legal_entity: str = "", cause: str = "") -> Response:
    """Why it came to complaints: by cause, product and unit, and over time."""
    spoken = language_of(request)
    with reading(request) as (_, connection, schema):
        coded = root_causes.coded_share(connection, schema, legal_entity)
        found = {
            by: root_causes.by_value(
                connection,
                schema,
                by,
                legal_entity=legal_entity,
                cause="" if by == "root_cause" else cause,
            )
            for by in ("root_cause", "product_id", "unit_id")
        }
        months = root_causes.by_month(connection, schema, legal_entity=legal_entity, cause=cause)
        products = names_of(connection, schema, "product_id", [one.value for one in found["product_id"]])
        units = names_of(connection, schema, "unit_id", [one.value for one in found["unit_id"]])
        offered = choices(connection, schema)
    narrowed = {"legal_entity": legal_entity} if legal_entity else {}
    points = [
        Point(
            label=spoken.word(one.value),
            value=one.complaints,
            href=f"{HOME}/register?{urlencode({'root_cause': one.value, **narrowed})}",
        )
        for one in found["root_cause"]
    ]
    chart = bars(points, Caption(title=spoken("Complaints by root cause"))) if points else ""
    over_time = (
        columns_over_time(
            [Column(label=one.month, value=one.causes) for one in months],
            Caption(title=spoken("Root causes recorded, by month")),
        )
        if len(months) > 1
        else ""
    )
    return page(
        request,
        "complaints/causes.html",
        tabs=TABS,
        coded=coded,
        found=found,
        months=months,
        chart=chart,
        over_time=over_time,
        names={"product_id": products, "unit_id": units, "root_cause": {}},
        offered=offered,
        legal_entity=legal_entity,
        cause=cause,
    )


@router.get("/systemic-issues")
def issues(request: Request) -> Response:
    """What went wrong for more than one customer."""
    with reading(request) as (_, connection, schema):
        found = systemic_issues(connection, schema)
        names = names_of(connection, schema, "product_id", [one.product_id for one in found])
    return page(request, "complaints/issues.html", tabs=TABS, issues=found, names=names)


@router.get("/systemic-issues/one")
def issue(request: Request, issue_id: Annotated[str, Query(alias="id", max_length=300)]) -> Response:
    """One issue: what, whose, when, and every customer that it hit."""
    with reading(request) as (_, connection, schema):
        rows = asking.systemic_issue(connection, schema, issue_id)
        if not rows:
            raise NotFound(f"no complaint has declared a systemic issue {issue_id!r}: see the list of issues")
        declared = [(row, asking.affected(connection, schema, row)) for row in rows]
        names = names_of(connection, schema, "product_id", [row.product_id for row in rows])
    return page(
        request, "complaints/issue.html", tabs=TABS, issue_id=issue_id, declared=declared, names=names
    )


router.include_router(complaint_case.router)


def _line(one: OpenLine, now: dt.datetime) -> BoardLine:
    clock = one.queued.line.clock
    whole = one.queued.next_due_at - clock.started_at
    gone = (now - clock.started_at) / whole if whole else 1.0
    mood = "bad" if gone >= 1 else "warn" if gone >= PRESSING else "good"
    return BoardLine(one, gone, mood)


def _place(cursor: str | None) -> Any:
    if cursor is None:
        return None
    try:
        return list(msgspec.json.decode(cursor, type=tuple[dt.date, str, str]))
    except msgspec.MsgspecError as error:
        raise WrongUse(f"cursor={cursor!r} is no `next` of a page before") from error
