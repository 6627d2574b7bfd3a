"""What an embedded system does by itself while it serves: duties of the day, and the end of older watches."""

import datetime as dt
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.workers.daily import OncePerDay
from tests.data_folder import folder_for_servers
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
        system = System(Settings(data=folder, partitions=2), clock)
        yield system
        system.close()


def test_day_keys_are_destroyed_when_their_days_are_over(system: System, clock: Clock) -> None:
    sealed = system.sealer.seal_bytes(None, SOURCE, START.date(), RAW)
    later = system.sealer.seal_bytes(None, SOURCE, START.date() + dt.timedelta(days=2), RAW)
    system.prepare()
    clock.pass_days(89)
    with TestClient(create_app(system, loops=True)):
        wait_until(lambda: _closed_until(system, clock.now.date()))
        assert system.sealer.open_bytes(sealed) == RAW
        clock.pass_days(2)
        wait_until(lambda: system.sealer.open_bytes(sealed) is None)
    assert system.sealer.open_bytes(later) == RAW


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


def _closed_until(system: System, today: dt.date) -> bool:
    """Whether the day before `today` has been closed, so that a round of the loops has been."""
    with system.connect() as connection:
        row = connection.execute(
            f"SELECT max(day) FROM {system.generation(connection).schema}.calendar_days".encode()
        ).fetchone()
    return row is not None and row[0] == today - dt.timedelta(days=1)
