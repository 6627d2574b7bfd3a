"""The gap over HTTP: two months of a branch, by product; what cannot be asked says how to ask."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from projections.figure import Figure
from projections.performance import CONCENTRATION, EARLY_REDEMPTION
from projections.sales import CANCEL_RATE, SALES_AMOUNT, SALES_FIGURE
from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import BATCH
from services.store.queries.figures import FigureQuery, read_figure
from services.store.queries.performance import read_figures
from tests.cli.events import CUSTOMER, PRODUCT, event
from tests.data_folder import HERE, folder_for_servers

FIGURES: tuple[Figure, ...] = (SALES_FIGURE, SALES_AMOUNT, CANCEL_RATE, EARLY_REDEMPTION)


def sale(number: int, on: str, product: str, amount: int) -> str:
    data = {
        "sale_id": f"bank:s{number}",
        "customer_id": "bank:17",
        "legal_entity": "bank-cn",
        "product_id": product,
        "amount_minor": amount,
        "currency": "CNY",
    }
    at = f"{on}T09:30:00+08:00"
    return event(f"s-{number}", "sale.confirmed", "customer/bank:17", data, time=at)


def target(name: str, metric: str, value: int) -> str:
    data = {
        "plan_id": "bank:plan",
        "target_id": name,
        "level": "product",
        "of": "bank:p3",
        "metric": metric,
        "value": value,
        "period_from": "2026-05-01",
        "period_to": "2026-05-31",
        **({"currency": "CNY"} if metric == "sales_amount" else {}),
    }
    return event(f"t-{name}", "sales_target.set", "plan/bank:plan", data)


SALES = (
    sale(1, "2026-04-02", "bank:p3", 100_00),
    sale(2, "2026-04-09", "bank:p3", 100_00),
    sale(3, "2026-05-04", "bank:p3", 120_00),
    sale(4, "2026-05-06", "bank:p3", 120_00),
    sale(5, "2026-05-08", "bank:p4", 300_00),
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
        batch = ",".join(
            (PRODUCT, CUSTOMER, *SALES, target("n", "sales_count", 3), target("a", "sales_amount", 36000))
        )
        answer = client.post("/events", content=f"[{batch}]", headers={"content-type": BATCH})
        assert answer.json()["admitted"] == 9, answer.text
        system.settle()
        yield client


def test_a_gap_is_volume_mix_and_price(client: TestClient) -> None:
    answer = client.get("/performance/gap", params={"from": "2026-05-01", "to": "2026-05-30"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["base"], found["by"]) == ({"first": "2026-04-01", "last": "2026-04-30"}, "product_id")
    (one,) = found["gaps"]
    assert one["currency"] == "CNY"
    assert one["gap"] == {
        "base_minor": 200_00,
        "actual_minor": 540_00,
        "base_sales": 2,
        "actual_sales": 3,
        "volume_minor": 100_00,
        "mix_minor": 0,
        "price_minor": 240_00,
    }
    assert [group["group"] for group in one["groups"]] == ["bank:p3", "bank:p4"]
    rows = client.get("/figures/sales_amount/rows", params={"from": "2026-05-01", "to": "2026-05-30"})
    assert len(rows.json()["rows"]) == 3, "the rows behind the gap are those of its figure"


def test_a_plan_is_held_against_where_it_says_number_and_amount(client: TestClient) -> None:
    asked = {"from": "2026-05-01", "to": "2026-05-31", "against": "plan", "where": "legal_entity="}
    found = client.get("/performance/gap", params=asked).json()["gaps"]
    assert found[0]["note"] is None, "targets of no legal entity"
    assert found[0]["gap"]["base_minor"] == 36_000
    whole = client.get("/performance/gap", params={**asked, "where": []}).json()["gaps"][0]["gap"]
    assert (whole["volume_minor"], whole["mix_minor"], whole["price_minor"]) == (0, 0, 18_000)


def test_nothing_to_hold_against_is_said(client: TestClient) -> None:
    asked = {"from": "2026-05-01", "to": "2026-05-30", "against": "year_before"}
    (one,) = client.get("/performance/gap", params=asked).json()["gaps"]
    assert (one["gap"], one["note"]) == (None, "not available: no sales to hold against")


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"by": "weather"}, "sales have no dimension 'weather'; they have legal_entity, product_id"),
        ({"to": "2026-04-01"}, "ask for 1 to 3700"),
        ({"where": "colour=red"}, "no dimension 'colour'"),
        ({"where": "red"}, "write DIM=VALUE"),
        ({"against": "plan", "by": "category"}, "there are no targets by category"),
        ({"from": "0001-01-01", "to": "0001-01-09"}, "there is nothing before"),
        ({"from": "0001-01-01", "to": "0001-01-09", "against": "year_before"}, "there is nothing before"),
    ],
)
def test_what_cannot_be_asked_says_how_to_ask(client: TestClient, asked: dict[str, str], said: str) -> None:
    answer = client.get("/performance/gap", params={"from": "2026-05-01", "to": "2026-05-30", **asked})
    assert 400 <= answer.status_code < 500
    assert said in answer.json()["detail"]


def test_figures_read_together_are_what_each_is_alone(client: TestClient, system: System) -> None:
    today = system.clock().date()
    query = FigureQuery(by=("month",), where=(("legal_entity", "bank-cn"),))
    with system.read_pool.connection() as connection:
        schema = system.generation(connection).schema
        together = read_figures(connection, schema, FIGURES, query, today)
        alone = {one.name: read_figure(connection, schema, one, query, today) for one in FIGURES}
        other = read_figures(connection, schema, (CONCENTRATION,), FigureQuery(), today)
    assert together == alone
    assert list(together) == [one.name for one in FIGURES]
    assert [line.dims["month"] for line in together["sales"]] == ["2026-04", "2026-05"]
    assert other["concentration"][0].estimate.n == 5
