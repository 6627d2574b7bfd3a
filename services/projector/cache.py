"""Rows kept between batches, bounded; valid only while this projector owns its partitions.

Two halves: when the young half is full it becomes the old one and the old one goes, which is close to
least-recently-used and costs nothing per look-up.
"""

from collections.abc import Sequence

from projections.fold import WorkingSet
from projections.ledger import Key, Row


class RowCache:
    """At most about `limit` rows. `complete` says that nothing was ever left out of it since the generation
    was empty, so that a key not found is a new key."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._young: dict[str, dict[Key, Row]] = {}
        self._old: dict[str, dict[Key, Row]] = {}
        self._count = 0
        self.complete = False

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._count, self.complete = {}, {}, 0, False

    def find(self, ledger: str, keys: Sequence[Key]) -> tuple[dict[Key, Row], list[Key]]:
        """Rows found, and keys that were not."""
        young, old = self._young.get(ledger, {}), self._old.get(ledger, {})
        found: dict[Key, Row] = {}
        missing: list[Key] = []
        for key in keys:
            row = young.get(key)
            if row is None:
                row = old.get(key)
            if row is None:
                missing.append(key)
            else:
                found[key] = row
        return found, missing

    def keep(self, working: WorkingSet) -> None:
        """Take over the rows of a batch that was committed."""
        for ledger in working.declarations.ledgers:
            if ledger.written_once:
                continue
            young = self._young.setdefault(ledger.name, {})
            old = self._old.get(ledger.name, {})
            before = len(young)
            for key, row in working.rows[ledger.name].items():
                if row is None:
                    young.pop(key, None)
                    old.pop(key, None)
                else:
                    young[key] = row
            self._count += len(young) - before
        if self._count > self._half:
            if any(self._old.values()):
                self.complete = False
            self._old, self._young, self._count = self._young, {}, 0
