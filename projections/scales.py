"""Scales: which scores of a question count as satisfied, and which way effort runs.

Boxes are configured per question; the table here is the default (reference table of satisfaction scales).
"""

from typing import NamedTuple

TOP_BOX = {3: 1, 4: 2, 5: 2, 6: 2, 7: 2, 10: 3, 11: 3}
"""Points of a scale → how many of its best scores count as satisfied: 1–5 → 4 and 5, 0–10 → 8, 9 and 10."""


class Box(NamedTuple):
    """The scores that count as satisfied, and what the box is called in a figure: `1-5: 4,5`."""

    scores: tuple[int, ...]
    label: str


def csat_box(low: int, high: int, direction: str, configured: tuple[int, ...] = ()) -> Box | None:
    """The box of a question; None for a scale that has no default and none was configured."""
    scores = tuple(sorted(configured))
    if not scores:
        best = TOP_BOX.get(high - low + 1)
        if best is None:
            return None
        lower = direction == "lower_is_better"
        scores = tuple(range(low, low + best)) if lower else tuple(range(high - best + 1, high + 1))
    return Box(scores, f"{low}-{high}: {','.join(str(score) for score in scores)}")


def is_nps_scale(low: int, high: int) -> bool:
    """A net promoter score is defined on 0 to 10 and nothing else."""
    return (low, high) == (0, 10)


def ease(score: int, low: int, high: int, direction: str) -> int:
    """An effort score turned so that the high end is easy, on the same scale."""
    return low + high - score if direction == "lower_is_better" else score
