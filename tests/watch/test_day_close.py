"""The close of a day: its cut holds whatever the interleaving, late facts are judged at the next one."""

import random
from collections.abc import Callable

import pytest

from events.known import KnownProduct, KnownSale
from events.products import ProductRegistered, ProductWithdrawn
from services.journal.port import Record
from tests.watch.bank import event, on, record, sale
from tests.watch.conftest import Scene

MakeScene = Callable[[], Scene]
UNKNOWN = KnownSale(product=KnownProduct(state="unknown"))


def registered(day: float) -> Record:
    fields = {"product_id": "b:p1", "name": "Fund", "category": "wealth", "legal_entity": "CN"}
    return record(event(ProductRegistered, **fields), "reg", day)


def withdrawn(day: float) -> Record:
    return record(event(ProductWithdrawn, product_id="b:p1", reason="old"), "wd", day)


def test_an_unknown_product_is_judged_when_its_day_is_closed(scene: Scene) -> None:
    assert scene.rules_after(record(sale("1", stamped=UNKNOWN), "s")) == []
    scene.close(0)
    assert scene.rules() == ["R-PROD-01"]
    scene.close(1)
    assert scene.rules() == ["R-PROD-01"]


def test_a_product_registered_the_same_day_was_only_late(scene: Scene) -> None:
    scene.append(record(sale("1", stamped=UNKNOWN), "s"), registered(0))
    scene.close(0)
    assert scene.rules() == []


def test_a_product_withdrawn_the_day_before_is_found_at_the_close(scene: Scene) -> None:
    scene.append(registered(-50), record(sale("1", stamped=UNKNOWN), "s"), withdrawn(-1))
    scene.close(0)
    assert scene.rules() == ["R-PROD-01"]
    assert "withdrawn" in scene.signals()[0].text


def test_a_judgement_at_once_and_one_at_the_close_have_one_id(make_scene: MakeScene) -> None:
    at_once, at_close = make_scene(), make_scene()
    stamped = KnownSale(product=KnownProduct(state="known", status="withdrawn"))
    at_once.rules_after(record(sale("1", stamped=stamped), "s"))
    at_close.append(registered(-50), withdrawn(-1), record(sale("1", stamped=UNKNOWN), "s"))
    at_close.close(0)
    assert [one.signal_id for one in at_once.signals()] == [one.signal_id for one in at_close.signals()]


def test_what_came_after_the_cut_is_not_in_the_judgement(scene: Scene) -> None:
    scene.append(record(sale("1", stamped=UNKNOWN), "s"))
    scene.closer().close_days([on(0)])
    scene.append(registered(-1))
    scene.watch().catch_up()
    assert scene.rules() == ["R-PROD-01"]


def test_a_late_sale_of_a_closed_day_is_judged_at_the_next_close(scene: Scene) -> None:
    scene.append(record(sale("1", stamped=UNKNOWN), "s1"), registered(-1))
    scene.close(0)
    scene.append(record(sale("2", stamped=UNKNOWN, product_id="b:p9"), "s2"))
    scene.watch().catch_up()
    assert scene.rules() == []
    scene.close(1)
    assert scene.rules() == ["R-PROD-01"]


def test_a_day_closed_again_is_judged_at_its_new_cut(scene: Scene) -> None:
    scene.close(0)
    scene.append(record(sale("1", stamped=UNKNOWN), "s"))
    scene.close(0)
    assert scene.rules() == ["R-PROD-01"]


def test_a_close_without_news_appends_nothing_more(scene: Scene) -> None:
    scene.append(record(sale("1", stamped=UNKNOWN), "s"))
    scene.close(0)
    scene.close(1)
    ends = scene.journal.ends()
    assert scene.watch().catch_up() == 0
    assert scene.journal.ends() == ends


def test_days_that_an_import_touched_are_closed_in_order_once(scene: Scene) -> None:
    scene.append(*(record(sale(str(number)), f"s{number}", -number) for number in range(5)))
    watch = scene.watch()
    watch.catch_up()
    touched = watch.open_days(on(-1))
    assert touched == [on(day) for day in (-30, -4, -3, -2, -1)]
    scene.closer().close_days(touched)
    watch.catch_up()
    assert watch.open_days(on(-1)) == []


@pytest.mark.parametrize("seed", range(4))
def test_interleaving_makes_no_difference(make_scene: MakeScene, seed: int) -> None:
    """Subjects in another order, other batches, the watch ahead or behind, the same closes: same signals."""
    outcomes = []
    for name in ("one", "two"):
        chance = random.Random(f"{seed} {name}")
        one = make_scene()
        for day in range(3):
            today = unknown_sales_of(day)
            chance.shuffle(today)
            one.append(*today)
            if chance.random() < 0.5:
                one.watch(batch_records=chance.choice([1, 3, 100])).catch_up()
            one.closer().close_days([on(day)])
        one.watch(batch_records=chance.choice([1, 3, 100])).catch_up()
        outcomes.append([each.signal_id for each in one.signals()])
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == 10


def unknown_sales_of(day: int) -> list[Record]:
    """Sales to five customers; the product is registered on the second day, withdrawn on the third."""
    records = [
        record(sale(f"{customer}-{day}", str(customer), stamped=UNKNOWN), f"s{customer}-{day}", day)
        for customer in range(5)
    ]
    return records + {1: [registered(1)], 2: [withdrawn(2)]}.get(day, [])
