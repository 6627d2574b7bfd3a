"""Desks over HTTP: what each can be asked, commands with If-Match in and ETag out, cases and what they allow.

One router a counter, all alike; what only complaints have is in complaints.py. Who asks, the guard says.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from services.api.guard import actor_for, needs, who_of
from services.api.openapi import answers
from services.api.problems import TooLarge, VersionMissing, WhoAsks, etag
from services.api.reading import json_of
from services.api.unit_scope import must_be_own, own_cases
from services.desks.counter import COUNTERS, CaseShown, Counter, Done, described, shown, take
from services.desks.deciding import Actor
from services.errors import NotFound, WrongUse
from services.identity.who import Permission
from services.store.queries.entries import entries_named

PERMISSIONS: Mapping[str, tuple[Permission, Permission]] = {
    "complaints": ("read_complaints", "decide_complaints"),
    "suitability": ("read_customers", "decide_suitability"),
}
"""What looking at a desk's cases takes, and what commanding takes; the desk's own rules ask for more."""

MAX_COMMAND_BYTES = 1_000_000
_ETAG = re.compile(r'"([0-9]{1,9})"')
_BODY = {
    "requestBody": {
        "description": "The command; `GET /desks` has the JSON schema of each.",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {"complaint_id": "bank:k1"}}
        },
    }
}

_OPENED = {**answers(Done, status=201), **answers(Done, about="It had been carried out before.")}


def open_all(system: Any) -> None:
    """Open every desk before the first request, so that no two requests do."""
    for counter in COUNTERS:
        system.desks.of(counter.desk)
    _ = system.desks.carrier


def who_asks(request: Request) -> Actor | None:
    """Who asks, if they are an employee."""
    who = who_of(request)
    return None if who.employee_id is None else actor_for(who)


def must_say_who(request: Request) -> Actor:
    """Who asks; WhoAsks if they are no employee, or did not say which where nobody signs in."""
    who = who_of(request)
    if who.employee_id is None and request.app.state.gate.open:
        raise WhoAsks(
            "a desk must know who asks: send the header Daybook-Actor with your employee id, such as "
            "bank:e17, and Daybook-Roles with your roles"
        )
    return actor_for(who)


async def command_body(request: Request) -> bytes:
    """The body of a command; TooLarge for one that is."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_COMMAND_BYTES:
            raise TooLarge(
                f"the command is over {MAX_COMMAND_BYTES} bytes: refer to documents, do not send them"
            )
    return body


Somebody = Annotated[Actor | None, Depends(who_asks)]
Asking = Annotated[Actor, Depends(must_say_who)]
Body = Annotated[bytes, Depends(command_body)]
Key = Annotated[
    str | None, Header(description="Id of the command: sent again, it is not done again, whatever its body.")
]
IfMatch = Annotated[str | None, Header(description='The version that you saw, as its ETag: "3"')]


def version_of(if_match: str | None) -> int:
    """The version in If-Match; VersionMissing without it, WrongUse for anything else than one strong tag."""
    if if_match is None:
        raise VersionMissing(
            'say which version of the case you have seen: send its ETag as If-Match, such as If-Match: "3"; '
            "GET the case to see it"
        )
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise WrongUse(
            f'If-Match: {if_match} is no version of a case: send the ETag of the case as it was, such as "3"'
        )
    return int(found[1])


def answered(done: Done, counter: Counter, *, opened: bool = False) -> Response:
    """The answer to a command: its version as ETag, and where a new case is."""
    response = json_of(done, 201 if opened and not done.repeated else 200)
    response.headers["ETag"] = etag(done.version)
    if opened:
        response.headers["Location"] = f"{counter.path}/{done.case_id}"
    return response


def case_shown(request: Request, counter: Counter, case_id: str, actor: Actor | None) -> Response:
    """A case of a desk with its version as ETag; NotFound if the desk does not have it."""
    system: Any = request.app.state.system
    desk = system.desks.of(counter.desk)
    case = desk.read(case_id)
    names = [(one.envelope.source, one.envelope.id) for one in case.events]
    with system.reading() as (connection, schema):
        subject = case.events[0].envelope.subject
        posted = entries_named(connection, schema, system.journal.volume, subject, names)
    response = json_of(shown(desk, counter, case, actor, posted))
    response.headers["ETag"] = etag(case.version)
    return response


