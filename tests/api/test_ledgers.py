"""Ledgers over HTTP: filters, order, pages that meet every row once, CSV of all, evidence, waiting."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.api.csv import cell
from services.api.ledgers import RESERVED, TABLES
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import BATCH, STRUCTURED
from tests.cli.events import CUSTOMER, PRODUCT, SALE
from tests.data_folder import HERE, folder_for_servers

SALES = 7


def _sale(number: int) -> str:
    """A sale; every other one of a unit, the last one with a channel that reads like a formula."""
    sale = json.loads(SALE)
    sale["id"] = f"s-{number}"
    sale["data"] |= {"sale_id": f"bank:s{number}", "amount_minor": 100 * (number % 3)}
    if number % 2:
        sale["data"]["unit_id"] = "bank:u1"
    return json.dumps(sale)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, partitions=4, sign_in="open"))
        yield system
        system.close()


@pytest.fixture(scope="module")
def client(system: System) -> Iterator[TestClient]:
    with TestClient(create_app(system, loops=False), base_url=HERE) as client:
        events = ",".join([PRODUCT, CUSTOMER, *(_sale(number) for number in range(SALES))])
        answer = client.post("/events", content=f"[{events}]", headers={"content-type": BATCH})
        assert answer.status_code == 200, answer.text
        system.settle()
        yield client


def _pages(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every row, page by page."""
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        given = query if cursor is None else {**query, "cursor": cursor}
        page = client.get(path, params=given).json()
        rows += page["rows"]
        cursor = page["next"]
        if cursor is None:
            return rows


