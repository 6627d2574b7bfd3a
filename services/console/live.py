"""The stream that tells pages of news: an event whenever something was posted to the live generation.

Pages with live parts listen (static/js/live.js) and ask for themselves again. One look at the watermarks a
second serves all streams of a process; a stream ends after a while, and the browser opens the next.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from services.api.guard import needs
from services.api.watermarks import LOOK_SECONDS, Watermarks
from services.console.view import PREFIX

router = APIRouter(prefix=PREFIX)

STREAM_SECONDS = 25.0
RETRY_MILLISECONDS = 2_000


@router.get("/live", dependencies=[needs("read_figures")])
def live(request: Request) -> StreamingResponse:
    """Server-sent events: `moved` whenever rows may have changed."""
    shared: Watermarks = request.app.state.watermarks
    return stream(request, shared.place)


def stream(request: Request, place: Callable[[], Hashable]) -> StreamingResponse:
    """Server-sent events: `moved` whenever a place, asked for every LOOK_SECONDS, is another one."""
    return StreamingResponse(
        _events(request, place),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(request: Request, look: Callable[[], Hashable]) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    seen = await run_in_threadpool(look)
    ends_at = time.monotonic() + STREAM_SECONDS
    while time.monotonic() < ends_at and not await request.is_disconnected():
        await asyncio.sleep(LOOK_SECONDS)
        place = await run_in_threadpool(look)
        if place != seen:
            seen = place
            yield "event: moved\ndata: 1\n\n"
        else:
            yield ": nothing new\n\n"
