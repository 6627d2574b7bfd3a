"""The HTTP API: assembled from routers over one System, with the loops beside it in an embedded system.

`daybook up` and `daybook api` serve it. Routes are thin: parse, ask a part, answer; rules live elsewhere.
"""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from services.api import (
    complaints,
    desks,
    figures,
    operations,
    problems,
    publishing,
    subjects,
    suitability,
)
from services.store.locks import Lock

if TYPE_CHECKING:
    from services.bootstrap import System

_log = logging.getLogger("daybook.api")
ROUTERS = (
    publishing.router,
    figures.router,
    subjects.router,
    complaints.router,
    suitability.router,
    *desks.ROUTERS,
    operations.router,
)


def create_app(system: "System", *, loops: bool) -> FastAPI:
    """The application over a system; with `loops` it posts and judges in a thread of its own."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        desks.open_all(system)
        thread = threading.Thread(target=_run_loops, args=(system, stop), name="loops", daemon=True)
        if loops:
            thread.start()
        else:
            system.prepare()
        yield
        stop.set()
        if loops:
            thread.join(timeout=30)

    app = FastAPI(
        title="Daybook",
        version="0.1.0",
        summary="An event-sourced CRM for selling and servicing financial products.",
        lifespan=lifespan,
        openapi_tags=[
            {"name": "publish", "description": "Channel systems bring facts in as CloudEvents."},
            {"name": "figures", "description": "Numbers, the rows behind them, the entries behind those."},
            {"name": "subjects", "description": "One customer, product or case: rows, timeline, as-of."},
            {
                "name": "desks",
                "description": "Decisions under rules: commands, cases, their files and clocks.",
            },
            {"name": "operate", "description": "Status, digests, journal records, quarantine."},
        ],
    )
    app.state.system = system
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)

    @app.get("/", include_in_schema=False)
    def index() -> RedirectResponse:
        return RedirectResponse("/docs")

    return app


def _run_loops(system: "System", stop: threading.Event) -> None:
    """Hold the lock of the loops and run them; stand by while another process has it."""
    with Lock(system.conninfo, "loops") as lock:
        while not lock.try_take():
            if stop.wait(1.0):
                return
        system.prepare()
        loops = system.loops()
        try:
            loops.run(stop, system.duties())
        except Exception:
            _log.exception("the loops stopped; `daybook doctor` says why")
            raise
        finally:
            loops.close()
