"""What somebody of a unit gets over HTTP: their own people and cases, and whole numbers."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import STRUCTURED
from tests.api.signed_in import SignedIn, somebody
from tests.cli.events import PRODUCT
from tests.data_folder import HERE, folder_for_servers
from tests.store.test_scope import EAST, admit_people


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open"))
        admit_people(system)
        app = create_app(system, loops=False)
        with TestClient(app, base_url=HERE):
            yield app
        system.close()


@pytest.fixture
def system(app: FastAPI) -> System:
    found: System = app.state.system
    return found


@pytest.fixture
def east(app: FastAPI) -> TestClient:
    return TestClient(SignedIn(app, somebody(units=frozenset({EAST}))), base_url=HERE)


@pytest.fixture
def house(app: FastAPI) -> TestClient:
    return TestClient(SignedIn(app, somebody()), base_url=HERE)


@pytest.mark.parametrize(
    "path",
    [
        "/subjects/customer/bank:w",
        "/subjects/customer/bank:w?as_of=2030-01-01",
        "/subjects/customer/bank:w/timeline",
        "/complaints/bank:w-c",
        "/complaints/bank:w-c/clocks",
        "/complaints/bank:w-c/file",
        "/complaints/bank:w-c/similar",
    ],
)
def test_what_is_of_another_unit_is_not_there(east: TestClient, house: TestClient, path: str) -> None:
    assert house.get(path).status_code == 200, house.get(path).text
    hidden = east.get(path)
    assert hidden.status_code == 404
    assert "in your units" in hidden.json()["detail"] or "posted" in hidden.json()["detail"]
    assert east.get(path.replace("bank:w", "bank:e")).status_code == 200


def test_nobody_decides_about_a_case_of_another_unit(east: TestClient) -> None:
    as_handler = {"Daybook-Actor": "bank:e1", "Daybook-Roles": "complaint_handler", "If-Match": '"1"'}
    assert east.post("/complaints/bank:w-c/adopt", headers=as_handler).status_code == 404
    assert east.post("/complaints/bank:w-c/close", json={}, headers=as_handler).status_code == 404


def test_lists_hold_the_units_rows_and_figures_are_of_the_whole_house(
    east: TestClient, house: TestClient
) -> None:
    listed = [one["complaint_id"] for one in east.get("/complaints").json()["complaints"]]
    assert sorted(listed) == ["bank:e-c", "bank:x"]
    name = "complaints"
    assert east.get(f"/figures/{name}").json() == house.get(f"/figures/{name}").json()
    rows = east.get(f"/figures/{name}/rows").json()["rows"]
    assert sorted(one["row"]["complaint_id"] for one in rows) == ["bank:e-c", "bank:x"]
    assert east.get("/digests").json() == house.get("/digests").json()


RECEIVE = {"legal_entity": "bank-cn", "received_by": "own", "issue": "fees"}
CHECK = {"product_id": "bank:p3"}
PROFILE = {"questionnaire_id": "bank:q1", "questionnaire_version": "1", "answers": []}
OPENING = [
    ("/complaints", RECEIVE),
    ("/suitability-checks", CHECK),
    ("/suitability-checks/check", CHECK),
    ("/suitability-checks/assess-profile", PROFILE),
]


@pytest.mark.parametrize(("path", "body"), OPENING)
def test_no_desk_opens_anything_for_a_customer_of_another_unit(
    system: System, east: TestClient, house: TestClient, path: str, body: dict[str, Any]
) -> None:
    before = sum(system.journal.ends().values())
    hidden, unknown = (
        east.post(path, json={**body, "customer_id": one}) for one in ("bank:w", "bank:nobody")
    )
    assert (hidden.status_code, unknown.status_code) == (404, 404), hidden.text
    told = [
        one.json()["detail"].replace(who, "X") for one, who in ((hidden, "bank:w"), (unknown, "bank:nobody"))
    ]
    assert told[0] == told[1], "the answer does not tell whether there is such a customer"
    assert sum(system.journal.ends().values()) == before
    for client, customer in ((east, "bank:e"), (house, "bank:w")):
        answer = client.post(path, json={**body, "customer_id": customer})
        assert "in your units" not in answer.text
        assert answer.status_code in (201, 409, 422), answer.text


def test_a_command_names_no_complaint_of_another_unit(system: System, east: TestClient) -> None:
    opened = east.post("/complaints", json={**RECEIVE, "customer_id": "bank:e"})
    assert opened.status_code == 201, opened.text
    system.settle()
    path, tag = opened.headers["Location"], opened.headers["ETag"]
    answers = [
        east.post(
            f"{path}/link", json={"kind": "related", "other_complaint_id": other}, headers={"If-Match": tag}
        )
        for other in ("bank:w-c", "bank:nothing")
    ]
    assert [one.status_code for one in answers] == [404, 404], answers[0].text
    mine = {"kind": "related", "other_complaint_id": "bank:e-c"}
    assert east.post(f"{path}/link", json=mine, headers={"If-Match": tag}).status_code == 200


def test_nobody_of_some_units_publishes_for_the_whole_house(app: FastAPI) -> None:
    who = somebody("publisher", units=frozenset({EAST}), sources=frozenset({"*"}))
    bound = TestClient(SignedIn(app, who), base_url=HERE)
    headers = {"content-type": STRUCTURED}
    refused = bound.post("/events?dry_run=true", content=PRODUCT, headers=headers)
    assert (refused.status_code, refused.json()["title"]) == (403, "not permitted"), refused.text
    free = TestClient(SignedIn(app, somebody("publisher", sources=frozenset({"*"}))), base_url=HERE)
    assert free.post("/events?dry_run=true", content=PRODUCT, headers=headers).status_code == 200
