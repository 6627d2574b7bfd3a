"""Business calendars: five places as they are in the library, and counting that agrees with the hand."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.rules.business_calendar import BusinessCalendar, CalendarError, parse_calendar
from projections.rules.clock_book import shipped_book, shipped_texts
from tests.projections.calendar_files import FOLDER, PLANS, YEARS, Plan, calendar_text, library_days

CALENDARS = shipped_book().calendars
DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2032, 12, 31))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.calendar)
def test_a_file_is_what_the_library_says(plan: Plan) -> None:
    calendar = CALENDARS[plan.calendar]
    assert (set(calendar.holidays), set(calendar.make_up_days)) == library_days(plan)
    written = (FOLDER / plan.file).read_text("utf-8").splitlines()
    made = calendar_text(plan).splitlines()
    assert [line for line in written if not line.startswith("source:")] == [
        line for line in made if not line.startswith("source:")
    ], "generate the files again as a new version"


def test_every_shipped_file_has_a_plan() -> None:
    assert {name for name, _ in shipped_texts("calendars")} == {plan.file for plan in PLANS}


@pytest.mark.parametrize(
    ("calendar", "date", "worked"),
    [
        ("CN", "2025-01-26", True),  # a Sunday that made up for the Spring Festival
        ("CN", "2025-01-28", False),
        ("CN", "2026-02-14", True),
        ("CN", "2026-02-15", False),
        ("GB-ENG", "2026-01-02", True),
        ("GB-SCT", "2026-01-02", False),
        ("GB-ENG", "2026-12-28", False),  # Boxing Day falls on a Saturday
        ("GB-ENG", "2022-09-19", False),
        ("US", "2026-07-03", False),  # Independence Day falls on a Saturday
        ("US", "2026-06-19", False),
        ("US", "2026-12-26", False),
        ("EU-TARGET", "2026-05-01", False),
        ("EU-TARGET", "2026-05-25", True),
        ("AU", "2026-01-26", False),
        ("AU", "2026-06-08", True),
        ("AU-NSW", "2026-06-08", False),
    ],
)
def test_days_that_a_person_of_the_place_would_know(calendar: str, date: str, worked: bool) -> None:
    assert CALENDARS[calendar].is_business_day(day(date)) is worked


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
@given(start=DAYS, number=st.integers(1, 120))
def test_adding_business_days_counts_every_worked_day_once(
    calendar: BusinessCalendar, start: dt.date, number: int
) -> None:
    end = calendar.add_business_days(start, number)
    after = [start + dt.timedelta(days=one) for one in range(1, (end - start).days + 1)]
    assert sum(calendar.is_business_day(one) for one in after) == number
    assert calendar.is_business_day(end)
    assert calendar.business_days_between(start, end) == number
    assert calendar.business_days_between(end, start) == -number


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
@given(start=DAYS, first=st.integers(1, 60), second=st.integers(1, 60))
def test_adding_in_two_steps_is_adding_at_once(
    calendar: BusinessCalendar, start: dt.date, first: int, second: int
) -> None:
    halfway = calendar.add_business_days(start, first)
    assert calendar.add_business_days(halfway, second) == calendar.add_business_days(start, first + second)


@given(start=DAYS)
def test_no_days_is_the_day_itself_if_it_is_worked_else_the_next_one(start: dt.date) -> None:
    calendar = CALENDARS["CN"]
    found = calendar.add_business_days(start, 0)
    assert found == (start if calendar.is_business_day(start) else calendar.add_business_days(start, 1))


@given(minutes=st.integers(1, 6000), hour=st.integers(0, 23), number=st.integers(0, 700))
def test_business_time_added_has_passed(minutes: int, hour: int, number: int) -> None:
    calendar = CALENDARS["CN"]
    begin = dt.datetime(2025, 1, 1, hour, 17, tzinfo=dt.UTC) + dt.timedelta(days=number)
    end = calendar.add_business_time(begin, dt.timedelta(minutes=minutes))
    assert calendar.business_time_between(begin, end) == dt.timedelta(minutes=minutes)


def test_business_time_leaves_out_the_lunch_break() -> None:
    calendar = CALENDARS["CN"]
    begin = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)  # eleven in Shanghai, a Monday
    assert calendar.add_business_time(begin, dt.timedelta(hours=2)) == dt.datetime(
        2026, 3, 2, 6, 30, tzinfo=dt.UTC
    )
    friday = dt.datetime(2026, 3, 6, 9, tzinfo=dt.UTC)  # five in the afternoon
    assert calendar.business_time_between(friday, friday + dt.timedelta(days=3)) == dt.timedelta(hours=7)


def test_a_day_ends_at_midnight_of_its_zone_also_when_the_clocks_change() -> None:
    london = CALENDARS["GB-ENG"]
    assert london.end_of_day(day("2026-03-28")) == dt.datetime(2026, 3, 29, tzinfo=dt.UTC)
    assert london.end_of_day(day("2026-03-29")) == dt.datetime(2026, 3, 29, 23, tzinfo=dt.UTC)
    assert london.close_of_business(day("2026-07-06")) == dt.datetime(2026, 7, 6, 16, tzinfo=dt.UTC)
    assert london.close_of_business(day("2026-07-05")) == dt.datetime(2026, 7, 5, 23, tzinfo=dt.UTC)


def test_a_year_that_was_not_announced_is_known_as_such() -> None:
    assert CALENDARS["CN"].knows(day("2026-10-07"))
    assert not CALENDARS["CN"].knows(day("2027-10-07"))
    assert not CALENDARS["GB-ENG"].knows(day("2010-10-07"))
    assert YEARS[0] == 2011


def test_layout_makes_no_difference_to_the_digest() -> None:
    text = dict(shipped_texts("calendars"))["au-2026-11.yaml"]
    assert parse_calendar("# more words\n" + text).digest == CALENDARS["AU"].digest
    assert parse_calendar(text.replace("[01-01, 01-26", "[01-02, 01-26")).digest != CALENDARS["AU"].digest


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("  mon:", "  monday:", "monday are no weekdays"),
        ('"17:00"]]', '"08:00"]]', "overlap or run backwards"),
        ("  2012:", "  1012:", "lack a year"),
        ("[01-01,", "[13-01,", "write days as MM-DD"),
        ('cut_off: "17:00"', 'cut_off: "late"', "HH:MM"),
        ("verified: false", "verfied: false", "verfied"),
    ],
)
def test_a_calendar_that_cannot_be_used(old: str, new: str, reason: str) -> None:
    text = dict(shipped_texts("calendars"))["au-2026-11.yaml"]
    assert old in text
    with pytest.raises(CalendarError, match=reason):
        parse_calendar(text.replace(old, new))
