"""Rules about what customers say of us: R-SAT-01 drop, R-SAT-02 chosen sample, R-SAT-03 detractor left alone.

A drop is judged once a month, over whole months, as the difference of two scores against its own standard
error. Few answers are never judged: a branch with eight of them may have any score.
"""

import calendar
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from events.event_type import EntryRef
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_entry, hit_of_window
from projections.rules.seen import ANSWERS_SEEN, CARE_SEEN, AnswerSeen, CareRow, FollowUp
from projections.rules.tails import normal_upper

PROMOTER, DETRACTOR = 9, 6
"""On 0 to 10: promoters from 9, detractors through 6."""

Dimension = Literal["legal_entity", "unit_id", "product_id", "channel_id", "seller_id"]
SUBJECT_KINDS = {"unit_id": "unit", "product_id": "product", "channel_id": "channel", "seller_id": "employee"}


class DropParameters(Parameters):
    """A month against the `months_before` before it, both with `minimum_n` answers, at a chance below
    `alpha`, and by `points` or more (one point is one percent of answers)."""

    dimensions: tuple[Dimension, ...]
    months_before: int
    minimum_n: int
    points: int
    alpha: float


class ChosenParameters(Parameters):
    """`invitations` or more by a seller's own choice in `days`, where that is `share_bp` of the seller's."""

    invitations: int
    share_bp: int
    days: int


class DetractorParameters(Parameters):
    """A follow-up within `days` of the answer; an outbound contact counts as one if `contact_counts`."""

    days: int
    contact_counts: bool


class Score(NamedTuple):
    """A score in points with the variance of its estimate, adjusted for small samples."""

    value: float
    variance: float
    n: int


DROP_INPUTS = (
    "what",
    "measure",
    "before",
    "n_before",
    "now",
    "n_now",
    "drop",
    "z",
    "chance",
    "first_on",
    "last_on",
)
CHOSEN_INPUTS = ("seller", "chosen", "invitations", "answers", "mean_score", "first_on", "last_on")
DETRACTOR_INPUTS = ("score", "answered_on", "due_on", "days")


