"""Figures as of a moment: the journal folded into a scratch generation under a cut, read, and thrown away."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from projections.figure import Figure
from services.audit.rebuild import Progress, RebuildPlan, rebuild
from services.projector.batch import Cut
from services.store import generation as generations
from services.store.database import connect
from services.store.queries.figures import FigureLine, FigureQuery, read_figure


def figure_as_of(
    plan: RebuildPlan,
    figures: Sequence[Figure],
    query: FigureQuery,
    as_of: dt.datetime,
    known_at: dt.datetime | None = None,
    progress: Progress | None = None,
) -> list[tuple[Figure, list[FigureLine]]]:
    """Figures over what had happened by `as_of`, as far as it was known at `known_at`."""
    generation = rebuild(plan._replace(kind="scratch", cut=Cut(as_of, known_at)), progress)
    day = as_of.astimezone(ZoneInfo(plan.zone)).date()
    with connect(plan.conninfo, autocommit=True) as connection:
        try:
            return [
                (figure, read_figure(connection, generation.schema, figure, query, day)) for figure in figures
            ]
        finally:
            generations.drop(connection, generation)
