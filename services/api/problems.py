"""Errors over HTTP: application/problem+json (RFC 9457), one shape for every refusal."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from events.errors import DaybookError
from services import errors

_STATUS: tuple[tuple[type[DaybookError], int], ...] = (
    (errors.NotFound, 404),
    (errors.WrongUse, 400),
    (errors.TooManyRefusals, 429),
    (errors.LegalHold, 409),
    (errors.Refused, 409),
    (errors.NotReady, 503),
    (errors.Stopped, 503),
)


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """A problem document; `type` is stable, `detail` names the thing, the rule and the way out."""
    body = {"type": f"urn:daybook:problem:{code}", "title": code.replace("_", " "), "status": status}
    return JSONResponse({**body, "detail": detail}, status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Turn the tree of errors into problem documents."""

    @app.exception_handler(DaybookError)
    def answer(request: Request, error: DaybookError) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        return problem(status, error.code, str(error))
