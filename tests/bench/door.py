"""The door: batches of 500 and single events, sealed and durable in Kafka, against a route that parses."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import msgspec

from events import codec
from services.door.cloudevents import BATCH, STRUCTURED, submissions_of
from services.journal.topics import journal_topic, make_topics
from tests.bench.parts import PARTITIONS, Parts
from tests.bench.report import Line, Target, line_of
from tests.bench.web import bare_publishing_app, call, open_system, product_app, serving

BATCH_EVENTS = 500
_SOURCE = "urn:bank:branches"


def door_lines(parts: Parts, events: int, runs: int) -> Iterator[Line]:
    """In one process and over HTTP, paired with the bare route."""
    settings = door_settings(parts, "door")
    singles = max(20, events // 20)
    system = open_system(settings)
    try:
        system.prepare()
        whole, by_http, one_by_one = [], [], []
        in_process, routed, single = [], [], []
        with serving(bare_publishing_app) as bare, serving(product_app, settings) as product:
            for run in range(runs):
                bodies = [list(_bodies(f"{run}-{way}", events)) for way in ("process", "http", "one")]
                base = _posting(bare, bodies[0], BATCH)
                started = time.perf_counter()
                for body in bodies[0]:
                    system.door.admit(submissions_of({"content-type": BATCH}, body))
                whole.append(time.perf_counter() - started)
                in_process.append(base / whole[-1])
                by_http.append(_posting(product, bodies[1], BATCH))
                routed.append(_posting(bare, bodies[1], BATCH) / by_http[-1])
                ones = [event for body in bodies[2] for event in _split(body)][:singles]
                one_by_one.append(_posting(product, ones, STRUCTURED))
                single.append(_posting(bare, ones, STRUCTURED) / one_by_one[-1])
    finally:
        system.close()
    to = "bare FastAPI"
    rate = events / median(whole)
    batches, singly = Target(0.12, 0.25), Target(0.4, 0.7)
    yield line_of("door, batches of 500, sealing, in process", rate, "events/s", in_process, to, batches)
    rate = events / median(by_http)
    yield line_of("door, batches of 500, POST /events", rate, "events/s", routed, to, None)
    rate = singles / median(one_by_one)
    yield line_of("door, single POST /events", rate, "events/s", single, to, singly)


def door_settings(parts: Parts, name: str) -> dict[str, Any]:
    """Settings of a system on the benchmark's servers, its topics made."""
    topics = [journal_topic(f"{name}.journal", PARTITIONS), journal_topic(f"{name}.quarantine", 1)]
    make_topics(parts.bootstrap, topics, replication=1)
    return {
        "data": parts.folder / name,
        "database_url": parts.database(name),
        "kafka": parts.bootstrap,
        "journal_topic": f"{name}.journal",
        "quarantine_topic": f"{name}.quarantine",
        "master_key": "0f" * 32,
    }


def _posting(connection: Any, bodies: list[bytes], media_type: str) -> float:
    started = time.perf_counter()
    for body in bodies:
        call(connection, "/events", body, media_type)
    return time.perf_counter() - started


def _bodies(run: str, events: int) -> Iterator[bytes]:
    for first in range(0, events, BATCH_EVENTS):
        numbers = range(first, min(first + BATCH_EVENTS, events))
        yield codec.encode_json([_event(run, number) for number in numbers])


def _split(body: bytes) -> list[bytes]:
    return [bytes(one) for one in msgspec.json.decode(body, type=list[msgspec.Raw])]


def _event(run: str, number: int) -> dict[str, Any]:
    """One in five is a registration with three sealed fields, one a contact's end with sealed notes."""
    customer = f"bench:{run}-{number // 5}"
    kind = number % 5
    name, data = _KINDS[kind]
    own = {} if kind == 0 else {"interaction_id": f"bench:{run}-i{number // 5 * 5 + kind // 3}"}
    return {
        "specversion": "1.0",
        "id": f"{run}-{number}",
        "source": _SOURCE,
        "type": name,
        "subject": f"customer/{customer}",
        "dataschema": codec.TYPES[name].schema_urn(),
        "time": "2026-03-02T09:00:00Z",
        "data": {"customer_id": customer, **own, **data},
    }


_STARTED = {
    "legal_entity": "bank-a",
    "channel_id": "bank:channel-1",
    "employee_id": "bank:employee-017",
    "direction": "inbound",
    "topic": "balance and statements of the current account",
}
_ENDED = {"outcome": "answered on the first call", "duration_seconds": 340}
_KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "customer.registered",
        {
            "customer_type": "person",
            "legal_entity": "bank-a",
            "age_band": "45_59",
            "name": "A made-up name",
            "phone": "+420 601 000 001",
            "address": "1 Made-up Street, Nowhere",
        },
    ),
    ("interaction.started", _STARTED),
    ("interaction.ended", {**_ENDED, "notes": "Asked for last year's statements, which were sent."}),
    ("interaction.started", _STARTED),
    ("interaction.ended", _ENDED),
)
