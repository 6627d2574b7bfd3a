"""One subject over HTTP: its rows in every ledger, as of a moment and as known at one, and its timeline."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from events.envelope import Position
from services.api.guard import needs_one_of
from services.api.reading import Limit, entries_of, json_of, moment, must_see, reading
from services.audit.as_of import subject_as_of
from services.errors import NotFound
from services.identity.who import Permission
from services.projector.batch import Cut
from services.store.queries.subjects import subject_rows
from services.store.timeline import timeline

OF_CUSTOMERS = ("customer", "lead", "complaint")
"""Kinds of subjects that are, or stand for, a person."""


def _permission(request: Request) -> Permission:
    """What the kind in the path takes."""
    return "read_customers" if request.path_params["kind"] in OF_CUSTOMERS else "read_ledgers"


router = APIRouter(
    prefix="/subjects",
    tags=["subjects"],
    dependencies=[needs_one_of(("read_customers", "read_ledgers"), _permission)],
)

Instant = Annotated[str | None, Query(description="ISO 8601; UTC where no zone is given.")]


@router.get("/{kind}/{identifier}")
def subject(
    request: Request, kind: str, identifier: str, as_of: Instant = None, known_at: Instant = None
) -> Response:
    """The rows of a subject in every ledger: now, or as of a moment as far as it was known at another."""
    name, cut = f"{kind}/{identifier}", Cut(moment(as_of, "as_of"), moment(known_at, "known_at"))
    with reading(request) as seen:
        system, connection, schema = seen
        if cut == Cut():
            must_see(seen, name)
            found = subject_rows(connection, schema, system.declarations, name)
        else:
            with entries_of(seen, name):
                folded = subject_as_of(
                    connection, schema, system.journal, system.declarations, system.zone, name, cut
                )
            found = {ledger: list(rows.values()) for ledger, rows in folded.items()}
    if not found:
        raise NotFound(f"nothing is known of {name!r} then: look at its timeline for when it began")
    return json_of({"subject": name, "as_of": cut.as_of, "known_at": cut.known_at, "ledgers": found})


@router.get("/{kind}/{identifier}/timeline")
def subject_timeline(
    request: Request,
    kind: str,
    identifier: str,
    after: Annotated[str | None, Query(description="Position of the last entry seen.")] = None,
    limit: Limit = 100,
) -> Response:
    """Every entry of a subject, in journal order; page with `after`."""
    start = None if after is None else Position.parse(after)
    with reading(request) as seen, entries_of(seen, f"{kind}/{identifier}"):
        lines = timeline(
            seen.connection,
            seen.schema,
            f"{kind}/{identifier}",
            volume=seen.system.journal.volume,
            after=start,
            limit=limit,
        )
    entries = [{**line._asdict(), "position": str(line.position)} for line in lines]
    return json_of({"entries": entries, "next": entries[-1]["position"] if len(entries) == limit else None})
