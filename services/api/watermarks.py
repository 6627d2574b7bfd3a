"""How far the live generation is, looked at once a second for all streams of a process.

The change feed and the console's live pages ask; a stream reads anew only when the place is another one.
"""

import threading
import time
from typing import Any

from services.store.queries.changes import Place, place_of

LOOK_SECONDS = 1.0


class Watermarks:
    """The place of the live generation, asked for at most once in LOOK_SECONDS however many want it."""

    def __init__(self, system: Any) -> None:
        self._system = system
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._place = Place(0, 0, ())

    def place(self) -> Place:
        """The place as of the last look, which is fresh enough."""
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                with self._system.read_pool.connection() as connection:
                    self._place = place_of(connection, self._system.generation(connection))
                self._looked_at = time.monotonic()
            return self._place
