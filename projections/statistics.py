"""Statistics of satisfaction: net promoter score, mean effort, and their intervals. Pure formulas.

Figures and risk rules both use them, so that a drop is judged with the interval that people see.
"""

import math

from projections.figure import Z95, Estimate

SMALL_SAMPLE = 100
"""Under this many answers the plain Wald interval is too narrow (it is nought where all answers agree)."""


def nps(promoters: int, passives: int, detractors: int) -> Estimate:
    """(promoters - detractors) / n in points, from -100 to +100; n includes the passives.

    The interval is plain Wald, and adjusted Wald under 100 answers (Rocks 2016); the note then says both.
    """
    n = promoters + passives + detractors
    parts = {"promoters": promoters, "passives": passives, "detractors": detractors}
    if n == 0:
        return Estimate(value=None, n=0, note="not available: no answers", parts=parts)
    score, half = nps_wald(promoters, detractors, n)
    if n >= SMALL_SAMPLE:
        return Estimate(value=score, n=n, low=score - half, high=score + half, parts=parts)
    centre, wide = nps_adjusted_wald(promoters, detractors, n)
    note = f"small sample: adjusted interval {centre:+.1f} ± {wide:.1f} (plain ± {half:.1f})"
    low, high = max(-100.0, centre - wide), min(100.0, centre + wide)
    return Estimate(value=score, n=n, low=low, high=high, note=note, parts=parts)


def nps_wald(promoters: float, detractors: float, n: float, z: float = Z95) -> tuple[float, float]:
    """The score and half its plain Wald interval, in points; n > 0."""
    p, d = promoters / n, detractors / n
    return 100 * (promoters - detractors) / n, 100 * z * math.sqrt((p + d - (p - d) ** 2) / n)


def nps_adjusted_wald(promoters: int, detractors: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Centre and half width of adjusted Wald: three more answers, of them ¾ promoters and ¾ detractors."""
    return nps_wald(promoters + 0.75, detractors + 0.75, n + 3, z)


def mean(count: int, total: int, squares: int, parts: dict[str, int]) -> Estimate:
    """The mean of `count` integer scores with its 95 % interval from their sum and sum of squares."""
    if count == 0:
        return Estimate(value=None, n=0, note="not available: no answers", parts=parts)
    value = total / count
    if count == 1:
        return Estimate(value=value, n=1, note="one answer: no interval", parts=parts)
    variance = (squares * count - total * total) / (count * (count - 1))
    half = Z95 * math.sqrt(variance / count)
    return Estimate(value=value, n=count, low=value - half, high=value + half, parts=parts)
