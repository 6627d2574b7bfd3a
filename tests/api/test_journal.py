"""The journal's state, producers of a day and rules in force, over HTTP."""

import datetime as dt
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import BATCH
from tests.cli.events import BAD, CUSTOMER, PRODUCT, SALE, event
from tests.data_folder import HERE, folder_for_servers

BRANCH = "urn:bank:branch-12"
DAY = "2026-05-04"


def declared(identifier: str, day: str, sales: int) -> str:
    """The branch says how many sales it sent for a day."""
    data = {"producer_source": BRANCH, "day": day, "count_by_type": [["customer.registered", sales]]}
    return event(
        identifier,
        "producer.day_declared",
        "producer/bank:branch-12",
        {**data, "producer_id": "bank:branch-12"},
    )


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open"))
        yield system
        system.close()


@pytest.fixture(scope="module")
def client(system: System) -> Iterator[TestClient]:
    with TestClient(create_app(system, loops=False), base_url=HERE) as client:
        batch = f"[{PRODUCT},{CUSTOMER},{SALE},{declared('d-1', DAY, 2)},{BAD}]"
        answer = client.post("/events", content=batch, headers={"content-type": BATCH})
        assert (answer.json()["admitted"], answer.json()["refused"]) == (4, 1), answer.text
        system.settle()
        system.door_counts.flush()
        yield client


def test_the_journal_is_whole_and_adds_up(client: TestClient, system: System) -> None:
    found = client.get("/journal").json()
    assert (found["complete"], found["findings"], found["lag"]) == (True, [], 0)
    assert found["records"] == found["entries"] + found["copies"] + found["unreadable"]
    assert len(found["partitions"]) == system.journal.partitions
    assert {one["first_offset"] for one in found["partitions"]} == {0}
    assert found["checkpoints"] == []
    assert [one["kind"] for one in found["generations"] if one["live"]]


def test_what_makes_a_journal_incomplete_is_a_finding_and_no_error(
    system: System, client: TestClient
) -> None:
    with system.connect() as connection:
        schema = system.generation(connection).schema
        connection.execute(f"UPDATE {schema}._watermark SET copies = copies + 1 WHERE partition = 0".encode())
        guards = connection.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'immutable'"
        )
        table = max(name for (name,) in guards if ".journal" in name)
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER immutable".encode())
        found = client.get("/journal").json()
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER immutable".encode())
        connection.execute(f"UPDATE {schema}._watermark SET copies = copies - 1 WHERE partition = 0".encode())
    assert found["complete"] is False
    assert any("guard" in one for one in found["findings"]), found["findings"]
    assert any("add up" in one for one in found["findings"])


def test_did_all_of_a_day_arrive(client: TestClient) -> None:
    found = client.get("/producers", params={"day": DAY}).json()
    branch = next(one for one in found["producers"] if one["source"] == BRANCH)
    assert (branch["whole"], branch["declared"], branch["missing"]) == (False, 2, 1)
    assert branch["last_declared_day"] == DAY
    today = client.get("/producers", params={"day": dt.datetime.now(dt.UTC).date().isoformat()}).json()
    branch = next(one for one in today["producers"] if one["source"] == BRANCH)
    assert (branch["whole"], branch["refused"], branch["door"]["admitted"]) == (None, 1, 4)
    assert client.get("/producers").json()["day"] < today["day"]


def test_rules_in_force_are_of_every_kind_and_dated(client: TestClient) -> None:
    packs = client.get("/rules", params={"on": "2026-06-01"}).json()["packs"]
    assert {one["kind"] for one in packs if one["in_force"]} == {
        "signals",
        "clocks",
        "suitability",
        "cooling_off",
        "handling",
    }
    assert all(len(one["digest"]) == 64 and one["rules"] for one in packs)
    house = packs[0]["rules"][0]
    assert house["title"]["en"]
    assert house["severity"]
    then = client.get("/rules", params={"on": "2012-06-01"}).json()["packs"]
    assert {one["pack"] for one in then if one["in_force"]} < {
        one["pack"] for one in packs if one["in_force"]
    }
    assert not next(one for one in then if one["kind"] == "signals")["in_force"]
