"""What an embedded system does by itself while it serves: duties of the day, and the end of older watches."""

import datetime as dt
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from events.complaints import ComplaintReceived
from events.envelope import ComplaintId
from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.journal.system_events import system_record
from services.workers.daily import Every, OncePerDay
from tests.data_folder import HERE, folder_for_servers
from tests.kafka.rig import wait_until

RAW = b"a record without a subject"
SOURCE = "urn:bank:branch"
START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        self.now += dt.timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def system(clock: Clock) -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open", partitions=2), clock)
        yield system
        system.close()


def test_day_keys_are_destroyed_when_their_days_are_over(system: System, clock: Clock) -> None:
    sealed = system.sealer.seal_bytes(None, SOURCE, START.date(), RAW)
    later = system.sealer.seal_bytes(None, SOURCE, START.date() + dt.timedelta(days=2), RAW)
    system.prepare()
    clock.pass_days(89)
    with TestClient(create_app(system, loops=True), base_url=HERE):
        wait_until(lambda: _closed_until(system, clock.now.date()))
        assert system.sealer.open_bytes(sealed) == RAW
        clock.pass_days(2)
        wait_until(lambda: system.sealer.open_bytes(sealed) is None)
    assert system.sealer.open_bytes(later) == RAW


def test_a_complaint_that_is_past_due_is_signalled_while_the_system_serves(
    system: System, clock: Clock
) -> None:
    complaint = ComplaintReceived(
        complaint_id=ComplaintId("t:c1"), legal_entity="demo-cn", received_by="own", issue="fees"
    )
    system.prepare()
    system.journal.append([system_record(complaint, source=SOURCE, identifier="r1", now=clock.now)])
    with TestClient(create_app(system, loops=True), base_url=HERE):
        clock.pass_days(20)  # three clocks are past due, half of the fourth is used
        wait_until(lambda: len(_clock_signals(system)) == 10)
    assert {"Complaint t:c1, cn_nfra, answer"} < {text.split(" - ")[0] for text in _clock_signals(system)}


def test_work_by_the_clock_is_done_again_after_its_pause(clock: Clock) -> None:
    done: list[dt.datetime] = []
    answers = [False, True, True]

    def work() -> bool:
        done.append(clock.now)
        return answers.pop(0)

    duty = Every("a duty", dt.timedelta(days=2), clock, work)
    for _ in range(5):
        duty()
        clock.pass_days(1)
    assert done == [START + dt.timedelta(days=number) for number in (0, 1, 3)]


def test_a_duty_is_done_once_a_day_and_again_after_it_failed(clock: Clock) -> None:
    done: list[dt.date] = []
    fails = ["not now"]

    def work() -> None:
        if fails:
            raise OSError(fails.pop())
        done.append(clock().date())

    duty = OncePerDay("a duty", lambda: clock().date(), work)
    with pytest.raises(OSError, match="not now"):
        duty()
    for _ in range(3):
        duty()
    clock.pass_days(1)
    duty()
    assert done == [START.date(), START.date() + dt.timedelta(days=1)]


def _clock_signals(system: System) -> list[str]:
    """The words of the signals about complaint clocks, as posted."""
    with system.connect() as connection:
        rows = connection.execute(
            f"SELECT text FROM {system.generation(connection).schema}.signals "
            "WHERE rule = 'R-CMPL-03'".encode()
        ).fetchall()
    return [row[0] for row in rows]


def _closed_until(system: System, today: dt.date) -> bool:
    """Whether the day before `today` has been closed, so that a round of the loops has been."""
    with system.connect() as connection:
        row = connection.execute(
            f"SELECT max(day) FROM {system.generation(connection).schema}.calendar_days".encode()
        ).fetchone()
    return row is not None and row[0] == today - dt.timedelta(days=1)
