"""Keeping Python's cycle collector out of a batch, which makes a hundred thousand objects and no cycle.

The projector and the rebuild fold within it. Reference counting frees a batch as before; without this, every
few hundred entries the collector would walk through all of them.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Run without the collector, and leave it as it was found."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
