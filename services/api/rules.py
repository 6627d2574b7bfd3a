"""Rules over HTTP: every pack with its rules, and which of them govern a day."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.guard import needs
from services.api.openapi import answers
from services.api.reading import Day, json_of, reading
from services.audit.rules_in_force import RulesInForce, rules_in_force
from services.watch.publishing import published_packs

router = APIRouter(tags=["operate"], dependencies=[needs("read_ledgers")])


@router.get("/rules", summary="Rules in force", responses=answers(RulesInForce))
def rules(
    request: Request,
    on: Annotated[Day | None, Query(description="The day; today if left out.")] = None,
) -> Response:
    """Rules in force: id, version, words, severity, thresholds, since when, and SHA-256 of each pack."""
    return json_of(rules_on(request, on))


def rules_on(request: Request, on: dt.date | None) -> RulesInForce:
    """What GET /rules answers."""
    with reading(request, every_unit=True) as (system, connection, schema):
        published = published_packs(connection, schema, system.journal)
        day = on or system.clock().astimezone(system.zone).date()
        return rules_in_force(system.pack, published, day)
