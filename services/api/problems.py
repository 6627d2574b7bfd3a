"""Errors over HTTP: application/problem+json (RFC 9457), one shape for every refusal."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from events.errors import DaybookError
from services import errors
from services.desks.deciding import NotPermitted, RuleBroken, StaleVersion
from services.identity.tokens import BadToken


class WhoAsks(errors.Refused):
    """A request that must say who asks, and does not."""

    code = "who_asks"
    challenge = "Daybook-Actor"


class SignInFirst(WhoAsks):
    """A request of nobody who signed in."""

    challenge = "Bearer"


class VersionMissing(errors.Refused):
    """A command about a case that does not say which version of it was seen."""

    code = "version_missing"


class TooLarge(errors.Refused):
    """A body that is larger than its route takes."""

    code = "too_large"


RETRY_SECONDS = 2
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_log = logging.getLogger("daybook.api")

_STATUS: tuple[tuple[type[DaybookError], int], ...] = (
    (WhoAsks, 401),
    (BadToken, 401),
    (VersionMissing, 428),
    (StaleVersion, 412),
    (NotPermitted, 403),
    (TooLarge, 413),
    (errors.NotFound, 404),
    (errors.WrongUse, 400),
    (errors.TooManyRefusals, 429),
    (errors.LegalHold, 409),
    (errors.Refused, 409),
    (errors.CheckFailed, 409),
    (errors.NotReady, 503),
    (errors.Stopped, 503),
)


def problem(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: object
) -> JSONResponse:
    """A problem document; `type` is stable, `detail` names the thing, the rule and the way out."""
    body = {"type": f"urn:daybook:problem:{code}", "title": code.replace("_", " "), "status": status}
    return JSONResponse(
        {**body, "detail": detail, **members},
        status,
        None if headers is None else dict(headers),
        media_type="application/problem+json",
    )


class PagesFor(NamedTuple):
    """Under an address that begins so, an error is a page for a person."""

    prefix: str
    shown: Callable[[Request, DaybookError], Response]


def status_of(error: DaybookError) -> int:
    """The HTTP status of an error."""
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


def etag(version: int) -> str:
    """The entity tag of a case at a version."""
    return f'"{version}"'


def install(app: FastAPI) -> None:
    """Turn the tree of errors into problem documents."""

    @app.exception_handler(DaybookError)
    def answer(request: Request, error: DaybookError) -> Response:
        page = _page(request, error)
        if page is not None:
            return page
        status = status_of(error)
        if isinstance(error, RuleBroken):
            return problem(status, error.code, str(error), rule=error.rule)
        return problem(status, error.code, str(error), _headers(error))

    @app.exception_handler(RequestValidationError)
    def misfit(request: Request, error: RequestValidationError) -> Response:
        parts = [_part(one, request.headers.get("content-type", "")) for one in error.errors()]
        return _page(request, errors.WrongUse(_said(parts))) or _misfit(parts)

    @app.exception_handler(HTTPException)
    def of_router(request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "refused")
        detail = f"{request.method} {request.url.path}: {error.detail}; /openapi.json has every address"
        page = _page(request, errors.NotFound(detail)) if error.status_code == 404 else None
        headers = (
            {"Allow": _allowed(request, error.headers or {})} if error.status_code == 405 else error.headers
        )
        return page or problem(error.status_code, code, detail, headers)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        identifier = secrets.token_hex(8)
        _log.error("error %s at %s %s", identifier, request.method, request.url.path, exc_info=error)
        detail = f"something went wrong here: the log of the server has it under {identifier}"
        return problem(500, "internal", detail, id=identifier)


def _misfit(parts: Sequence[Mapping[str, str]]) -> JSONResponse:
    """A problem for a request of which parts do not fit, each with its path and the reason."""
    return problem(400, "wrong_use", _said(parts), errors=list(parts))


def _said(parts: Sequence[Mapping[str, str]]) -> str:
    return "; ".join(f"{one['path']}: {one['reason']}" for one in parts)


def _part(one: Mapping[str, Any], content_type: str) -> dict[str, str]:
    """Where and why; never what was sent, which may be personal. A body that was not read as JSON because it
    does not say that it is, says so."""
    reason = str(one["msg"])
    if tuple(one["loc"]) == ("body",) and "json" not in content_type.lower():
        came = f"came as {content_type[:100]!r}" if content_type else "says no Content-Type"
        reason = f"it {came}: send JSON with Content-Type: application/json"
    return {"path": ".".join(str(name) for name in one["loc"]), "reason": reason}


def _allowed(request: Request, by_router: Mapping[str, str]) -> str:
    """The methods at this address, by its most literal description: the router names one route's alone."""
    fitting = [
        (path.count("{"), ", ".join(sorted(method.upper() for method in methods)))
        for path, methods in request.app.openapi()["paths"].items()
        if compile_path(path)[0].match(request.url.path)
    ]
    return min(fitting)[1] if fitting else by_router.get("Allow", "")


def _page(request: Request, error: DaybookError) -> Response | None:
    """The page for a person, under the addresses that have pages."""
    pages: PagesFor | None = getattr(request.app.state, "problem_pages", None)
    if pages is None or not request.url.path.startswith(pages.prefix):
        return None
    return pages.shown(request, error)


def _headers(error: DaybookError) -> dict[str, str]:
    """What a client needs to go on: the version to read, or how to say who asks."""
    if isinstance(error, StaleVersion):
        return {"ETag": etag(error.version)}
    if isinstance(error, BadToken):
        said = str(error).encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
        return {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{said}"'}
    if isinstance(error, errors.NotReady):
        return {"Retry-After": str(RETRY_SECONDS)}
    return {"WWW-Authenticate": error.challenge} if isinstance(error, WhoAsks) else {}
