"""The fold: entries in, changed rows and tally deltas out. Every way from journal to rows goes through here.

Used by the projector (live and rebuild), the watch, the door's stamper and the auditor's as-of. It is pure:
rows, and the history that a correction needs, are handed in.
"""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, get_type_hints

from events import codec
from events.envelope import Entry, Event, Position
from events.event_type import Correction, EntryRef, Voiding
from projections.ledger import Handler, Key, Ledger, Row
from projections.tally import Group, Tally, poster

_CHANGES = (Correction, Voiding)

History = Callable[[Entry], Sequence[Entry]]
"""All counted entries of an entry's subject before it, in journal order."""


Step = tuple[Entry, Ledger, Handler, tuple[Key, ...]]
"""One entry's visit to one ledger: which handler, which keys. A bare tuple, for there is one per visit."""


class Parking(NamedTuple):
    """A key of a ledger that stopped folding, the entry at which it did, and why."""

    ledger: str
    key: Key
    entry: Entry
    error: str


@dataclass(frozen=True, eq=False)
class Declarations:
    """A set of ledgers and the tallies over them: what one generation is made of."""

    ledgers: tuple[Ledger, ...]
    tallies: tuple[Tally, ...] = ()
    subscriptions: Mapping[type[Event], tuple[tuple[Ledger, Handler], ...]] = field(init=False)
    tallies_of: Mapping[str, tuple[Tally, ...]] = field(init=False)

    def __post_init__(self) -> None:
        table: dict[type[Event], list[tuple[Ledger, Handler]]] = {}
        for ledger in self.ledgers:
            for event, handler in ledger.handlers.items():
                assert not issubclass(event, _CHANGES), (
                    f"{ledger.name}: corrections are refolded, not handled"
                )
                table.setdefault(event, []).append((ledger, handler))
        object.__setattr__(self, "subscriptions", {event: tuple(steps) for event, steps in table.items()})
        over: dict[str, list[Tally]] = {ledger.name: [] for ledger in self.ledgers}
        for tally in self.tallies:
            over[tally.ledger.name].append(tally)
        object.__setattr__(self, "tallies_of", {name: tuple(found) for name, found in over.items()})

    def ledger(self, name: str) -> Ledger:
        """The ledger of that name; KeyError if there is none."""
        return {ledger.name: ledger for ledger in self.ledgers}[name]

    def fingerprint(self, zone: str) -> str:
        """16 hex digits that change whenever rows or tallies could come out differently."""
        lines = [f"zone {zone}"]
        for ledger in self.ledgers:
            hints = get_type_hints(ledger.row)
            columns = ",".join(f"{name}:{hints[name]}" for name in ledger.columns)
            lines.append(f"ledger {ledger.name} v{ledger.version} key={ledger.key} {columns}")
            lines.append(f"  on {sorted(codec.TYPE_OF[event].name for event in ledger.handlers)}")
            if ledger.content:
                lines.append(f"  by {ledger.content}")
        for tally in self.tallies:
            lines.append(
                f"tally {tally.name} {tally.ledger.name} {tally.groups} {tally.measures} {tally.where}"
            )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(eq=False)
