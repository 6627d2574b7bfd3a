"""Bounds on what may be asked, before any route sees it: the length of an address, and no zero byte in it.

PostgreSQL keeps no zero byte in a text, so nothing that is looked for can hold one.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.problems import problem

ADDRESS_BYTES_AT_MOST = 8_000


class Bounds:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query: bytes = scope["query_string"]
        length = len(query) + len(scope["path"].encode("utf-8", "replace"))
        if length > ADDRESS_BYTES_AT_MOST:
            text = f"the address has {length} bytes: at most {ADDRESS_BYTES_AT_MOST} are taken"
            await problem(414, "address_too_long", text)(scope, receive, send)
        elif b"%00" in query or b"\x00" in query or "\x00" in scope["path"]:
            text = "the address holds a zero byte, which no text here does: leave it out"
            await problem(400, "wrong_use", text)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
