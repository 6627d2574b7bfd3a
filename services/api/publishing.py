"""POST /events: CloudEvents in structured, batch, JSON-lines or binary mode, through the one door."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from events.codec import encode_json
from services.api.guard import needs, who_of
from services.api.openapi import answers
from services.api.problems import TooLarge
from services.desks.deciding import NotPermitted
from services.door import cloudevents
from services.door.reading import envelope_glimpse
from services.door.submission import Submission
from services.identity.who import Who

router = APIRouter(tags=["publish"], dependencies=[needs("publish")])
MAX_BODY_BYTES = 16_000_000

_EXAMPLE = {
    "specversion": "1.0",
    "id": "sale-1001",
    "source": "urn:bank:branch-12",
    "type": "sale.confirmed",
    "subject": "customer/bank:17",
    "dataschema": "urn:daybook:sale.confirmed:1",
    "time": "2026-05-04T09:30:00+08:00",
    "data": {
        "sale_id": "bank:s1001",
        "customer_id": "bank:17",
        "legal_entity": "bank-cn",
        "product_id": "bank:p3",
        "amount_minor": 5_000_000,
        "currency": "CNY",
    },
}


@router.post(
    "/events",
    summary="Publish events",
    responses={
        **answers(cloudevents.Answer, about="All admitted, or duplicates of what is there."),
        **answers(cloudevents.Answer, status=207, about="Some were refused; each outcome says why."),
        **answers(cloudevents.Answer, status=409, about="An id was used again for something else."),
        **answers(cloudevents.Answer, status=422, about="All were refused; it is kept in quarantine."),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                cloudevents.STRUCTURED: {"schema": {"type": "object"}, "example": _EXAMPLE},
                cloudevents.BATCH: {"schema": {"type": "array"}, "example": [_EXAMPLE]},
                cloudevents.LINES: {"schema": {"type": "string"}, "example": encode_json(_EXAMPLE).decode()},
                cloudevents.BINARY: {"schema": {"type": "object"}, "example": _EXAMPLE["data"]},
            },
        }
    },
)
async def publish(
    request: Request,
    dry_run: Annotated[bool, Query(description="Say what would become of them; record nothing.")] = False,
) -> Response:
    """Publish events. Each outcome is admitted with its position, duplicate, id_reused, or refused with code,
    path and reason. Sending again is safe: the same source and id counts once."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"the body is over {MAX_BODY_BYTES} bytes: send smaller batches")
    _of_the_whole_house(who_of(request))
    system: Any = request.app.state.system
    submissions = cloudevents.submissions_of(request.headers, body, _source(request))
    _only_own_sources(who_of(request), submissions)
    outcomes = await run_in_threadpool(system.door.admit, submissions, dry_run=dry_run)
    return Response(
        encode_json(cloudevents.answer(outcomes)),
        cloudevents.http_status(outcomes),
        media_type="application/json",
    )


def _of_the_whole_house(who: Who) -> None:
    """NotPermitted for somebody of some units: an event may be about anybody, and the door knows no units."""
    if who.units is not None:
        raise NotPermitted(
            f"{who.name} is of {len(who.units)} units only, and events are published for the whole house: "
            "publish as a system that is bound to no unit, or decide at a desk"
        )


def _only_own_sources(who: Who, submissions: Sequence[Submission]) -> None:
    """NotPermitted for an event of a source that is not theirs; what names none is the door's to refuse."""
    if "*" in who.sources:
        return
    for submission in submissions:
        source = envelope_glimpse(submission.raw).get("source")
        if source is not None and not who.publishes_under(source):
            theirs = ", ".join(sorted(who.sources)) or "none at all"
            raise NotPermitted(f"{who.name} may not publish as {source}: theirs are {theirs}")


def _source(request: Request) -> str:
    host = request.client.host if request.client else "unknown"
    return f"urn:daybook:http:{host}"
