"""A rule pack: a dated, versioned file that states which rules are in force and with what thresholds.

Parsing only: services/watch reads the file. A pack that names an unknown rule or parameter, or a typology
that reads anything but signals, is refused whole with the reason.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from string import Formatter
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events.errors import DaybookError
from events.risk import Severity
from projections.rules.classes import ProductClass, ProductClasses
from projections.rules.rule import Principle, Rule, Wording
from projections.rules.rulebook import KINDS, RuleDeclarations, RuleKind, declarations_of


class PackError(DaybookError):
    """A rule pack that cannot be used; the message names the rule, the field and what would be right."""

    code = "pack_error"


class StatedRule(BaseModel):
    """A rule as the file states it, before its parameters are known to fit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^R-[A-Z]{3,5}-[0-9]{2}$")
    version: str = Field(min_length=1, max_length=40)
    title: Wording
    text: Wording
    principle: Principle
    severity: Severity
    score: int = Field(ge=1, le=100)
    applies_to: str = "everything"
    live_only: bool = False
    parameters: dict[str, Any] = {}


class Typology(BaseModel):
    """A pattern of signals: their weights are summed per subject and held against two thresholds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^T-[A-Z]{3,5}-[0-9]{2}$")
    version: str
    reads: dict[str, int] = Field(min_length=1)
    alert_at: int = Field(ge=1)
    interdict_at: int = Field(ge=1)


class StatedPack(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pack: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}:[^\s/]{1,120}$")
    version: str = Field(min_length=1, max_length=40)
    valid_from: dt.date
    source: str
    verified: bool
    product_classes: tuple[ProductClass, ...] = ()
    rules: tuple[StatedRule, ...] = Field(min_length=1)
    typologies: tuple[Typology, ...] = ()


@dataclass(frozen=True)
class RulePack:
    """A pack that was read and checked; `digest` is SHA-256 of its canonical form, so it says which text."""

    id: str
    version: str
    valid_from: dt.date
    source: str
    verified: bool
    digest: str
    classes: ProductClasses
    rules: dict[str, Rule[Any]]
    typologies: tuple[Typology, ...]

    @property
    def name(self) -> str:
        """`<id> <version>`, as signals quote it."""
        return f"{self.id} {self.version}"

    def declarations(self) -> RuleDeclarations:
        """The ledgers that the watch folds for this pack."""
        return declarations_of(self.rules, self.classes, self.digest)


def parse_pack(text: str) -> RulePack:
    """Read a pack from YAML text; PackError with the reason where it cannot be used."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PackError(f"the pack is no YAML: {error}") from error
    try:
        stated = StatedPack.model_validate(content)
    except ValidationError as error:
        raise PackError(f"the pack does not fit its form: {_reasons(error)}") from error
    _refuse_doubles([rule.id for rule in stated.rules])
    rules = {rule.id: _rule(rule) for rule in stated.rules}
    classes = {one.name for one in stated.product_classes}
    for typology in stated.typologies:
        _check_typology(typology, set(rules))
    for rule_id in ("R-PEOP-03", "R-PEOP-04"):
        if rule_id in rules:
            _check_classes(rule_id, set(rules[rule_id].parameters.needed), classes)
    return RulePack(
        id=stated.pack,
        version=stated.version,
        valid_from=stated.valid_from,
        source=stated.source,
        verified=stated.verified,
        digest=digest_of(stated),
        classes=stated.product_classes,
        rules=rules,
        typologies=stated.typologies,
    )


def digest_of(stated: StatedPack) -> str:
    """SHA-256 of a pack's canonical JSON: comments, order of keys and layout make no difference."""
    canonical = json.dumps(stated.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _rule(stated: StatedRule) -> Rule[Any]:
    kind = KINDS.get(stated.id)
    if kind is None:
        raise PackError(f"rule {stated.id} is not known: this version knows {', '.join(sorted(KINDS))}")
    try:
        # JSON mode: lists stand for tuples, and nothing else is converted
        parameters = kind.parameters.model_validate_json(json.dumps(stated.parameters))
    except ValidationError as error:
        raise PackError(f"rule {stated.id}, parameters: {_reasons(error)}") from error
    for language, sentence in (("en", stated.text.en), ("zh", stated.text.zh)):
        _check_sentence(kind, language, sentence)
    return Rule(
        id=stated.id,
        version=stated.version,
        title=stated.title,
        text=stated.text,
        principle=stated.principle,
        severity=stated.severity,
        score=stated.score,
        live_only=stated.live_only,
        applies_to=stated.applies_to,
        parameters=parameters,
    )


def _check_sentence(kind: RuleKind, language: str, sentence: str) -> None:
    named = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    unknown = named - set(kind.inputs)
    if unknown:
        raise PackError(
            f"rule {kind.id}, text {language}: {sorted(unknown)} are no inputs of this rule; "
            f"it has {', '.join(kind.inputs)}"
        )


def _check_typology(typology: Typology, rules: set[str]) -> None:
    other = sorted(set(typology.reads) - rules)
    if other:
        raise PackError(
            f"typology {typology.id} reads {', '.join(other)}: "
            "a typology reads signals of rules in its pack, and nothing reads alerts"
        )
    if typology.interdict_at < typology.alert_at:
        raise PackError(f"typology {typology.id}: interdict_at lies below alert_at")


def _check_classes(rule_id: str, named: set[str], classes: set[str]) -> None:
    unknown = sorted(named - classes)
    if unknown:
        raise PackError(f"rule {rule_id}: {', '.join(unknown)} are no product classes of this pack")


def _refuse_doubles(ids: list[str]) -> None:
    double = [one for one, count in Counter(ids).items() if count > 1]
    if double:
        raise PackError(f"rules {', '.join(double)} stand in the pack twice: give each one line")


def _reasons(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc']) or 'the whole'}: {one['msg']}"
        for one in error.errors()[:5]
    )
