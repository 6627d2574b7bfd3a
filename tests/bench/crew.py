"""Processes that get ready, start together at a word, and are timed until the last has finished.

Every measurement with one or more processes uses the same two, baselines and product alike, so that none pays
for the start of an interpreter.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

Work = Callable[[], int]
Prepare = Callable[..., Work]
"""Called in a process with its arguments; gives back what is timed, which gives back records done."""

Timed = Callable[[Prepare, Sequence[tuple[Any, ...]]], float]
"""`timed(prepare, arguments)`: seconds in which a process for each of `arguments` does `prepare(*one)()`."""

_READY_SECONDS = 120
_DONE_SECONDS = 3_600


@contextmanager
def crew(members: int) -> Iterator[Timed]:
    """Start processes and give back the function that times work on them."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(members):
        ours, theirs = context.Pipe()
        process = context.Process(target=_member, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)

    def timed(prepare: Prepare, arguments: Sequence[tuple[Any, ...]]) -> float:
        assert len(arguments) <= members
        working = pipes[: len(arguments)]
        for pipe, one in zip(working, arguments, strict=True):
            pipe.send((prepare, one))
        for pipe in working:
            _receive(pipe, _READY_SECONDS)
        started = time.perf_counter()
        for pipe in working:
            pipe.send("go")
        for pipe in working:
            _receive(pipe, _DONE_SECONDS)
        return time.perf_counter() - started

    try:
        yield timed
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.close()
            process.join(30)


def _member(pipe: Connection) -> None:
    while True:
        try:
            prepare, arguments = pipe.recv()
        except EOFError:
            return
        work = prepare(*arguments)
        pipe.send("ready")
        pipe.recv()
        pipe.send(work())


def _receive(pipe: Connection, limit_seconds: float) -> None:
    """Wait for what a member says; RuntimeError if it died or takes too long."""
    if not pipe.poll(limit_seconds):
        raise RuntimeError(f"a process of the benchmark said nothing for {limit_seconds} s")
    try:
        pipe.recv()
    except EOFError:
        raise RuntimeError("a process of the benchmark died: see what it printed above") from None
