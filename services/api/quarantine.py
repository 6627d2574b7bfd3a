"""The quarantine over HTTP: what was refused and why, raw records with a purpose, mending, replay, discard.

A publisher sees the cases of its own sources. Every read of a raw record is written down first; every
decision about a case is an entry in the journal.
"""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.api.desks import Body
from services.api.guard import needs, needs_one_of, who_of
from services.api.openapi import answers
from services.api.own_sources import must_own, own_sources
from services.api.problems import problem
from services.api.reading import Cursor, Limit, json_of, must_see, reading
from services.audit.raw_record import PURPOSES, RawRecord, show_raw
from services.door.importing import reader_for
from services.door.quarantine import Case, State
from services.door.submission import Outcome
from services.errors import NotFound, WrongUse
from services.identity.who import Permission
from services.store.queries.paging import cursor_of, read_cursor

LOOKING, OPERATING = [needs("read_operations")], [needs("operate")]
_SORT = "-received_at"


class CasesPage(msgspec.Struct, frozen=True):
    """Cases, the newest first; `next` is the cursor of the page that follows."""

    cases: tuple[Case, ...]
    next: str | None


class RawAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody wants to see a raw record."""

    purpose: str


class DiscardAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a case will not be admitted."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


def _reads_raw(request: Request) -> Permission:
    """Either of two permissions will do."""
    return "operate" if who_of(request).may("operate") else "read_personal"


READING_RAW = [*LOOKING, needs_one_of(("operate", "read_personal"), _reads_raw)]
"""What it takes to see a record as it came in."""


def _body_of(kind: type[msgspec.Struct], example: dict[str, str]) -> dict[str, Any]:
    schema = {"type": "object", "required": list(kind.__struct_fields__), "additionalProperties": False}
    properties = {name: {"type": "string", "maxLength": 200} for name in kind.__struct_fields__}
    content = {"application/json": {"schema": {**schema, "properties": properties}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


router = APIRouter(prefix="/quarantine", tags=["operate"])


def case_asked(request: Request, case: str) -> Case:
    """The case in the path, if whoever asks may see its source."""
    system: Any = request.app.state.system
    found: Case = system.quarantine.get(case)
    must_own(who_of(request), found.source, f"case {case!r}")
    return found


Asked = Annotated[Case, Depends(case_asked)]


@router.get("", summary="What the door refused", dependencies=LOOKING, responses=answers(CasesPage))
def cases(
    request: Request,
    source: str | None = None,
    code: str | None = None,
    state: str = "open",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Cases, the newest first, without the raw records; `state` is open, replayed, discarded or all."""
    system: Any = request.app.state.system
    found = system.quarantine.list(
        source=source,
        code=code,
        state=_state(state),
        limit=limit,
        after=None if cursor is None else read_cursor(cursor, _SORT, 1)[0],
        mine=own_sources(who_of(request)),
    )
    following = cursor_of(_SORT, [found[-1].case_id]) if len(found) == limit else None
    return json_of(CasesPage(tuple(found), following))


@router.get("/{case}", summary="A refused record and why", dependencies=LOOKING, responses=answers(Case))
def one_case(found: Asked) -> Response:
    """A case: where it came from, every reason with its path, and what became of it."""
    return json_of(found)


@router.post(
    "/{case}/raw",
    summary="The record as it came in",
    dependencies=READING_RAW,
    openapi_extra=_body_of(RawAsked, {"purpose": "mending"}),
    responses=answers(RawRecord),
)
def raw(request: Request, found: Asked, body: Body) -> Response:
    """The record as it came in, for a stated purpose. Who looks is written down first: in the journal where
    the record is a customer's."""
    system: Any = request.app.state.system
    who = who_of(request)
    if who.units is not None:
        if found.subject is None:
            raise NotFound(f"nobody can tell whether {found.case_id} is of your units: ask the whole house")
        with reading(request) as seen:
            must_see(seen, found.subject)
    asked = _asked(body, RawAsked, f'{{"purpose": "{PURPOSES[0]}"}}')
    shown = show_raw(system.quarantine, system.door, system.clock, who, found, asked.purpose)
    response = json_of(shown)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post(
    "/{case}/replay",
    summary="Send it through the door again",
    dependencies=OPERATING,
    openapi_extra={
        "requestBody": {
            "content": {"application/octet-stream": {"schema": {"type": "string"}, "example": "{}"}}
        }
    },
    responses=answers(Outcome),
)
def replay(request: Request, found: Asked, body: Body) -> Response:
    """Send a case through the door again, as it came or, with a body, mended. Again makes no duplicate; what
    is refused again stays open, with the new reasons."""
    system: Any = request.app.state.system
    who = who_of(request)
    by = who.employee_id or who.subject
    with tempfile.TemporaryDirectory(prefix="daybook-mended-") as folder:
        mended = Path(folder) / "mended"
        mended.write_bytes(body)
        read = reader_for(found, mended if body else None)
        outcome: Outcome = system.quarantine.replay(
            found.case_id, system.door, fixed=body or None, by=by, read=read
        )
    if outcome.status in ("refused", "id_reused"):
        reasons = msgspec.to_builtins(outcome.reasons())
        detail = f"case {found.case_id} was refused again and stays open: mend it as the reasons say"
        return problem(422, "refused_again", detail, reasons=reasons)
    return json_of(outcome)


@router.post(
    "/{case}/discard",
    summary="Decide that it will not be admitted",
    dependencies=OPERATING,
    openapi_extra=_body_of(DiscardAsked, {"reason": "test record"}),
    responses=answers(Case),
)
def discard(request: Request, found: Asked, body: Body) -> Response:
    """Decide that a case will not be admitted, and why; again is no error."""
    system: Any = request.app.state.system
    asked = _asked(body, DiscardAsked, '{"reason": "why it will not be admitted"}')
    who = who_of(request)
    return json_of(system.quarantine.discard(found.case_id, asked.reason, who.employee_id or who.subject))


def _asked(body: bytes, kind: type[Any], example: str) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise WrongUse(f"{error}: send {example}") from error


def _state(text: str) -> State | None:
    states: dict[str, State | None] = {
        "open": "open",
        "replayed": "replayed",
        "discarded": "discarded",
        "all": None,
    }
    if text not in states:
        raise WrongUse(f"state={text!r}: one of {', '.join(states)}")
    return states[text]
