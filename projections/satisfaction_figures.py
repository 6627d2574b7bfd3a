"""Figures of satisfaction: NPS, CSAT, CES and the response rate, each with n and its interval.

Under five answers a score is withheld: it would say more about persons than about us.
"""

import datetime as dt
from collections.abc import Sequence

from projections.figure import Cell, Estimate, Figure, proportion, share_of, total
from projections.satisfaction import (
    ASKED_ABOUT,
    CES_BY_DAY,
    CSAT_BY_DAY,
    INVITATIONS_BY_DAY,
    NPS_BY_DAY,
)
from projections.statistics import mean, nps

MINIMUM_ANSWERS = 5


def _nps(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    return nps(total(cells, "promoters"), total(cells, "passives"), total(cells, "detractors"))


def _ces(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    answers, easy = total(cells, "ces_answers"), total(cells, "ces_easy")
    parts = {"answers": answers, "easy": easy}
    return mean(answers, total(cells, "ces_sum"), total(cells, "ces_squares"), parts)


def _response_rate(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    delivered, answered = total(cells, "delivered"), total(cells, "answered")
    if delivered == 0:
        parts = {"answered": answered, "delivered": 0}
        return Estimate(value=None, n=0, note="not available: no delivery is known", parts=parts)
    return proportion(total(cells, "responded"), delivered, "answered", "delivered")


NPS = Figure(
    name="nps",
    title="Net promoter score",
    unit="points",
    tally=NPS_BY_DAY,
    compute=_nps,
    by=ASKED_ABOUT,
    day="answered_on",
    minimum_n=MINIMUM_ANSWERS,
    source="0-10; promoters 9-10, detractors 0-6; Wald interval, adjusted under 100 answers (Rocks 2016)",
)

CSAT = Figure(
    name="csat",
    title="Satisfied customers",
    unit="percent",
    tally=CSAT_BY_DAY,
    compute=share_of("csat_satisfied", "csat_answers"),
    by=ASKED_ABOUT,
    always=("csat_box",),
    day="answered_on",
    minimum_n=MINIMUM_ANSWERS,
    source="answers in the box that the figure names / answers; Wilson interval",
)

CES = Figure(
    name="ces",
    title="Customer effort score, high is easy",
    unit="score",
    tally=CES_BY_DAY,
    compute=_ces,
    by=ASKED_ABOUT,
    always=("ces_scale",),
    day="answered_on",
    minimum_n=MINIMUM_ANSWERS,
    source="mean on the scale that the figure names, turned where low was easy; easy: above the middle",
)

RESPONSE_RATE = Figure(
    name="response_rate",
    title="Delivered invitations that were answered",
    unit="percent",
    tally=INVITATIONS_BY_DAY,
    compute=_response_rate,
    by=(*ASKED_ABOUT, "method", "chosen_by"),
    day="sent_on",
    source="answered / delivered; not available where no delivery is known",
)
