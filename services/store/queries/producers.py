"""Did all of it arrive? Counts at the door, declared against admitted, and gaps in a producer's counter.

The door adds its counts; CLI, API and the watch ask. `day` in the counts is the day on which the door took it
(a refused record may have no other); in the reconciliation it is the day on which things happened.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from events.envelope import Position
from services.store.database import Connection

GAPS_AT_MOST = 1_000
DECLARATION_TYPES = ("producer.day_declared", "producer.corrected", "producer.voided")


class DoorCount(msgspec.Struct, frozen=True):
    """Events that a source brought to the door on a day of admission; received is the sum of the three."""

    source: str
    day: dt.date
    admitted: int
    duplicate: int
    refused: int

    @property
    def received(self) -> int:
        return self.admitted + self.duplicate + self.refused


class Declared(msgspec.Struct, frozen=True):
    """What a producer says it sent of one type for one day."""

    source: str
    day: dt.date
    type: str
    count: int


class ReconciledType(msgspec.Struct, frozen=True):
    """Declared against admitted, for one source, day and type. `late` were recorded (where the producer says
    when) or admitted after the day; `refused` of the whole source and admission day stands in DoorCount."""

    source: str
    day: dt.date
    type: str
    declared: int
    admitted: int
    missing: int
    surplus: int
    late: int


class SequenceGap(msgspec.Struct, frozen=True):
    """Numbers of a source's own counter that never came, both ends included."""

    source: str
    first_missing: int
    last_missing: int


def add_door_counts(
    connection: Connection, counts: Mapping[tuple[str, dt.date], tuple[int, int, int]]
) -> None:
    """Add (admitted, duplicate, refused) per source and day, in one statement."""
    rows = [(source, day, *numbers) for (source, day), numbers in sorted(counts.items())]
    if rows:
        connection.execute(
            "INSERT INTO daybook.door_count AS c (source, day, admitted, duplicate, refused) "
            "SELECT * FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[]) "
            "ON CONFLICT (source, day) DO UPDATE SET admitted = c.admitted + excluded.admitted, "
            "duplicate = c.duplicate + excluded.duplicate, refused = c.refused + excluded.refused",
            [list(column) for column in zip(*rows, strict=True)],
        )


def door_counts(
    connection: Connection, start: dt.date, end: dt.date, source: str | None = None
) -> list[DoorCount]:
    """The counts of the days from `start` to `end`, both included, by source and day."""
    rows = connection.execute(
        "SELECT source, day, admitted, duplicate, refused FROM daybook.door_count "
        "WHERE day BETWEEN %s AND %s AND (%s::text IS NULL OR source = %s) ORDER BY source, day",
        (start, end, source, source),
    ).fetchall()
    return [DoorCount(*row) for row in rows]


def declaration_positions(connection: Connection, schema: str, volume: int) -> list[Position]:
    """Where the declarations, and what corrects them, stand in the journal."""
    rows = connection.execute(
        f"SELECT partition, position FROM {schema}.entries WHERE type = ANY(%s) "
        "ORDER BY partition, position".encode(),
        (list(DECLARATION_TYPES),),
    ).fetchall()
    return [Position(volume, *row) for row in rows]


def reconciliation(
    connection: Connection, schema: str, declared: Sequence[Declared], zone_name: str
) -> list[ReconciledType]:
    """Each declared source and day against what was admitted: every type that was declared or came, the
    declarations themselves aside."""
    if not declared:
        return []
    rows = connection.execute(
        "WITH said AS (SELECT source, day, type, sum(n)::bigint AS n "
        "FROM unnest(%s::text[], %s::date[], %s::text[], %s::bigint[]) AS s (source, day, type, n) "
        "GROUP BY source, day, type), "
        "came AS (SELECT e.source, e.occurred_on AS day, e.type, count(*) AS n, count(*) FILTER (WHERE "
        "(coalesce(e.recorded_at, e.admitted_at) AT TIME ZONE %s)::date > e.occurred_on) AS late "
        f"FROM {schema}.entries e JOIN (SELECT DISTINCT source, day FROM said) d "
        "ON e.source = d.source AND e.occurred_on = d.day WHERE e.type <> ALL(%s) "
        "GROUP BY e.source, e.occurred_on, e.type) "
        "SELECT source, day, type, coalesce(said.n, 0), coalesce(came.n, 0), "
        "greatest(coalesce(said.n, 0) - coalesce(came.n, 0), 0), "
        "greatest(coalesce(came.n, 0) - coalesce(said.n, 0), 0), coalesce(came.late, 0) "
        "FROM said FULL JOIN came USING (source, day, type) ORDER BY source, day, type".encode(),
        (
            [one.source for one in declared],
            [one.day for one in declared],
            [one.type for one in declared],
            [one.count for one in declared],
            zone_name,
            list(DECLARATION_TYPES),
        ),
    ).fetchall()
    return [ReconciledType(*row) for row in rows]


def sequence_gaps(
    connection: Connection, schema: str, source: str | None = None, limit: int = GAPS_AT_MOST
) -> list[SequenceGap]:
    """Gaps between the numbers that came, by source, the first first. What came before the first number is
    no gap: a producer may begin where it likes."""
    rows = connection.execute(
        "SELECT source, number + 1, following - 1 FROM (SELECT source, number, "
        "lead(number) OVER (PARTITION BY source ORDER BY number) AS following FROM ("
        f"SELECT DISTINCT source, sequence::numeric AS number FROM {schema}.entries "
        "WHERE sequence IS NOT NULL AND (%s::text IS NULL OR source = %s)) came) pairs "
        "WHERE following > number + 1 ORDER BY source, number LIMIT %s".encode(),
        (source, source, min(limit, GAPS_AT_MOST)),
    ).fetchall()
    return [SequenceGap(row[0], int(row[1]), int(row[2])) for row in rows]


class SourceDays(msgspec.Struct, frozen=True):
    """A source at the door: its last day of admission, and the last day that it declared."""

    source: str
    last_admitted_on: dt.date | None
    last_declared_day: dt.date | None


def source_days(connection: Connection, schema: str) -> list[SourceDays]:
    """Every source that brought or declared anything."""
    rows = connection.execute(
        "SELECT source, came.day, said.day FROM "
        "(SELECT source, max(day) FILTER (WHERE admitted > 0) AS day FROM daybook.door_count "
        "GROUP BY source) came "
        "FULL JOIN (SELECT producer_source AS source, max(day) AS day "
        f"FROM {schema}.producer_days GROUP BY producer_source) said USING (source) ORDER BY source".encode()
    ).fetchall()
    return [SourceDays(*row) for row in rows]
