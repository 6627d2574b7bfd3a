"""Questionnaires: from answers to a grade, and how often one may ask again."""

import datetime as dt
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import QuestionnaireId
from events.questionnaires import (
    AnswerOption,
    GivenAnswer,
    GradeBand,
    QuestionnairePublished,
    RiskQuestion,
    SeniorCap,
)
from events.vocabulary import AgeBand, RiskGrade
from projections.rules.questionnaire import (
    Scored,
    Unscored,
    problems,
    retests_left,
    score,
    valid_until,
)
from tests.projections.suitability_given import CN

RULES = CN.stated.assessment


def question(name: str, *scores: int, **more: Any) -> RiskQuestion:
    """Answers a, b, c … with these scores."""
    answers = tuple(AnswerOption(answer_id="abcde"[i], score=one) for i, one in enumerate(scores))
    return RiskQuestion(question_id=name, answers=answers, **more)


LOSS = RiskQuestion(
    question_id="loss",
    answers=(
        AnswerOption(answer_id="a", score=0, lowest=True),
        AnswerOption(answer_id="b", score=10),
        AnswerOption(answer_id="c", score=30),
    ),
)
BANDS = tuple(
    GradeBand(grade=grade, from_score=start)
    for grade, start in zip(get_args(RiskGrade)[1:], (0, 20, 40, 60, 80), strict=True)
)
QUESTIONNAIRE = QuestionnairePublished(
    questionnaire_id=QuestionnaireId("t:q"),
    questionnaire_version="3",
    questions=(LOSS, question("years", 0, 20, 40), question("kinds", 0, 10, 30, several=True)),
    bands=BANDS,
    seniors=SeniorCap(
        age_bands=("65_plus",),
        highest="C2",
        highest_with_experience="C3",
        experience_question="years",
        experience_answers=("c",),
    ),
    valid_from=dt.date(2026, 1, 1),
)


def answers(loss: str = "c", years: str = "c", *kinds: str) -> tuple[GivenAnswer, ...]:
    return (
        GivenAnswer(question_id="loss", answer_ids=(loss,)),
        GivenAnswer(question_id="years", answer_ids=(years,)),
        GivenAnswer(question_id="kinds", answer_ids=kinds or ("c",)),
    )


@pytest.mark.parametrize(
    ("given", "total", "grade"),
    [
        (answers("b", "a", "a"), 10, "C1"),
        (answers("b", "a", "b"), 20, "C2"),
        (answers("b", "b", "b"), 40, "C3"),
        (answers("c", "c", "a"), 70, "C4"),
        (answers("c", "c", "a", "c"), 100, "C5"),
    ],
)
def test_the_sum_of_scores_gives_the_grade(
    given: tuple[GivenAnswer, ...], total: int, grade: RiskGrade
) -> None:
    assert score(QUESTIONNAIRE, given) == Scored(total, grade)


def test_no_tolerance_for_any_loss_is_the_lowest_grade_whatever_the_sum() -> None:
    assert score(QUESTIONNAIRE, answers("a")) == Scored(70, "C1-lowest", ("lowest_tolerance",))


def test_who_is_not_fully_capable_is_graded_lowest() -> None:
    found = score(QUESTIONNAIRE, answers(), fully_capable=False)
    assert found == Scored(100, "C1-lowest", ("not_fully_capable",))


def test_age_is_weighed_with_experience() -> None:
    assert score(QUESTIONNAIRE, answers(), age_band="65_plus") == Scored(100, "C3", ("senior",))
    assert score(QUESTIONNAIRE, answers("c", "b"), age_band="65_plus") == Scored(80, "C2", ("senior",))
    assert score(QUESTIONNAIRE, answers("b", "a", "b"), age_band="65_plus") == Scored(20, "C2")
    assert score(QUESTIONNAIRE, answers(), age_band="60_64") == Scored(100, "C5")


def test_answers_that_do_not_fit_give_no_grade_and_say_why() -> None:
    short = answers()[:2]
    assert score(QUESTIONNAIRE, short) == Unscored(("question kinds has no answer",))
    two = (GivenAnswer(question_id="loss", answer_ids=("b", "c")), *answers()[1:])
    assert score(QUESTIONNAIRE, two) == Unscored(("question loss takes one answer",))
    other = (*answers(), GivenAnswer(question_id="zodiac", answer_ids=("lion",)))
    assert score(QUESTIONNAIRE, other) == Unscored(("question zodiac is not in this version",))


def test_bands_that_fall_cannot_be_used() -> None:
    falling = msgspec.structs.replace(
        QUESTIONNAIRE, bands=(GradeBand(grade="C3", from_score=0), GradeBand(grade="C2", from_score=9))
    )
    assert problems(falling) == ("a higher score must never give a lower grade",)
    assert isinstance(score(falling, answers()), Unscored)


CHOICES = st.lists(
    st.builds(
        GivenAnswer,
        question_id=st.sampled_from(["loss", "years", "kinds", "other"]),
        answer_ids=st.lists(st.sampled_from("abcd"), max_size=3).map(tuple),
    ),
    max_size=5,
)


@given(CHOICES, st.sampled_from([None, *get_args(AgeBand)]), st.booleans())
def test_scoring_is_total(given: list[GivenAnswer], band: AgeBand | None, capable: bool) -> None:
    found = score(QUESTIONNAIRE, given, age_band=band, fully_capable=capable)
    assert found.reasons if isinstance(found, Unscored) else found.grade in get_args(RiskGrade)


def test_an_assessment_holds_twelve_months_or_less() -> None:
    assert valid_until(QUESTIONNAIRE, RULES, dt.date(2024, 2, 29)) == dt.date(2025, 2, 28)
    half = msgspec.structs.replace(QUESTIONNAIRE, validity_months=6)
    assert valid_until(half, RULES, dt.date(2026, 8, 31)) == dt.date(2027, 2, 28)


def test_two_tests_a_day_and_eight_in_twelve_months() -> None:
    day = dt.date(2026, 3, 2)
    assert retests_left(RULES, [day], day)
    assert not retests_left(RULES, [day, day], day)
    monthly = [day - dt.timedelta(days=30 * n) for n in range(1, 9)]
    assert not retests_left(RULES, monthly, day)
    assert retests_left(RULES, [*monthly[:7], dt.date(2025, 3, 2)], day)
