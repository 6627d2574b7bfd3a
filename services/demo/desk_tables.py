"""What the desks did in the played year, as tables: clocks met, what is due next, others affected, overrides.

running.py shows them after the headlines. Like the headlines, they are read from the ledgers alone.
"""

from typing import Any

from projections.catalogue import FIGURES
from projections.figure import Estimate
from services.demo.feed import closing
from services.demo.year import Year
from services.store.database import Connection
from services.store.queries import desk_work
from services.store.queries.figures import FigureQuery, read_figure

Table = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]
"""Title, columns, rows."""

HOUSE = "house"
NEXT_COLUMNS = ("complaint", "place", "clock", "last good day", "of it has run")
SHOWN_NEXT = 16
ANSWERED = ("on_time", "late", "past_due", "not_due_yet")


def desk_tables(connection: Connection, schema: str, year: Year) -> list[Table]:
    """The tables, in the order in which they are shown."""
    clocks = ("place", "clock", "met, %", "due", *ANSWERED)
    return [
        ("Complaint clocks", clocks, _clocks(connection, schema, year)),
        ("Open complaints by what is due next", NEXT_COLUMNS, _due_next(connection, schema, year)),
        ("What became of complaints", ("what", "complaints"), _ends(connection, schema)),
        (
            "Systemic issues",
            ("issue", "product", "sold from", "through", "declared", "other customers"),
            [
                (one.issue_id, one.product_id, str(one.sold_from), str(one.sold_through),
                 str(one.declared_on), one.affected)
                for one in desk_work.systemic_issues(connection, schema)
            ],
        ),
        (
            "Overrides and commission taken back",
            ("what", "how much"),
            [
                *(
                    (f"override {state}", count)
                    for state, count in desk_work.overrides(connection, schema).items()
                ),
                *_taken_back(connection, schema, year),
            ],
        ),
    ]  # fmt: skip


def _due_next(connection: Connection, schema: str, year: Year) -> list[tuple[Any, ...]]:
    """Regulators' clocks that run when the year ends, the earliest due first, with how much has run."""
    ends, lines = closing(year), []
    for one in desk_work.running_clocks(connection, schema):
        clocks = [
            (clock.due_at, clock)
            for clock in one.clocks
            if clock.open and clock.governs and clock.duty and clock.due_at and clock.regime != HOUSE
        ]
        if clocks:
            due_at, clock = min(clocks, key=lambda pair: pair[0])
            run = (ends - clock.started_at) / (due_at - clock.started_at)
            name = f"{clock.regime} {clock.clock}"
            row = (one.complaint_id, one.legal_entity, name, str(clock.due_on), f"{run:.0%}")
            lines.append((due_at, row))
    return [line for _, line in sorted(lines)][:SHOWN_NEXT]


def _clocks(connection: Connection, schema: str, year: Year) -> list[tuple[Any, ...]]:
    """A line for each place and clock; service levels of the house apart from regulators' clocks."""
    lines = []
    for line in _read(
        connection, schema, year, "complaint_clocks_on_time", ("legal_entity", "regime", "clock")
    ):
        place, regime, clock = (line[0][name] or "none" for name in ("legal_entity", "regime", "clock"))
        lines.append((regime == "house", (place, f"{regime} {clock}", *_counts(line[1]))))
    return [row for _, row in sorted(lines, key=lambda one: (one[0], one[1][:2]))]


def _counts(estimate: Estimate) -> tuple[Any, ...]:
    value = "–" if estimate.value is None else f"{estimate.value:,.1f}"
    return (value, estimate.n, *(int(estimate.parts.get(name, 0)) for name in ANSWERED))


def _ends(connection: Connection, schema: str) -> list[tuple[Any, ...]]:
    return list(desk_work.complaint_ends(connection, schema).items())


def _taken_back(connection: Connection, schema: str, year: Year) -> list[tuple[Any, ...]]:
    return [
        (f"commission taken back, {dims['currency']}", f"{(estimate.value or 0) / 100:,.0f}")
        for dims, estimate in _read(connection, schema, year, "commission_clawed_back", ())
    ]


def _read(
    connection: Connection, schema: str, year: Year, name: str, by: tuple[str, ...]
) -> list[tuple[dict[str, Any], Estimate]]:
    figure = next(one for one in FIGURES if one.name == name)
    query = FigureQuery(by, (), year.first, year.last)
    return [
        (dict(line.dims), line.estimate)
        for line in read_figure(connection, schema, figure, query, year.last)
        if line.estimate.value is not None or line.estimate.parts
    ]
