"""How far a view topic was published, and which keys it holds: outside any generation, for the view worker.

The state is saved only after the broker acknowledged everything up to it, and a key is noted before its
first record is sent, so that whatever stops the worker, nothing that the topic holds is forgotten.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from services.store.database import Connection
from services.store.queries.changes import Place

VIEW = "customer"
"""The view that there is: the customer's card."""

Stage = Literal["scan", "sweep", "follow"]


class ViewState(NamedTuple):
    """Everything before `place` is in the topic once the stages `scan` (all that there is, up to the key
    `reached`) and `sweep` (what is there no more) are through. `acknowledged` is the last offset of each
    partition of the topic that this worker wrote."""

    place: Place
    stage: Stage
    reached: str
    acknowledged: Mapping[int, int]


def load_state(connection: Connection, view: str) -> ViewState | None:
    """Where the worker of a view stands; None before it ever ran."""
    row = connection.execute(
        "SELECT generation, epoch, offsets, stage, reached, acknowledged::text FROM daybook.view_state "
        "WHERE view = %s",
        (view,),
    ).fetchone()
    if row is None:
        return None
    acknowledged = msgspec.json.decode(row[5], type=dict[int, int])
    return ViewState(Place(row[0], row[1], tuple(row[2])), row[3], row[4], acknowledged)


def save_state(connection: Connection, view: str, state: ViewState) -> None:
    """Keep where the worker of a view stands."""
    place = state.place
    connection.execute(
        "INSERT INTO daybook.view_state (view, generation, epoch, offsets, stage, reached, acknowledged) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (view) DO UPDATE "
        "SET generation = excluded.generation, epoch = excluded.epoch, offsets = excluded.offsets, "
        "stage = excluded.stage, reached = excluded.reached, acknowledged = excluded.acknowledged, "
        "saved_at = now()",
        (
            view,
            place.generation,
            place.epoch,
            list(place.offsets),
            state.stage,
            state.reached,
            msgspec.json.encode(state.acknowledged).decode(),
        ),
    )


def add_keys(connection: Connection, view: str, keys: Iterable[str]) -> None:
    """Note keys that the topic is about to hold."""
    connection.execute(
        "INSERT INTO daybook.view_key (view, key) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (view, sorted(keys)),
    )


def drop_keys(connection: Connection, view: str, keys: Iterable[str]) -> None:
    """Forget keys whose last record is a null."""
    connection.execute("DELETE FROM daybook.view_key WHERE view = %s AND key = ANY(%s)", (view, sorted(keys)))


def known_keys(connection: Connection, view: str, keys: Iterable[str]) -> set[str]:
    """Those of these keys that the topic may hold."""
    rows = connection.execute(
        "SELECT key FROM daybook.view_key WHERE view = %s AND key = ANY(%s)", (view, sorted(keys))
    ).fetchall()
    return {str(row[0]) for row in rows}


def keys_after(connection: Connection, view: str, after: str, limit: int) -> list[str]:
    """The next keys that the topic may hold, in order."""
    rows = connection.execute(
        "SELECT key FROM daybook.view_key WHERE view = %s AND key > %s ORDER BY key LIMIT %s",
        (view, after, limit),
    ).fetchall()
    return [str(row[0]) for row in rows]
