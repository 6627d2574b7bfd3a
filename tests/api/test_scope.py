"""What somebody of a unit gets over HTTP: their own people and cases, and whole numbers."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from tests.api.signed_in import SignedIn, somebody
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
