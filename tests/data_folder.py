"""Folders for tests that start servers: outside pytest's own, which are closed to other users.

Run by root, the embedded PostgreSQL belongs to another user, and every pytest of the same user closes the
common folder of all pytest runs at its start: a server in there would lose its files.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A new, empty folder, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="daybook-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
