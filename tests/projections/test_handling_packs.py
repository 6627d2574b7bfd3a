"""Handling packs: the one of the day governs, what does not fit is refused, a shipped one is never edited."""

import datetime as dt
from importlib import resources

import pytest

from projections.rules.handling_pack import HandlingPackError, in_force, parse_handling_pack
from services.desks.complaints.packs import handling_in_force, handling_packs

SHIPPED = resources.files("projections.rules") / "handling_packs" / "house-2026-01.yaml"
TEXT = SHIPPED.read_text("utf-8")
FROZEN = {"complaint-handling 2026-01": "5cd3a0da7b46def2"}


def test_a_shipped_pack_is_never_edited() -> None:
    """A changed rule is a new file: what was decided under a pack must be explainable for ever."""
    assert {one.name: one.digest[:16] for one in handling_packs()} == FROZEN


def test_the_pack_that_began_last_by_the_day_governs() -> None:
    old = parse_handling_pack(TEXT)
    new = parse_handling_pack(
        TEXT.replace("2026-01", "2027-03").replace("max_representatives: 5", "max_representatives: 3")
    )
    packs = (new, old)
    assert new.valid_from == dt.date(2027, 3, 1)
    days = [dt.date(2025, 6, 1), dt.date(2026, 1, 1), dt.date(2027, 2, 28), dt.date(2027, 3, 1)]
    assert [in_force(packs, day).max_representatives for day in days] == [5, 5, 5, 3]


def test_the_desk_is_answered_from_the_shipped_pack() -> None:
    rules = handling_in_force(dt.date(2026, 3, 2))
    assert rules.remedies["cn_nfra"] == ("review", "mediation", "arbitration", "court")
    assert rules.review_days == {"cn_nfra": 30}
    assert "team_lead" in rules.approver_roles - rules.senior_roles
    assert not rules.stated.verified


def test_layout_makes_no_other_pack_and_a_rule_does() -> None:
    pack = parse_handling_pack(TEXT)
    assert parse_handling_pack("# more words\n" + TEXT).digest == pack.digest
    assert parse_handling_pack(TEXT.replace("cn_nfra: 30", "cn_nfra: 31")).digest != pack.digest


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("au_rg271:", "mars:", "mars"),
        ("cn_nfra: 30", "cn_nfra: 0", "review_days"),
        ("max_representatives: 5", "most_representatives: 5", "most_representatives"),
        ("head_office_roles: [head_office]", "head_office_roles: [board]", "senior_roles"),
        ("uk_disp: [ombudsman]", "uk_disp: []", "uk_disp are empty"),
        ("pack:", "- pack:", "does not fit its form"),
    ],
)
def test_a_pack_that_does_not_fit_is_refused_with_the_reason(old: str, new: str, reason: str) -> None:
    with pytest.raises(HandlingPackError, match=reason):
        parse_handling_pack(TEXT.replace(old, new))


def test_without_any_pack_nothing_is_decided() -> None:
    with pytest.raises(HandlingPackError, match="no handling pack"):
        in_force((), dt.date(2026, 3, 2))
