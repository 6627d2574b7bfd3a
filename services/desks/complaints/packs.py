"""The handling packs that come with Daybook, read once, and the one that governs a day."""

import datetime as dt
from functools import cache

from projections.rules.clock_book import shipped_texts
from projections.rules.handling_pack import HandlingRules, in_force, parse_handling_pack


@cache
def handling_packs() -> tuple[HandlingRules, ...]:
    """Every shipped handling pack, by file name."""
    return tuple(parse_handling_pack(text) for _, text in shipped_texts("handling_packs"))


def handling_in_force(on: dt.date) -> HandlingRules:
    """The handling rules that govern a day."""
    return in_force(handling_packs(), on)
