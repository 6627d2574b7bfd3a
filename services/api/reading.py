"""What every reading route shares: a snapshot of the live generation, JSON of structs, and query dates."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response

from events.codec import encode_json
from services.errors import WrongUse
from services.store.database import Connection

Limit = Annotated[int, Query(ge=1, le=500)]


class Reading(NamedTuple):
    """A connection and the schema of the generation that this request reads, resolved once."""

    system: Any
    connection: Connection
    schema: str


@contextmanager
def reading(request: Request) -> Iterator[Reading]:
    """The live generation for one request; NotReady becomes a 503 with the way out."""
    system = request.app.state.system
    with system.read_pool.connection() as connection:
        yield Reading(system, connection, system.generation(connection).schema)


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
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
