"""The quarantine over HTTP: cases of one's own sources, raw records with a purpose, mending, discarding."""

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import BATCH, STRUCTURED
from services.store.timeline import timeline
from tests.api.signed_in import SignedIn, somebody
from tests.cli.events import CUSTOMER, PRODUCT, SALE
from tests.data_folder import HERE, folder_for_servers

PARTNER = "urn:partner:one"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open"))
        yield system
        system.close()


@pytest.fixture(scope="module")
def app(system: System) -> Iterator[FastAPI]:
    app = create_app(system, loops=False)
    with TestClient(app, base_url=HERE) as client:
        answer = client.post("/events", content=f"[{PRODUCT},{CUSTOMER}]", headers={"content-type": BATCH})
        assert answer.status_code == 200, answer.text
        yield app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=HERE)


def refused(client: TestClient, name: str, source: str = "urn:bank:branch-12") -> str:
    """A case of the quarantine: a sale without a product."""
    sent = json.loads(SALE)
    del sent["data"]["product_id"]
    content = json.dumps({**sent, "id": name, "source": source})
    assert client.post("/events", content=content, headers={"content-type": STRUCTURED}).status_code == 422
    return str(client.get("/quarantine", params={"source": source}).json()["cases"][0]["case_id"])


def test_a_case_is_listed_with_every_reason_and_not_its_record(client: TestClient) -> None:
    case = client.get(f"/quarantine/{refused(client, 'q-1')}").json()
    assert case["state"] == "open"
    assert {"code", "path", "reason"} <= set(case["problems"][0])
    assert "bank:s1" not in json.dumps(case)
    assert client.get("/quarantine/door:none").status_code == 404


def test_pages_and_states(client: TestClient) -> None:
    newest = [refused(client, f"q-page-{n}") for n in range(3)][::-1]
    first = client.get("/quarantine", params={"limit": 2}).json()
    then = client.get("/quarantine", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["case_id"] for one in (*first["cases"], *then["cases"])][:3] == newest
    assert client.get("/quarantine", params={"state": "all", "limit": 1}).status_code == 200
    assert client.get("/quarantine", params={"state": "gone"}).status_code == 400


def test_who_reads_a_raw_record_of_a_customer_is_in_the_journal(client: TestClient, system: System) -> None:
    case = refused(client, "q-2")
    assert client.post(f"/quarantine/{case}/raw", json={}).status_code == 400
    assert client.post(f"/quarantine/{case}/raw", json={"purpose": "curiosity"}).status_code == 400
    shown = client.post(f"/quarantine/{case}/raw", json={"purpose": "mending"})
    assert shown.status_code == 200, shown.text
    assert json.loads(shown.json()["raw"])["id"] == "q-2"
    assert shown.headers["cache-control"] == "no-store"
    system.settle()
    with system.reading() as (connection, schema):
        read = [one for one in timeline(connection, schema, "customer/bank:17") if "accessed" in one.type]
    assert [one.id for one in read] == [shown.json()["read_id"]]


def test_who_reads_what_is_nobodys_is_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/events", content=b"{no json", headers={"content-type": STRUCTURED})
    found = client.get("/quarantine", params={"limit": 1}).json()["cases"][0]
    assert found["subject"] is None
    with caplog.at_level("INFO", logger="daybook.audit.raw_record"):
        shown = client.post(f"/quarantine/{found['case_id']}/raw", json={"purpose": "audit"}).json()
    assert shown["raw"] == "{no json"
    assert shown["read_id"] in caplog.text
    assert "no json" not in caplog.text


def test_a_mended_record_is_replayed_once_and_what_is_refused_again_stays_open(client: TestClient) -> None:
    case = refused(client, "q-3")
    again = client.post(f"/quarantine/{case}/replay")
    assert again.status_code == 422
    assert again.headers["content-type"].startswith("application/problem+json")
    assert again.json()["reasons"][0]["code"]
    mended = json.dumps({**json.loads(SALE), "id": "q-3"})
    done = client.post(f"/quarantine/{case}/replay", content=mended)
    assert done.status_code == 200, done.text
    assert done.json()["status"] == "admitted"
    assert client.post(f"/quarantine/{case}/replay", content=mended).json()["status"] == "duplicate"
    assert client.get(f"/quarantine/{case}").json()["state"] == "replayed"
    assert client.post(f"/quarantine/{case}/discard", json={"reason": "no"}).status_code == 409


def test_a_case_is_discarded_with_a_reason(client: TestClient) -> None:
    case = refused(client, "q-4")
    assert client.post(f"/quarantine/{case}/discard", json={}).status_code == 400
    assert (
        client.post(f"/quarantine/{case}/discard", json={"reason": "a test"}).json()["state"] == "discarded"
    )
    assert client.post(f"/quarantine/{case}/replay").status_code == 409


def test_a_publisher_sees_its_own_sources_only(app: FastAPI, client: TestClient) -> None:
    own, other = refused(client, "q-5", PARTNER), refused(client, "q-6")
    partner = TestClient(SignedIn(app, somebody("publisher", sources=frozenset({PARTNER}))), base_url=HERE)
    listed = partner.get("/quarantine").json()["cases"]
    assert [one["case_id"] for one in listed] == [own]
    assert partner.get(f"/quarantine/{own}").status_code == 200
    assert partner.get(f"/quarantine/{other}").status_code == 404
    assert partner.post(f"/quarantine/{own}/raw", json={"purpose": "mending"}).status_code == 403
    assert partner.post(f"/quarantine/{own}/discard", json={"reason": "no"}).status_code == 403
    assert {one["source"] for one in partner.get("/producers").json()["producers"]} <= {PARTNER}


def test_an_auditor_reads_and_decides_nothing(app: FastAPI, client: TestClient) -> None:
    case = refused(client, "q-7")
    auditor = TestClient(SignedIn(app, somebody("auditor")), base_url=HERE)
    assert auditor.post(f"/quarantine/{case}/raw", json={"purpose": "audit"}).status_code == 200
    assert auditor.post(f"/quarantine/{case}/replay").status_code == 403
    scoped = TestClient(SignedIn(app, somebody("auditor", units=frozenset({"bank:east"}))), base_url=HERE)
    assert scoped.post(f"/quarantine/{case}/raw", json={"purpose": "audit"}).status_code == 404
