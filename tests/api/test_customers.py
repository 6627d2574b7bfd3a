"""The customer card over HTTP: what events made of it, as of a day, as known on one, and over a merge."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.submission import Submission
from tests.cli.events import PRODUCT, event
from tests.data_folder import HERE, folder_for_servers

ADA, TWIN = "customer/bank:ada", "customer/bank:twin"
NOW = dt.datetime(2026, 6, 30, 9, 0, tzinfo=dt.UTC)


class Clock:
    """What time it is; tests move it on."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def told(name: str, type_name: str, subject: str, time: str, data: dict[str, Any]) -> str:
    about = {"customer_id": subject.partition("/")[2], **data}
    version = {"complaint.received": 2}.get(type_name, 1)
    schema = f"urn:daybook:{type_name}:{version}"
    return event(name, type_name, subject, about, time=time, dataschema=schema)


STORY = (
    PRODUCT,
    told(
        "c1",
        "customer.registered",
        ADA,
        "2026-01-05T09:00:00Z",
        {
            "customer_type": "person",
            "legal_entity": "bank-cn",
            "name": "Ada Lovelace",
            "phone": "+86 139 0000 2222",
            "unit_id": "bank:u1",
            "age_band": "65_plus",
            "relationship_manager": "bank:e7",
        },
    ),
    told(
        "r1",
        "risk_profile.assessed",
        ADA,
        "2026-02-01T09:00:00Z",
        {"grade": "C3", "questionnaire_version": "2", "score": 61, "valid_until": "2027-01-31"},
    ),
    told("k1", "consent.given", ADA, "2026-02-02T09:00:00Z", {"purpose": "marketing"}),
    told(
        "s1",
        "sale.confirmed",
        ADA,
        "2026-03-01T09:00:00Z",
        {
            "sale_id": "bank:s1",
            "legal_entity": "bank-cn",
            "product_id": "bank:p3",
            "amount_minor": 7_000_000,
            "currency": "CNY",
            "seller_id": "bank:e7",
        },
    ),
    told(
        "h1",
        "holding.valued",
        ADA,
        "2026-06-01T09:00:00Z",
        {
            "holding_id": "bank:h1",
            "product_id": "bank:p3",
            "value_minor": 7_100_000,
            "currency": "CNY",
            "as_of": "2026-06-01",
            "relationship_manager": "bank:e7",
        },
    ),
    told(
        "k2",
        "complaint.received",
        ADA,
        "2026-06-20T09:00:00Z",
        {
            "complaint_id": "bank:k2",
            "legal_entity": "demo-cn",
            "received_by": "own",
            "issue": "fees",
            "product_id": "bank:p3",
        },
    ),
)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="module")
def system(clock: Clock) -> Iterator[System]:
    with (
        folder_for_servers() as folder,
        closing(System(Settings(data=folder, sign_in="open"), clock)) as system,
    ):
        system.prepare()
        admit(system, *STORY)
        yield system


@pytest.fixture(scope="module")
def client(system: System) -> Iterator[TestClient]:
    with TestClient(create_app(system, loops=False), base_url=HERE) as client:
        yield client


def admit(system: System, *events: str) -> None:
    sent = [text.encode() for text in events]
    outcomes = system.door.admit([Submission(raw, (raw,), "urn:bank:branch-12") for raw in sent])
    assert {one.status for one in outcomes} == {"admitted"}, [one.reasons() for one in outcomes]
    system.settle()


