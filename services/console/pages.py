"""Pages: one environment of templates, and what every page carries: language, look, menu, who, safe headers.

Views call `page`. Nothing is kept between requests: language and theme are cookies, everything else is in the
address, so that any process can answer and the browser's Back works.
"""

import datetime as dt
import functools
import hashlib
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from services.api.guard import csrf_token, who_of
from services.api.languages import CODES, NAMES, code_of
from services.console import links
from services.console.formats import FILTERS, Formats, short
from services.console.language import Language, language
from services.console.view import PREFIX, View
from services.store.queries.names import Names

THEMES = ("auto", "light", "dark")
LOOK_SECONDS = 365 * 86_400
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""On every page: nothing inline, nothing from elsewhere, nobody may frame it."""


def page(
    request: Request, template: str, /, status: int = 200, *, called: Names | None = None, **context: Any
) -> HTMLResponse:
    """A template as an answer, with everything that all pages share; `called` are names to show for ids."""
    text = _environment().get_template(template).render(**shared(request, called or {}), **context)
    response = HTMLResponse(text, status, HEADERS)
    _keep_look(request, response)
    return response


def shared(request: Request, called: Names) -> dict[str, Any]:
    """What every template may use."""
    spoken = language_of(request)
    zone = request.app.state.system.zone
    who = who_of(request)
    views: tuple[View, ...] = request.app.state.views
    return {
        "_": spoken,
        "who": who,
        "csrf": csrf_token(request),
        "menu": [view for view in views if view.in_menu and who.may(view.permission)],
        "here": request.url.path,
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "with_query": functools.partial(with_query, request),
        "languages": NAMES,
        "theme": theme_of(request),
        "link": links,
        "zone": str(zone),
        "now": request.app.state.system.clock(),
        "static": static,
        "words_of": lambda codes: [(one, spoken.word(one)) for one in codes],
        "formats": Formats(spoken, zone, called),
    }


def language_of(request: Request) -> Language:
    """The language of this answer."""
    return language(code_of(request))


def theme_of(request: Request) -> str:
    """Light, dark, or as the system has it."""
    asked = request.query_params.get("theme") or request.cookies.get("daybook-theme")
    return asked if asked in THEMES else THEMES[0]


def with_query(request: Request, **changed: object) -> str:
    """This page's address with some parameters set, or left out where None; a filter starts at page one."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
    if "cursor" not in changed:
        kept = [(name, value) for name, value in kept if name != "cursor"]
    added = [(name, str(value)) for name, value in changed.items() if value is not None]
    query = urlencode([*kept, *added])
    return f"{request.url.path}?{query}" if query else request.url.path


@functools.cache
def static(path: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for ever."""
    content = (resources.files("services.console") / "static" / path).read_bytes()
    return f"{PREFIX}/static/{path}?v={hashlib.sha256(content).hexdigest()[:12]}"


def today(request: Request) -> dt.date:
    """The business day now, in the journal's zone."""
    system = request.app.state.system
    now: dt.datetime = system.clock()
    return now.astimezone(system.zone).date()


def _keep_look(request: Request, response: HTMLResponse) -> None:
    """A language or theme asked for in the address is kept for the next pages."""
    for name, known in (("lang", CODES), ("theme", THEMES)):
        asked = request.query_params.get(name)
        if asked in known:
            response.set_cookie(
                f"daybook-{name}", str(asked), max_age=LOOK_SECONDS, path="/", httponly=True, samesite="lax"
            )


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("services.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in FILTERS:
        made.filters[name] = _of_the_request("formats", name)
    for name in ("word", "column", "event_type"):
        made.filters[name] = _of_the_request("_", name)
    made.filters["short"] = short
    made.filters["pairs"] = lambda values: [(one, one) for one in values]
    return made


def _of_the_request(part: str, name: str) -> Callable[..., Any]:
    """A filter that the request's own language and zone decide."""

    @pass_context
    def written(context: Context, *arguments: Any, **named: Any) -> Any:
        return getattr(context[part], name)(*arguments, **named)

    return written
