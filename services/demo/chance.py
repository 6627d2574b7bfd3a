"""Chance: one seeded stream of random numbers per concern, so that a change in one shifts no other.

Every module of the demo draws from a stream of its own, named after what it decides. Nothing here may read a
clock or the system's entropy.
"""

import math
import random
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


class Chance(random.Random):
    """The stream of one concern under a seed; equal names give equal numbers, on every machine."""

    def __init__(self, seed: int, concern: str) -> None:
        super().__init__(f"daybook-demo:{seed}:{concern}")

    def happens(self, share: float) -> bool:
        """True in `share` of all cases."""
        return self.random() < share

    def among(self, table: Mapping[T, float]) -> T:
        """One of the keys, by its share."""
        return self.choices(list(table), list(table.values()))[0]

    def spread(self, median: float, sigma: float) -> float:
        """Lognormal with this median."""
        return self.lognormvariate(math.log(median), sigma)

    def about(self, mean: float) -> int:
        """A whole number with this mean: its floor, or one more."""
        return math.floor(mean) + self.happens(mean - math.floor(mean))
