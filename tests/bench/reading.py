"""Reading a figure and a customer card over HTTP, against a bare route that runs the same SQL."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from statistics import median
from typing import cast

from projections.catalogue import FIGURES, LEDGERS
from services.store.database import Connection
from services.store.queries.figures import FigureQuery, read_figure
from services.store.queries.subjects import subject_rows
from tests.bench.door import door_settings
from tests.bench.parts import Parts
from tests.bench.report import Line, Target, line_of
from tests.bench.web import Recorder, Statement, bare_reading_app, open_system, product_app, serving, timings
from tests.bench.workload import business

FIGURE = "nps"
CARDS = 20
CALLS = 400
P99_LIMIT = 5.0


def reading_lines(parts: Parts, events: int, runs: int, customers: int) -> Iterator[Line]:
    """One figure and a customer's card, median and slowest in a hundred."""
    settings = door_settings(parts, "reading")
    system = open_system(settings)
    with closing(system):
        records = list(business(events, customers))
        system.journal.append(records)
        cards = list(dict.fromkeys(record.key.decode() for record in records))[:CARDS]
        with closing(system.projector()) as projector:
            projector.catch_up(20_000)
        with system.connect() as connection:
            schema = system.generation(connection).schema
            routes = {f"/subjects/{card}": _card(connection, schema, card) for card in cards}
            routes[f"/figures/{FIGURE}"] = _figure(connection, schema)
    with (
        serving(bare_reading_app, settings["database_url"], routes) as bare,
        serving(product_app, settings) as product,
    ):
        for what, paths in (
            ("customer card", [path for path in routes if path.startswith("/subjects")]),
            ("figure", [f"/figures/{FIGURE}"]),
        ):
            calls = (paths * CALLS)[: min(CALLS, events // 10)]
            timings(bare, paths)
            timings(product, paths)
            ratios, tails, middle = [], [], []
            for _ in range(runs):
                base, ours = timings(bare, calls), timings(product, calls)
                ratios.append(median(ours) / median(base))
                tails.append(ours[len(ours) * 99 // 100] / median(ours))
                middle.append(median(ours) * 1_000)
            yield line_of(
                f"reading a {what}", median(middle), "ms", ratios, "bare, same SQL", Target(1.5, 1.2, True)
            )
            yield line_of(
                f"reading a {what}: slowest in a hundred",
                median(middle) * median(tails),
                "ms",
                tails,
                "its median",
                Target(P99_LIMIT, P99_LIMIT, True),
            )


def _card(connection: Connection, schema: str, subject: str) -> list[Statement]:
    recorder = Recorder(connection)
    subject_rows(cast(Connection, recorder), schema, LEDGERS, subject)
    return recorder.statements


def _figure(connection: Connection, schema: str) -> list[Statement]:
    recorder = Recorder(connection)
    figure = next(one for one in FIGURES if one.name == FIGURE)
    read_figure(cast(Connection, recorder), schema, figure, FigureQuery(), dt.date(2026, 1, 1))
    return recorder.statements
