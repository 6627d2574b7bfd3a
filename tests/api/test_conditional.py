"""Conditional reading: one tag for one body, 304 for what the client has, nothing for streams."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from services.api.conditional import KEEP, Conditional


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.add_middleware(Conditional)

    @app.get("/plain")
    def plain(value: int = 1) -> dict[str, int]:
        return {"value": value}

    @app.get("/versioned")
    def versioned() -> Response:
        return Response(b"{}", media_type="application/json", headers={"ETag": '"3"'})

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"{", b"}"]), media_type="application/json")

    with TestClient(app) as client:
        yield client


def test_the_same_body_has_the_same_tag_and_is_not_sent_twice(client: TestClient) -> None:
    first = client.get("/plain")
    assert first.headers["cache-control"] == KEEP
    tag = first.headers["etag"]
    for wanted in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get("/plain", headers={"If-None-Match": wanted})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get("/plain?value=2", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


def test_a_tag_of_the_route_stays_and_is_answered_in_full(client: TestClient) -> None:
    answer = client.get("/versioned", headers={"If-None-Match": '"3"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')


def test_streams_and_refusals_pass_untouched(client: TestClient) -> None:
    assert "etag" not in client.get("/stream").headers
    assert "etag" not in client.get("/nowhere").headers