def judge_drops(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Drops of the month that ends with this day."""
    rule: Rule[DropParameters] = rules["R-SAT-01"]
    asked = rule.parameters
    if day.day != calendar.monthrange(day.year, day.month)[1]:
        return
    begin = day.replace(day=1)
    now = facts.between(ANSWERS_SEEN, AnswerSeen, "answered_on", begin, day)
    if len(now) < asked.minimum_n:
        return
    earlier = _months_back(begin, asked.months_before)
    then = facts.between(ANSWERS_SEEN, AnswerSeen, "answered_on", earlier, begin - dt.timedelta(days=1))
    for dimension in asked.dimensions:
        groups_then = _grouped(then, dimension)
        for value, rows in sorted(_grouped(now, dimension).items()):
            yield from _drops(rule, dimension, value, groups_then.get(value, []), rows, (begin, day))


def judge_chosen(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Sellers who chose for themselves whom we asked; once per seller and month."""
    rule: Rule[ChosenParameters] = rules["R-SAT-02"]
    asked = rule.parameters
    today = facts.between(ANSWERS_SEEN, AnswerSeen, "sent_on", day, day)
    sellers = {row.seller_id for row in today if row.chosen_by == "employee" and row.seller_id is not None}
    if not sellers:
        return
    begin = day - dt.timedelta(days=asked.days - 1)
    by_seller = _grouped(facts.between(ANSWERS_SEEN, AnswerSeen, "sent_on", begin, day), "seller_id")
    for seller in sorted(sellers):
        rows = by_seller[seller]
        chosen = [row for row in rows if row.chosen_by == "employee"]
        if len(chosen) >= asked.invitations and len(chosen) * 10_000 >= len(rows) * asked.share_bp:
            yield _chosen_hit(rule, seller, rows, chosen, (begin, day))


def judge_detractors(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Detractors whose follow-up was due on this day, or who were heard of only now and are overdue."""
    rule: Rule[DetractorParameters] = rules["R-SAT-03"]
    wait = dt.timedelta(days=rule.parameters.days)
    last_due = facts.days[1]
    for answered_on in sorted({day - wait, day}):
        if answered_on + wait > last_due:
            continue
        rows = [
            row
            for row in facts.between(ANSWERS_SEEN, AnswerSeen, "answered_on", answered_on, answered_on)
            if row.nps_score is not None and row.nps_score <= DETRACTOR
        ]
        care = facts.rows(CARE_SEEN, CareRow, [(row.subject,) for row in rows]) if rows else {}
        for row in rows:
            if not _cared_for(rule.parameters, care.get((row.subject,)), row, answered_on + wait):
                yield _detractor_hit(rule, row, answered_on + wait)


def _drops(
    rule: Rule[DropParameters],
    dimension: Dimension,
    value: str,
    then: Sequence[AnswerSeen],
    now: Sequence[AnswerSeen],
    window: tuple[dt.date, dt.date],
) -> Iterator[Hit]:
    asked = rule.parameters
    for measure, before, after in (
        ("NPS", nps_score(then), nps_score(now)),
        ("CSAT", csat_score(then), csat_score(now)),
    ):
        if before.n < asked.minimum_n or after.n < asked.minimum_n:
            continue
        drop = before.value - after.value
        z = drop / math.sqrt(before.variance + after.variance)
        if drop < asked.points or normal_upper(z) >= asked.alpha:
            continue
        kind = SUBJECT_KINDS.get(dimension)
        yield hit_of_window(
            rule,
            "risk/daybook:satisfaction" if kind is None else f"{kind}/{value}",
            window,
            inputs={
                "what": f"{dimension} {value}",
                "measure": measure,
                "before": before.value,
                "n_before": before.n,
                "now": after.value,
                "n_now": after.n,
                "drop": drop,
                "z": z,
                "chance": normal_upper(z),
                "first_on": window[0],
                "last_on": window[1],
            },
            about=About(**{dimension: value}),
            evidence=tuple(EntryRef(row.source, row.id) for row in now),
            cell=(dimension, value, measure),
        )


def nps_score(rows: Iterable[AnswerSeen]) -> Score:
    """Net promoter score by adjusted Wald (n + 3, promoters and detractors + ¾ each; Rocks 2016)."""
    scores = [row.nps_score for row in rows if row.nps_score is not None]
    promoters = sum(score >= PROMOTER for score in scores)
    detractors = sum(score <= DETRACTOR for score in scores)
    n = len(scores) + 3
    up, down = (promoters + 0.75) / n, (detractors + 0.75) / n
    return Score(100 * (up - down), 10_000 * (up + down - (up - down) ** 2) / n, len(scores))


def csat_score(rows: Iterable[AnswerSeen]) -> Score:
    """Share of satisfied answers in points, adjusted by two more of each kind (Agresti and Coull)."""
    answers = [row.csat_satisfied for row in rows if row.csat_satisfied is not None]
    n = len(answers) + 4
    share = (sum(answers) + 2) / n
    return Score(100 * share, 10_000 * share * (1 - share) / n, len(answers))


def _cared_for(asked: DetractorParameters, care: CareRow | None, row: AnswerSeen, due_on: dt.date) -> bool:
    """Whether somebody followed this answer up in time; one that says what it follows up counts for that."""
    if care is None:
        return False
    days = [one.on for one in care.followed_up if _follows(one, row)]
    days += care.contacted if asked.contact_counts else ()
    return any(row.answered_on is not None and row.answered_on <= one <= due_on for one in days)


def _follows(done: FollowUp, row: AnswerSeen) -> bool:
    if done.cause is not None:
        return done.cause == EntryRef(row.source, row.id)
    return done.invitation_id in (None, row.response_id)


def _detractor_hit(rule: Rule[DetractorParameters], row: AnswerSeen, due_on: dt.date) -> Hit:
    kind, _, identifier = row.subject.partition("/")
    return hit_of_entry(
        rule,
        row.subject,
        EntryRef(row.source, row.id),
        inputs={
            "score": row.nps_score,
            "answered_on": row.answered_on,
            "due_on": due_on,
            "days": rule.parameters.days,
        },
        on=due_on,
        about=About(
            customer_id=identifier if kind == "customer" else None,
            product_id=row.product_id,
            seller_id=row.seller_id,
            unit_id=row.unit_id,
            channel_id=row.channel_id,
            legal_entity=row.legal_entity,
        ),
    )


def _chosen_hit(
    rule: Rule[ChosenParameters],
    seller: str,
    rows: Sequence[AnswerSeen],
    chosen: Sequence[AnswerSeen],
    window: tuple[dt.date, dt.date],
) -> Hit:
    scores = [row.nps_score for row in chosen if row.nps_score is not None]
    return hit_of_window(
        rule,
        f"employee/{seller}",
        (window[1].replace(day=1), window[1]),
        inputs={
            "seller": seller,
            "chosen": len(chosen),
            "invitations": len(rows),
            "answers": len(scores),
            "mean_score": sum(scores) / len(scores) if scores else None,
            "first_on": window[0],
            "last_on": window[1],
        },
        about=About(seller_id=seller, unit_id=chosen[-1].unit_id, legal_entity=chosen[-1].legal_entity),
        evidence=tuple(EntryRef(row.source, row.id) for row in chosen),
    )


def _grouped(rows: Iterable[AnswerSeen], dimension: str) -> dict[str, list[AnswerSeen]]:
    groups: dict[str, list[AnswerSeen]] = defaultdict(list)
    for row in rows:
        value = getattr(row, dimension)
        if value is not None:
            groups[value].append(row)
    return groups


def _months_back(first: dt.date, months: int) -> dt.date:
    number = first.year * 12 + first.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)
