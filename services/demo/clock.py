"""The demo's clock: it stands in the played year and moves only when something arrives.

`System` takes it in place of the real one, so that admission, lateness and day closes mean something. It
never runs backwards.
"""

import datetime as dt

from services.demo.feed import opening
from services.demo.year import Year


class PlayedClock:
    """A clock that begins when Daybook opens for the year that ends on `last`."""

    def __init__(self, last: dt.date) -> None:
        self.last = last
        self._now = opening(Year(last))

    def __call__(self) -> dt.datetime:
        return self._now

    def move_to(self, instant: dt.datetime) -> None:
        """Stand at an instant; an earlier one is ignored."""
        self._now = max(self._now, instant)
