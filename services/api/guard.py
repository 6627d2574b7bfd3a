"""The guard: who asks, from a bearer token, a session or, on an open loopback, headers; and what they may.

Every router names the permission that its routes need: `APIRouter(dependencies=[needs("read_figures")])`.
Routes and the console read `who_of(request)`; they must never look at tokens or cookies themselves.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.api.problems import SignInFirst, WhoAsks
from services.desks.counter import actor_of
from services.desks.deciding import Actor, NotPermitted
from services.identity.gate import Gate
from services.identity.tokens import BadToken
from services.identity.who import Permission, Who, roles_that, somebody_here

_SHOWN_IN_OPENAPI = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="An access token of the issuer; see `daybook token`."
)


def who_of(request: Request) -> Who:
    """Who asks; SignInFirst or BadToken (401) if nobody signed in and somebody must."""
    found: Who | None = getattr(request.state, "who", None)
    if found is None:
        found = request.state.who = _resolved(request)
    return found


def needs(permission: Permission) -> Any:
    """A dependency for a router or a route: NotPermitted (403) unless a role of who asks allows it."""

    def which(request: Request) -> Permission:
        return permission

    return needs_one_of((permission,), which)


def needs_one_of(permissions: tuple[Permission, ...], which: Callable[[Request], Permission]) -> Any:
    """The same, where the request decides which of some permissions it takes."""

    def check(
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Depends(_SHOWN_IN_OPENAPI)] = None,
    ) -> None:
        must(who_of(request), which(request))

    check.permissions = permissions  # type: ignore[attr-defined]
    return Depends(check)


def must(who: Who, permission: Permission) -> None:
    """NotPermitted unless they may, naming the roles that do."""
    if not who.may(permission):
        allowed = ", ".join(roles_that(permission))
        raise NotPermitted(
            f"{who.name} may not {permission.replace('_', ' ')}: that takes a role of {allowed}"
        )


def csrf_token(request: Request) -> str:
    """What a form must carry so that we know it for our own; empty where nobody is signed in."""
    return str(getattr(request.state, "csrf", ""))


def actor_for(who: Who) -> Actor:
    """Who asks, as a desk knows them; WhoAsks if they are no employee."""
    if who.employee_id is None:
        raise WhoAsks(f"{who.name} is no employee here, and a desk must know who decides: sign in as one")
    return actor_of(who.employee_id, who.roles)


def open_loopback(request: Request) -> Who:
    """Nobody is asked to sign in: whoever sits at this machine, with the employee id that they say."""
    roles = (role.strip() for role in request.headers.get("daybook-roles", "").split(","))
    return somebody_here(request.headers.get("daybook-actor"), (role for role in roles if role))


def _resolved(request: Request) -> Who:
    """By the gate that the application was made with."""
    gate: Gate = request.app.state.gate
    if gate.open:
        return open_loopback(request)
    token, session = request.state.bearer, request.state.session
    if token is not None:
        if not token or gate.client is None:
            raise BadToken("send it as Authorization: Bearer TOKEN")
        return gate.client.bearer(token)
    if session is None:
        raise SignInFirst(
            "nobody is signed in: send Authorization: Bearer TOKEN, or sign in with a browser at /sign-in"
        )
    return session.who  # type: ignore[no-any-return]
