"""A small year through a real system: all admitted but what is broken, shown twice, resumable."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from services.bootstrap import System
from services.config import Settings
from services.demo.bank import build
from services.demo.clock import PlayedClock
from services.demo.entities import ZONE
from services.demo.play import Progress, play
from services.demo.running import STATE_FILE, DemoResult, DemoState, run_demo
from services.errors import WrongUse

CUSTOMERS, SEED = 120, 5
TODAY = dt.date(2026, 7, 1)


def nothing(done: int, total: int | None = None) -> None:
    """A progress that nobody looks at."""


def demo(folder: Path) -> DemoResult:
    return run_demo(Settings(data=folder), CUSTOMERS, SEED, nothing, today=TODAY)


def told(result: DemoResult) -> dict[str, object]:
    """The table of what was played."""
    return dict(next(rows for title, _, rows in result.tables if title == "What was played"))


def shown(result: DemoResult) -> list[object]:
    """Headlines, channels and score."""
    wanted = ("A bank of", "NPS by", "Score")
    return [rows for title, _, rows in result.tables if title.startswith(wanted)]


def test_a_year_is_admitted_but_for_what_is_broken_and_shown_again(data_folder: Path) -> None:
    """Given a played demo, when it is asked for again, then the same figures are shown without playing."""
    result = demo(data_folder)
    feed = build(CUSTOMERS, SEED, TODAY - dt.timedelta(days=1)).feed
    sent = feed.deliveries()
    counts = told(result)
    assert counts["sent again, told as duplicates"] == feed.retries
    assert counts["broken, refused and kept in quarantine"] == feed.broken
    assert counts["events admitted"] == len(sent) - feed.retries - feed.broken
    again = demo(data_folder)
    assert "this bank was played before" in told(again)
    assert shown(again) == shown(result)


def test_an_interrupted_year_goes_on_without_a_second_copy(data_folder: Path) -> None:
    """Given a year that stopped half way, when it is played again, then nothing is there twice."""
    folder = data_folder / f"demo-{SEED}-{CUSTOMERS}"
    settings = Settings(data=folder, zone=ZONE)
    system = System(settings, PlayedClock(TODAY - dt.timedelta(days=1)))
    system.prepare()
    with pytest.raises(KeyboardInterrupt):
        play(system, CUSTOMERS, SEED, _interrupted_at(3_000))
    system.close()
    state = DemoState(CUSTOMERS, SEED, TODAY - dt.timedelta(days=1))
    (folder / STATE_FILE).write_bytes(msgspec.json.encode(state))
    counts = told(demo(data_folder))
    feed = build(CUSTOMERS, SEED, TODAY - dt.timedelta(days=1)).feed
    sent = len(feed.deliveries())
    duplicates, admitted = counts["sent again, told as duplicates"], counts["events admitted"]
    assert isinstance(duplicates, int)
    assert isinstance(admitted, int)
    assert duplicates > feed.retries
    assert admitted + duplicates == sent - feed.broken


def test_a_year_needs_a_clock_that_stands_in_it(data_folder: Path) -> None:
    system = System(Settings(data=data_folder))
    with pytest.raises(WrongUse, match="PlayedClock"):
        play(system, CUSTOMERS, SEED, nothing)
    system.close()


def test_the_demo_is_embedded(data_folder: Path) -> None:
    with pytest.raises(WrongUse, match="DAYBOOK_KAFKA"):
        run_demo(Settings(data=data_folder, kafka="localhost:9092"), CUSTOMERS, SEED, nothing)


def _interrupted_at(limit: int) -> Progress:
    def progress(done: int, total: int | None = None) -> None:
        if done >= limit:
            raise KeyboardInterrupt

    return progress
