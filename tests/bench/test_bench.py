"""The benchmark runs as a whole, on hardly anything; no test looks at how long things took."""

import pytest

from tests.bench.__main__ import Options, measure
from tests.bench.report import Line, Target, as_text, line_of


@pytest.mark.kafka
def test_every_line_is_measured(kafka_bootstrap: str) -> None:
    options = Options(events=600, customers=40, runs=1, bootstrap=kafka_bootstrap)
    lines = list(measure(options))
    assert all(line.ratio > 0 for line in lines)
    assert len({line.what for line in lines}) == len(lines)
    named = " ".join(line.what for line in lines)
    for part in ("two tables", "all ledgers", "audit", "door", "reading", "start"):
        assert part in named


@pytest.mark.parametrize(
    ("ratio", "target", "verdict"),
    [
        (0.3, Target(0.2, 0.3), "aim"),
        (0.2, Target(0.2, 0.3), "ok"),
        (0.1, Target(0.2, 0.3), "below"),
        (1.1, Target(1.5, 1.2, True), "aim"),
        (1.4, Target(1.5, 1.2, True), "ok"),
        (1.6, Target(1.5, 1.2, True), "below"),
        (9.9, None, ""),
    ],
)
def test_a_line_is_judged_by_its_target(ratio: float, target: Target | None, verdict: str) -> None:
    line: Line = line_of("a line", 1.0, "events/s", [ratio], "B", target)
    assert line.verdict == verdict
    assert as_text(line).endswith(verdict)