@pytest.mark.parametrize(
    ("sent_as", "says"),
    [
        (
            "application/x-www-form-urlencoded",
            "body: it came as 'application/x-www-form-urlencoded': send JSON",
        ),
        (None, "body: it says no Content-Type: send JSON with Content-Type: application/json"),
    ],
)
def test_a_body_that_does_not_say_it_is_json_is_told_so(
    client: TestClient, sent_as: str | None, says: str
) -> None:
    headers = {} if sent_as is None else {"Content-Type": sent_as}
    body = b'{"by": "phone", "value": "+86 139 0000 2222"}'
    answer = client.post("/customers/search", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(says)
    assert client.post(
        "/customers/search", content=body, headers={"Content-Type": "application/json"}
    ).is_success


def card(client: TestClient, customer: str = "bank:ada", **query: str) -> dict[str, Any]:
    answer = client.get(f"/customers/{customer}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_card_says_what_the_events_said(client: TestClient) -> None:
    shown = card(client)
    profile, grade = shown["profile"], shown["grade"]
    assert (profile["legal_entity"], profile["rm_id"], profile["registered_on"]) == (
        "bank-cn",
        "bank:e7",
        "2026-01-05",
    )
    assert profile["age_band"] == "65_plus"
    assert (grade["grade"], grade["until"], grade["valid"], grade["score"]) == ("C3", "2027-01-31", True, 61)
    assert [(one["purpose"], one["given"]) for one in shown["consents"]] == [("marketing", True)]
    assert [(one["sale_id"], one["state"], one["product"]) for one in shown["sales"]] == [
        ("bank:s1", "in_force", {"id": "bank:p3", "name": "Steady Income 3"})
    ]
    assert shown["worth"] == [
        {"currency": "CNY", "value_minor": 7_100_000, "asset_minor": 7_100_000, "holdings": 1}
    ]
    complaint = shown["complaints"][0]
    assert (complaint["complaint_id"], complaint["state"]) == ("bank:k2", "open")
    assert complaint["clock"]["clock"]["due_at"] > "2026-06-20"
    assert complaint["clock"]["remaining_seconds"] is not None
    assert shown["open_complaints"] == 1
    assert {one["name"]: one["value"] for one in shown["personal"]}["name"] == "sealed"
    assert "Ada Lovelace" not in str(shown)


def test_as_of_a_day_it_says_what_had_happened_by_then(client: TestClient) -> None:
    before = card(client, as_of="2026-02-15")
    assert before["grade"]["grade"] == "C3"
    assert before["sales"] == before["complaints"] == before["holdings"] == []
    assert card(client, as_of="2026-01-10")["grade"] is None


def test_what_came_late_and_what_was_corrected_is_not_what_was_known(
    client: TestClient, system: System, clock: Clock
) -> None:
    clock.now = NOW + dt.timedelta(days=2)
    late = told(
        "r0",
        "vulnerability.recorded",
        ADA,
        "2026-02-20T09:00:00Z",
        {"vulnerability_id": "bank:v1", "driver": "health"},
    )
    admit(system, late)
    then = "2026-06-30T12:00:00Z"
    assert card(client)["vulnerable"] is True
    assert card(client, as_of="2026-03-01")["vulnerable"] is True
    assert card(client, as_of="2026-03-01", known_at=then)["vulnerable"] is False


def test_a_card_that_is_the_same_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/customers/bank:ada", params={"as_of": "2026-03-05"})
    again = client.get(
        "/customers/bank:ada",
        params={"as_of": "2026-03-05"},
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert (again.status_code, again.content) == (304, b"")


def test_nobody_knows_a_stranger(client: TestClient) -> None:
    answer = client.get("/customers/bank:nobody")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "query, types",
    [
        ({"type": "sale"}, ["sale.confirmed"]),
        ({"type": "consent.given"}, ["consent.given"]),
        ({"from": "2026-02-01", "to": "2026-02-02"}, ["risk_profile.assessed", "consent.given"]),
        ({"only": "late", "type": "vulnerability"}, ["vulnerability.recorded"]),
        ({"only": "corrections"}, []),
        ({"source": "urn:bank:nobody"}, []),
    ],
)
def test_a_timeline_is_filtered_where_it_is_kept(
    client: TestClient, query: dict[str, str], types: list[str]
) -> None:
    found = client.get(f"/subjects/{ADA}/timeline", params=query).json()
    assert [one["type"] for one in found["entries"]] == types


def test_a_timeline_is_paged_from_both_ends(client: TestClient) -> None:
    whole = client.get(f"/subjects/{ADA}/timeline").json()["entries"]
    for order, expected in (("oldest", whole), ("newest", whole[::-1])):
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = client.get(
                f"/subjects/{ADA}/timeline", params={"order": order, "limit": "2", **cursor}
            ).json()
            found += page["entries"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert found == expected


def test_a_merged_record_leads_to_the_one_that_goes_on(client: TestClient, system: System) -> None:
    twin = {"customer_type": "person", "legal_entity": "bank-cn", "name": "A. Lovelace"}
    evidence = {"evidence": "same document"}
    admit(
        system,
        told("t1", "customer.registered", TWIN, "2026-04-01T09:00:00Z", twin),
        told("t2", "consent.given", TWIN, "2026-04-02T09:00:00Z", {"purpose": "service"}),
        told(
            "t3",
            "sale.confirmed",
            TWIN,
            "2026-04-03T09:00:00Z",
            {
                "sale_id": "bank:s9",
                "legal_entity": "bank-cn",
                "product_id": "bank:p3",
                "amount_minor": 100,
                "currency": "CNY",
            },
        ),
        told(
            "m1",
            "customer.merged_into",
            TWIN,
            "2026-05-01T09:00:00Z",
            {"survivor_id": "bank:ada", **evidence},
        ),
        told("m2", "customer.absorbed", ADA, "2026-05-01T09:00:00Z", {"merged_id": "bank:twin", **evidence}),
    )
    by_twin = card(client, "bank:twin")
    assert (by_twin["customer_id"], by_twin["asked_for"]) == ("bank:ada", "bank:twin")
    assert {one["sale_id"] for one in by_twin["sales"]} == {"bank:s1", "bank:s9"}
    assert by_twin["absorbed"] == ["bank:twin"]
    assert {one["sale_id"] for one in card(client)["sales"]} == {"bank:s1", "bank:s9"}
    apart = card(client, "bank:twin", as_of="2026-04-20")
    assert apart["customer_id"] == "bank:twin"
    assert [one["sale_id"] for one in apart["sales"]] == ["bank:s9"]
    assert [one["sale_id"] for one in card(client, as_of="2026-04-20")["sales"]] == ["bank:s1"]


def test_a_ledger_lists_the_past_of_one_subject(client: TestClient) -> None:
    then = {"subject": ADA, "as_of": "2026-04-20", "fields": "sale_id,amount_minor"}
    found = client.get("/ledgers/sales", params=then).json()
    assert found["rows"] == [{"sale_id": "bank:s1", "amount_minor": 7_000_000}]
    assert client.get("/ledgers/sales", params={**then, "as_of": "2026-02-20"}).json()["rows"] == []
    for wrong in ({"as_of": "2026-04-20"}, {**then, "sort": "sale_id"}, {**then, "fields": "shoe_size"}):
        answer = client.get("/ledgers/sales", params=wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
