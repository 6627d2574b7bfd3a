"""Upper tails of the Poisson and binomial distributions, and a normal quantile test: how unlikely chance is.

Rules compare small counts through these, never a raw ratio. Pure; exact sums, stopped once terms vanish.
"""

import math

_SMALLEST = 1e-18
"""Terms below this part of the sum no longer change it."""


def poisson_upper(count: int, expected: float) -> float:
    """P(X ≥ count) for a Poisson count that is expected to be `expected`."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    if count <= expected:
        return max(0.0, 1.0 - _sum_down(count - 1, expected))
    term = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    total, number = term, count
    while term > total * _SMALLEST:
        number += 1
        term *= expected / number
        total += term
    return min(1.0, total)


def binomial_upper(count: int, trials: int, chance: float) -> float:
    """P(X ≥ count) for `trials` independent trials that each succeed with `chance`."""
    if count <= 0:
        return 1.0
    if count > trials or chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    log_chance, log_rest = math.log(chance), math.log1p(-chance)
    total = 0.0
    for number in range(count, trials + 1):
        log_term = (
            math.lgamma(trials + 1)
            - math.lgamma(number + 1)
            - math.lgamma(trials - number + 1)
            + number * log_chance
            + (trials - number) * log_rest
        )
        term = math.exp(log_term)
        total += term
        if number > trials * chance and term < total * _SMALLEST:
            break
    return min(1.0, total)


def normal_upper(z: float) -> float:
    """P(Z ≥ z) of the standard normal distribution."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def _sum_down(count: int, expected: float) -> float:
    """P(X ≤ count)."""
    term = math.exp(-expected)
    total = term
    for number in range(1, count + 1):
        term *= expected / number
        total += term
    return min(1.0, total)
