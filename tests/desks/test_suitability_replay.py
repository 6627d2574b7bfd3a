"""A stored check can be worked out again with its pack, byte for byte what it said, for every pack."""

import datetime as dt

import msgspec
import pytest

from events import codec
from events.advice import SuitabilityChecked
from events.envelope import CustomerId, ProductId
from projections.rules.suitability_check import check
from services.desks.suitability.packs import suitability_packs
from services.desks.suitability.replay import recompute
from services.errors import CheckFailed, NotFound
from tests.desks.suitability_case import bank
from tests.projections.suitability_given import ON, asked, customer, fund

PACKS = {one.name: one for one in suitability_packs()}
FROZEN = {
    "daybook:suitability-cn 2012-01": "0578f876e5cca66b",
    "daybook:suitability-cn 2026-02": "69a998b7abd9ba9a",
    "daybook:suitability-mifid 2018-01": "9df8b0eabd1b39dd",
    "daybook:suitability-unrated 2012-01": "1d6b5811abade965",
}


def stored(event: SuitabilityChecked) -> SuitabilityChecked:
    """The event as the journal gives it back."""
    return msgspec.json.decode(codec.raw_json(event), type=SuitabilityChecked)


@pytest.mark.parametrize("name", PACKS)
def test_a_shipped_pack_is_never_edited(name: str) -> None:
    """A changed rule is a new file: a stored check must find its pack for ever."""
    assert PACKS[name].digest.startswith(FROZEN[name])


@pytest.mark.parametrize("name", PACKS)
def test_every_check_of_every_pack_gives_the_same_verdict_again(name: str) -> None:
    pack = PACKS[name]
    for regime in pack.stated.regimes:
        for grade in ("C1-lowest", "C2", "C5", None):
            inputs = asked(fund("R3", regime=regime), customer(grade), knowledge="met")
            verdict = check(inputs, pack)
            event = SuitabilityChecked(
                customer_id=CustomerId("t:anna"),
                check_id="k1",
                product_id=ProductId("t:fund"),
                risk_level=verdict.level,
                outcome=verdict.outcome,
                override=verdict.override,
                pack=pack.ref,
                valid_until=ON + dt.timedelta(days=30),
                inputs=inputs,
                findings=verdict.findings,
                duties=verdict.duties,
            )
            again = recompute(stored(event))
            assert again.equal
            assert again.again.outcome == verdict.outcome


def test_a_check_of_the_desk_is_replayed_and_a_forged_one_is_found() -> None:
    case = bank()
    case.check()
    (event,) = case.events
    assert isinstance(event, SuitabilityChecked)
    assert recompute(stored(event)).equal
    forged = recompute(msgspec.structs.replace(event, outcome="match", override="none"))
    assert forged.differences == ("outcome", "override")
    assert event.inputs is not None
    softer = msgspec.structs.replace(event.inputs, customer=customer("C5"))
    assert "risk_level" in recompute(msgspec.structs.replace(event, inputs=softer)).differences


def test_better_words_change_no_verdict() -> None:
    case = bank()
    case.check()
    (event,) = case.events
    assert isinstance(event, SuitabilityChecked)
    reworded = tuple(msgspec.structs.replace(one, text="Other words.") for one in event.findings)
    assert recompute(msgspec.structs.replace(event, findings=reworded)).equal


def test_a_check_without_a_file_or_without_its_pack_cannot_be_replayed() -> None:
    bare = SuitabilityChecked(
        customer_id=CustomerId("t:anna"), check_id="k1", product_id=ProductId("t:fund"), outcome="match"
    )
    with pytest.raises(NotFound, match="without its file"):
        recompute(bare)
    case = bank()
    case.check()
    (event,) = case.events
    assert isinstance(event, SuitabilityChecked)
    with pytest.raises(CheckFailed, match="no pack with this content"):
        recompute(event, ())
