"""Rules about what producers send: R-LOG-01 gap in a producer's sequence, R-LOG-02 skewed clock.

Judged once per close, over the entries that were folded since the one before. A gap is given time to fill.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator

from pydantic import Field

from projections.rules.classes import ProductClasses
from projections.rules.day_rule import MOST_GRACE_CLOSES, Facts, Skew
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_window


class GapParameters(Parameters):
    """Holes of `smallest` numbers and more that nothing filled in `grace_closes` closes, 1 to 14."""

    smallest: int
    grace_closes: int = Field(ge=1, le=MOST_GRACE_CLOSES)


class SkewParameters(Parameters):
    """How far an event's time may lie after its admission."""

    tolerance_seconds: int


GAP_INPUTS = ("source", "missing", "first_missing", "last_missing")
SKEW_INPUTS = ("source", "entries", "longest_seconds", "tolerance_seconds", "on")


def judge_gaps(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Numbers of a producer that never came, although later ones did and the closes of grace have passed."""
    rule: Rule[GapParameters] = rules["R-LOG-01"]
    for gap in facts.gaps(rule.parameters.grace_closes):
        missing = gap.before - gap.after - 1
        if missing < rule.parameters.smallest:
            continue
        yield hit_of_window(
            rule,
            producer_subject(gap.source),
            (gap.on, gap.on),
            inputs={
                "source": gap.source,
                "missing": missing,
                "first_missing": gap.after + 1,
                "last_missing": gap.before - 1,
            },
            about=About(),
            evidence=(gap.last_seen, gap.next_seen),
            cell=(gap.source, str(gap.after), str(gap.before)),
        )


def judge_skews(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Producers whose clock runs ahead of ours; one hit per producer and day."""
    rule: Rule[SkewParameters] = rules["R-LOG-02"]
    by_source: dict[tuple[str, dt.date], list[Skew]] = defaultdict(list)
    for skew in facts.skews(rule.parameters.tolerance_seconds):
        by_source[skew.source, skew.on].append(skew)
    for (source, on), skews in sorted(by_source.items()):
        yield hit_of_window(
            rule,
            producer_subject(source),
            (on, on),
            inputs={
                "source": source,
                "entries": len(skews),
                "longest_seconds": max(skew.seconds for skew in skews),
                "tolerance_seconds": rule.parameters.tolerance_seconds,
                "on": on,
            },
            about=About(),
            evidence=tuple(skew.entry for skew in skews),
            cell=(source,),
        )


def producer_subject(source: str) -> str:
    """A source as a subject: `urn:bank:app` → `producer/source:urn:bank:app`."""
    return "producer/source:" + re.sub(r"[\s/]", ".", source)[:120]
