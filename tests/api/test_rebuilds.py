"""Rebuilds over HTTP: asked for, watched, compared, swapped in beside running loops, lost with a process."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.audit.rebuild_jobs import LOCK
from services.bootstrap import System
from services.config import Settings
from services.store.database import connect
from services.store.locks import Lock
from services.store.queries.rebuild_jobs import add_job
from tests.api.signed_in import SignedIn, somebody
from tests.cli.events import CUSTOMER, PRODUCT, SALE
from tests.data_folder import HERE, folder_for_servers

JSON_LINES = {"content-type": "application/cloudevents-batch+json"}
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open"))
        yield system
        system.close()


@pytest.fixture(scope="module")
def app(system: System) -> Iterator[FastAPI]:
    """An API beside running loops, with three events posted."""
    system.prepare()
    app = create_app(system, loops=True)
    with TestClient(app, base_url=HERE) as client:
        publish(client, f"[{PRODUCT},{CUSTOMER},{SALE}]")
        yield app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=HERE)


def publish(client: TestClient, batch: str) -> None:
    """Bring events in, and wait until they are posted."""
    answer = client.post("/events", content=batch, headers=JSON_LINES)
    assert answer.status_code == 200, answer.text
    for outcome in answer.json()["outcomes"]:
        for one in outcome["events"]:
            seen = client.get("/figures/sales", params={"after": one["position"], "wait": 30})
            assert seen.status_code == 200, seen.text


def ended(client: TestClient, job: int) -> dict[str, Any]:
    """The job as its stream of events tells it at the end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with client.stream("GET", f"/rebuilds/{job}/progress") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        event = ""
        for line in stream.iter_lines():
            assert time.monotonic() < deadline
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event == "ended":
                return dict(json.loads(line.removeprefix("data: ")))
    raise AssertionError("the stream ended without saying how the job did")


def asked(client: TestClient, **wanted: bool) -> dict[str, Any]:
    answer = client.post("/rebuilds", json=wanted)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/rebuilds/{answer.json()['id']}"
    return ended(client, answer.json()["id"])


def test_a_rebuild_is_asked_for_watched_and_equal(client: TestClient) -> None:
    job = asked(client, compare=True)
    assert (job["state"], job["error"]) == ("done", None)
    assert job["report"]["comparison"]["equal"] is True
    assert job["report"]["digests"] == client.get("/digests").json()
    assert (job["report"]["kept"], job["swappable"]) == (False, False)
    assert client.get("/rebuilds").json()["rebuilds"][0]["id"] == job["id"]
    refused = client.post(f"/rebuilds/{job['id']}/swap")
    assert refused.status_code == 409
    assert "nothing to swap in" in refused.json()["detail"]


def test_what_was_equal_and_kept_is_made_live_and_the_loops_go_on_in_it(
    client: TestClient, system: System
) -> None:
    job = asked(client, compare=True, keep=True)
    assert job["swappable"] is True
    swapped = client.post(f"/rebuilds/{job['id']}/swap")
    assert swapped.status_code == 200, swapped.text
    assert swapped.json()["report"]["swapped"] is True
    live = [one for one in client.get("/generations").json()["generations"] if one["live"]]
    assert job["report"]["generation"] in {one["id"] for one in live}
    publish(client, f"[{SALE.replace('s-1', 's-9').replace('bank:s1', 'bank:s9')}]")
    again = asked(client, compare=True)
    assert again["report"]["comparison"]["equal"] is True


def test_a_kept_generation_is_dropped_by_the_next_rebuild(client: TestClient) -> None:
    kept = asked(client, compare=True, keep=True)["report"]["generation"]
    assert kept in {one["id"] for one in client.get("/generations").json()["generations"]}
    asked(client, compare=True)
    assert kept not in {one["id"] for one in client.get("/generations").json()["generations"]}


def test_one_runs_at_a_time(client: TestClient, system: System) -> None:
    with Lock(system.conninfo, LOCK) as lock:
        assert lock.try_take()
        refused = client.post("/rebuilds", json={})
    assert refused.status_code == 409
    assert "runs already" in refused.json()["detail"]


def test_a_job_whose_process_died_is_lost_and_another_can_be_asked_for(
    client: TestClient, system: System
) -> None:
    with connect(system.conninfo, autocommit=True) as connection:
        lost = add_job(connection, "bank:e1", compare=True, swap=False, keep=False).id
    assert client.get(f"/rebuilds/{lost}").json()["state"] == "lost"
    assert ended(client, lost)["state"] == "lost"
    assert asked(client)["state"] == "done"


def test_a_page_follows_a_page(client: TestClient) -> None:
    first = client.get("/rebuilds", params={"limit": 1}).json()
    second = client.get("/rebuilds", params={"limit": 1, "cursor": first["next"]}).json()
    assert second["rebuilds"][0]["id"] == first["rebuilds"][0]["id"] - 1
    assert client.get("/rebuilds", params={"cursor": "x"}).status_code == 400
    assert client.get("/rebuilds/999").status_code == 404


def test_a_body_that_makes_no_sense_is_refused(client: TestClient) -> None:
    for body in (b"[]", b'{"swap": 1}', b'{"until": "2026"}'):
        assert client.post("/rebuilds", content=body).status_code == 400


def test_an_auditor_looks_and_an_operator_acts(app: FastAPI) -> None:
    auditor = TestClient(SignedIn(app, somebody("auditor")), base_url=HERE)
    assert auditor.get("/rebuilds").status_code == 200
    assert auditor.post("/rebuilds", json={}).status_code == 403
    agent = TestClient(SignedIn(app, somebody("agent")), base_url=HERE)
    assert agent.get("/rebuilds").status_code == 403
