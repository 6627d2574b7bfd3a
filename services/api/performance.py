"""Performance over HTTP: why two periods, or plan and actual, differ in amount. Other numbers are figures."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.guard import needs
from services.api.openapi import answers
from services.api.reading import Day, json_of, reading
from services.errors import WrongUse
from services.store.queries.performance import Against, Days, GapAnswer, Wanted, read_gap

router = APIRouter(prefix="/performance", tags=["performance"], dependencies=[needs("read_figures")])


@router.get("/gap", summary="Why an amount changed", responses=answers(GapAnswer))
def amount_gap(
    request: Request,
    start: Annotated[Day, Query(alias="from", description="The first day.", examples=["2026-07-01"])],
    to: Annotated[Day, Query(description="The last day.", examples=["2026-09-30"])],
    by: Annotated[str, Query(description="The dimension whose shares are the mix.")] = "product_id",
    against: Annotated[Against, Query(description="The days just before, a year before, or targets.")] = (
        "previous"
    ),
    where: Annotated[list[str], Query(description="DIM=VALUE; an empty value: those without one.")] = [],  # noqa: B006
) -> Response:
    """What of a change in the amount sold is volume, mix and price, by currency; the three add up exactly."""
    pairs = []
    for item in where:
        dim, equals, value = item.partition("=")
        if not equals:
            raise WrongUse(f"where={item!r}: write DIM=VALUE")
        pairs.append((dim, value))
    wanted = Wanted(by, Days(start, to), against, tuple(pairs))
    with reading(request, every_unit=True) as (system, connection, schema):
        today = system.clock().astimezone(system.zone).date()
        return json_of(read_gap(connection, schema, wanted, today))
