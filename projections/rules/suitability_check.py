"""Whether a product suits a customer: a pure verdict over what was known, under one pack.

The desk asks it before it writes `suitability.checked`, and a replay asks it again years later. Total: what
is missing is a finding. What a reason or a pack's word means here never changes; a new meaning is a new word.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from events.suitability_file import (
    Criterion,
    Duty,
    Effect,
    Finding,
    OverrideAllowed,
    Result,
    SuitabilityInputs,
    SuitabilityOutcome,
)
from events.vocabulary import RiskLevel
from projections.rules.suitability_criteria import CRITERIA, Judged, level_of
from projections.rules.suitability_pack import RegimeRules, StatedDuty, SuitabilityPack
from projections.rules.suitability_sentences import duty_sentence, sentence

ORDER: tuple[Effect, ...] = ("none", "warns", "insufficient", "mismatch", "blocks")
"""From nothing to everything; the gravest effect decides, save that a mismatch outweighs what is missing."""


class SuitabilityVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, why, and what must still be done. `level` is the rating that counted."""

    outcome: SuitabilityOutcome
    override: OverrideAllowed
    level: RiskLevel | None
    findings: tuple[Finding, ...]
    duties: tuple[Duty, ...]


class _Conditions(NamedTuple):
    """What a duty may depend on beside the inputs."""

    outcome: SuitabilityOutcome
    override: OverrideAllowed
    level: RiskLevel | None


def check(inputs: SuitabilityInputs, pack: SuitabilityPack) -> SuitabilityVerdict:
    """Hold the product against the customer, criterion by criterion."""
    rules = pack.rules(inputs.product.regime)
    level = level_of(inputs.product)
    if rules is None:
        told = (("pack", pack.name), ("regime", inputs.product.regime))
        finding = _finding("product", Judged("not_assessed", "regime_not_in_pack", told), "insufficient")
        return SuitabilityVerdict(
            outcome="insufficient_information", override="none", level=level, findings=(finding,), duties=()
        )
    findings = tuple(_findings(inputs, rules, pack))
    outcome = _outcome(findings)
    override = _override(inputs, rules, findings, outcome)
    conditions = _Conditions(outcome, override, level)
    duties = tuple(_duties(inputs, rules, conditions))
    return SuitabilityVerdict(
        outcome=outcome, override=override, level=level, findings=findings, duties=duties
    )


def same_verdict(one: SuitabilityVerdict, other: SuitabilityVerdict) -> bool:
    """Whether two verdicts say the same; the wording of their sentences does not count."""
    return _bare(one) == _bare(other)


def unmet(verdict: SuitabilityVerdict) -> tuple[Finding, ...]:
    """The findings that made the verdict what it is, the gravest first."""
    grave = [one for one in verdict.findings if one.effect not in ("none", "warns")]
    return tuple(sorted(grave, key=lambda one: -ORDER.index(one.effect)))


def _findings(inputs: SuitabilityInputs, rules: RegimeRules, pack: SuitabilityPack) -> Iterator[Finding]:
    professional = inputs.customer.professional or inputs.customer.customer_class == "professional"
    for criterion, effect in rules.criteria.items():
        if professional and criterion in rules.professional_skips:
            yield _finding(criterion, Judged("not_applicable", "professional"), "none")
            continue
        judged = CRITERIA[criterion](inputs, rules, pack.stated)
        yield _finding(criterion, judged, _effect(criterion, judged, effect, rules))


def _effect(criterion: Criterion, judged: Judged, stated: Effect, rules: RegimeRules) -> Effect:
    if judged.result in ("met", "not_applicable"):
        return "none"
    if judged.result == "not_met":
        return judged.effect or stated
    return rules.unknown.get(criterion, "insufficient")


def _outcome(findings: tuple[Finding, ...]) -> SuitabilityOutcome:
    effects = {one.effect for one in findings}
    if "blocks" in effects:
        return "blocked"
    if "mismatch" in effects:
        return "mismatch"
    return "insufficient_information" if "insufficient" in effects else "match"


def _override(
    inputs: SuitabilityInputs,
    rules: RegimeRules,
    findings: tuple[Finding, ...],
    outcome: SuitabilityOutcome,
) -> OverrideAllowed:
    """Whether the customer may still have it: as the regime says, and never what a seller proposed."""
    if outcome in ("match", "blocked") or rules.override == "none":
        return "none"
    if rules.override == "after_warning":
        return "allowed_with_warning"
    incomplete = any(one.effect == "insufficient" for one in findings)
    if incomplete or outcome != "mismatch" or inputs.circumstances.advice_mode == "advised":
        return "none"
    return "allowed_with_warning"


def _duties(inputs: SuitabilityInputs, rules: RegimeRules, conditions: _Conditions) -> Iterator[Duty]:
    seen: set[tuple[str, str]] = set()
    for one in rules.duties:
        if (one.duty, one.when) in seen or not _falls_due(one, inputs, conditions):
            continue
        seen.add((one.duty, one.when))
        yield Duty(duty=one.duty, when=one.when, text=duty_sentence(one.duty))


def _falls_due(one: StatedDuty, inputs: SuitabilityInputs, conditions: _Conditions) -> bool:
    product, channel = inputs.product, inputs.channel
    if conditions.outcome not in one.outcomes:
        return False
    stopped = conditions.outcome == "mismatch" and conditions.override == "none"
    if stopped or (one.when == "before_override" and conditions.override == "none"):
        return False
    if one.lowest_level is not None and (conditions.level is None or conditions.level < one.lowest_level):
        return False
    channel_type = None if channel is None else channel.channel_type
    return (
        _among(channel_type, one.channel_types)
        and _among(product.subtype, one.subtypes)
        and _among(inputs.circumstances.advice_mode, one.advice_modes)
        and one.own_products in (None, product.own)
        and one.recording_required in (None, product.recording_required)
    )


def _among(value: str | None, asked: tuple[str, ...]) -> bool:
    return not asked or value in asked


def _finding(criterion: Criterion, judged: Judged, effect: Effect) -> Finding:
    result: Result = judged.result
    text = sentence(judged.reason, judged.told)
    return Finding(
        criterion=criterion, result=result, effect=effect, reason=judged.reason, told=judged.told, text=text
    )


def _bare(verdict: SuitabilityVerdict) -> SuitabilityVerdict:
    replace: Callable[..., SuitabilityVerdict] = msgspec.structs.replace
    return replace(
        verdict,
        findings=tuple(msgspec.structs.replace(one, text=None) for one in verdict.findings),
        duties=tuple(msgspec.structs.replace(one, text=None) for one in verdict.duties),
    )
