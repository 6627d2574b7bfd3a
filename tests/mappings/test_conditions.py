"""Every comparison, and what combines them."""

from pathlib import Path

import pytest

from services.door.mappings.conditions import COMBINATIONS, COMPARISONS
from tests.mappings.rig import holds

CASES = [
    ("equals", '{of: "{A}", equals: x}', [True, False, False]),
    ("in", '{of: "{A}", in: [x, y]}', [True, True, False]),
    ("present", '{of: "{A}", present: true}', [True, True, False]),
    ("present", '{of: "{A}", present: false}', [False, False, True]),
    ("matches", '{of: "{A}", matches: "^[xz]$"}', [True, False, False]),
    ("at_least", '{of: "{A}", at_least: y}', [False, True, False]),
    ("below", '{of: "{A}", below: y}', [True, False, False]),
    ("all", '{all: [{of: "{A}", present: true}, {of: "{#}", at_least: 2}]}', [False, True, False]),
    ("any", '{any: [{of: "{A}", equals: x}, {of: "{#}", equals: 3}]}', [True, False, True]),
    ("not", '{not: {of: "{A}", equals: x}}', [False, True, True]),
    ("equals", '{of: "{A}", equals: "{B}"}', [True, False, False]),
]


@pytest.mark.parametrize("word, condition, expected", CASES)
def test_a_condition_holds_for_the_rows_that_it_means(
    tmp_path: Path, word: str, condition: str, expected: list[bool]
) -> None:
    assert holds(tmp_path, condition, "A,B\nx,x\ny,x\n,\n") == expected


def test_every_comparison_has_a_case() -> None:
    assert {word for word, _, _ in CASES} == {*COMPARISONS, *COMBINATIONS}
