"""The console assembled: its views, its static files, and what an error looks like to a person.

`daybook up`, `api` and `demo` serve `create_site`: the API with the console on it, in one process and on one
port. A view more is a file in views/ and a line in VIEWS.
"""

import threading
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from services.api.app import create_app
from services.console import charts, live, problems
from services.console.view import PREFIX, View
from services.console.views import (
    audit,
    channels,
    complaints,
    customers,
    figures,
    people,
    performance,
    products,
    records,
    risk,
    satisfaction,
)

if TYPE_CHECKING:
    from services.bootstrap import System

VIEWS: tuple[View, ...] = (
    customers.VIEW,
    complaints.VIEW,
    satisfaction.VIEW,
    performance.VIEW,
    risk.VIEW,
    products.VIEW,
    channels.VIEW,
    people.VIEW,
    people.UNITS,
    figures.VIEW,
    audit.VIEW,
    records.VIEW,
)
"""Every view, in the order of the menu."""

KEEP_SECONDS = 31_536_000


class KeptFiles(StaticFiles):
    """Static files whose address changes with their content."""

    def file_response(self, *arguments: object, **named: object) -> Response:
        response = super().file_response(*arguments, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = f"public, max-age={KEEP_SECONDS}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def create_site(system: "System", *, loops: bool) -> FastAPI:
    """API and console over a system; with `loops` it posts and judges in a thread of its own."""
    app = create_app(system, loops=loops)
    install(app)
    threading.Thread(target=charts.warm_up, name="charts", daemon=True).start()
    return app


def install(app: FastAPI) -> None:
    """Add the console to an application that serves the API."""
    app.state.views = VIEWS
    app.mount(f"{PREFIX}/static", KeptFiles(packages=[("services.console", "static")]), name="static")
    problems.install(app)
    app.include_router(live.router, include_in_schema=False)
    for view in VIEWS:
        app.include_router(view.router, include_in_schema=False)

    @app.get(PREFIX, include_in_schema=False)
    def home(request: Request) -> Response:
        first = problems.first_view(request)
        return RedirectResponse(f"{first.path}?{request.url.query}".removesuffix("?"), 303)
