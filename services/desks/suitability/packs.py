"""The suitability and cooling-off packs that come with Daybook, read once.

A replay looks a pack up by its digest here: a shipped pack is never changed and never taken away.
"""

import datetime as dt
from functools import cache
from importlib import resources

from projections.rules.cooling_off import CoolingOffPack, parse_cooling_off_pack
from projections.rules.suitability_pack import SuitabilityPack, parse_suitability_pack


@cache
def suitability_packs() -> tuple[SuitabilityPack, ...]:
    """Every shipped suitability pack, by file name."""
    return tuple(parse_suitability_pack(text) for text in _texts("suitability_packs"))


@cache
def cooling_off_packs() -> tuple[CoolingOffPack, ...]:
    """Every shipped cooling-off pack, by file name."""
    return tuple(parse_cooling_off_pack(text) for text in _texts("cooling_off_packs"))


def cooling_off_in_force(on: dt.date) -> CoolingOffPack | None:
    """The cooling-off pack that began last by a day."""
    begun = [one for one in cooling_off_packs() if one.stated.valid_from <= on]
    return max(begun, key=lambda one: (one.stated.valid_from, one.stated.version), default=None)


def _texts(folder: str) -> list[str]:
    files = [
        one for one in (resources.files("projections.rules") / folder).iterdir() if one.name.endswith(".yaml")
    ]
    return [one.read_text("utf-8") for one in sorted(files, key=lambda one: one.name)]
