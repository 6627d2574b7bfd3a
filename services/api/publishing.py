"""POST /events: CloudEvents in structured, batch, JSON-lines or binary mode, through the one door."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from events.codec import encode_json
from services.api.problems import problem
from services.door import cloudevents

router = APIRouter(tags=["publish"])
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
    responses={
        200: {"description": "All admitted, or duplicates of what is there."},
        207: {"description": "Some were refused; each outcome says why."},
        409: {"description": "An id was used again for something else."},
        413: {"description": "The body is too large."},
        422: {"description": "All were refused; what was sent is kept in quarantine."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                cloudevents.STRUCTURED: {"schema": {"type": "object"}, "example": _EXAMPLE},
                cloudevents.BATCH: {"schema": {"type": "array"}, "example": [_EXAMPLE]},
                cloudevents.LINES: {"schema": {"type": "string"}},
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
            return problem(413, "too_large", f"the body is over {MAX_BODY_BYTES} bytes: send smaller batches")
    system: Any = request.app.state.system
    submissions = cloudevents.submissions_of(request.headers, body, _source(request))
    outcomes = await run_in_threadpool(system.door.admit, submissions, dry_run=dry_run)
    return Response(
        encode_json(cloudevents.answer(outcomes)),
        cloudevents.http_status(outcomes),
        media_type="application/json",
    )


def _source(request: Request) -> str:
    host = request.client.host if request.client else "unknown"
    return f"urn:daybook:http:{host}"
