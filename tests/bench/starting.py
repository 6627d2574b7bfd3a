"""How long `daybook up` takes to its first answer, against the embedded PostgreSQL's own start."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

from services.store.embedded import EmbeddedPostgres
from tests.bench.parts import Parts
from tests.bench.report import Line, Target, paired_time
from tests.broker import free_port

_UP_SECONDS = 120
_TRY_AGAIN_SECONDS = 0.02


def starting_lines(parts: Parts, runs: int) -> Iterator[Line]:
    """A fresh folder each time, so both sides make their files."""
    numbers = iter(range(1_000))

    def server() -> float:
        one = EmbeddedPostgres(parts.folder / f"start-{next(numbers)}")
        started = time.perf_counter()
        one.start()
        seconds = time.perf_counter() - started
        one.stop()
        return seconds

    yield paired_time(
        "start: `daybook up` in a new folder, to the first answer",
        lambda: _up(parts.folder / f"up-{next(numbers)}"),
        server,
        "PostgreSQL's own",
        Target(3.0, 2.0, True),
        runs,
    )


def _up(folder: Path) -> float:
    port = free_port()
    command = [sys.executable, "-c", "from services.cli import main; main()", "up", "--data", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--port", str(port)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - started > _UP_SECONDS:
                raise RuntimeError("`daybook up` did not answer: run it by hand to see why")
            time.sleep(_TRY_AGAIN_SECONDS)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(60)


def _answers(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection, suppress(OSError):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False
