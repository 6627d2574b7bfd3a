"""kill -9 and SIGSTOP of a projector before, in and after its commit: nothing lost, nothing counted twice."""

import signal

import pytest

from tests.kafka.child import Fault
from tests.kafka.rig import Bench, in_chunks
from tests.projector.histories import doubled, history

pytestmark = [pytest.mark.kafka, pytest.mark.faults]


@pytest.mark.parametrize("seed", [51, 52, 53, 54])
def test_a_projector_killed_around_its_commits_loses_and_repeats_nothing(
    shop_bench: Bench, seed: int
) -> None:
    """Each process dies at another point of another batch, the next goes on from the watermarks."""
    shop_bench.journal.append(doubled(history(seed, 500)))
    deaths = (Fault("before", 1 + seed % 3), Fault("in", 1 + seed % 4), Fault("after", 1 + seed % 2))
    for number, fault in enumerate(deaths):
        child = shop_bench.projector(f"life{number}", fault, batch_entries=60)
        assert child.wait() == -signal.SIGKILL
        assert f"fault {fault.point} commit" in child.log()
    shop_bench.projector("last")
    shop_bench.wait_folded()
    shop_bench.assert_sound()


@pytest.mark.parametrize("point", ["before", "in"])
def test_a_projector_that_slept_past_its_session_is_fenced(shop_bench: Bench, point: str) -> None:
    """Given a process that stands still around its commit, and another that took its partitions over.

    Asleep before the commit, it finds the watermark moved: fenced. Asleep within it, PostgreSQL ended its
    transaction, so that its locks could not hold the other back: it dies of that and is started anew.
    """
    records = history(55, 900)
    shop_bench.journal.append(records[:400])
    fault = Fault("before" if point == "before" else "in", 2, "STOP")
    zombie = shop_bench.projector(fault=fault, transaction_idle_seconds=2.0)
    zombie.wait_stopped()
    heir = shop_bench.projector()
    for chunk in in_chunks(records[400:], 100):
        shop_bench.journal.append(chunk)
    shop_bench.wait_folded()
    after_heir = shop_bench.live_digests()

    zombie.send(signal.SIGCONT)
    if point == "before":
        zombie.wait_for_log("fenced, going on from the watermarks")
    else:
        assert zombie.wait() == 1
        assert "idle-in-transaction" in zombie.log()
    assert shop_bench.live_digests() == after_heir, "the zombie wrote nothing"
    shop_bench.journal.append(history(56, 200))
    shop_bench.wait_folded()
    shop_bench.assert_sound()
    assert heir.stop() == 0
