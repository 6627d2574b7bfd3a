"""Carrying for a command that waits: its entries are in the journal when it is answered, or it says not yet.

The counter asks; one carrier serves all threads of a process. While the journal gives no answer people are
not kept waiting one after the other: what they decided stands, and the relay's worker or loop carries it.
"""

import threading
import time
from collections.abc import Callable

from services.desks.relay import Relay
from services.errors import JournalUnavailable

PATIENCE_SECONDS = 5.0
"""How long a command waits for another one that is carrying."""

PAUSE_SECONDS = 10.0
"""How long commands leave a journal alone that gave no answer."""


class Carrier:
    """Carries, unless the journal gave no answer a moment ago."""

    def __init__(self, relay: Relay, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._relay = relay
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._away_until = float("-inf")

    def carried(self) -> bool:
        """Carry everything saved before the call; False where it is not known to be in the journal."""
        if not self._turn.acquire(timeout=PATIENCE_SECONDS):
            return False
        try:
            if self._monotonic() < self._away_until:
                return False
            self._relay.carry()
            return True
        except JournalUnavailable:
            self._away_until = self._monotonic() + PAUSE_SECONDS
            return False
        finally:
            self._turn.release()
