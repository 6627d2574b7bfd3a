"""Conditional reading: an ETag on every JSON answer to a GET, and 304 for what the client has already.

A tag is a strong hash of the body. A route that sets its own (a desk: the version of its case) keeps it, and
is always answered in full, since such a body changes without its tag (what it allows whom). Streams pass.
"""

import hashlib
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEEP = "private, no-cache"
_JSON = ("application/json", "application/cloudevents+json")


class Conditional:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        wanted = Headers(scope=scope).get("if-none-match")
        await self._app(scope, receive, _Answer(send, wanted).send)


class _Answer:
    """One answer on its way out: its start is held back until its body is seen."""

    def __init__(self, send: Send, wanted: str | None) -> None:
        self._send = send
        self._wanted = wanted
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _taggable(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        start, self._start = self._start, None
        if not message.get("more_body", False):
            start, message = _tagged(start, message, self._wanted)
        await self._send(start)
        await self._send(message)


def _taggable(start: Message) -> bool:
    kind = MutableHeaders(raw=start["headers"]).get("content-type", "").partition(";")[0]
    return start["status"] == 200 and kind in _JSON


def _tagged(start: Message, body: Message, wanted: str | None) -> tuple[Message, Message]:
    headers = MutableHeaders(raw=list(start["headers"]))
    headers.setdefault("cache-control", KEEP)
    if "etag" in headers:
        return {**start, "headers": headers.raw}, body
    tag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
    headers["etag"] = tag
    if not _has(wanted, tag):
        return {**start, "headers": headers.raw}, body
    del headers["content-length"]
    del headers["content-type"]
    unchanged: dict[str, Any] = {"type": "http.response.body", "body": b"", "more_body": False}
    return {**start, "status": 304, "headers": headers.raw}, unchanged


def _has(wanted: str | None, tag: str) -> bool:
    """Whether If-None-Match names a tag; weak tags compare as strong ones do (RFC 9110, 13.1.2)."""
    if wanted is None:
        return False
    names = [one.strip().removeprefix("W/") for one in wanted.split(",")]
    return "*" in names or tag in names
