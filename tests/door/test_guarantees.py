"""Guarantees 1 and 5 at the door: acknowledged is kept and counts once; refused is kept and never dropped."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from events.envelope import Position
from services.errors import JournalUnavailable
from services.journal.port import Record
from services.journal.postgres import PostgresJournal
from services.store.database import connect
from tests.door.rig import Rig, customer, product, sale, submission


class LosesItsAnswer(PostgresJournal):
    """A journal that stores and is cut off before it answers, once."""

    cut = False

    def append(self, records: Sequence[Record]) -> list[Position]:
        positions = super().append(records)
        if not self.cut:
            self.cut = True
            raise JournalUnavailable("the line was cut after the append")
        return positions


def entries_and_copies(rig: Rig) -> tuple[int, int]:
    with connect(rig.url) as connection:
        sums = f"SELECT sum(entries), sum(copies) FROM {rig.generation.schema}._watermark"
        row = connection.execute(sums.encode()).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def test_acknowledged_means_that_it_is_in_the_journal_of_another_process(rig: Rig) -> None:
    outcomes = rig.send(product(), customer(), sale())
    elsewhere = PostgresJournal(rig.url)
    positions = [Position.parse(outcome.events[0].position or "") for outcome in outcomes]
    assert len(elsewhere.fetch(positions)) == 3
    elsewhere.close()


def test_a_retry_after_a_lost_answer_may_be_stored_twice_and_counts_once(rig: Rig) -> None:
    whole = rig.journal
    rig.journal = LosesItsAnswer(rig.url)
    rig.door = rig.new_door()
    with pytest.raises(JournalUnavailable):
        rig.send(customer())
    (retry,) = rig.send(customer())
    assert retry.status == "admitted"
    assert len(rig.entries()) == 2
    rig.post()
    assert entries_and_copies(rig) == (1, 1)
    (after,) = rig.send(customer())
    assert after.status == "duplicate"
    rig.journal.close()
    rig.journal = whole


def test_a_hiccup_of_the_journal_sends_nothing_to_the_quarantine(rig: Rig) -> None:
    whole = rig.journal
    rig.journal = LosesItsAnswer(rig.url)
    rig.door = rig.new_door()
    with pytest.raises(JournalUnavailable):
        rig.send(customer())
    assert rig.log.ends() == {0: 0}
    rig.journal.close()
    rig.journal = whole


def test_many_senders_of_the_same_events_count_once(rig: Rig) -> None:
    batch = [submission(customer(number)) for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: rig.door.admit(batch), range(8)))
    admitted = [one for outcomes in answers for one in outcomes if one.status == "admitted"]
    places = {tuple(one.events[0].position for one in outcomes) for outcomes in answers}
    assert (len(admitted), len(places)) == (20, 1)
    assert len(rig.entries()) == 20


def test_two_doors_may_both_admit_and_it_counts_once(rig: Rig) -> None:
    other = rig.new_door()
    rig.send(customer())
    assert other.admit([submission(customer())])[0].status == "admitted"
    rig.post()
    assert entries_and_copies(rig) == (1, 1)


def test_received_is_admitted_plus_duplicate_plus_refused_and_every_refusal_is_a_case(rig: Rig) -> None:
    sent: list[dict[str, Any]] = [customer(number) for number in range(5)]
    sent += [customer(number, customer_type="robot", event_id=f"r{number}") for number in range(4)]
    sent += [customer(0), customer(0, region="Brno")]
    outcomes = rig.send(*sent)
    statuses = [one.status for one in outcomes]
    assert (statuses.count("admitted"), statuses.count("duplicate"), statuses.count("refused")) == (5, 1, 5)
    cases = {case.case_id: case for case in rig.quarantine.list()}
    for outcome in outcomes:
        if outcome.status == "refused":
            assert outcome.case_id is not None
            assert cases[outcome.case_id].problems == outcome.reasons()
    assert len(cases) == 5
    assert len(rig.entries()) == 5


def test_what_is_refused_is_kept_before_anything_is_acknowledged(rig: Rig) -> None:
    """If the quarantine cannot keep it, nothing is answered, so the sender sends all of it again."""
    rig.log.close()
    with pytest.raises(Exception, match="closed"):
        rig.send(customer(), sale(amount_minor=-1))
    assert rig.entries() == []
