"""How desks read the ledgers: a connection and the schema of the live generation, for as long as one asks."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from services.store.database import Connection

Reading = Callable[[], AbstractContextManager[tuple[Connection, str]]]
"""Opens a reading connection and names the schema of the live generation, resolved once."""
