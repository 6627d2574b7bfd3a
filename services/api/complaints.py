"""What only complaints have over HTTP: the register, adoption, the file, like cases, clocks, systemic issues.

Its routes come before those that every desk has (desks.py). Rules are the desk's; questions the ledgers'.
"""

import datetime as dt
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from projections.complaints import COMPLAINTS, ComplaintRow
from services.api.desks import Asking, Body, Key, Somebody, answered, case_shown
from services.api.guard import needs
from services.api.openapi import answers
from services.api.reading import Cursor, Instant, Limit, Reading, json_of, moment, reading
from services.api.unit_scope import own_cases
from services.desks.complaints.case_file import CaseFile, about_case, about_row, case_file, items_of
from services.desks.counter import COUNTERS, CaseShown, Done, command_id_of, done
from services.errors import NotFound, WrongUse
from services.store.queries import register as asking
from services.store.queries.clocks import ClockLine, clocks_of
from services.store.queries.entries import entries_named
from services.store.queries.paging import cursor_of
from services.store.queries.rows import key_after
from services.store.queries.similar import similar_cases

router = APIRouter(tags=["complaints"], dependencies=[needs("read_complaints"), own_cases("complaints")])
_counter = next(one for one in COUNTERS if one.desk == "complaints")


class Register(msgspec.Struct, frozen=True):
    """A page of the register."""

    complaints: tuple[ComplaintRow, ...]
    next: str | None


class OnlyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint that no desk has yet, and how to adopt it."""

    case_id: str
    at_desk: bool
    adopted: bool
    register: ComplaintRow
    adopt: str


class Similar(msgspec.Struct, frozen=True):
    """Settled complaints that are like one."""

    case_id: str
    similar: tuple[dict[str, Any], ...]


class Clocks(msgspec.Struct, frozen=True):
    """The clocks of a complaint at an instant."""

    case_id: str
    as_of: dt.datetime
    clocks: tuple[ClockLine, ...]


class Issue(msgspec.Struct, frozen=True):
    """A systemic issue as each complaint declared it, with the customers that it hit."""

    issue_id: str
    declared: tuple[dict[str, Any], ...]


@router.get("/complaints", summary="The complaint register", responses=answers(Register))
def register(
    request: Request,
    state: str | None = None,
    handler: str | None = None,
    product: str | None = None,
    issue: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The register, with complaints that are only facts; an empty filter asks for those without one."""
    given = {"state": state, "handler": handler, "product": product, "issue": issue}
    filters = {name: value for name, value in given.items() if value is not None}
    with reading(request) as (_, connection, schema):
        rows = asking.register(
            connection, schema, filters, after=key_after(COMPLAINTS, cursor), limit=limit + 1
        )
    following = cursor_of(None, COMPLAINTS.key_of(rows[limit - 1])) if len(rows) > limit else None
    return json_of(Register(tuple(rows[:limit]), following))


@router.get("/complaints/{case}", summary="A complaint", responses=answers((CaseShown, OnlyFacts)))
def one_complaint(request: Request, case: str, actor: Somebody) -> Response:
    """A complaint at its desk; for one that is only facts, its row in the register and how to adopt it."""
    system: Any = request.app.state.system
    if _at_desk(system, case) is not None:
        return case_shown(request, _counter, case, actor)
    with reading(request) as found:
        row = _row(found, case)
    way = f"POST /complaints/{case}/adopt takes it over; from then on only the desk decides about it"
    return json_of(OnlyFacts(case_id=case, at_desk=False, adopted=False, register=row, adopt=way))


@router.post(
    "/complaints/{case}/adopt",
    status_code=201,
    summary="Take a complaint over",
    dependencies=[needs("decide_complaints")],
    responses={**answers(Done, status=201), **answers(Done, about="It was taken over before.")},
    openapi_extra={
        "requestBody": {
            "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}, "example": {}}}
        }
    },
)
def adopt(request: Request, case: str, actor: Asking, body: Body, idempotency_key: Key = None) -> Response:
    """Take over a complaint that came in as facts: from then on only the desk decides about it."""
    if body.strip() not in (b"", b"{}"):
        raise WrongUse("adopting takes no body: what the journal says of the complaint is all that counts")
    desks = request.app.state.system.desks
    answer = desks.adopt(case, actor, command_id_of(idempotency_key))
    return answered(done(desks, _counter, answer, actor), _counter, opened=True)


@router.get("/complaints/{case}/file", summary="The file of a complaint", responses=answers(CaseFile))
def file(request: Request, case: str) -> Response:
    """The file that builds itself: what the journal holds about the sale, and what is missing."""
    system: Any = request.app.state.system
    at_desk = _at_desk(system, case)
    with reading(request) as found:
        about = about_row(_row(found, case)) if at_desk is None else about_case(at_desk.state)
    items = items_of(system.desks.complaints.facts(case), about)
    with reading(request) as (_, connection, schema):
        names = [(one.entry.source, one.entry.id) for one in items]
        volume = system.journal.volume
        posted = entries_named(connection, schema, volume, about.subject or "", names)
    state = None if at_desk is None else at_desk.state
    return json_of(case_file(case, about, items, posted, state))


@router.get("/complaints/{case}/similar", summary="Complaints like it", responses=answers(Similar))
def similar(request: Request, case: str) -> Response:
    """Settled complaints like this one: what they share, how they ended, what was paid."""
    with reading(request) as found:
        cases = similar_cases(found.connection, found.schema, _row(found, case))
    return json_of(Similar(case, tuple(one._asdict() for one in cases)))


@router.get("/complaints/{case}/clocks", summary="The clocks of a complaint", responses=answers(Clocks))
def clocks(request: Request, case: str, as_of: Instant = None) -> Response:
    """The clocks of a complaint, the governing ones first, as they stand now or at an instant."""
    instant = moment(as_of, "as_of")
    with reading(request) as found:
        _row(found, case)
        at = instant or found.system.clock()
        lines = clocks_of(found.connection, found.schema, case, at)
    return json_of(Clocks(case, at, tuple(lines)))


@router.get("/systemic-issues/{issue_id:path}", summary="A systemic issue", responses=answers(Issue))
def systemic_issue(request: Request, issue_id: str) -> Response:
    """A systemic issue as it was declared, with the other customers, what they bought, and who complained."""
    with reading(request) as (_, connection, schema):
        rows = asking.systemic_issue(connection, schema, issue_id)
        declared = [
            {**msgspec.structs.asdict(row), "affected_customers": _affected(connection, schema, row)}
            for row in rows
        ]
    if not rows:
        raise NotFound(f"no complaint has declared a systemic issue {issue_id!r}: see declare-systemic-issue")
    return json_of(Issue(issue_id, tuple(declared)))


def _affected(connection: Any, schema: str, row: Any) -> list[dict[str, Any]]:
    return [one._asdict() for one in asking.affected(connection, schema, row)]


def _at_desk(system: Any, case_id: str) -> Any:
    """The case, or None if the desk does not have it."""
    try:
        return system.desks.complaints.read(case_id)
    except NotFound:
        return None


def _row(found: Reading, case_id: str) -> ComplaintRow:
    row = asking.register_row(found.connection, found.schema, case_id)
    if row is None:
        raise NotFound(
            f"no complaint {case_id} is posted: see GET /complaints; one that was received a moment ago may "
            "not be there yet"
        )
    return row
