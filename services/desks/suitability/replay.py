"""Replay: work a stored check out again, years later, with the pack that it was made with.

`daybook suitability replay` shows it. Nothing is looked up but the pack: everything else is in the entry.
"""

from collections.abc import Iterable
from typing import NamedTuple

from events.advice import SuitabilityChecked
from projections.rules.suitability_check import SuitabilityVerdict, check, same_verdict
from projections.rules.suitability_pack import SuitabilityPack, by_digest
from services.desks.desk import Case
from services.desks.suitability.packs import suitability_packs
from services.desks.suitability.state import SuitabilityState
from services.errors import CheckFailed, NotFound


class Replayed(NamedTuple):
    """What the entry says and what comes out now; `differences` name the fields that are not the same."""

    check_id: str
    pack: str
    stored: SuitabilityVerdict
    again: SuitabilityVerdict
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the verdict is the same."""
        return not self.differences


def replayed(case: Case[SuitabilityState]) -> Replayed:
    """The check of a case at the desk, worked out again; NotFound for a case that is an assessment."""
    for one in case.events:
        if isinstance(one.event, SuitabilityChecked):
            return recompute(one.event)
    raise NotFound(f"{case.case_id} holds no suitability check: only checks can be replayed")


def recompute(event: SuitabilityChecked, packs: Iterable[SuitabilityPack] | None = None) -> Replayed:
    """The verdict worked out again from the entry's inputs, compared with the stored one.

    Raises NotFound for a check that came in without its file (a channel checked by itself), CheckFailed if
    the pack is not among `packs` (those that we ship).
    """
    if event.inputs is None or event.pack is None:
        raise NotFound(
            f"{event.check_id} was stated by a channel without its file, so there is nothing to replay: only "
            "checks of the suitability desk carry their inputs"
        )
    pack = by_digest(suitability_packs() if packs is None else packs, event.pack.digest)
    if pack is None:
        raise CheckFailed(
            f"{event.check_id} was made with {event.pack.pack} {event.pack.version} "
            f"({event.pack.digest[:12]}), "
            "and no pack with this content is here: install the version of Daybook that shipped it"
        )
    again = check(event.inputs, pack)
    stored = SuitabilityVerdict(
        outcome=event.outcome,
        override=event.override or "none",
        level=event.risk_level,
        findings=event.findings,
        duties=event.duties,
    )
    return Replayed(event.check_id, pack.name, stored, again, _differences(stored, again))


def _differences(stored: SuitabilityVerdict, again: SuitabilityVerdict) -> tuple[str, ...]:
    if same_verdict(stored, again):
        return ()
    plain = [
        name for name in ("outcome", "override", "level") if getattr(stored, name) != getattr(again, name)
    ]
    before = {(one.criterion, one.result, one.effect, one.reason, one.told) for one in stored.findings}
    after = {(one.criterion, one.result, one.effect, one.reason, one.told) for one in again.findings}
    found = sorted({one[0] for one in before ^ after})
    return (*plain, *found) or ("duties",)
