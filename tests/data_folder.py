"""Folders for tests that start servers: outside pytest's own, which are closed to other users.

Run by root, the embedded PostgreSQL belongs to another user, and every pytest of the same user closes the
common folder of all pytest runs at its start: a server in there would lose its files.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

HERE = "http://127.0.0.1"
"""The address of an API in tests: it answers to a name of this machine only."""

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4_000_000_000


@contextmanager
def folder_for_servers(*, in_memory: bool = False) -> Iterator[Path]:
    """A new, empty folder, removed at the end; `in_memory` where the machine has room for it there."""
    room = MEMORY if in_memory and _has_room() else None
    folder = Path(tempfile.mkdtemp(prefix="daybook-test-", dir=room))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_room() -> bool:
    return (
        MEMORY.is_dir()
        and os.access(MEMORY, os.W_OK)
        and shutil.disk_usage(MEMORY).free > MEMORY_BYTES < psutil.virtual_memory().available
    )
