"""A pack says which rules are in force; what it cannot mean is refused whole, with the reason."""

import pickle
from importlib import resources

import pytest
import yaml

from projections.rules.day_rulebook import DAY_RULES
from projections.rules.pack import PackError, RulePack, parse_pack
from projections.rules.rulebook import KINDS, RULE_LEDGERS, SWEPT_RULES
from services.watch.packs import HOUSE, load_pack, shipped_packs

TEXT = (resources.files("projections.rules") / f"{HOUSE}.yaml").read_text("utf-8")


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


def test_the_house_pack_holds_every_rule_and_is_not_verified(pack: RulePack) -> None:
    assert set(pack.rules) == set(KINDS)
    assert not pack.verified
    assert HOUSE in shipped_packs()


def test_every_rule_is_applied_by_a_ledger_a_day_rule_or_the_sweep() -> None:
    applied = {rule for one in RULE_LEDGERS for rule in one.rules}
    judged = {rule for one in DAY_RULES for rule in one.rules}
    assert applied | judged | set(SWEPT_RULES) == set(KINDS)


def test_layout_makes_no_difference_to_the_digest(pack: RulePack) -> None:
    other = yaml.safe_dump(yaml.safe_load(TEXT), sort_keys=True, allow_unicode=True)
    assert parse_pack(other).digest == pack.digest


def test_a_threshold_makes_another_digest_and_fingerprint(pack: RulePack) -> None:
    other = parse_pack(changed("early_days: 90", "early_days: 91"))
    assert other.digest != pack.digest
    assert other.declarations().fingerprint("UTC") != pack.declarations().fingerprint("UTC")


def test_ledgers_of_a_pack_travel_to_other_processes(pack: RulePack) -> None:
    for ledger in pack.declarations().ledgers:
        assert pickle.loads(pickle.dumps((ledger.keys, ledger.handlers)))


def test_a_pack_may_hold_fewer_rules() -> None:
    stated = yaml.safe_load(TEXT)
    stated["rules"] = [rule for rule in stated["rules"] if rule["id"] == "R-CMPL-05"]
    (rule,) = parse_pack(yaml.safe_dump(stated)).declarations().ledgers[:1]
    assert rule.name == "complaints_seen"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("id: R-LOG-02", "id: R-LOG-99", "rule R-LOG-99 is not known"),
        ("early_days: 90", "early_dayz: 90", "early_dayz"),
        ("early_days: 90", "early_days: ninety", "early_days"),
        ("id: R-LOG-02", "id: R-LOG-01", "stand in the pack twice"),
        ("{longest_seconds} seconds", "{shortest_seconds} seconds", "no inputs of this rule"),
        ("investment_linked: [insurance]", "crypto: [insurance]", "crypto are no product classes"),
        ("severity: critical", "severity: dreadful", "severity"),
        ("verified: false", "verfied: false", "verfied"),
        ("verified: false", "verified: [", "no YAML"),
    ],
)
def test_a_pack_that_cannot_be_used(old: str, new: str, reason: str) -> None:
    with pytest.raises(PackError, match=reason):
        parse_pack(changed(old, new))


TYPOLOGY = {"id": "T-SALE-01", "version": "1", "reads": {"R-SALE-02": 60}, "alert_at": 60, "interdict_at": 90}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reads": {"alert.raised": 60}}, "nothing reads alerts"),
        ({"reads": {"T-SALE-02": 60}}, "a typology reads signals of rules"),
        ({"interdict_at": 30}, "interdict_at lies below alert_at"),
    ],
)
def test_a_typology_reads_signals_only(change: dict[str, object], reason: str) -> None:
    stated = yaml.safe_load(TEXT)
    stated["typologies"] = [TYPOLOGY]
    assert parse_pack(yaml.safe_dump(stated)).typologies[0].id == "T-SALE-01"
    stated["typologies"] = [TYPOLOGY | change]
    with pytest.raises(PackError, match=reason):
        parse_pack(yaml.safe_dump(stated))


def test_a_pack_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(PackError, match=HOUSE):
        load_pack("no-such-pack")
