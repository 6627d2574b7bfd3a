"""Customers over HTTP: the card, a search by something personal, and personal data in clear for a purpose.

What is searched for and what is shown stands in bodies only: never in an address, a log or an event. The card
holds no personal value; those come from services/audit/revealing.py, which tells the journal first.
"""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from events.envelope import Position
from services.api.guard import needs, who_of
from services.api.openapi import answers
from services.api.reading import Limit, json_of, moment, must_see, reading
from services.audit.card_as_of import card_as_of
from services.audit.revealing import Asking, Purpose, Read, Revealed, Revealer
from services.errors import NotFound
from services.privacy.lookup import Lookups
from services.projector.batch import Cut
from services.store.queries.customer_card import CustomerCard, customer_card, satisfaction_over_time
from services.store.queries.customer_lines import AnswerLine
from services.store.queries.customer_search import Candidate, candidates
from services.store.queries.paging import no_cursor

router = APIRouter(prefix="/customers", tags=["customers"], dependencies=[needs("read_customers")])

FOUND_AT_MOST = 20

Instant = Annotated[str | None, Query(description="ISO 8601; UTC where no zone is given.")]


class Found(msgspec.Struct, frozen=True):
    """Who it may be; `more`: there are others, say something that fewer share."""

    candidates: tuple[Candidate, ...]
    more: bool


class Answers(msgspec.Struct, frozen=True):
    """Every answer of a customer, the first one first."""

    customer_id: str
    answers: tuple[AnswerLine, ...]


class ReadsPage(msgspec.Struct, frozen=True):
    """Who looked, the newest first; `next` is the cursor of what follows."""

    reads: tuple[Read, ...]
    next: str | None


class Search(BaseModel):
    """Something personal that a customer gave, and what it is."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"by": "phone", "value": "+86 139 0000 1111"}]},
    )

    by: Literal["phone", "email", "name", "document"]
    value: str = Field(min_length=1, max_length=500)


class WantsToSee(BaseModel):
    """What somebody wants to see, and why; `reference` names a case or a ticket."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"purpose": "complaint", "reference": "cmp-881", "fields": ["name", "phone"]}]
        },
    )

    purpose: Purpose
    fields: list[str] = Field(min_length=1, max_length=50, description="Groups of fields, such as phone.")
    reference: str | None = Field(default=None, max_length=80)


@router.post("/search", summary="Find a customer by something they gave", responses=answers(Found))
def search(request: Request, body: Search) -> Response:
    """At most 20 candidates who gave this phone number, e-mail address, name or document number."""
    system: Any = request.app.state.system
    subjects = Lookups(system.keyring).find(body.by, body.value)
    with reading(request) as (_, connection, schema):
        found = candidates(connection, schema, subjects, FOUND_AT_MOST + 1)
    return json_of(Found(tuple(found[:FOUND_AT_MOST]), len(found) > FOUND_AT_MOST))


@router.get("/{customer_id}", summary="A customer's card", responses=answers(CustomerCard))
def card(request: Request, customer_id: str, as_of: Instant = None, known_at: Instant = None) -> Response:
    """The card of a customer: now, or as of a moment as far as it was known at another."""
    cut = Cut(moment(as_of, "as_of"), moment(known_at, "known_at"))
    risk = who_of(request).may("read_risk")
    with reading(request) as found:
        system, connection, schema = found
        must_see(found, f"customer/{customer_id}")
        at = (cut.as_of or cut.known_at or system.clock()).astimezone(system.zone)
        if cut == Cut():
            shown = customer_card(
                connection, schema, customer_id, at, volume=system.journal.volume, risk=risk
            )
        else:
            parts = (system.journal, system.declarations, system.zone)
            shown = card_as_of(connection, schema, *parts, customer_id, cut, at, risk=risk)
    if shown is None:
        raise _unknown(customer_id)
    return json_of(shown)


@router.get("/{customer_id}/satisfaction", summary="What a customer answered", responses=answers(Answers))
def satisfaction(request: Request, customer_id: str) -> Response:
    """Every answer of a customer with its day, kind, score and scale, the first one first."""
    with reading(request) as found:
        must_see(found, f"customer/{customer_id}")
        given = satisfaction_over_time(found.connection, found.schema, customer_id)
    return json_of(Answers(customer_id, tuple(given)))


@router.post(
    "/{customer_id}/personal",
    summary="Personal data for a purpose",
    dependencies=[needs("read_personal")],
    responses=answers(Revealed),
)
def personal(request: Request, customer_id: str, body: WantsToSee) -> Response:
    """Personal data in clear. Who reads what, and why, stands in the journal before anything is shown."""
    asking = Asking(purpose=body.purpose, fields=tuple(body.fields), reference=body.reference)
    with reading(request) as found:
        must_see(found, f"customer/{customer_id}")
        shown = _revealer(found.system).reveal(
            found.connection, found.schema, who_of(request), customer_id, asking
        )
    answer = json_of(shown)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get(
    "/{customer_id}/personal/reads",
    summary="Who looked at personal data",
    dependencies=[needs("review_access")],
    responses=answers(ReadsPage),
)
def reads(
    request: Request,
    customer_id: str,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Limit = 100,
) -> Response:
    """Who looked at a customer's personal data, when, why and at what; the newest first."""
    with reading(request) as found:
        must_see(found, f"customer/{customer_id}")
        lines = _revealer(found.system).reads(
            found.connection, found.schema, customer_id, before=_position(cursor), limit=limit
        )
    return json_of(ReadsPage(tuple(lines), lines[-1].position if len(lines) == limit else None))


def _revealer(system: Any) -> Revealer:
    return Revealer(system.door, system.keyring, system.sealer, system.journal, system.zone, system.clock)


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        return Position.parse(cursor)
    except ValueError as error:
        raise no_cursor(cursor) from error


def _unknown(customer_id: str) -> NotFound:
    return NotFound(
        f"no customer {customer_id} was known then: look at its timeline for when it began, or search with "
        "POST /customers/search"
    )
