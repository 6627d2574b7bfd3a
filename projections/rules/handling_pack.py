"""Handling packs: dated files that say who may do what about a complaint, and what an answer must say.

Parsing only; the complaint desk asks for the pack in force on a day. A pack is known by the SHA-256 of its
canonical form: a changed rule is a new file with a later `valid_from`, never an edit of one in force.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import msgspec
import yaml

from events.complaints import Regime
from events.errors import DaybookError
from projections.rules.business_calendar import canonical_digest

Roles = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]


class HandlingPackError(DaybookError):
    """A handling pack that cannot be used; the message names the pack and what would be right."""

    code = "handling_pack_error"


class StatedHandlingPack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file. `remedies` are those that an answer must tell under each regime; `review_days` how long after
    the answer a review may be asked for."""

    pack: str
    version: str
    valid_from: dt.date
    source: str
    verified: bool
    approver_roles: Roles
    senior_roles: Roles
    head_office_roles: Roles
    max_representatives: Annotated[int, msgspec.Meta(ge=1)]
    remedies: Mapping[Regime, tuple[str, ...]]
    review_days: Mapping[Regime, Days]
    no_repeated_material: tuple[Regime, ...]


class HandlingRules(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that was read and checked."""

    stated: StatedHandlingPack
    digest: str
    approver_roles: frozenset[str]
    senior_roles: frozenset[str]
    head_office_roles: frozenset[str]
    max_representatives: int
    remedies: Mapping[Regime, tuple[str, ...]]
    review_days: Mapping[Regime, int]
    no_repeated_material: frozenset[Regime]

    @property
    def name(self) -> str:
        """`<pack> <version>`, as lists quote it."""
        return f"{self.stated.pack} {self.stated.version}"

    @property
    def valid_from(self) -> dt.date:
        return self.stated.valid_from


def parse_handling_pack(text: str) -> HandlingRules:
    """Read a pack from YAML text; HandlingPackError with the reason where it cannot be used."""
    try:
        stated = msgspec.convert(yaml.safe_load(text), StatedHandlingPack)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise HandlingPackError(f"the handling pack does not fit its form: {error}") from error
    for problem in _problems(stated):
        raise HandlingPackError(f"handling pack {stated.pack} {stated.version}: {problem}")
    return HandlingRules(
        stated=stated,
        digest=canonical_digest(stated),
        approver_roles=frozenset(stated.approver_roles),
        senior_roles=frozenset(stated.senior_roles),
        head_office_roles=frozenset(stated.head_office_roles),
        max_representatives=stated.max_representatives,
        remedies=stated.remedies,
        review_days=stated.review_days,
        no_repeated_material=frozenset(stated.no_repeated_material),
    )


def in_force(packs: Iterable[HandlingRules], on: dt.date) -> HandlingRules:
    """The pack that began last by a day; before the first of them, the first."""
    ordered = sorted(packs, key=lambda one: (one.valid_from, one.stated.version))
    if not ordered:
        raise HandlingPackError("there is no handling pack: ship one, or no complaint can be decided")
    return next((one for one in reversed(ordered) if one.valid_from <= on), ordered[0])


def _problems(stated: StatedHandlingPack) -> Iterator[str]:
    if not set(stated.head_office_roles) <= set(stated.senior_roles):
        yield "who stands in head_office_roles must stand in senior_roles too"
    for regime, remedies in stated.remedies.items():
        if not remedies:
            yield f"remedies of {regime} are empty: name them, or leave the regime out"
