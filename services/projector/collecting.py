"""Keeping Python's cycle collector out of a batch, which makes a hundred thousand objects and no cycle.

The projector and the rebuild fold within it. Reference counting frees a batch as before; without this, every
few hundred entries, and once more after the batch, the collector would walk through all of them.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_SECONDS = 60.0
"""What outlives a batch is set aside unexamined, and gone through together once in this time."""

_collected_at = time.monotonic()


@contextmanager
def uncollected() -> Iterator[None]:
    """Run without the collector, and leave it as it was found."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            _set_aside()
            gc.enable()


def _set_aside() -> None:
    """Keep what lives now out of the next collections; from time to time, look through all of it once."""
    global _collected_at
    if time.monotonic() - _collected_at >= COLLECT_SECONDS:
        gc.unfreeze()
        gc.collect()
        _collected_at = time.monotonic()
    gc.freeze()
