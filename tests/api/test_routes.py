"""The HTTP API over an embedded system: publish, read back, look behind a number, problems with a way out."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import BATCH, STRUCTURED
from tests.cli.events import BAD, CUSTOMER, PRODUCT, SALE
from tests.data_folder import HERE, folder_for_servers


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open"))
        yield system
        system.close()


@pytest.fixture(scope="module")
def client(system: System) -> Iterator[TestClient]:
    """A client of an API to which a product, a customer and a sale were published."""
    with TestClient(create_app(system, loops=False), base_url=HERE) as client:
        batch = f"[{PRODUCT},{CUSTOMER},{SALE}]"
        answer = client.post("/events", content=batch, headers={"content-type": BATCH})
        assert answer.status_code == 200, answer.text
        assert answer.json()["admitted"] == 3
        system.settle()
        yield client


def test_a_second_post_is_a_duplicate_at_the_same_position(client: TestClient) -> None:
    sale = json.loads(SALE)
    headers = {"content-type": STRUCTURED}
    first = client.post("/events", content=SALE, headers=headers).json()["outcomes"][0]["events"][0]
    assert first["status"] == "duplicate"
    record = client.get(f"/journal/{first['position']}")
    assert record.json()["id"] == sale["id"]
    changed = SALE.replace("5000000", "6000000")
    reused = client.post("/events", content=changed, headers=headers)
    assert reused.status_code == 409
    assert reused.json()["outcomes"][0]["events"][0]["status"] == "id_reused"


def test_binary_mode_says_the_same_as_structured(client: TestClient) -> None:
    sale = json.loads(SALE)
    headers = {f"ce-{name}": value for name, value in sale.items() if name != "data"}
    headers["content-type"] = "application/json"
    answer = client.post("/events", content=json.dumps(sale["data"]), headers=headers)
    assert answer.json()["duplicate"] == 1, answer.text


def test_a_dry_run_records_nothing(client: TestClient, system: System) -> None:
    before, kept = system.journal.ends(), len(system.quarantine.list())
    headers = {"content-type": BATCH}
    fresh = SALE.replace("s-1", "s-7")
    answer = client.post("/events?dry_run=1", content=f"[{fresh},{BAD}]", headers=headers)
    assert answer.status_code == 207
    assert [one["status"] for one in answer.json()["outcomes"]] == ["admitted", "refused"]
    assert system.journal.ends() == before
    assert len(system.quarantine.list()) == kept


def test_a_refusal_names_code_path_and_reason(client: TestClient) -> None:
    answer = client.post("/events", content=BAD, headers={"content-type": STRUCTURED})
    assert answer.status_code == 422
    problems = answer.json()["outcomes"][0]["events"][0]["problems"]
    assert {"code", "path", "reason"} <= set(problems[0])
    cases = client.get("/quarantine").json()["cases"]
    assert {case["state"] for case in cases} == {"open"}
    assert "sealed" not in cases[0]


def test_from_a_number_to_its_rows_to_its_events(client: TestClient) -> None:
    figure = client.get("/figures/sales", params={"by": "product_id"}).json()
    assert [(line["dims"], line["estimate"]["value"]) for line in figure["lines"]] == [
        ({"product_id": "bank:p3"}, 1)
    ]
    page = client.get("/figures/sales/rows", params={"where": "product_id=bank:p3", "entries": True}).json()
    assert [entry["id"] for entry in page["rows"][0]["entries"]] == ["s-1"]
    assert page["next"] is None


def test_buyers_are_counted_once_however_often_they_buy(client: TestClient, system: System) -> None:
    again = SALE.replace("s-1", "s-2").replace("bank:s1", "bank:s2")
    client.post("/events", content=again, headers={"content-type": STRUCTURED})
    system.settle()
    for name, value in (("sales", 2), ("buyers", 1)):
        for by in ({}, {"by": "product_id"}, {"by": "month"}, {"where": "product_id=bank:p3"}):
            line = client.get(f"/figures/{name}", params=by).json()["lines"][0]
            assert line["estimate"]["value"] == value, (name, by)


def test_a_subject_now_as_of_and_its_timeline(client: TestClient) -> None:
    now = client.get("/subjects/customer/bank:17").json()
    assert {"customers", "sales"} <= set(now["ledgers"])
    assert "Ming Li" not in json.dumps(now), "personal data stays sealed in ledgers"
    then = client.get("/subjects/customer/bank:17", params={"as_of": "2026-05-04T12:00:00+08:00"}).json()
    assert "sales" not in then["ledgers"]
    first = client.get("/subjects/customer/bank:17/timeline", params={"limit": 1}).json()
    rest = client.get("/subjects/customer/bank:17/timeline", params={"cursor": first["next"]}).json()
    assert [entry["id"] for entry in first["entries"] + rest["entries"]] == ["c-1", "s-1", "s-2"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/figures/shoe_sizes", 404, "there are"),
        ("/figures/sales?by=shoe_size", 400, "it has"),
        ("/figures/sales?as_of=yesterday", 400, "write 2026"),
        ("/journal/0/0/999999", 404, "999999"),
        ("/subjects/customer/nobody:1", 404, "timeline"),
    ],
)
def test_problems_name_the_thing_and_the_way_out(
    client: TestClient, path: str, status: int, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_status_counts_add_up(client: TestClient) -> None:
    status = client.get("/status").json()
    assert status["lag"] == 0
    assert status["records"] == status["entries"] + status["copies"] + status["unreadable"]
    for ledger in status["ledgers"]:
        counted = ledger["folded"] + ledger["not_subscribed"] + ledger["parked"]
        assert counted == status["entries"], ledger["ledger"]


def test_the_openapi_document_has_every_route(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {"/events", "/figures/{name}", "/subjects/{kind}/{identifier}"} <= set(document["paths"])
