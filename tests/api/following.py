"""Somebody who keeps a copy of a ledger by its change feed, as the documentation says it is done."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2

Rows = list[dict[str, Any]]
PATIENCE_SECONDS = 30.0
NEWS_AT_MOST = 5_000
NOW: Mapping[str, str] = {}
WHOLE: Mapping[str, str] = {"from": "begin"}


class Copy:
    """Rows by tag, and where to go on; a new one has nothing."""

    def __init__(self, address: str, ledger: str) -> None:
        self._address = f"{address}/ledgers/{ledger}/changes"
        self.held: dict[str, Rows] = {}
        self.last_id: str | None = None
        self.events: list[str] = []
        self.part_ended = False
        """Whether the last event said where to go on."""

    @property
    def rows(self) -> Rows:
        """All rows kept, in order."""
        return sorted((row for held in self.held.values() for row in held), key=_order)

    def follow(
        self, until: Callable[["Copy"], bool], query: Mapping[str, str] = NOW, *, most: int = NEWS_AT_MOST
    ) -> None:
        """Read news until something holds, or `most` events came; then hang up."""
        headers = {} if self.last_id is None else {"last-event-id": self.last_id}
        with httpx2.stream(
            "GET", self._address, params=dict(query), headers=headers, timeout=PATIENCE_SECONDS
        ) as answer:
            assert answer.status_code == 200, answer.read()
            for event in _events(answer.iter_lines()):
                self._take(event)
                if until(self) or len(self.events) >= most:
                    return

    def _take(self, event: dict[str, str]) -> None:
        said = json.loads(event["data"]) if "data" in event else {}
        name = event.get("event", "place")
        if name == "rows":
            self.held[said["tag"]] = said["rows"]
        elif name == "gone":
            self.held.pop(said["tag"], None)
        elif name == "generation":
            self.held.clear()
        self.last_id = event.get("id", self.last_id)
        self.part_ended = "id" in event
        self.events.append(name)


def _events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Events of a stream: names to values; comments and `retry` are passed over."""
    event: dict[str, str] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    for line in lines:
        assert time.monotonic() < deadline, "what was waited for never came"
        if line:
            name, _, value = line.partition(":")
            event[name] = value.strip()
        elif event.keys() & {"data", "id"}:
            yield event
            event = {}


def _order(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)
