"""HTTP servers of their own process, the product's and bare ones, and a client that holds one connection.

A bare route does the least that any FastAPI service must: parse the bodies with msgspec, or run the same SQL.
"""

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from multiprocessing.connection import Connection as Pipe
from typing import Any

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response
from psycopg_pool import ConnectionPool

from events import codec
from events.envelope import SentEnvelope
from services.bootstrap import System
from services.config import Settings
from services.store.database import Connection

_UP_SECONDS = 120
_CALL_SECONDS = 120
_IDLE_SECONDS = 3_600

MakeApp = Callable[..., FastAPI]
Statement = tuple[bytes, Any]


@contextmanager
def serving(make_app: MakeApp, *arguments: Any) -> Iterator[HTTPConnection]:
    """Serve an application in a process of its own; gives a connection to it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, make_app, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(_UP_SECONDS):
            raise RuntimeError("a server of the benchmark does not come up")
        with closing(HTTPConnection("127.0.0.1", ours.recv(), timeout=_CALL_SECONDS)) as connection:
            yield connection
    finally:
        process.terminate()
        process.join(30)


def call(connection: HTTPConnection, path: str, body: bytes | None, media_type: str) -> bytes:
    """One request and its answer; RuntimeError unless that is a success."""
    method = "GET" if body is None else "POST"
    connection.request(method, path, body, {"content-type": media_type})
    answer = connection.getresponse()
    found = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path} answered {answer.status}: {found[:500]!r}")
    return found


def timings(connection: HTTPConnection, paths: Sequence[str]) -> list[float]:
    """Seconds of each of these requests, one after the other, sorted."""
    taken = []
    for path in paths:
        started = time.perf_counter()
        call(connection, path, None, "application/json")
        taken.append(time.perf_counter() - started)
    return sorted(taken)


def product_app(settings: dict[str, Any]) -> FastAPI:
    """The product's API; the settings go past validation, for sockets have no URL."""
    from services.api.app import create_app

    return create_app(open_system(settings), loops=False)


def open_system(settings: dict[str, Any]) -> System:
    """A System with these settings."""
    return System(Settings(sign_in="open").model_copy(update=settings))


def bare_publishing_app() -> FastAPI:
    """POST /events: the body parsed with msgspec, envelope and event, and counted."""
    app = FastAPI()
    decode = msgspec.json.Decoder(list[SentEnvelope]).decode
    decode_one = msgspec.json.Decoder(SentEnvelope).decode
    sent = {name: msgspec.json.Decoder(one.sent).decode for name, one in codec.TYPES.items()}

    @app.post("/events")
    async def publish(request: Request) -> Response:
        body = await request.body()
        envelopes = decode(body) if body[:1] == b"[" else [decode_one(body)]
        events = [sent[envelope.type](envelope.data) for envelope in envelopes]
        return Response(codec.encode_json({"read": len(events)}), media_type="application/json")

    return app


def bare_reading_app(conninfo: str, routes: dict[str, list[Statement]]) -> FastAPI:
    """GET on each path: these statements over a pool of connections, rows as JSON."""
    app = FastAPI()
    pool: ConnectionPool[Connection] = ConnectionPool(conninfo, min_size=1, max_size=4, open=True)

    def reading(statements: list[Statement]) -> Callable[[], Response]:
        def read() -> Response:
            with pool.connection() as connection:
                rows = [connection.execute(sql, values).fetchall() for sql, values in statements]
            return Response(codec.encode_json(rows), media_type="application/json")

        return read

    for path, statements in routes.items():
        app.get(path)(reading(statements))
    return app


class Recorder:
    """Stands in for a connection and notes the statements that go through it."""

    def __init__(self, connection: Connection) -> None:
        self.statements: list[Statement] = []
        self._connection = connection

    def execute(self, statement: bytes | str, values: Any = None) -> Any:
        """Note it, and run it."""
        self.statements.append((statement if isinstance(statement, bytes) else statement.encode(), values))
        return self._connection.execute(self.statements[-1][0], values)


class _Announcing(uvicorn.Server):
    """Says its port when it listens."""

    pipe: Pipe

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        self.pipe.send(sockets[0].getsockname()[1])


def _serve(pipe: Pipe, make_app: MakeApp, arguments: tuple[Any, ...]) -> None:
    # asyncio turns Nagle's waiting off only where a socket says that it is TCP
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = _Announcing(
            uvicorn.Config(
                make_app(*arguments), timeout_keep_alive=_IDLE_SECONDS, log_level="warning", access_log=False
            )
        )
        server.pipe = pipe
        server.run([listening])
