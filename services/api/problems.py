"""Errors over HTTP: application/problem+json (RFC 9457), one shape for every refusal."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

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


_STATUS: tuple[tuple[type[DaybookError], int], ...] = (
    (WhoAsks, 401),
    (BadToken, 401),
    (VersionMissing, 428),
    (StaleVersion, 412),
    (NotPermitted, 403),
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
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: str
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
        pages: PagesFor | None = getattr(app.state, "problem_pages", None)
        if pages is not None and request.url.path.startswith(pages.prefix):
            return pages.shown(request, error)
        status = status_of(error)
        if isinstance(error, RuleBroken):
            return problem(status, error.code, str(error), rule=error.rule)
        return problem(status, error.code, str(error), _headers(error))


def _headers(error: DaybookError) -> dict[str, str]:
    """What a client needs to go on: the version to read, or how to say who asks."""
    if isinstance(error, StaleVersion):
        return {"ETag": etag(error.version)}
    if isinstance(error, BadToken):
        said = str(error).encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
        return {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{said}"'}
    return {"WWW-Authenticate": error.challenge} if isinstance(error, WhoAsks) else {}
