"""What every request passes before its route: our own address, no tricks of other sites, the session.

A middleware of the whole application, so that no route can forget it. It finds the session and the bearer
token and leaves them in `request.state`; what somebody may is the guard's. It reads no body but a form's, for
the proof that the form is ours.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import problem
from services.identity.gate import LOOPBACK, Gate
from services.identity.sessions import SESSION_LIFE, Session, same

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER, CSRF_FIELD = "daybook-csrf", "csrf"
FORM_BYTES_AT_MOST = 1_000_000
CONSOLE, STATIC = "/console", "/console/static/"
_FORM = "application/x-www-form-urlencoded"
_ANY_HOST = "/healthz"


class CrossSite:
    """Refuses what comes by another name or from another site; opens and renews the session."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        base = address_of(self._gate, request)
        if base is None and request.url.path != _ANY_HOST:
            await _wrong_host(request, self._gate)(scope, receive, send)
            return
        cookie = session_cookie(self._gate, base or "")
        session = self._session(request, cookie)
        bearer = None if _of_console(request) else bearer_of(request)
        state = {"base": base, "session": session, "bearer": bearer}
        scope["state"] = {**scope.get("state", {}), **state, "csrf": session.csrf if session else ""}
        if bearer is None and request.method not in SAFE_METHODS:
            refusal, receive = await _proven(request, base or "", session)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        if not self._gate.open and session is None and _of_console(request):
            await _sign_in_first(request)(scope, receive, send)
            return
        await self._app(scope, receive, self._answering(send, session, cookie, request))

    def _session(self, request: Request, cookie: str) -> Session | None:
        sealed = request.cookies.get(cookie)
        if sealed is None or self._gate.sessions is None:
            return None
        return self._gate.sessions.read(sealed)

    def _answering(self, send: Send, session: Session | None, cookie: str, request: Request) -> Send:
        """Send, with the session as of now, and headers that keep what was shown out of other hands."""
        renewed = None
        if session is not None and self._gate.sessions is not None and not _streams(request):
            renewed = self._gate.sessions.renewed(session)

        async def answering(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.setdefault("X-Content-Type-Options", "nosniff")
                if not self._gate.open:
                    headers.setdefault("Cache-Control", "private, no-cache")
                if renewed is not None and not _sets(headers, cookie):
                    _keep_cookie(headers, self._gate, cookie, renewed)
                message["headers"] = headers.raw
            await send(message)

        return answering


def address_of(gate: Gate, request: Request) -> str | None:
    """The origin that browsers know us by; None for a request by a name that is none of ours."""
    host = request.headers.get("host", "")
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if gate.public_url is not None and name in (urlsplit(gate.public_url).hostname, *LOOPBACK):
        return gate.public_url
    return f"{request.url.scheme}://{host.lower()}" if name in LOOPBACK else None


def session_cookie(gate: Gate, base: str) -> str:
    """The cookie's name; by plain http one for each port, since ports of a host share their cookies."""
    return "__Host-daybook-session" if gate.secure else f"daybook-session-{urlsplit(base).port or 80}"


def bearer_of(request: Request) -> str | None:
    """The token of an Authorization header; a header of another scheme is a token that is none."""
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def cookie_attributes(gate: Gate, life_seconds: int) -> MutableMapping[str, Any]:
    """How every cookie of a sign-in is kept."""
    return {
        "max_age": life_seconds,
        "path": "/",
        "secure": gate.secure,
        "httponly": True,
        "samesite": "lax",
    }


def _of_console(request: Request) -> bool:
    path = request.url.path
    return (path == CONSOLE or path.startswith(f"{CONSOLE}/")) and not path.startswith(STATIC)


def _streams(request: Request) -> bool:
    """A stream that a page keeps open tells nothing of a person who is there."""
    return "text/event-stream" in request.headers.get("accept", "")


def _wrong_host(request: Request, gate: Gate) -> Response:
    ours = gate.public_url or "127.0.0.1 or localhost"
    return problem(
        400,
        "wrong_host",
        f"{request.headers.get('host', '')[:100]!r} is no name of this Daybook: ask for {ours}"
        + ("" if gate.public_url else ", or set DAYBOOK_PUBLIC_URL to the address that browsers use"),
    )


def _sign_in_first(request: Request) -> Response:
    """A person who asked for a page is sent to sign in; a program or a form is told."""
    if request.method in ("GET", "HEAD") and not _streams(request) and _navigates(request):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", 303)
    return problem(401, "who_asks", "nobody is signed in, or the session is over: sign in at /sign-in")


def _navigates(request: Request) -> bool:
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"


async def _proven(request: Request, base: str, session: Session | None) -> tuple[Response | None, Receive]:
    """A refusal if a request that changes something may come from elsewhere; and how to go on reading it."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if (origin is not None and origin.lower() != base) or site not in (None, "same-origin", "none"):
        return _refused(f"it comes from another site ({origin or site}), and only {base} may ask for this"), (
            request.receive
        )
    if session is None:
        return None, request.receive
    if origin is None and site != "same-origin":
        return _refused("it does not say where it comes from: a browser sends Origin"), request.receive
    given = request.headers.get(CSRF_HEADER)
    if given is not None or not request.headers.get("content-type", "").startswith(_FORM):
        right = given is not None and same(given, session.csrf)
        return (None if right else _no_proof()), request.receive
    return await _proven_by_form(request, session)


async def _proven_by_form(request: Request, session: Session) -> tuple[Response | None, Receive]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_AT_MOST:
            return problem(413, "too_large", f"the form is over {FORM_BYTES_AT_MOST} bytes"), request.receive
    try:
        fields: Mapping[str, list[str]] = parse_qs(body.decode(), max_num_fields=1_000)
    except ValueError:
        fields = {}
    given = fields.get(CSRF_FIELD, [""])
    refusal = None if len(given) == 1 and same(given[0], session.csrf) else _no_proof()
    return refusal, _again(body, request.receive)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receive_again


def _no_proof() -> Response:
    return _refused(
        f"it lacks the proof of this session: the form field {CSRF_FIELD}, or the header Daybook-Csrf; "
        "load the page again and send once more"
    )


def _refused(reason: str) -> Response:
    return problem(403, "cross_site", f"this request changes something, and is refused: {reason}")


def _sets(headers: MutableHeaders, cookie: str) -> bool:
    return any(value.startswith(f"{cookie}=") for value in headers.getlist("set-cookie"))


def _keep_cookie(headers: MutableHeaders, gate: Gate, cookie: str, value: str) -> None:
    carrier = Response()
    carrier.set_cookie(cookie, value, **cookie_attributes(gate, int(SESSION_LIFE.total_seconds())))
    headers.append("Set-Cookie", carrier.headers["set-cookie"])
