"""What only the suitability desk has over HTTP: a stored check worked out again from its own entry.

Opening a check answers at once with the verdict (desks.py); this shows that the same comes out years later.
"""

from fastapi import APIRouter, Request, Response

from services.api.guard import needs
from services.api.reading import json_of
from services.api.unit_scope import own_cases
from services.desks.suitability.replay import replayed

router = APIRouter(tags=["desks"], dependencies=[needs("read_customers"), own_cases("suitability", "check")])


@router.get("/suitability-checks/{check}/replay")
def replay(request: Request, check: str) -> Response:
    """The verdict as it was stored, and as it comes out now of the same file and the same pack."""
    found = replayed(request.app.state.system.desks.suitability.read(check))
    return json_of({**found._asdict(), "equal": found.equal})