class WorkingSet:
    """Rows of one batch: as they were at its start (`first`) and as they are now (`rows`), by ledger and key.

    Keys absent from `rows` must be loaded (or known to be new) before an entry that needs them is folded.
    `keep` (an as-of cut) says which entries count once corrections have been put in place.
    `touched` holds the position of the last entry that visited a key.
    """

    declarations: Declarations
    zone: dt.tzinfo
    history: History
    keep: Callable[[Entry], bool] | None = None
    parked: set[tuple[str, Key]] = field(default_factory=set)
    touched: dict[str, dict[Key, Position]] = field(default_factory=dict)
    first: dict[str, dict[Key, Row | None]] = field(default_factory=dict)
    rows: dict[str, dict[Key, Row | None]] = field(default_factory=dict)
    newly_parked: list[Parking] = field(default_factory=list)
    folded: Counter[tuple[int, str]] = field(default_factory=Counter)
    parked_entries: Counter[tuple[int, str]] = field(default_factory=Counter)
    parked_hits: Counter[tuple[str, Key]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for ledger in self.declarations.ledgers:
            self.first.setdefault(ledger.name, {})
            self.rows.setdefault(ledger.name, {})
            self.touched.setdefault(ledger.name, {})

    def plan(self, entries: Iterable[Entry]) -> list[Step]:
        """Which ledgers and keys each entry visits, in order; those of a correction are found later."""
        subscriptions = self.declarations.subscriptions
        steps: list[Step] = []
        append = steps.append
        for entry in entries:
            event = entry.event
            visited = subscriptions.get(type(event))
            if visited is not None:
                for ledger, handler in visited:
                    append((entry, ledger, handler, ledger.keys(event, entry)))
            elif isinstance(event, _CHANGES):
                append((entry, _CORRECTIONS, _never, ()))
        return steps

    def missing(self, steps: Iterable[Step]) -> dict[str, set[Key]]:
        """Keys that must be loaded before these steps are applied."""
        needed: dict[str, set[Key]] = {}
        for _, ledger, _, keys in steps:
            if ledger.written_once or not keys:
                continue
            have = self.rows[ledger.name]
            for key in keys:
                if key not in have:
                    needed.setdefault(ledger.name, set()).add(key)
        return needed

    def load(self, ledger: str, found: Mapping[Key, Row], asked: Iterable[Key]) -> None:
        """Take rows as they stand before this batch; keys that were asked for and not found are new."""
        first, rows = self.first[ledger], self.rows[ledger]
        for key in asked:
            first[key] = rows[key] = found.get(key)

    def apply(self, steps: Sequence[Step], load: Callable[[str, set[Key]], None]) -> None:
        """Fold planned steps in order. `load` is called for keys that only a correction turns out to need.

        An entry is counted once per ledger: as folded, or as parked if one of its keys is.
        """
        folded = self.folded
        for entry, ledger, handler, keys in steps:
            if ledger is _CORRECTIONS:
                self._correct(entry, load)
                continue
            name, event, position = ledger.name, entry.event, entry.position
            rows, touched = self.rows[name], self.touched[name]
            stopped: Key | None = None
            for key in keys:
                if self.parked and (name, key) in self.parked:
                    stopped = stopped or key
                    continue
                if key not in rows:
                    self.first[name][key] = rows[key] = None
                touched[key] = position
                try:
                    rows[key] = handler(key, rows[key], event, entry)
                except Exception as error:  # a bug in one handler must not stop the other ledgers
                    self._park(ledger, key, entry, error)
                    stopped = stopped or key
            if stopped is None:
                folded[(position.partition, name)] += 1
            else:
                self.parked_entries[(position.partition, name)] += 1
                self.parked_hits[(name, stopped)] += 1

    def changes(self, ledger: str) -> list[tuple[Key, Row | None, Row | None]]:
        """(key, before, after) of every row of a ledger that differs from the start of the batch."""
        first = self.first[ledger]
        return [
            (key, first[key], row)
            for key, row in self.rows[ledger].items()
            if first[key] is not row and first[key] != row
        ]

    def tally_deltas(self) -> dict[str, dict[int, dict[Group, list[int]]]]:
        """Per tally, partition and group, how the counts and sums moved; what did not move is left out."""
        result: dict[str, dict[int, dict[Group, list[int]]]] = {}
        for ledger, tallies in self.declarations.tallies_of.items():
            changes, touched = self.changes(ledger) if tallies else [], self.touched[ledger]
            for tally in tallies if changes else ():
                post, deltas = poster(tally), defaultdict[int, dict[Group, list[int]]](dict)
                for key, before, after in changes:
                    moved = deltas[touched[key].partition]
                    post(moved, before, -1)
                    post(moved, after, 1)
                result[tally.name] = {
                    partition: {group: sums for group, sums in groups.items() if any(sums)}
                    for partition, groups in deltas.items()
                }
        return result

    def refold(self, ledger: Ledger, keys: set[Key], entries: Iterable[Entry]) -> None:
        """Fold these keys of a ledger again from nothing, over a subject's entries in journal order."""
        rows: dict[Key, Row | None] = dict.fromkeys(keys)
        for entry in entries:
            handler = ledger.handlers.get(type(entry.event))
            if handler is None:
                continue
            for key in self._keys(ledger, entry):
                if key in rows:
                    rows[key] = handler(key, rows[key], entry.event, entry)
        self.rows[ledger.name].update(rows)

    def _correct(self, entry: Entry, load: Callable[[str, set[Key]], None]) -> None:
        """Refold the keys that a correction or voiding concerns."""
        before = list(self.history(entry))
        old, new = effective(before, self.zone), effective([*before, entry], self.zone)
        if self.keep is not None:
            old, new = list(filter(self.keep, old)), list(filter(self.keep, new))
        touched = _differing(old, new)
        for ledger in self.declarations.ledgers:
            concerned = [one for one in touched if type(one.event) in ledger.handlers]
            keys = {key for one in concerned for key in self._keys(ledger, one)}
            if not keys:
                continue
            load(ledger.name, {key for key in keys if key not in self.rows[ledger.name]})
            keys = {key for key in keys if (ledger.name, key) not in self.parked}
            try:
                self.refold(ledger, keys, new)
                self.touched[ledger.name].update(dict.fromkeys(keys, entry.position))
            except Exception as error:  # as in apply: park what could not be folded, keep the rest going
                for key in keys:
                    self._park(ledger, key, entry, error)

    def _keys(self, ledger: Ledger, entry: Entry) -> tuple[Key, ...]:
        return ledger.keys(entry.event, entry)

    def _park(self, ledger: Ledger, key: Key, entry: Entry, error: Exception) -> None:
        self.parked.add((ledger.name, key))
        self.newly_parked.append(Parking(ledger.name, key, entry, f"{type(error).__name__}: {error}"))


def effective(entries: Sequence[Entry], zone: dt.tzinfo) -> list[Entry]:
    """A subject's entries with every correction put in the place of what it corrects, voided ones left out.

    A correction may itself be corrected or voided; voiding it brings back what stood before.
    """
    by_name = {EntryRef(entry.source, entry.id): entry for entry in entries}
    roots: dict[EntryRef, EntryRef] = {}
    versions: dict[EntryRef, list[EntryRef | None]] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, Correction):
            root = roots.get(event.corrects, event.corrects)
            name = EntryRef(entry.source, entry.id)
            roots[name] = root
            versions.setdefault(root, []).append(name)
        elif isinstance(event, Voiding):
            root = roots.get(event.voids, event.voids)
            stack = versions.setdefault(root, [])
            if event.voids in stack:
                stack.remove(event.voids)
            else:
                stack.append(None)
    result: list[Entry] = []
    for entry in entries:
        if isinstance(entry.event, Correction | Voiding):
            continue
        stack = versions.get(EntryRef(entry.source, entry.id), [])
        if not stack:
            result.append(entry)
        elif stack[-1] is not None:
            result.append(codec.corrected(entry, by_name[stack[-1]], zone))
    return result


def _differing(old: Sequence[Entry], new: Sequence[Entry]) -> list[Entry]:
    """Entries, of either list, that do not stand in the other as they are."""
    old_by_position = {entry.position: entry for entry in old}
    new_by_position = {entry.position: entry for entry in new}
    differing = []
    for position in old_by_position.keys() | new_by_position.keys():
        before, after = old_by_position.get(position), new_by_position.get(position)
        if before != after:
            differing += [entry for entry in (before, after) if entry is not None]
    return sorted(differing, key=lambda entry: entry.position)


def _never(key: Key, row: Row | None, event: Event, entry: Entry) -> Row | None:
    raise AssertionError("corrections are refolded, not handled")


def _no_keys(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ()


class _NoRow(Row, frozen=True):
    subject: str


_CORRECTIONS = Ledger("corrections", 1, _NoRow, ("subject",), _no_keys, {})