def _router_of(counter: Counter) -> APIRouter:
    """The routes that every desk has."""
    reads, decides = PERMISSIONS[counter.desk]
    router = APIRouter(
        prefix=counter.path, tags=["desks"], dependencies=[needs(reads), own_cases(counter.desk)]
    )
    deciding = [needs(decides)]

    @router.post(
        "",
        status_code=201,
        openapi_extra=_BODY,
        name=f"{counter.word}: {counter.opens}",
        responses=_OPENED,
        dependencies=deciding,
    )
    def opening(request: Request, actor: Asking, body: Body, idempotency_key: Key = None) -> Response:
        """Open a case. The answer names it, with its version and what it allows next."""
        must_be_own(request, body)
        desks = request.app.state.system.desks
        done = take(desks, counter, counter.opens, body, actor, command_id=idempotency_key)
        return answered(done, counter, opened=True)

    @router.post(
        "/{case}",
        status_code=201,
        openapi_extra=_BODY,
        name=f"{counter.word}: open by a command",
        responses=_OPENED,
        dependencies=deciding,
    )
    def opening_by_name(
        request: Request,
        name: Annotated[str, Path(alias="case", description="A command that opens a case, or a case.")],
        actor: Asking,
        body: Body,
        idempotency_key: Key = None,
    ) -> Response:
        """Open a case by another command than the usual one."""
        desks = request.app.state.system.desks
        decision = desks.of(counter.desk).declaration.decisions.get(name)
        if decision is None or not decision.opens:
            raise NotFound(
                f"{name!r} opens no case here: POST to {counter.path}, or to {counter.path}/CASE/COMMAND"
            )
        must_be_own(request, body)
        done = take(desks, counter, name, body, actor, command_id=idempotency_key)
        return answered(done, counter, opened=True)

    @router.post(
        "/{case}/{command}",
        openapi_extra=_BODY,
        name=f"{counter.word}: command",
        responses=answers(Done),
        dependencies=deciding,
    )
    def commanded(
        request: Request,
        case: str,
        command: str,
        actor: Asking,
        body: Body,
        if_match: IfMatch = None,
        idempotency_key: Key = None,
    ) -> Response:
        """Ask for something about a case, at the version that you have seen."""
        must_be_own(request, body)
        system: Any = request.app.state.system
        done = take(
            system.desks,
            counter,
            _about_a_case(system, counter, command),
            body,
            actor,
            case_id=case,
            expected_version=version_of(if_match),
            command_id=idempotency_key,
        )
        return answered(done, counter)

    @router.get("/{case}", name=f"{counter.word}: case", responses=answers(CaseShown))
    def one_case(request: Request, case: str, actor: Somebody) -> Response:
        """A case: its state, what it allows whoever asks, and its entries."""
        return case_shown(request, counter, case, actor)

    return router


def _about_a_case(system: Any, counter: Counter, command: str) -> str:
    """The command's name; NotFound for one that is not about an existing case."""
    decisions = system.desks.of(counter.desk).declaration.decisions
    if command not in decisions or decisions[command].opens:
        known = ", ".join(name for name, decision in decisions.items() if not decision.opens)
        raise NotFound(f"a case of the {counter.desk} desk knows no command {command!r}; it knows {known}")
    return command


_list = APIRouter(tags=["desks"], dependencies=[needs("read_ledgers")])


@_list.get("/desks", summary="Every desk", responses=answers(list[dict[str, Any]]))
def list_desks(request: Request) -> Response:
    """Every desk: its path, its commands, what each is about, and the JSON schema of its body."""
    desks = request.app.state.system.desks
    return json_of([described(one, desks.of(one.desk).declaration) for one in COUNTERS])


ROUTERS: tuple[APIRouter, ...] = (_list, *(_router_of(counter) for counter in COUNTERS))
