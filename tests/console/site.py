"""The console served as people get it: a played sample bank behind a real HTTP server, in this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from services.bootstrap import System
from services.cli.opening import settings_for
from services.config import Settings
from services.console.app import create_site
from services.demo.running import run_demo
from tests.data_folder import folder_for_servers

CUSTOMERS, SEED = 300, 31
UP_SECONDS = 60


class _Server(uvicorn.Server):
    """A server that says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@contextmanager
def serving(app: FastAPI, sockets: socket.socket) -> Iterator[str]:
    """Serve an application on a bound socket; gives its address."""
    server = _Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sockets]}, daemon=True)
    thread.start()
    if not server.up.wait(UP_SECONDS):
        raise RuntimeError("the site does not come up")
    try:
        yield f"http://127.0.0.1:{sockets.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(UP_SECONDS)


def free_socket() -> socket.socket:
    """A bound socket of this machine only."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found


def _silent(done: int, total: int | None = None) -> None:
    """A bank played for a test tells nobody how far it is."""


@contextmanager
def sample_bank(customers: int = CUSTOMERS, seed: int = SEED) -> Iterator[Settings]:
    """Settings of a folder in which a bank has been played."""
    with folder_for_servers(in_memory=True) as folder:
        result = run_demo(Settings(data=folder), customers, seed, _silent)
        yield settings_for(result.folder).model_copy(update={"sign_in": "open"})


@contextmanager
def sample_site(customers: int = CUSTOMERS, seed: int = SEED) -> Iterator[tuple[str, System]]:
    """A played bank, served with its loops running."""
    with sample_bank(customers, seed) as settings:
        place = free_socket()
        system = System(settings)
        try:
            with serving(create_site(system, loops=True), place) as address:
                yield address, system
        finally:
            system.close()
