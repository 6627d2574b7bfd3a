"""An application as somebody sees it who signed in: requests come in with their `Who`."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.identity.who import ROLES, Role, Who


class SignedIn:
    """An application around another: every request is somebody's."""

    def __init__(self, app: ASGIApp, who: Who) -> None:
        self._app = app
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "state": {**scope.get("state", {}), "who": self._who}}
        await self._app(scope, receive, send)


def somebody(*roles: Role, units: frozenset[str] | None = None, sources: frozenset[str] = frozenset()) -> Who:
    """A person with these roles, all of them if none is named."""
    return Who(
        subject="s-1",
        name="Ines",
        employee_id="bank:e1",
        roles=frozenset(roles or ROLES),
        units=units,
        sources=sources,
    )
