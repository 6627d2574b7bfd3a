"""Signing in and out with a browser: off to the issuer, back with a code, and into a sealed cookie.

These routes are open to everybody. Each goes only where it was made to go: `next` is a path of our own, and a
sign-in ends in the browser that began it.
"""

import html
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from events.errors import DaybookError
from services.api.cross_site import address_of, cookie_attributes, session_cookie
from services.api.languages import code_of, said
from services.api.plain_page import HEADERS, plain_page
from services.api.problems import status_of
from services.identity.gate import Gate
from services.identity.oidc import OidcClient
from services.identity.sessions import SESSION_LIFE, SIGN_IN_LIFE, Sessions, SignInUnderWay, same
from services.identity.tokens import BadToken

router = APIRouter(prefix="/sign-in", include_in_schema=False)
leaving = APIRouter(include_in_schema=False)
HOME = "/console"
CALLBACK = "/sign-in/callback"
NEXT_CHARS_AT_MOST = 1_000


@router.get("")
def set_out(request: Request, following: Annotated[str, Query(alias="next")] = HOME) -> Response:
    """Send the browser to the issuer, with a cookie that knows it again."""
    gate: Gate = request.app.state.gate
    following = local_path(following)
    if gate.client is None or gate.sessions is None:
        return RedirectResponse(following, 303)
    under_way, sealed = gate.sessions.set_out(following)
    try:
        address = gate.client.where_to(under_way, _callback(request))
    except DaybookError as error:
        return _did_not_work(request, error)
    response = RedirectResponse(address, 303, HEADERS)
    life = int(SIGN_IN_LIFE.total_seconds())
    response.set_cookie(_under_way_cookie(request), sealed, **cookie_attributes(gate, life))
    return response


@router.get("/callback")
def come_back(
    request: Request, state: str = "", code: str = "", error: Annotated[str, Query()] = ""
) -> Response:
    """Take the code that the browser brings, and give it a session; every way out ends this sign-in."""
    gate: Gate = request.app.state.gate
    if gate.client is None or gate.sessions is None:
        return RedirectResponse(HOME, 303)
    try:
        under_way = _under_way(request, gate.sessions, state)
        response = _admitted(request, gate, gate.client, gate.sessions, under_way, code, error)
    except DaybookError as refusal:
        response = _did_not_work(request, refusal)
    response.delete_cookie(_under_way_cookie(request), path="/", secure=gate.secure, httponly=True)
    return response


@router.get("/signed-out")
def signed_out(request: Request) -> Response:
    """The page after signing out."""
    code = code_of(request)
    again = f'<p><a href="/sign-in?next={HOME}">{said("Sign in again", code)}</a></p>'
    return plain_page(said("You are signed out", code), again, code)


@leaving.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Take the session's cookie away; the proof that the form is ours was asked for before."""
    gate: Gate = request.app.state.gate
    response = RedirectResponse(HOME if gate.open else "/sign-in/signed-out", 303, HEADERS)
    response.delete_cookie(_session_cookie(request), path="/", secure=gate.secure, httponly=True)
    return response


def local_path(asked: str) -> str:
    """A path of this site that a browser may be sent to; anything else becomes the console's first page."""
    plain = asked.isprintable() and "\\" not in asked and len(asked) <= NEXT_CHARS_AT_MOST
    if not plain or not asked.startswith("/") or asked.startswith("//"):
        return HOME
    try:
        parts = urlsplit(asked)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith(("/sign-in", "/sign-out", "/issuer")):
        return HOME
    return asked


def _under_way(request: Request, sessions: Sessions, state: str) -> SignInUnderWay:
    found = sessions.come_back(request.cookies.get(_under_way_cookie(request), ""))
    if found is None or not same(state, found.state):
        raise BadToken("this browser began no such sign-in, or took longer than ten minutes")
    return found


def _admitted(
    request: Request,
    gate: Gate,
    client: OidcClient,
    sessions: Sessions,
    under_way: SignInUnderWay,
    code: str,
    error: str,
) -> Response:
    if error or not code:
        raise BadToken(f"the issuer let nobody in: {error[:100] or 'it gave no code'}")
    who = client.arrived(under_way, code, _callback(request))
    response = RedirectResponse(under_way.following, 303, HEADERS)
    life = int(SESSION_LIFE.total_seconds())
    response.set_cookie(_session_cookie(request), sessions.begin(who), **cookie_attributes(gate, life))
    return response


def _did_not_work(request: Request, error: DaybookError) -> Response:
    code = code_of(request)
    why = f'<p lang="en">{html.escape(str(error))}</p>'
    body = f'{why}\n<p><a href="/sign-in?next={HOME}">{said("Sign in", code)}</a></p>'
    return plain_page(said("Signing in did not work", code), body, code, status_of(error))


def _callback(request: Request) -> str:
    return f"{_base(request)}{CALLBACK}"


def _base(request: Request) -> str:
    return address_of(request.app.state.gate, request) or ""


def _session_cookie(request: Request) -> str:
    return session_cookie(request.app.state.gate, _base(request))


def _under_way_cookie(request: Request) -> str:
    return _session_cookie(request).replace("session", "sign-in")
