"""The suitability check as a pure function: the matrix, the regimes, and worked example 6."""

import datetime as dt
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.suitability_file import MarketLimits, SuitabilityInputs, TargetMarket
from events.vocabulary import RiskGrade, RiskLevel, SuitabilityRegime
from projections.rules.pack import PackError
from projections.rules.suitability_check import check, same_verdict, unmet
from projections.rules.suitability_pack import SuitabilityPack, by_digest, in_force, parse_suitability_pack
from projections.rules.suitability_sentences import REASONS, sentence
from tests.events.examples import _struct
from tests.projections.suitability_given import (
    AUTHORISED,
    CN,
    FOLDER,
    MIFID,
    ON,
    PACKS,
    SELLER,
    asked,
    customer,
    fund,
    wealth,
)


def outcome(inputs: SuitabilityInputs, pack: SuitabilityPack = CN) -> tuple[str, str]:
    verdict = check(inputs, pack)
    return verdict.outcome, verdict.override


def test_worked_example_6_c2_and_an_r3_fund_is_a_mismatch_that_a_warning_may_override() -> None:
    assert outcome(asked(fund("R3"))) == ("mismatch", "allowed_with_warning")
    duties = {one.duty for one in check(asked(fund("R3")), CN).duties if one.when == "before_override"}
    assert duties == {"special_warning", "own_initiative_statement"}


def test_worked_example_6_the_lowest_grade_is_blocked_from_r2_whatever_follows() -> None:
    who = customer("C1-lowest")
    assert outcome(asked(fund("R2"), who, advice_mode="own_initiative")) == ("blocked", "none")
    assert outcome(asked(wealth("R2"), who)) == ("blocked", "none")
    assert outcome(asked(fund("R1"), who)) == ("match", "none")


def test_worked_example_6_c2_and_an_r3_wealth_product_is_blocked_even_on_own_initiative() -> None:
    assert outcome(asked(wealth("R3"), advice_mode="own_initiative")) == ("blocked", "none")


def test_worked_example_6_a_channel_not_authorised_blocks_a_fund_that_would_match() -> None:
    closed = msgspec.structs.replace(AUTHORISED, product_authorised=False)
    assert outcome(asked(fund("R3"), customer("C4"))) == ("match", "none")
    assert outcome(asked(fund("R3"), customer("C4"), channel=closed)) == ("blocked", "none")


@pytest.mark.parametrize("grade", get_args(RiskGrade))
@pytest.mark.parametrize("level", get_args(RiskLevel))
@pytest.mark.parametrize("pack", ["cn-2012-01", "cn-2026-02"])
def test_the_matrix(pack: str, grade: str, level: str) -> None:
    highest = {"C1-lowest": 1, "C1": 1, "C2": 2, "C3": 3, "C4": 4, "C5": 5}[grade]
    matches = int(level[1]) <= highest
    beyond = ("blocked", "none") if grade == "C1-lowest" else ("mismatch", "allowed_with_warning")
    who = customer(grade)
    assert outcome(asked(fund(level), who), PACKS[pack]) == (("match", "none") if matches else beyond)
    blocked = ("match", "none") if matches else ("blocked", "none")
    assert outcome(asked(wealth(level), who), PACKS[pack]) == blocked


@pytest.mark.parametrize("level", get_args(RiskLevel))
def test_a_professional_may_buy_any_level_but_not_through_a_channel_without_authority(level: str) -> None:
    professional = customer("C1", customer_class="professional")
    assert outcome(asked(fund(level), professional))[0] == "match"
    assert outcome(asked(fund(level), customer("C1", professional=True)))[0] == "match"
    closed = msgspec.structs.replace(AUTHORISED, product_authorised=False)
    assert outcome(asked(fund(level), professional, channel=closed))[0] == "blocked"


def test_a_seller_who_recommends_what_does_not_match_leaves_no_override() -> None:
    assert outcome(asked(fund("R3"), advice_mode="advised")) == ("mismatch", "none")


