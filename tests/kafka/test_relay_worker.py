"""`daybook worker relay` as a process on a real broker: decisions reach Kafka through a kill and a stop."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from events import codec
from services.bootstrap import System
from services.desks.complaints.commands import Receive, SendProgressUpdate
from services.desks.deciding import Actor
from tests.kafka.rig import stored_values, wait_until
from tests.kafka.test_workers import Bank

pytestmark = pytest.mark.kafka
CLERK = Actor("clerk")


@pytest.fixture
def bank(
    kafka_bootstrap: str, kafka_topic: str, database_url: str, data_folder: Path, tmp_path: Path
) -> Iterator[Bank]:
    made = Bank(kafka_bootstrap, kafka_topic, database_url, data_folder, tmp_path)
    yield made
    made.close()


def carried(bank: Bank, case_id: str) -> list[str]:
    """The ids of a case's entries in the journal, in order."""
    envelopes = [codec.decode_envelope(record.value) for record in stored_values(bank.journal)]
    return [one.id for one in envelopes if one.correlationid == case_id]


def test_decisions_reach_kafka_once_and_in_order_through_a_kill_and_a_stop(bank: Bank) -> None:
    with closing(System(bank.settings)) as system:
        system.prepare()
        desk = system.desks.complaints
        received = Receive(legal_entity="bank", received_by="own", issue="fee")
        case_id = desk.handle("receive", received, CLERK).case_id

        def tell(times: int) -> None:
            for _ in range(times):
                desk.handle(
                    "send-progress-update", SendProgressUpdate(method="letter"), CLERK, case_id=case_id
                )

        tell(200)
        relay = bank.worker("relay")
        wait_until(lambda: len(carried(bank, case_id)) > 20, relay.log)
        relay.kill()
        tell(20)
        again = bank.worker("relay")
        wait_until(lambda: system.desks.relay.behind() == 0, again.log)
        tell(1)
        wait_until(lambda: system.desks.relay.behind() == 0, again.log)
        assert again.stop() == 0
        found = carried(bank, case_id)
        first = list(dict.fromkeys(found))
        assert first == [f"{case_id}/{version}" for version in range(1, 223)]
        assert set(Counter(found).values()) <= {1, 2}, "a record may be there twice, under one name"
