"""The HTTP API: assembled from routers over one System, with the loops beside it in an embedded system.

`daybook up` and `daybook api` serve it. Routes are thin: parse, ask a part, answer; rules live elsewhere.
"""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from fastapi.responses import RedirectResponse

from services.api import (
    changes,
    complaints,
    customers,
    desks,
    doors,
    figures,
    ledgers,
    local_issuer,
    openapi,
    operations,
    performance,
    problems,
    publishing,
    sign_in,
    subjects,
    suitability,
)
from services.api.bounds import Bounds
from services.api.conditional import Conditional
from services.api.cross_site import CrossSite
from services.api.waiting import accepts_waiting
from services.api.watermarks import Watermarks
from services.identity.gate import make_gate
from services.store.locks import Lock

if TYPE_CHECKING:
    from services.bootstrap import System

_log = logging.getLogger("daybook.api")
ROUTERS = (
    publishing.router,
    figures.router,
    performance.router,
    changes.router,
    ledgers.router,
    doors.router,
    customers.router,
    subjects.router,
    complaints.router,
    suitability.router,
    *desks.ROUTERS,
    *operations.ROUTERS,
)
"""What the API answers; every route of these needs a permission, health aside."""

OPEN_ROUTERS = (sign_in.router, sign_in.leaving, local_issuer.router)
"""How somebody gets in and out."""


def create_app(system: "System", *, loops: bool) -> FastAPI:
    """The application over a system; with `loops` it posts and judges in a thread of its own."""

    gate = make_gate(system.settings, lambda: system.keyring.master_key, system.clock)

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
        gate.close()

    app = FastAPI(
        title="Daybook",
        version="0.1.0",
        summary="An event-sourced CRM for selling and servicing financial products.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.system = system
    app.state.gate = gate
    app.state.watermarks = Watermarks(system)
    app.state.streams = 0
    app.add_middleware(Conditional)
    app.add_middleware(CrossSite, gate=gate)
    app.add_middleware(Bounds)
    problems.install(app)
    openapi.install(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(accepts_waiting)])
    for router in OPEN_ROUTERS:
        app.include_router(router)

    @app.get("/", include_in_schema=False)
    def index() -> RedirectResponse:
        return RedirectResponse("/console", 303)

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
