"""What only the suitability desk has over HTTP: a stored check worked out again from its own entry.

Opening a check answers at once with the verdict (desks.py); this shows that the same comes out years later.
"""

import msgspec
from fastapi import APIRouter, Request, Response

from projections.rules.suitability_check import SuitabilityVerdict
from services.api.guard import needs
from services.api.openapi import answers
from services.api.reading import json_of
from services.api.unit_scope import own_cases
from services.desks.suitability.replay import replayed

router = APIRouter(tags=["desks"], dependencies=[needs("read_customers"), own_cases("suitability", "check")])


class ReplayShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the entry says, what comes out now, and the fields in which they differ."""

    check_id: str
    pack: str
    stored: SuitabilityVerdict
    again: SuitabilityVerdict
    differences: tuple[str, ...]
    equal: bool


@router.get(
    "/suitability-checks/{check}/replay", summary="A check worked out again", responses=answers(ReplayShown)
)
def replay(request: Request, check: str) -> Response:
    """The verdict as it was stored, and as it comes out now of the same file and the same pack."""
    found = replayed(request.app.state.system.desks.suitability.read(check))
    return json_of(ReplayShown(**found._asdict(), equal=found.equal))
