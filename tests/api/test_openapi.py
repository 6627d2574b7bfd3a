"""The OpenAPI document says everything, and the API does what it says: Schemathesis finds nothing.

The API is open here (nobody signs in), over a system with some data.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.door.cloudevents import BATCH
from tests.cli.events import BAD, CUSTOMER, PRODUCT, SALE
from tests.console.site import free_socket, serving
from tests.data_folder import HERE, folder_for_servers

DEEP = os.environ.get("DAYBOOK_FUZZ") == "1"
"""`make fuzz`: every boundary of every parameter, and five times as many generated requests."""

CONFIG = {
    "seed": 20260504,
    "generation": {"deterministic": True, "max-examples": 20 if DEEP else 4, "no-shrink": True},
    "request-timeout": 40,
    "max-stream-events": 1,
    # Chains of requests need links between operations, which the document has none of.
    "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": DEEP}},
    "checks": {
        # A value may be well formed and yet make no sense to one path: a dimension that another figure has, a
        # column of another ledger, a day before the one it must follow. That is a 400 with the reason.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "412", "422", "428"]
        },
        # A text longer than its parameter takes may make the whole address too long: 414 comes before.
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "409", "412", "414", "422", "428"]
        },
    },
}


@schemathesis.serializer("application/x-ndjson")
def _as_lines(context: Any, value: Any) -> bytes:
    """JSON lines are sent as they were generated."""
    return str(value).encode()


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    """An open API to which a product, a customer, a sale and something to refuse were published."""
    with folder_for_servers() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr("services.api.changes.STREAM_SECONDS", 0.0)  # a stream ends after its first events
        system = System(Settings(data=folder, partitions=4, sign_in="open"))
        app = create_app(system, loops=False)
        with TestClient(app, base_url=HERE) as client:
            batch = f"[{PRODUCT},{CUSTOMER},{SALE},{BAD}]"
            assert client.post("/events", content=batch, headers={"content-type": BATCH}).status_code == 207
            system.settle()
            yield app
        system.close()


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def test_every_operation_is_described_with_examples_and_problems(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    tags = {tag["name"] for tag in document["tags"]}
    missing = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            missing += [f"{method} {path}: {what}" for what in _missing(document, operation, tags)]
    assert not missing


def _missing(document: dict[str, Any], operation: dict[str, Any], tags: set[str]) -> Iterator[str]:
    for name in ("summary", "description"):
        if not operation.get(name):
            yield name
    if not operation.get("tags") or not set(operation["tags"]) <= tags:
        yield "a tag that the document describes"
    for parameter in operation.get("parameters", []):
        if "$ref" not in parameter and not parameter.get("description") and parameter["in"] == "path":
            yield f"description of {parameter['name']}"
        if parameter.get("in") == "path" and not {"example", "examples"} & set(parameter):
            yield f"example of {parameter['name']}"
    if "requestBody" in operation:
        for content in operation["requestBody"]["content"].values():
            schema = content["schema"]
            named = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
            if not {"example", "examples"} & (set(content) | set(schema) | set(named)):
                yield "an example of the body"
    responses = operation["responses"]
    if not {"400", "404", "500", "default"} <= set(responses):
        yield "problems"
    for status, answer in responses.items():
        if status.startswith("2") and not any(
            one.get("schema") for one in answer.get("content", {}).values()
        ):
            yield f"a schema of {status}"


def test_every_refusal_is_a_problem(app: FastAPI) -> None:
    client = TestClient(app, raise_server_exceptions=False, base_url=HERE)
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("DELETE", "/figures", 405),
        ("GET", "/figures/sales?from=x", 400),
        ("GET", "/figures/sales?where=a%00b", 400),
        ("GET", "/journal/0/0/99999999999999999999", 400),
        ("GET", f"/ledgers?x={'y' * 9_000}", 414),
        ("POST", "/events", 400),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
            path
        )
        assert {"type", "title", "status", "detail"} <= set(answer.json())
    assert client.get("/figures/sales?from=x").json()["errors"][0]["path"] == "query.from"
    assert client.delete("/figures").headers["allow"] == "GET"


def test_an_unexpected_error_has_an_id_and_tells_nothing_else() -> None:
    from services.api import problems

    app = FastAPI()
    problems.install(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret")

    answer = TestClient(app, raise_server_exceptions=False).get("/broken")
    assert answer.status_code == 500
    assert answer.json()["id"] in answer.json()["detail"]
    assert "secret" not in answer.text


# The API runs in this process, and its connection pools draw from `random` while Hypothesis watches it.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.timeout(0 if DEEP else 300)
def test_schemathesis_finds_nothing(app: FastAPI) -> None:
    place = free_socket()
    with serving(app, place) as address:
        config = SchemathesisConfig.from_dict(CONFIG)
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json", config=config)
        found = dict(_findings(schema))
    assert not found, "\n\n".join(found.values())


def _findings(schema: Any) -> Iterator[tuple[str, str]]:
    """One line a kind of failure and operation: what was asked, what is wrong with the answer."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            yield str(event), f"{event.label}: {event.info.format()}"
        if not isinstance(event, events.ScenarioFinished):
            continue
        for checks in event.recorder.checks.values():
            for check in checks:
                if check.failure_info is None:
                    continue
                label = event.recorder.label
                yield (
                    f"{label} {check.name}",
                    f"{label} {check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}",
                )
