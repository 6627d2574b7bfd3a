"""From answers to a risk grade, under one published version of a questionnaire. Pure and total.

The desk scores with it before it writes `risk_profile.assessed`. Answers are personal: nothing here keeps
them, and only the score and the grade leave.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, get_args

from events.questionnaires import GivenAnswer, QuestionnairePublished, RiskQuestion
from events.vocabulary import AgeBand, RiskGrade
from projections.rules.suitability_criteria import months_after
from projections.rules.suitability_pack import AssessmentRules

GRADES: tuple[RiskGrade, ...] = get_args(RiskGrade)
"""From no tolerance at all to high."""


class Scored(NamedTuple):
    """The sum of scores, the grade, and what bent it: `lowest_tolerance`, `not_fully_capable`, `senior`."""

    score: int
    grade: RiskGrade
    because: tuple[str, ...] = ()


class Unscored(NamedTuple):
    """Why the answers give no grade, as sentences."""

    reasons: tuple[str, ...]


def score(
    questionnaire: QuestionnairePublished,
    answers: Sequence[GivenAnswer],
    *,
    age_band: AgeBand | None = None,
    fully_capable: bool = True,
) -> Scored | Unscored:
    """The grade that the answers give.

    C1-lowest goes to whoever is not fully capable in law or gave an answer that says so, whatever the sum.
    """
    faults = (*problems(questionnaire), *_missing(questionnaire, answers))
    if faults:
        return Unscored(faults)
    given = {one.question_id: one.answer_ids for one in answers}
    total = sum(_points(question, given[question.question_id]) for question in questionnaire.questions)
    lowest = tuple(_lowest(questionnaire, given, fully_capable=fully_capable))
    if lowest:
        return Scored(total, GRADES[0], lowest)
    bands = sorted(questionnaire.bands, key=lambda one: one.from_score)
    reached = [one.grade for one in bands if one.from_score <= total]
    grade = reached[-1] if reached else bands[0].grade
    cap = _senior_cap(questionnaire, given, age_band)
    if cap is not None and GRADES.index(grade) > GRADES.index(cap):
        return Scored(total, cap, ("senior",))
    return Scored(total, grade)


def problems(questionnaire: QuestionnairePublished) -> tuple[str, ...]:
    """What keeps a questionnaire from grading anybody; none for one that can be used."""
    names = [one.question_id for one in questionnaire.questions]
    found = [
        f"question {name} stands twice" for name in sorted({one for one in names if names.count(one) > 1})
    ]
    for question in questionnaire.questions:
        answers = [one.answer_id for one in question.answers]
        if len(set(answers)) < len(answers):
            found.append(f"question {question.question_id} has one answer twice")
    bands = sorted(questionnaire.bands, key=lambda one: one.from_score)
    if len({one.from_score for one in bands}) < len(bands):
        found.append("two grades begin at the same score")
    order = [GRADES.index(one.grade) for one in bands]
    if order != sorted(set(order)):
        found.append("a higher score must never give a lower grade")
    return tuple(found)


def valid_until(questionnaire: QuestionnairePublished, rules: AssessmentRules, on: dt.date) -> dt.date:
    """Until when an assessment of a day holds: the shorter of the questionnaire's and the pack's months."""
    return months_after(on, min(questionnaire.validity_months, rules.validity_months))


def retests_left(rules: AssessmentRules, earlier: Sequence[dt.date], on: dt.date) -> bool:
    """Whether the customer may take the questionnaire once more on a day: caps a day and in a window."""
    since = months_after(on, -rules.window_months)
    today = sum(day == on for day in earlier)
    in_window = sum(since < day <= on for day in earlier)
    return today < rules.most_a_day and in_window < rules.most_in_window


def _missing(questionnaire: QuestionnairePublished, answers: Sequence[GivenAnswer]) -> tuple[str, ...]:
    given = [one.question_id for one in answers]
    found = [
        f"question {name} was answered twice" for name in sorted({n for n in given if given.count(n) > 1})
    ]
    questions = {one.question_id: one for one in questionnaire.questions}
    found += [f"question {name} has no answer" for name in questions if name not in given]
    for one in answers:
        question = questions.get(one.question_id)
        if question is None:
            found.append(f"question {one.question_id} is not in this version")
            continue
        known = {answer.answer_id for answer in question.answers}
        found += [
            f"question {one.question_id} has no answer {name}" for name in one.answer_ids if name not in known
        ]
        if len(one.answer_ids) > 1 and not question.several:
            found.append(f"question {one.question_id} takes one answer")
        if not one.answer_ids:
            found.append(f"question {one.question_id} has no answer")
    return tuple(found)


def _points(question: RiskQuestion, chosen: Sequence[str]) -> int:
    return max(one.score for one in question.answers if one.answer_id in chosen)


def _lowest(
    questionnaire: QuestionnairePublished, given: dict[str, tuple[str, ...]], *, fully_capable: bool
) -> list[str]:
    found = [] if fully_capable else ["not_fully_capable"]
    for question in questionnaire.questions:
        chosen = given[question.question_id]
        if any(one.lowest and one.answer_id in chosen for one in question.answers):
            return [*found, "lowest_tolerance"]
    return found


def _senior_cap(
    questionnaire: QuestionnairePublished, given: dict[str, tuple[str, ...]], age_band: AgeBand | None
) -> RiskGrade | None:
    cap = questionnaire.seniors
    if cap is None or age_band not in cap.age_bands:
        return None
    chosen = given.get(cap.experience_question or "", ())
    experienced = any(one in cap.experience_answers for one in chosen)
    return cap.highest_with_experience if experienced else cap.highest
