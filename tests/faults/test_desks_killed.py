"""kill -9 of whoever decides and relays, anywhere: each decision is taken once, and counts once, in order."""

import random
import signal
from contextlib import closing
from pathlib import Path

import pytest

from events import codec
from tests.desks.clerk import CASES, POINTS, UPDATES
from tests.desks.small_desk import SmallBank
from tests.kafka.rig import Child

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_each_decision_counts_once_and_in_order_through_deaths(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(5):
        point, call = chance.choice(POINTS), chance.randint(1, 9)
        child = Child(["-m", "tests.desks.clerk", database_url, point, str(call)], tmp_path / f"{number}.log")
        assert child.wait() in (-signal.SIGKILL, 0), child.log()
    last = Child(["-m", "tests.desks.clerk", database_url, "never", "1"], tmp_path / "last.log")
    assert last.wait() == 0, last.log()

    with closing(SmallBank(database_url)) as bank:
        assert bank.relay.behind() == 0
        kept = {row[:2]: row[3] for row in bank.storage.rows()}
        records = bank.journal.read(bank.journal.begins(), 10_000)
    assert len(kept) == CASES * (1 + UPDATES), "each command was carried out once"
    first: dict[tuple[str, int], bytes] = {}
    for record in records:
        envelope = codec.decode_envelope(record.value)
        if envelope.source.startswith("urn:daybook:desk:"):
            case_id, _, version = envelope.id.rpartition("/")
            first.setdefault((case_id, int(version)), record.value or b"")
    assert first == kept, "the journal holds what was decided, byte for byte"
    for case_id in {case_id for case_id, _ in first}:
        assert [version for case, version in first if case == case_id] == list(range(1, UPDATES + 2))
