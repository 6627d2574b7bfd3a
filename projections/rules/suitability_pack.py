"""A suitability pack: a dated file that says, per regime, what a product is held against and what follows.

Parsing only; `suitability_check.py` applies it and `suitability_packs/` holds those that we ship. A pack is
known by the SHA-256 of its canonical form: a changed rule is a new file, never an edit of one in force.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from events.suitability_file import (
    AdviceMode,
    Criterion,
    DutyName,
    DutyWhen,
    Effect,
    PackRef,
    SuitabilityOutcome,
)
from events.vocabulary import AgeBand, ProductCategory, RiskGrade, RiskLevel, SuitabilityRegime
from projections.rules.pack import PackError

Override = Literal["none", "own_initiative", "after_warning"]
"""What a mismatch leaves open: nothing; the customer's own initiative after a special written warning; a
warning alone."""


class Stated(BaseModel):
    """Base of the parts of a pack; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SellerNeeds(Stated):
    """A licence and a certificate of which the seller must hold one each (none: not asked) for products of a
    category, or of some of its subtypes."""

    category: ProductCategory
    subtypes: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


class SeniorRules(Stated):
    """For customers of these bands, products from `lowest_level` on ask for years of experience."""

    age_bands: tuple[AgeBand, ...]
    lowest_level: RiskLevel
    experience_years: int = Field(ge=0, le=100)


class StatedDuty(Stated):
    """Something still to be done, and for which sales; an empty condition holds for all."""

    duty: DutyName
    when: DutyWhen
    outcomes: tuple[SuitabilityOutcome, ...] = ("match", "mismatch")
    channel_types: tuple[str, ...] = ()
    subtypes: tuple[str, ...] = ()
    advice_modes: tuple[AdviceMode, ...] = ()
    lowest_level: RiskLevel | None = None
    own_products: bool | None = None
    recording_required: bool | None = None


class AssessmentRules(Stated):
    """How long a risk profile holds, and how often a customer may take the questionnaire."""

    validity_months: int = Field(ge=1, le=60)
    most_a_day: int = Field(ge=1)
    most_in_window: int = Field(ge=1)
    window_months: int = Field(ge=1, le=60)


class RegimeRules(Stated):
    """One regime: the criteria that are judged and what each does where it is not met, or not known.

    `rated` says which products must carry a level: all, those of `rated_subtypes`, or whichever do.
    """

    source: str
    override: Override
    criteria: dict[Criterion, Effect]
    unknown: dict[Criterion, Effect] = {}
    rated: Literal["all", "subtypes", "where_stated"] = "all"
    rated_subtypes: tuple[str, ...] = ()
    matrix: dict[RiskGrade, tuple[RiskLevel, ...]] = {}
    never_beyond: tuple[RiskGrade, ...] = ()
    professional_skips: tuple[Criterion, ...] = ()
    first_face_to_face: bool = False
    seniors: SeniorRules | None = None
    sellers: tuple[SellerNeeds, ...] = ()
    unattended_channels: tuple[str, ...] = ()
    qualified_only: tuple[str, ...] = ()
    most_commitment_bp: int | None = None
    non_complex_exempt: bool = False
    duties: tuple[StatedDuty, ...] = ()

    @model_validator(mode="after")
    def _whole_matrix(self) -> "RegimeRules":
        grades = set(get_args(RiskGrade))
        if "risk_level" in self.criteria and set(self.matrix) != grades:
            raise ValueError(f"the matrix needs a line for each of {', '.join(sorted(grades))}")
        if "affordability" in self.criteria and self.most_commitment_bp is None:
            raise ValueError("affordability needs most_commitment_bp")
        return self


class StatedSuitabilityPack(Stated):
    """The file. A recommendation `recommended_within_days` back still makes the customer's wish not an own
    initiative."""

    pack: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}:[^\s/]{1,120}$")
    version: str = Field(min_length=1, max_length=40)
    valid_from: dt.date
    source: str
    verified: bool
    check_valid_days: int = Field(ge=1, le=366)
    recommended_within_days: int = Field(ge=1, le=3_660)
    assessment: AssessmentRules
    regimes: dict[SuitabilityRegime, RegimeRules] = Field(min_length=1)


@dataclass(frozen=True)
class SuitabilityPack:
    """A pack that was read and checked."""

    stated: StatedSuitabilityPack
    digest: str

    @property
    def name(self) -> str:
        """`<id> <version>`, as files and signals quote it."""
        return f"{self.stated.pack} {self.stated.version}"

    @property
    def ref(self) -> PackRef:
        """How a check's file names the pack."""
        return PackRef(pack=self.stated.pack, version=self.stated.version, digest=self.digest)

    def rules(self, regime: SuitabilityRegime) -> RegimeRules | None:
        """The rules of a regime; None where the pack does not serve it."""
        return self.stated.regimes.get(regime)


def parse_suitability_pack(text: str) -> SuitabilityPack:
    """Read a pack from YAML text; PackError with the reason where it cannot be used."""
    try:
        content = yaml.safe_load(text)
        stated = StatedSuitabilityPack.model_validate(content)
    except yaml.YAMLError as error:
        raise PackError(f"the suitability pack is no YAML: {error}") from error
    except ValidationError as error:
        raise PackError(f"the suitability pack does not fit its form: {reasons(error)}") from error
    return SuitabilityPack(stated, digest_of(stated))


def digest_of(stated: BaseModel) -> str:
    """SHA-256 of a pack's canonical JSON: comments, order of keys and layout make no difference.

    What stands at its default is left out, so a pack keeps its name when a later form learns more.
    """
    content: Any = stated.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def in_force(
    packs: Iterable[SuitabilityPack], regime: SuitabilityRegime, on: dt.date
) -> SuitabilityPack | None:
    """The pack that governs a regime on a day: of those that serve it, the one that began last."""
    serving = [one for one in packs if regime in one.stated.regimes and one.stated.valid_from <= on]
    return max(serving, key=lambda one: (one.stated.valid_from, one.name), default=None)


def by_digest(packs: Iterable[SuitabilityPack], digest: str) -> SuitabilityPack | None:
    """The pack with exactly this content."""
    return next((one for one in packs if one.digest == digest), None)


def reasons(error: ValidationError) -> str:
    """The first few faults of a file, each with its place."""
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc']) or 'the whole'}: {one['msg']}"
        for one in error.errors()[:5]
    )
