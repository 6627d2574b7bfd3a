"""The feed is deterministic, comes in order, and is as untidy as it says."""

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import msgspec

from services.demo import numbers
from services.demo.bank import build
from services.demo.diary import PARTNERS
from services.demo.entities import ZONE
from services.demo.feed import Delivery, opening
from services.demo.numbers import DEFAULT_CUSTOMERS
from tests.demo.conftest import LAST, SEED


def deliveries(customers: int, seed: int = SEED) -> list[Delivery]:
    return build(customers, seed, LAST).feed.deliveries()


def test_a_seed_gives_the_same_bytes_in_the_same_order() -> None:
    assert deliveries(300) == deliveries(300)


def test_another_seed_gives_another_bank() -> None:
    assert {one.raw for one in deliveries(300)} != {one.raw for one in deliveries(300, SEED + 1)}


def test_deliveries_never_run_backwards_and_end_with_the_year() -> None:
    feed = build(300, SEED, LAST).feed
    times = [one.arrives for one in feed.deliveries()]
    assert times == sorted(times)
    assert times[0] == opening(feed.year)
    assert times[-1] <= feed.ends


def test_a_thousand_customers_are_about_fifty_thousand_events() -> None:
    assert 40_000 < len(deliveries(DEFAULT_CUSTOMERS)) < 60_000


def test_retries_late_and_broken_records_have_their_shares() -> None:
    feed = build(DEFAULT_CUSTOMERS, SEED, LAST).feed
    live = [one for one in feed.deliveries() if one.arrives > feed.opens]
    sent = len(live) - feed.retries - feed.broken
    assert abs(feed.retries / sent - numbers.RETRIES) < 0.004
    assert abs(feed.broken / sent - numbers.REFUSED) < 0.002
    late = [one for one in live if not one.broken and _late(one)]
    assert 0.001 < len(late) / sent < 0.02
    copies = Counter(one.raw for one in live)
    assert sum(count - 1 for count in copies.values()) == feed.retries


def test_partners_send_their_file_the_next_night() -> None:
    for one in deliveries(300):
        if one.source in PARTNERS.values() and not one.broken and b"producer.day_declared" not in one.raw:
            record = msgspec.json.decode(one.raw)
            when = dt.datetime.fromisoformat(record["time"]).astimezone(ZoneInfo(ZONE))
            assert one.arrives.astimezone(ZoneInfo(ZONE)).date() > when.date() or one.arrives in _edges()


def test_two_producers_leave_one_number_out() -> None:
    numbers_of: dict[str, set[int]] = {}
    for one in deliveries(300):
        if not one.broken:
            record = msgspec.json.decode(one.raw)
            if "sequence" in record:
                numbers_of.setdefault(one.source, set()).add(int(record["sequence"]))
    lacking = {source: set(range(1, max(found) + 1)) - found for source, found in numbers_of.items()}
    assert sorted(len(gap) for gap in lacking.values() if gap) == [1] * numbers.GAPS


def _late(one: Delivery) -> bool:
    record = msgspec.json.decode(one.raw)
    if "time" not in record:
        return False
    written = dt.datetime.fromisoformat(record["recordedtime"])
    return written - dt.datetime.fromisoformat(record["time"]) > dt.timedelta(hours=24)


def _edges() -> tuple[dt.datetime, dt.datetime]:
    """What came before the opening comes at it, what would come after the year comes at its end."""
    feed = build(300, SEED, LAST).feed
    return feed.opens, feed.ends