def test_the_higher_of_issuers_and_sellers_rating_counts() -> None:
    rated = fund("R2", issuer_rating="R2", seller_rating="R3")
    assert check(asked(rated), CN).level == "R3"
    assert outcome(asked(rated))[0] == "mismatch"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ({"grade": None}, "profile_missing"),
        ({"valid_until": dt.date(2026, 3, 1)}, "profile_expired"),
        ({"assessed_on": dt.date(2025, 3, 1)}, "profile_expired"),
    ],
)
def test_without_a_valid_profile_nothing_can_be_said(who: dict[str, Any], reason: str) -> None:
    verdict = check(asked(fund("R2"), msgspec.structs.replace(customer(), **who)), CN)
    assert (verdict.outcome, verdict.override) == ("insufficient_information", "none")
    assert reason in [one.reason for one in unmet(verdict)]


def test_a_profile_is_valid_on_its_last_day() -> None:
    who = customer(assessed_on=dt.date(2025, 3, 2), valid_until=ON)
    assert outcome(asked(fund("R2"), who))[0] == "match"


def test_the_first_assessment_for_an_own_wealth_product_is_face_to_face() -> None:
    remote = customer(met_face_to_face=False)
    verdict = check(asked(wealth("R2"), remote), CN)
    assert verdict.outcome == "insufficient_information"
    assert [one.duty for one in verdict.duties] == ["face_to_face_assessment"]
    assert outcome(asked(wealth("R2", own=False), remote))[0] == "match"
    assert outcome(asked(fund("R2"), remote))[0] == "match"


@pytest.mark.parametrize(
    ("years", "result"), [(None, "insufficient_information"), (0, "mismatch"), (1, "match")]
)
def test_age_and_experience_of_seniors_are_weighed_for_risky_products(years: int | None, result: str) -> None:
    old = customer("C5", age_band="65_plus")
    assert outcome(asked(fund("R3"), old, experience_years=years))[0] == result
    assert outcome(asked(fund("R2"), old, experience_years=years))[0] == "match"


INSURANCE: dict[str, Any] = {"subtype": "whole_life", "regime": "cn_insurance", "approval": None}


@pytest.mark.parametrize(
    ("told", "result"),
    [
        ({}, "insufficient_information"),
        ({"need_id": "n1"}, "insufficient_information"),
        ({"need_id": "n1", "commitment_bp": 2_000}, "match"),
        ({"need_id": "n1", "commitment_bp": 2_001}, "mismatch"),
    ],
)
def test_insurance_asks_for_need_and_affordability(told: dict[str, Any], result: str) -> None:
    product = fund(None, **INSURANCE)
    assert outcome(asked(product, customer(None), **told)) == (result, "none")


def test_investment_linked_insurance_is_also_held_against_the_grade_and_asks_for_its_certificate() -> None:
    linked = fund("R3", **(INSURANCE | {"subtype": "investment_linked"}))
    told: dict[str, Any] = {"need_id": "n1", "commitment_bp": 500}
    assert outcome(asked(linked, **told)) == ("blocked", "none")
    assert outcome(asked(linked, customer("C3"), **told))[0] == "match"
    plain = msgspec.structs.replace(SELLER, certificates=())
    assert outcome(asked(linked, customer("C3"), seller=plain, **told))[0] == "blocked"


THREE: dict[str, Any] = {"objective": "met", "capacity": "met", "knowledge": "met"}


@pytest.mark.parametrize("test", sorted(THREE))
def test_mifid_advice_needs_all_three_tests(test: str) -> None:
    product = fund(None, regime="mifid_advised")
    assert outcome(asked(product, **THREE, advice_mode="advised"), MIFID)[0] == "match"
    for answer, result in (("not_met", "mismatch"), ("not_assessed", "insufficient_information")):
        told: dict[str, Any] = THREE | {test: answer}
        assert outcome(asked(product, **told, advice_mode="advised"), MIFID) == (result, "none")


def test_mifid_without_advice_asks_for_appropriateness_and_warns() -> None:
    product = fund(None, regime="mifid_non_advised", complex=True)
    assert outcome(asked(product, knowledge="met"), MIFID)[0] == "match"
    assert outcome(asked(product, knowledge="not_met"), MIFID) == ("mismatch", "allowed_with_warning")
    assert outcome(asked(product), MIFID) == ("insufficient_information", "allowed_with_warning")
    simple = fund(None, regime="mifid_non_advised")
    assert outcome(asked(simple, advice_mode="execution_only"), MIFID)[0] == "match"


