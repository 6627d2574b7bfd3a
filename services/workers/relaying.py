"""The relay as a worker, and as a part of an embedded system's loops: carries what desks decided.

Commands carry what they decide themselves; this carries what was left when they could not. A journal without
an answer is asked again in the next round, and nothing here decides anything.
"""

import logging
import threading
from typing import Protocol

from services.errors import JournalUnavailable

PAUSE_SECONDS = 0.5
_log = logging.getLogger("daybook.relay")


class Carrying(Protocol):
    """What this needs of the relay."""

    def carry(self) -> int:
        """Carry everything that was saved before the call."""
        ...

    def behind(self) -> int:
        """How many records are not known to be in the journal."""
        ...


def carry_round(relay: Carrying) -> None:
    """Carry if there is anything; a journal that gives no answer is left for the next round."""
    if not relay.behind():
        return
    try:
        carried = relay.carry()
    except JournalUnavailable as error:
        _log.warning("decisions wait for the journal: %s", error)
    else:
        _log.info("%d decisions carried to the journal", carried)


def run_relay(relay: Carrying, stop: threading.Event) -> None:
    """Carry again and again until `stop` is set."""
    while not stop.is_set():
        carry_round(relay)
        stop.wait(PAUSE_SECONDS)
