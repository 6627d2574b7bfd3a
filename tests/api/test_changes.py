"""The change feed: a copy that is kept by it equals the ledger, over broken connections, swaps and units."""

import random
import threading
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
from fastapi import FastAPI

from services.api import changes
from services.api.app import create_app
from services.audit.rebuild import rebuild, swap
from services.bootstrap import System
from services.config import Settings
from services.door.submission import Submission
from services.identity.who import Who
from tests.api.following import WHOLE, Copy, Rows
from tests.api.signed_in import SignedIn, somebody
from tests.cli.events import PRODUCT, event
from tests.console.site import free_socket, serving
from tests.data_folder import folder_for_servers

EAST, WEST = "bank:unit-east", "bank:unit-west"
PEOPLE = 40


@pytest.fixture
def system() -> Iterator[System]:
    with folder_for_servers() as folder, closing(System(Settings(data=folder, sign_in="open"))) as system:
        system.prepare()
        admit(system, PRODUCT, *(registered(number) for number in range(PEOPLE)))
        yield system


@pytest.fixture
def app(system: System) -> FastAPI:
    return create_app(system, loops=False)


@pytest.fixture
def site(app: FastAPI) -> Iterator[str]:
    with serving(app, free_socket()) as address:
        yield address


def admit(system: System, *events: str) -> None:
    """Bring events in through the door; posted when this returns."""
    sent = [text.encode() for text in events]
    outcomes = system.door.admit([Submission(raw, (raw,), "urn:bank:branch-12") for raw in sent])
    assert {one.status for one in outcomes} == {"admitted"}, [one.reasons() for one in outcomes]
    system.settle()


def registered(number: int, unit: str = EAST) -> str:
    about = {"customer_id": f"bank:{number}", "legal_entity": "bank-cn", "customer_type": "person"}
    return event(f"c{number}", "customer.registered", f"customer/bank:{number}", {**about, "unit_id": unit})


def sold(number: int, sale: int) -> str:
    about = {
        "sale_id": f"bank:s{sale}",
        "customer_id": f"bank:{number}",
        "legal_entity": "bank-cn",
        "product_id": "bank:p3",
        "amount_minor": 100 + sale,
        "currency": "CNY",
    }
    return event(f"s{sale}", "sale.confirmed", f"customer/bank:{number}", about)


def voided(number: int, sale: int) -> str:
    wrong = {"source": "urn:bank:branch-12", "id": f"s{sale}"}
    return event(
        f"v{sale}",
        "sale.voided",
        f"customer/bank:{number}",
        {"customer_id": f"bank:{number}", "voids": wrong, "reason": "twice"},
    )


def transferred(number: int, unit: str, name: str) -> str:
    about = {"customer_id": f"bank:{number}", "to_unit_id": unit, "reason": "moved"}
    return event(name, "customer.transferred", f"customer/bank:{number}", about)


def listed(site: str, ledger: str) -> Rows:
    """All rows of a ledger, as the same reader gets them by pages."""
    rows: Rows = []
    cursor: dict[str, str] = {}
    while True:
        page = httpx2.get(f"{site}/ledgers/{ledger}", params={"limit": "500", **cursor}).json()
        rows += page["rows"]
        if page["next"] is None:
            return sorted(rows, key=lambda row: str(sorted((k, str(v)) for k, v in row.items())))
        cursor = {"cursor": page["next"]}


def equal(copy: Copy, site: str, ledger: str) -> bool:
    return sorted(map(str, copy.rows)) == sorted(map(str, listed(site, ledger)))