def test_a_deposit_asks_only_for_product_and_channel() -> None:
    deposit = fund(None, regime="none", category="deposit", subtype=None, approval=None)
    pack = PACKS["unrated-2012-01"]
    assert outcome(asked(deposit, customer(None)), pack)[0] == "match"
    assert outcome(asked(msgspec.structs.replace(deposit, status="withdrawn")), pack)[0] == "blocked"


def test_the_negative_market_blocks_and_outside_the_market_warns() -> None:
    market = TargetMarket(
        version="1",
        positive=MarketLimits(objectives=("growth",)),
        negative=(MarketLimits(age_bands=("65_plus",), objectives=("preservation",)),),
    )
    verdict = check(asked(fund("R2"), market=market, wanted="income"), CN)
    assert verdict.outcome == "match"
    assert [one.reason for one in verdict.findings if one.effect == "warns"] == ["outside_target_market"]
    old = customer(age_band="65_plus")
    assert outcome(asked(fund("R2"), old, market=market, wanted="preservation"))[0] == "blocked"
    assert outcome(asked(fund("R2"), old, market=market))[0] == "match"


def test_a_private_fund_is_for_qualified_investors_with_cooling_off_and_call_back() -> None:
    private = fund("R2", category="wealth", subtype="private_fund")
    assert outcome(asked(private))[0] == "blocked"
    verdict = check(asked(private, qualified_investor_proof="doc-1"), CN)
    assert verdict.outcome == "match"
    assert {"cooling_off", "callback", "dual_recording", "disclosure"} == {one.duty for one in verdict.duties}


def test_a_sale_in_a_branch_names_its_seller_and_an_app_needs_none() -> None:
    app = msgspec.structs.replace(AUTHORISED, channel_type="app")
    assert outcome(asked(fund("R2"), seller=None))[0] == "insufficient_information"
    assert outcome(asked(fund("R2"), seller=None, channel=app))[0] == "match"
    assert outcome(asked(fund("R2"), channel=None))[0] == "insufficient_information"


def test_a_regime_that_the_pack_does_not_serve_is_a_finding() -> None:
    verdict = check(asked(fund("R2")), MIFID)
    assert [one.reason for one in verdict.findings] == ["regime_not_in_pack"]


@settings(max_examples=150, deadline=None)
@given(inputs=_struct(msgspec.inspect.type_info(SuitabilityInputs)), name=st.sampled_from(sorted(PACKS)))
def test_a_check_is_total_and_always_says_why(inputs: SuitabilityInputs, name: str) -> None:
    verdict = check(inputs, PACKS[name])
    assert same_verdict(verdict, check(inputs, PACKS[name]))
    assert verdict.outcome == "match" or unmet(verdict)
    assert verdict.override == "none" or verdict.outcome in ("mismatch", "insufficient_information")
    assert all(one.reason in REASONS and one.text for one in verdict.findings)
    for one in verdict.findings:
        plain = tuple((what, value.replace("{", "(")) for what, value in one.told)
        assert "{" not in sentence(one.reason, plain, "zh"), "every gap of the sentence is filled"


def test_the_pack_in_force_is_the_one_that_began_last() -> None:
    shipped = tuple(PACKS.values())
    for day, version in ((dt.date(2026, 1, 31), "2012-01"), (dt.date(2026, 2, 1), "2026-02")):
        pack = in_force(shipped, "cn_csrc", day)
        assert pack is not None
        assert pack.stated.version == version
    assert in_force(shipped, "cn_csrc", dt.date(2011, 12, 31)) is None
    assert by_digest(shipped, CN.digest) is CN


@pytest.mark.parametrize("regime", get_args(SuitabilityRegime))
def test_every_regime_has_a_pack(regime: SuitabilityRegime) -> None:
    assert in_force(PACKS.values(), regime, ON) is not None


def test_a_pack_is_named_by_its_content_alone() -> None:
    text = (FOLDER / "cn-2026-02.yaml").read_text("utf-8")
    assert parse_suitability_pack("# another comment\n" + text).digest == CN.digest
    assert parse_suitability_pack(text.replace("2000", "2500")).digest != CN.digest
    with pytest.raises(PackError, match="matrix"):
        parse_suitability_pack(text.replace("      C5: [R1, R2, R3, R4, R5]\n", ""))
    with pytest.raises(PackError, match="overide"):
        parse_suitability_pack(text.replace("    override: none", "    overide: none", 1))
