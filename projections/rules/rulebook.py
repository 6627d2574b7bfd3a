"""Every rule that this code can apply: its parameters, the inputs its sentence may name, its ledgers.

A pack chooses among these and sets their parameters. One line per rule; to add one, see README.md here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from events.envelope import Event
from projections.channels import CHANNELS
from projections.fold import Declarations
from projections.ledger import Ledger
from projections.people import EMPLOYEES
from projections.products import PRODUCTS
from projections.rules import (
    checks_behind_sales,
    clock_alarms,
    clusters,
    commission_rates,
    complaining,
    contact,
    feedback,
    replacement,
    sale_stops,
    seen,
    seen_sales,
    sellers,
    sources,
    splitting,
    step_order,
    suitability,
    unrecorded,
)
from projections.rules.classes import ProductClasses
from projections.rules.rule import Parameters, Rules

Make = Callable[[Rules, ProductClasses], Ledger]


@dataclass(frozen=True)
class RuleKind:
    """A rule that code exists for; `inputs` are the names that its sentence may use."""

    id: str
    parameters: type[Parameters]
    inputs: tuple[str, ...]


STOP_INPUTS = ("product", "sold_on", "status", "channel", "seller", "product_class", "needed", "held")

RULE_KINDS: tuple[RuleKind, ...] = (
    RuleKind("R-SUIT-01", suitability.MismatchParameters, suitability.INPUTS),
    RuleKind("R-SUIT-02", suitability.LowestGradeParameters, suitability.INPUTS),
    RuleKind("R-SUIT-03", suitability.ExpiredParameters, suitability.INPUTS),
    RuleKind("R-SUIT-04", suitability.ShoppingParameters, suitability.INPUTS),
    RuleKind("R-PROD-01", sale_stops.ProductStatusParameters, ("product", "sold_on", "status")),
    RuleKind("R-CHAN-01", sale_stops.ChannelStatusParameters, ("product", "sold_on", "status", "channel")),
    RuleKind("R-CHAN-06", sale_stops.ChannelProductParameters, ("product", "sold_on", "channel")),
    RuleKind("R-CHAN-02", commission_rates.CommissionRateParameters, commission_rates.INPUTS),
    RuleKind(
        "R-PEOP-03",
        sale_stops.PermissionParameters,
        ("product", "sold_on", "seller", "product_class", "needed", "held"),
    ),
    RuleKind(
        "R-PEOP-04",
        sale_stops.PermissionParameters,
        ("product", "sold_on", "seller", "product_class", "needed", "held"),
    ),
    RuleKind("R-SALE-02", replacement.ReplacementParameters, replacement.INPUTS),
    RuleKind("R-SALE-03", splitting.SplittingParameters, splitting.INPUTS),
    RuleKind("R-AML-02", splitting.SplittingParameters, splitting.INPUTS),
    RuleKind("R-CMPL-02", complaining.ConflictParameters, complaining.CONFLICT_INPUTS),
    RuleKind("R-CMPL-03", clock_alarms.ClockParameters, clock_alarms.INPUTS),
    RuleKind("R-CMPL-06", complaining.RepeatParameters, complaining.REPEAT_INPUTS),
    RuleKind("R-CONT-01", contact.ContactParameters, contact.INPUTS),
    RuleKind("R-SALE-01", step_order.StepOrderParameters, step_order.INPUTS),
    RuleKind("R-SUIT-08", checks_behind_sales.CheckParameters, checks_behind_sales.INPUTS),
    RuleKind("R-SUIT-06", sellers.OverrideParameters, sellers.OVERRIDE_INPUTS),
    RuleKind("R-PEOP-01", sellers.OrphanParameters, sellers.ORPHAN_INPUTS),
    RuleKind("R-PEOP-05", sellers.TopEarnerParameters, sellers.EARNER_INPUTS),
    RuleKind("R-SAT-01", feedback.DropParameters, feedback.DROP_INPUTS),
    RuleKind("R-SAT-02", feedback.ChosenParameters, feedback.CHOSEN_INPUTS),
    RuleKind("R-SAT-03", feedback.DetractorParameters, feedback.DETRACTOR_INPUTS),
    RuleKind("R-CMPL-01", unrecorded.UnrecordedParameters, unrecorded.INPUTS),
    RuleKind("R-CMPL-05", clusters.ClusterParameters, clusters.INPUTS),
    RuleKind("R-LOG-01", sources.GapParameters, sources.GAP_INPUTS),
    RuleKind("R-LOG-02", sources.SkewParameters, sources.SKEW_INPUTS),
)

SWEPT_RULES = ("R-CMPL-03",)
"""Rules that neither an entry nor a day close judges: the sweep does, as instants pass."""

KINDS: dict[str, RuleKind] = {kind.id: kind for kind in RULE_KINDS}


@dataclass(frozen=True)
class RuleLedger:
    """A ledger that one or more rules share; it is folded if the pack holds any of them."""

    rules: tuple[str, ...]
    make: Make


RULE_LEDGERS: tuple[RuleLedger, ...] = (
    RuleLedger(
        ("R-SUIT-01", "R-SUIT-02", "R-SUIT-03", "R-SUIT-04", "R-SUIT-08"),
        lambda rules, classes: suitability.suitability_ledger(rules),
    ),
    RuleLedger(sale_stops.SALE_STOPS, sale_stops.sale_stops_ledger),
    RuleLedger(("R-SALE-02",), replacement.replacement_ledger),
    RuleLedger(("R-SALE-03",), lambda rules, classes: splitting.sale_splitting_ledger(rules["R-SALE-03"])),
    RuleLedger(("R-AML-02",), lambda rules, classes: splitting.cash_splitting_ledger(rules["R-AML-02"])),
    RuleLedger(("R-CMPL-02",), lambda rules, classes: complaining.conflict_ledger(rules["R-CMPL-02"])),
    RuleLedger(("R-CMPL-06",), lambda rules, classes: complaining.repeat_ledger(rules["R-CMPL-06"])),
    RuleLedger(("R-CONT-01",), lambda rules, classes: contact.contact_ledger(rules["R-CONT-01"])),
    RuleLedger(("R-CMPL-05", "R-CMPL-01", "R-PEOP-05"), lambda rules, classes: seen.COMPLAINTS_SEEN),
    RuleLedger(("R-SAT-01", "R-SAT-02", "R-SAT-03"), lambda rules, classes: seen.ANSWERS_SEEN),
    RuleLedger(("R-SAT-03",), lambda rules, classes: seen.CARE_SEEN),
    RuleLedger(("R-CHAN-02",), lambda rules, classes: commission_rates.ACCRUALS_SEEN),
    RuleLedger(
        ("R-SALE-01", "R-SUIT-06", "R-SUIT-08", "R-PEOP-05", "R-CHAN-02"),
        lambda rules, classes: seen_sales.SALES_SEEN,
    ),
    RuleLedger(("R-SALE-01",), lambda rules, classes: seen_sales.STEPS_SEEN),
    RuleLedger(("R-SUIT-08",), lambda rules, classes: checks_behind_sales.CHECKS_SEEN),
    RuleLedger(("R-SUIT-06",), lambda rules, classes: seen_sales.OVERRIDES_SEEN),
    RuleLedger(("R-CMPL-01",), lambda rules, classes: seen.DISSATISFIED_SEEN),
    RuleLedger(("R-PEOP-01",), lambda rules, classes: seen.BOOKS_SEEN),
)

REFERENCE_LEDGERS: tuple[Ledger, ...] = (PRODUCTS, CHANNELS, EMPLOYEES)
"""What the day's close looks up when a reference was unknown at the door."""


@dataclass(frozen=True, eq=False)
class RuleDeclarations(Declarations):
    """The ledgers of a watch; its fingerprint covers the pack, since thresholds decide what rows hold."""

    pack_digest: str = ""

    def fingerprint(self, zone: str) -> str:
        return f"{super().fingerprint(zone)[:8]}{self.pack_digest[:8]}"


def declarations_of(rules: Rules, classes: ProductClasses, digest: str) -> RuleDeclarations:
    """The ledgers that a pack's rules are folded and judged with."""
    made = [one.make(rules, classes) for one in RULE_LEDGERS if any(rule in rules for rule in one.rules)]
    declarations = RuleDeclarations((*made, *REFERENCE_LEDGERS), pack_digest=digest)
    for event in declarations.subscriptions:
        assert not _is_signal(event), f"a rule may read facts and decisions, not {event.__name__}"
    return declarations


def _is_signal(event: type[Event]) -> bool:
    return event.__module__ == "events.risk" and event.__name__ != "FraudAssessed"
