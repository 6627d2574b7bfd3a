"""The view worker: copies the customer's card to a compacted topic, for whoever wants it on Kafka.

`daybook worker view` runs it (running.py): one publishes, others stand by. It follows the live generation;
after a swap it publishes everything anew and ends what is there no more. What was not acknowledged is sent
again, so that the topic comes to hold the same whatever stops the worker.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from events.codec import encode_json
from projections.customers import CUSTOMERS
from services.errors import Fenced, JournalUnavailable, NotReady
from services.journal.view_topic import ViewRecord
from services.store.database import Connection, connect
from services.store.generation import Generation
from services.store.locks import Lock
from services.store.queries.changes import Place, changed_subjects, place_of, subjects_after
from services.store.queries.customer_rows import KIND
from services.store.queries.customer_view import customer_views, survivors_of
from services.store.view_state import (
    VIEW,
    ViewState,
    add_keys,
    drop_keys,
    keys_after,
    known_keys,
    load_state,
    save_state,
)

STAND_BY_SECONDS = 0.5
WAIT_SECONDS = 0.25
UNAVAILABLE_SECONDS = 2.0
FENCED_AT_MOST = 20
BATCH_CUSTOMERS = 200
BATCH_ENTRIES = 2_000
_log = logging.getLogger("daybook.view")


class Topic(Protocol):
    """What this needs of a view's topic (services/journal/view_topic.py)."""

    def ends(self) -> dict[int, int]: ...

    def put(self, records: Sequence[ViewRecord]) -> dict[int, int]: ...


class CustomerView:
    """Publishes the views of customers, a step at a time; the state in the database says where it is."""

    def __init__(
        self,
        connection: Connection,
        topic: Topic,
        live: Callable[[Connection], Generation],
        volume: int,
    ) -> None:
        self._connection = connection
        self._topic = topic
        self._live = live
        self._volume = volume

    def begin(self) -> None:
        """Begin anew if the topic has lost what was written: somebody made it again."""
        state = load_state(self._connection, VIEW)
        if state is None:
            return
        ends = self._topic.ends()
        lost = [one for one, offset in state.acknowledged.items() if ends.get(one, 0) <= offset]
        if lost:
            _log.warning("the topic has lost partitions %s: everything is published anew", lost)
            self._save(ViewState(state.place, "scan", "", {}))

    def step(self) -> bool:
        """Publish the next part; False where there is nothing to publish now."""
        generation = self._live(self._connection)
        now, state = place_of(self._connection, generation), load_state(self._connection, VIEW)
        if state is None or not now.follows(state.place):
            _log.info("publishing every customer of generation %d", now.generation)
            acknowledged = {} if state is None else state.acknowledged
            self._save(ViewState(now, "scan", "", acknowledged))
        elif state.stage == "scan":
            self._scan(generation, state)
        elif state.stage == "sweep":
            self._sweep(generation, state)
        else:
            return self._follow(generation, state, now)
        return True

    def _scan(self, generation: Generation, state: ViewState) -> None:
        """Customers of the generation, by id."""
        schema = generation.schema
        found = subjects_after(self._connection, schema, CUSTOMERS, state.reached, BATCH_CUSTOMERS)
        acknowledged = self._put(schema, found, state.acknowledged)
        more = len(found) == BATCH_CUSTOMERS
        after = state._replace(stage="scan" if more else "sweep", reached=found[-1] if more else "")
        self._save(after._replace(acknowledged=acknowledged))

    def _sweep(self, generation: Generation, state: ViewState) -> None:
        """Keys that the topic holds and the generation does not."""
        found = keys_after(self._connection, VIEW, state.reached, BATCH_CUSTOMERS)
        acknowledged = self._put(generation.schema, found, state.acknowledged, only_gone=True)
        more = len(found) == BATCH_CUSTOMERS
        after = state._replace(stage="sweep" if more else "follow", reached=found[-1] if more else "")
        self._save(after._replace(acknowledged=acknowledged))
        if not more:
            _log.info("every customer is published")

    def _follow(self, generation: Generation, state: ViewState, now: Place) -> bool:
        """Customers with entries since, and those that theirs was merged into."""
        until = state.place.until(now, BATCH_ENTRIES)
        if until == state.place:
            return False
        subjects = changed_subjects(self._connection, generation.schema, state.place, until)
        changed = {one for one in subjects if one.startswith(KIND)}
        ids = survivors_of(self._connection, generation.schema, (_id(one) for one in changed))
        acknowledged = state.acknowledged
        wanted = sorted(changed | {KIND + one for one in ids})
        for start in range(0, len(wanted), BATCH_CUSTOMERS):
            part = wanted[start : start + BATCH_CUSTOMERS]
            acknowledged = self._put(generation.schema, part, acknowledged)
        self._save(state._replace(place=until, acknowledged=acknowledged))
        return True

    def _put(
        self, schema: str, subjects: Sequence[str], before: Mapping[int, int], *, only_gone: bool = False
    ) -> dict[int, int]:
        """Publish these subjects as they are now; keys are noted first, and forgotten after their null."""
        views = customer_views(self._connection, schema, (_id(one) for one in subjects), self._volume)
        there = {} if only_gone else {KIND + one: view for one, view in views.items() if view is not None}
        absent = [KIND + one for one, view in views.items() if view is None]
        gone = known_keys(self._connection, VIEW, absent)
        add_keys(self._connection, VIEW, there)
        records = [ViewRecord(key.encode(), encode_json(view)) for key, view in there.items()]
        written = self._topic.put([*records, *(ViewRecord(key.encode(), None) for key in sorted(gone))])
        drop_keys(self._connection, VIEW, gone)
        return {**before, **written}

    def _save(self, state: ViewState) -> None:
        save_state(self._connection, VIEW, state)


def run_view(
    conninfo: str,
    topic: Topic,
    live: Callable[[Connection], Generation],
    volume: int,
    stop: threading.Event,
) -> None:
    """Stand by for the lock, then publish what comes until `stop` is set.

    A broker that gives no answer, or a generation that is not there yet, is waited for and said.
    """
    with Lock(conninfo, "view") as lock:
        while not lock.try_take():
            if stop.wait(STAND_BY_SECONDS):
                return
        _log.info("this process publishes the view now")
        for _ in range(FENCED_AT_MOST):
            with closing(connect(conninfo, autocommit=True)) as connection:
                try:
                    _publish(CustomerView(connection, topic, live, volume), stop)
                except Fenced as error:
                    _log.warning("going on as the writer: %s", error)
                else:
                    return
        raise Fenced(f"fenced {FENCED_AT_MOST} times: another worker publishes without the lock")


def _publish(view: CustomerView, stop: threading.Event) -> None:
    begun = False
    while not stop.is_set():
        try:
            if not begun:
                view.begin()
                begun = True
            if not view.step():
                stop.wait(WAIT_SECONDS)
        except (JournalUnavailable, NotReady) as error:
            _log.warning("the view waits: %s", error)
            stop.wait(UNAVAILABLE_SECONDS)


def _id(subject: str) -> str:
    return subject.removeprefix(KIND)