@pytest.mark.parametrize(
    "sort", [None, "sale_id", "-sale_id", "unit_id", "-unit_id", "amount_minor", "-amount_minor"]
)
def test_pages_meet_every_row_once_in_order(client: TestClient, sort: str | None) -> None:
    query: dict[str, Any] = {"limit": 2} | ({"sort": sort} if sort else {})
    rows = _pages(client, "/ledgers/sales", **query)
    assert sorted(row["sale_id"] for row in rows) == [f"bank:s{number}" for number in range(SALES)]
    column = (sort or "sale_id").removeprefix("-")
    values = [row[column] for row in rows]
    named = [value for value in values if value is not None]
    assert values == named + [None] * (len(values) - len(named)), "what is absent comes last"
    assert named == sorted(named, reverse=(sort or "").startswith("-"))


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("unit_id=bank:u1", {1, 3, 5}),
        ("unit_id=", {0, 2, 4, 6}),
        ("unit_id.ne=", {1, 3, 5}),
        ("unit_id.ne=bank:u1", {0, 2, 4, 6}),
        ("sale_id=bank:s1&sale_id=bank:s2", {1, 2}),
        ("amount_minor.gte=100&amount_minor.lt=200", {1, 4}),
        ("confirmed_on=2026-05-05&amount_minor=200", {2, 5}),
        ("confirmed_on.gt=2026-05-05", set()),
        ("confirmed=true&amount_minor.lte=0", {0, 3, 6}),
    ],
)
def test_any_column_filters(client: TestClient, query: str, numbers: set[int]) -> None:
    for path in ("/ledgers/sales", "/performance/sales"):
        rows = client.get(f"{path}?{query}&fields=sale_id").json()["rows"]
        assert rows == [{"sale_id": f"bank:s{number}"} for number in sorted(numbers)]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/ledgers/shoes", 404, "there are entries, customers"),
        ("/ledgers/sales?shoe_size=42", 400, "it has subject, sale_id"),
        ("/ledgers/sales?fields=shoe_size", 400, "it has subject"),
        ("/ledgers/sales?sort=shoe_size", 400, "it has subject"),
        ("/ledgers/sales?amount_minor=much", 400, "a whole number"),
        ("/ledgers/sales?amount_minor=99999999999999999999", 400, "a whole number"),
        ("/ledgers/sales?confirmed_on=20260505", 400, "a day"),
        ("/ledgers/sales?sale_id.like=x", 400, ".gte"),
        ("/ledgers/sales?cursor=x", 400, "no `next` of a page before: leave it out"),
        ("/ledgers/products?statuses=x", 400, "a structure"),
        ('/ledgers/sales/row?key=["customer/bank:17"]', 400, "subject, sale_id"),
        ('/ledgers/sales/row?key=["customer/bank:17","bank:s99"]', 404, "GET /ledgers/sales"),
        ("/risk/signals/none", 404, "GET /risk/signals"),
    ],
)
def test_what_does_not_fit_is_told(client: TestClient, path: str, status: int, says: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["detail"]


def test_a_cursor_of_another_order_is_refused(client: TestClient) -> None:
    cursor = client.get("/ledgers/sales?limit=1").json()["next"]
    answer = client.get("/ledgers/sales", params={"limit": 1, "cursor": cursor, "sort": "-sale_id"})
    assert answer.status_code == 400


def test_csv_is_the_whole_table_whatever_the_page(client: TestClient) -> None:
    answer = client.get("/ledgers/sales?format=csv&limit=1&sort=-sale_id&fields=sale_id,unit_id,amount_minor")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="sales.csv"'
    assert "etag" not in answer.headers
    assert answer.text.endswith("\r\n")
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["sale_id", "unit_id", "amount_minor"]
    assert [line[0] for line in lines[1:]] == [f"bank:s{number}" for number in reversed(range(SALES))]
    assert lines[1] == ["bank:s6", "", "0"]
    assert client.get("/ledgers/sales?format=csv&sort=shoe_size").status_code == 400


@pytest.mark.parametrize(
    ("value", "text"),
    [("=1+1", "'=1+1"), ("+x", "'+x"), ("-x", "'-x"), ("@x", "'@x"), (-5, "-5"), (None, ""), (True, "true")],
)
def test_no_cell_is_a_formula(value: object, text: str) -> None:
    assert cell(value) == text


def test_a_row_has_the_entries_that_posted_it(client: TestClient) -> None:
    key = json.dumps(["customer/bank:17", "bank:s1"])
    found = client.get("/ledgers/sales/row", params={"key": key}).json()
    assert found["row"]["unit_id"] == "bank:u1"
    assert [entry["id"] for entry in found["entries"]] == ["s-1"]
    entry = client.get("/ledgers/entries?id=s-1").json()["rows"][0]
    key = json.dumps([entry["partition"], entry["position"]])
    assert client.get("/ledgers/entries/row", params={"key": key}).json()["entries"][0]["id"] == "s-1"


def test_every_ledger_can_be_listed_in_every_way(client: TestClient) -> None:
    shown = client.get("/ledgers").json()["ledgers"]
    assert [one["ledger"] for one in shown] == list(TABLES)
    sealed = {
        (one["ledger"], column["name"]) for one in shown for column in one["columns"] if column["sealed"]
    }
    assert {("customers", "name"), ("attributes", "value"), ("needs", "text")} <= sealed
    assert ("products", "name") not in sealed
    for one in shown:
        names = {column["name"] for column in one["columns"]}
        assert not names & RESERVED, one["ledger"]
        for column in one["columns"]:
            if column["type"] in ("texts", "structure"):
                continue
            answer = client.get(one["path"], params={"sort": f"-{column['name']}", "limit": 1})
            assert answer.status_code == 200, answer.text
        assert client.get(one["path"], params={"format": "csv"}).status_code == 200


def test_after_waits_for_what_one_wrote(client: TestClient, system: System) -> None:
    answer = client.post("/events", content=_sale(SALES), headers={"content-type": STRUCTURED}).json()
    position = answer["outcomes"][0]["events"][0]["position"]
    early = client.get("/ledgers/sales", params={"after": position, "wait": 0})
    assert (early.status_code, early.json()["type"]) == (503, "urn:daybook:problem:not_posted_yet")
    assert int(early.headers["retry-after"]) > 0
    system.settle()
    query = {"after": position, "sale_id": f"bank:s{SALES}"}
    assert len(client.get("/ledgers/sales", params=query).json()["rows"]) == 1
    for after in ("here", "1/0/0", "0/99/0", "0/0/99999"):
        assert client.get("/ledgers/sales", params={"after": after}).status_code == 400
    assert client.get("/ledgers/sales", params={"after": position, "wait": 31}).status_code == 400


def test_figures_as_known_at_fold_the_journal_anew(client: TestClient) -> None:
    before = {"known_at": "2026-01-01T00:00:00Z"}
    assert client.get("/figures/sales", params=before).json()["lines"][0]["estimate"]["value"] == 0
    later = {"known_at": "2099-01-01T00:00:00Z", "as_of": "2026-05-06"}
    assert client.get("/figures/sales", params=later).json()["lines"][0]["estimate"]["value"] >= SALES
