"""Records in, signals appended: once each, whatever the batches, the copies and the crashes."""

from collections.abc import Sequence

import pytest

from projections.rules.rule import Hit
from services.journal.port import Record
from tests.watch import bank
from tests.watch.conftest import Scene


def mismatches(count: int) -> list[Record]:
    records = []
    for number in range(count):
        customer = f"c{number}"
        records.append(bank.record(bank.profile(customer, "C2"), f"p{number}"))
        sold = bank.sale(f"s{number}", customer, bank.known(level="R3"))
        records.append(bank.record(sold, f"s{number}", 1))
    return records


def test_a_signal_explains_itself(scene: Scene) -> None:
    scene.append(*mismatches(1))
    scene.watch().catch_up()
    (signal,) = scene.signals()
    assert signal.rule == "R-SUIT-01"
    assert signal.about == "customer/b:c0"
    assert "R3" in signal.text
    assert "C2" in signal.text
    assert dict(signal.inputs)["sold_on"] == bank.on(1).isoformat()
    assert [one.id for one in signal.evidence] == ["p0", "s0"]
    assert signal.product_id == "b:p1"


def test_a_second_run_appends_nothing(scene: Scene) -> None:
    scene.append(*mismatches(3))
    watch = scene.watch()
    watch.catch_up()
    ends = scene.journal.ends()
    assert watch.catch_up() == 0
    assert scene.watch().catch_up() == 0
    assert scene.journal.ends() == ends


@pytest.mark.parametrize("batch_records", [1, 2, 1000])
def test_batches_make_no_difference(scene: Scene, batch_records: int) -> None:
    scene.append(*mismatches(5), *mismatches(2))
    scene.watch(batch_records=batch_records).catch_up()
    assert scene.rules() == ["R-SUIT-01"] * 5


def test_a_crash_between_append_and_commit_counts_once(scene: Scene) -> None:
    scene.append(*mismatches(4))
    watch = scene.watch()
    append = watch._sink

    def append_then_die(hits: Sequence[Hit]) -> None:
        append(hits)
        raise ConnectionError("the process died here")

    watch._sink = append_then_die
    with pytest.raises(ConnectionError):
        watch.catch_up()
    first = {one.signal_id for one in scene.signals()}
    scene.watch().catch_up()
    assert {one.signal_id for one in scene.signals()} == first
    assert len(first) == 4
