"""Audit: is the journal whole, did everything arrive, what was refused, and does a rebuild come equal.

It asks what the API asks and shows it; mending, discarding and rebuilding are the API's own acts.
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from services.api import quarantine as quarantine_api
from services.api.guard import needs, who_of
from services.api.journal import Producer, producers_on, state_of_journal
from services.api.own_sources import own_sources
from services.api.quarantine import case_asked
from services.api.reading import must_see, reading
from services.audit.raw_record import PURPOSES, show_raw
from services.console.live import stream
from services.console.pages import page
from services.console.period import day_of
from services.console.view import PREFIX, View
from services.door.quarantine import Case
from services.errors import NotFound, WrongUse

router = APIRouter(prefix=f"{PREFIX}/audit")
VIEW = View("audit", "Audit", f"{PREFIX}/audit", "read_operations", router)

LOOKING = [needs("read_operations")]
OPERATING = [needs("operate")]
CASES_SHOWN = 100
STATES = ("open", "replayed", "discarded", "all")


@router.get("", dependencies=LOOKING)
def journal(request: Request) -> Response:
    """Whether the journal is whole, where each partition stands, and what generations there are."""
    return page(request, "audit/journal.html", state=state_of_journal(request), tab="journal")


@router.get("/arrivals", dependencies=LOOKING)
def arrivals(request: Request, day: str = "") -> Response:
    """Did all of a day arrive? What each producer declared against what came; yesterday unless said."""
    found = producers_on(request, day_of(day, "day"))
    ordered = sorted(found.producers, key=_urgency)
    return page(request, "audit/arrivals.html", day=found.day, producers=ordered, tab="arrivals")


@router.get("/quarantine", dependencies=LOOKING)
def quarantine(request: Request, state: str = "open", source: str = "", code: str = "") -> Response:
    """What the door refused, the newest first, with the reason."""
    if state not in STATES:
        raise WrongUse(f"state={state!r}: choose one of {', '.join(STATES)}")
    system: Any = request.app.state.system
    cases: list[Case] = system.quarantine.list(
        source=source or None,
        code=code or None,
        state=None if state == "all" else state,
        limit=CASES_SHOWN,
        mine=own_sources(who_of(request)),
    )
    return page(
        request,
        "audit/quarantine.html",
        cases=cases,
        state=state,
        states=STATES,
        source=source,
        code=code,
        tab="quarantine",
    )


@router.get("/quarantine/{case}", dependencies=LOOKING)
def one_case(request: Request, case: str, done: Annotated[str, Query(max_length=40)] = "") -> Response:
    """A refused record: where it came from, every reason, and what may be done about it."""
    return _case_page(request, case_asked(request, case), done=done)


@router.post("/quarantine/{case}/raw", dependencies=quarantine_api.READING_RAW)
def raw(request: Request, case: str, purpose: Annotated[str, Form()]) -> Response:
    """The record as it came in, for a purpose; who looked is written down before it is shown."""
    found, who = case_asked(request, case), who_of(request)
    if who.units is not None:
        if found.subject is None:
            raise NotFound(f"nobody can tell whether {found.case_id} is of your units: ask the whole house")
        with reading(request) as seen:
            must_see(seen, found.subject)
    system: Any = request.app.state.system
    shown = show_raw(system.quarantine, system.door, system.clock, who, found, purpose)
    return _case_page(request, found, raw=shown)


@router.post("/quarantine/{case}/replay", dependencies=OPERATING)
def replay(request: Request, case: str, mended: Annotated[str, Form()] = "") -> Response:
    """Send it through the door again, mended if a text is given; refused again, the reasons are shown."""
    found = case_asked(request, case)
    answer = quarantine_api.replay(request, found, mended.encode())
    if answer.status_code >= 400:
        again = msgspec.json.decode(bytes(answer.body), type=dict[str, Any])
        return _case_page(request, found, status=422, again=again, typed=mended)
    return RedirectResponse(f"{PREFIX}/audit/quarantine/{case}?done=replayed", 303)


@router.post("/quarantine/{case}/discard", dependencies=OPERATING)
def discard(request: Request, case: str, reason: Annotated[str, Form(min_length=1)]) -> Response:
    """Decide that it will not be admitted, and why."""
    found, who = case_asked(request, case), who_of(request)
    system: Any = request.app.state.system
    system.quarantine.discard(found.case_id, reason, who.employee_id or who.subject)
    return RedirectResponse(f"{PREFIX}/audit/quarantine/{case}?done=discarded", 303)


@router.get("/rebuilds", dependencies=LOOKING)
def rebuilds(request: Request) -> Response:
    """Rebuilds, the newest first, each with its progress and what the comparison found."""
    system: Any = request.app.state.system
    return page(request, "audit/rebuilds.html", jobs=system.rebuild_jobs.list(limit=20), tab="rebuilds")


@router.get("/rebuilds/live", dependencies=LOOKING)
def rebuilds_live(request: Request) -> StreamingResponse:
    """News of the newest rebuild, for the page that shows it."""
    jobs = request.app.state.system.rebuild_jobs
    return stream(request, lambda: tuple((one.id, one.state, one.stage_done) for one in jobs.list(limit=1)))


@router.post("/rebuilds", dependencies=OPERATING)
def rebuild(request: Request) -> Response:
    """Fold the whole journal anew and compare it with what is live; nothing changes by that."""
    who = who_of(request)
    system: Any = request.app.state.system
    system.rebuild_jobs.start(who.employee_id or who.subject, compare=True, swap=False, keep=False)
    return RedirectResponse(f"{PREFIX}/audit/rebuilds", 303)


def _urgency(one: Producer) -> tuple[bool, bool, bool, str]:
    """What is not whole first, then what is, then who said nothing of this day, then who never does."""
    return one.whole is None, one.last_declared_day is None, one.whole is True, one.source


def _case_page(request: Request, case: Case, *, status: int = 200, **more: Any) -> Response:
    """A case with whatever an act on it gave."""
    shown = {"done": "", "raw": None, "again": None, "typed": "", **more}
    return page(request, "audit/case.html", status, case=case, purposes=PURPOSES, tab="quarantine", **shown)
