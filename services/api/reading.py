"""What every reading route shares: a snapshot of the live generation, JSON of structs, and query dates."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response
from pydantic import BeforeValidator

from events.codec import encode_json
from services.api.guard import who_of
from services.api.waiting import wait_until_posted
from services.errors import NotFound, WrongUse
from services.store.database import Connection
from services.store.scope import scoped, visible

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=4_000, description="The `next` of the page before.")]
Instant = Annotated[str | None, Query(max_length=40)]


def _iso_day(given: object) -> object:
    """Days are written as days: a bare number is none."""
    if isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given) is None:
        raise ValueError("write a day as 2026-05-04")
    return given


Day = Annotated[dt.date, BeforeValidator(_iso_day)]
YEARS = range(2, 9999)
"""Years in which an instant may lie, so that it can be told in any zone."""


class Reading(NamedTuple):
    """A connection and the schema of the generation that this request reads, resolved once."""

    system: Any
    connection: Connection
    schema: str


@contextmanager
def reading(request: Request, *, every_unit: bool = False) -> Iterator[Reading]:
    """The live generation for one request; NotReady becomes a 503 with the way out.

    Whoever asks sees the rows of their units. `every_unit` is for numbers over the whole house and for the
    state of the system, never for rows about persons. With `after=` it waits for one's own write first.
    """
    system = request.app.state.system
    wait_until_posted(request, system)
    units = None if every_unit else who_of(request).units
    with system.read_pool.connection() as connection, scoped(connection, units):
        yield Reading(system, connection, system.generation(connection).schema)


def must_see(found: Reading, subject: str) -> None:
    """NotFound where whoever asks may not see a subject; it does not tell whether there is such a one."""
    if not visible(found.connection, found.schema, subject):
        raise NotFound(f"nothing is known of {subject!r} in your units")


@contextmanager
def entries_of(found: Reading, subject: str) -> Iterator[None]:
    """Within, every entry is read by index; NotFound where whoever asks may not see the subject.

    Row-level security on entries asks about each row before their index on the subject is asked.
    """
    must_see(found, subject)
    with scoped(found.connection, None):
        yield


def json_of(value: Any, status: int = 200) -> Response:
    """A struct, or anything of structs, as a JSON response."""
    return Response(encode_json(value), status, media_type="application/json")


def moment(text: str | None, name: str) -> dt.datetime | None:
    """An instant from a query parameter; a bare date or a time without a zone is taken in UTC."""
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"{name}={text!r} is no time: write 2026-05-04T12:00:00Z") from error
    if found.year not in YEARS:
        raise WrongUse(f"{name}={text!r} is out of range: a year from {YEARS[0]} to {YEARS[-1]} is taken")
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
