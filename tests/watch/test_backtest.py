"""A backtest is the live watch over history: the same signals, and nothing written."""

from importlib import resources

from events.known import KnownProduct, KnownSale
from projections.rules.pack import parse_pack
from services.journal.port import Record
from services.store.database import connect
from services.store.generation import Generation, all_generations
from services.watch.backtest import backtest
from services.watch.packs import HOUSE
from tests.watch import bank
from tests.watch.bank import known, profile, record, sale
from tests.watch.conftest import Scene

TEXT = (resources.files("projections.rules") / f"{HOUSE}.yaml").read_text("utf-8")


def history() -> list[Record]:
    unknown = KnownSale(product=KnownProduct(state="unknown"))
    return [
        record(profile("1", "C2"), "p1"),
        record(sale("1", "1", known(level="R3")), "s1", 1),
        record(sale("2", "2", unknown), "s2", 2),
        *(record(sale(f"x{n}", "3", amount_minor=4_600_000), f"x{n}", n) for n in range(3)),
    ]


def generations_of(scene: Scene) -> list[Generation]:
    with connect(scene.conninfo, autocommit=True) as connection:
        return all_generations(connection)


def lived(scene: Scene) -> None:
    scene.append(*history())
    scene.watch().catch_up()
    scene.close(*range(5))


def test_a_backtest_gives_what_the_live_watch_gave_and_writes_nothing(scene: Scene) -> None:
    lived(scene)
    ends = scene.journal.ends()
    found = backtest(scene.journal, scene.conninfo, scene.pack, bank.ZONE, scene.clock)
    assert sorted(found.signals, key=lambda one: one.signal_id) == scene.signals()
    assert found.new == found.gone == ()
    assert found.hits == found.given
    assert scene.journal.ends() == ends
    assert [one.kind for one in generations_of(scene)] == ["watch"]


def test_a_stricter_pack_shows_what_it_would_no_longer_see(scene: Scene) -> None:
    lived(scene)
    other = parse_pack(TEXT.replace("near_bp: 9000", "near_bp: 9500"))
    found = backtest(scene.journal, scene.conninfo, other, bank.ZONE, scene.clock)
    assert {one.rule for one in found.gone} == {"R-SALE-03"}
    assert found.new == ()


def test_a_new_pack_repeats_no_signal_of_the_old_one_and_takes_its_place(scene: Scene) -> None:
    """The old generation goes once the new one has caught up, and not while somebody folds it."""
    lived(scene)
    before = [one.signal_id for one in scene.signals()]
    old = scene.watch()
    scene.end_all_but(old)
    house, scene.pack = scene.pack, parse_pack(TEXT.replace("early_days: 90", "early_days: 60"))
    new = scene.watch()
    new.catch_up()
    assert [one.signal_id for one in scene.signals()] == before
    assert generations_of(scene) == [old.generation, new.generation]

    scene.end_all_but(new)
    new.catch_up()
    assert generations_of(scene) == [new.generation]
    scene.pack = house
    again = scene.watch()
    scene.end_all_but(again)
    again.catch_up()
    assert [one.signal_id for one in scene.signals()] == before
    assert generations_of(scene) == [again.generation]