def test_a_copy_equals_the_ledger_over_connections_that_break_anywhere(
    system: System, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BATCH_SUBJECTS", 7)
    monkeypatch.setattr(changes, "BATCH_ENTRIES", 16)
    chance = random.Random(20_261_124)
    copy, sales = Copy(site, "sales"), 0
    for _ in range(6):
        made = range(sales, sales + chance.randrange(5, 60))
        admit(system, *(sold(number % PEOPLE, number) for number in made))
        broken_at = len(copy.events) + chance.randrange(1, 12)
        copy.follow(lambda one: equal(one, site, "sales"), WHOLE, most=broken_at)
        gone = chance.sample(made, len(made) // 3)
        admit(system, *(voided(number % PEOPLE, number) for number in gone))
        sales = made.stop
    copy.follow(lambda one: equal(one, site, "sales"))
    assert len(copy.rows) > 50
    assert equal(copy, site, "sales")


def test_of_a_part_that_broke_off_nothing_is_left_out(system: System, site: str) -> None:
    copy = Copy(site, "sales")
    copy.follow(lambda one: "place" in one.events, WHOLE)
    admit(system, *(sold(number, number) for number in range(12)))
    copy.follow(lambda one: len(one.held) == 1)
    copy.follow(lambda one: equal(one, site, "sales"))
    assert len(copy.rows) == 12
    admit(system, *(voided(number, number) for number in range(12)))
    copy.follow(lambda one: equal(one, site, "sales"))
    assert copy.rows == []


def test_only_news_come_from_now_on(system: System, site: str) -> None:
    copy = Copy(site, "customers")
    done = threading.Event()

    def news() -> None:
        copy.follow(lambda one: bool(one.held))
        done.set()

    reader = threading.Thread(target=news)
    reader.start()
    number = PEOPLE
    while not done.wait(0.2):
        admit(system, registered(number))
        number += 1
    reader.join()
    assert {row["subject"] for row in copy.rows} <= {f"customer/bank:{one}" for one in range(PEOPLE, number)}
    assert copy.events == ["rows"]


def test_fields_are_chosen_and_an_unknown_one_is_refused(site: str) -> None:
    copy = Copy(site, "customers")
    copy.follow(lambda one: len(one.held) == PEOPLE, {**WHOLE, "fields": "subject,unit_id"})
    assert copy.rows[0] == {"subject": "customer/bank:0", "unit_id": EAST}
    refused = httpx2.get(f"{site}/ledgers/customers/changes", params={"fields": "shoe_size"})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("cursor", ["x", "gQ", "lQABAJEBwA", "é"])
def test_what_is_no_cursor_is_refused(site: str, cursor: str) -> None:
    refused = httpx2.get(f"{site}/ledgers/customers/changes", params={"cursor": cursor})
    assert refused.status_code == 400
    assert "from=begin" in refused.json()["detail"]


def test_the_journal_itself_and_what_is_no_ledger_are_not_followed(site: str) -> None:
    assert httpx2.get(f"{site}/ledgers/entries/changes").status_code == 400
    assert httpx2.get(f"{site}/ledgers/shoes/changes").status_code == 404


def test_a_swapped_generation_is_said_and_sent_anew(system: System, site: str) -> None:
    copy = Copy(site, "customers")
    copy.follow(lambda one: len(one.held) == PEOPLE, WHOLE)
    copy.held["a tag of the old generation"] = [{"subject": "customer/bank:nobody"}]
    generation = rebuild(system.rebuild_plan())
    swap(system.rebuild_plan(), generation)
    copy.follow(lambda one: "generation" in one.events and equal(one, site, "customers"))
    assert copy.events.count("generation") == 1


def test_a_unit_follows_its_own_and_hears_no_name_of_others(system: System, app: FastAPI) -> None:
    unit: Who = somebody(units=frozenset({EAST}))
    with serving(SignedIn(app, unit), free_socket()) as site:  # type: ignore[arg-type]
        copy = Copy(site, "sales")
        copy.follow(lambda one: "place" in one.events, WHOLE)
        admit(system, registered(900, WEST), sold(900, 900), sold(1, 901), sold(2, 902))
        copy.follow(lambda one: len(one.held) == 2 and one.part_ended)
        assert {row["sale_id"] for row in copy.rows} == {"bank:s901", "bank:s902"}
        kept = set(copy.held)
        admit(system, transferred(1, WEST, "t1"))
        copy.follow(lambda one: len(one.held) == 1 and one.part_ended)
        assert [row["sale_id"] for row in copy.rows] == ["bank:s902"]
        assert set(copy.held) < kept
        admit(system, transferred(900, EAST, "t2"))
        copy.follow(lambda one: len(one.held) == 2)
        assert {row["sale_id"] for row in copy.rows} == {"bank:s900", "bank:s902"}


def test_beyond_the_limit_of_streams_a_reader_is_sent_away(
    app: FastAPI, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "STREAMS_AT_MOST", 1)
    with httpx2.stream("GET", f"{site}/ledgers/customers/changes", timeout=30.0) as first:
        lines = first.iter_lines()
        assert next(lines).startswith("retry:")
        refused = httpx2.get(f"{site}/ledgers/customers/changes")
        assert refused.status_code == 503
    with httpx2.stream(
        "GET", f"{site}/ledgers/customers/changes", params={"from": "begin"}, timeout=30.0
    ) as again:
        assert again.status_code in (200, 503)


def test_streams_end_with_the_process(app: FastAPI) -> None:
    with serving(app, free_socket()) as site:
        stream = httpx2.stream("GET", f"{site}/ledgers/customers/changes", timeout=30.0)
        answer = stream.__enter__()
        assert answer.status_code == 200
    assert app.state.streams == 0
    stream.__exit__(None, None, None)
