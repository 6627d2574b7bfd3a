"""Complaint clocks: the worked examples 1 to 4 of the reference figures, and what else a regulator asks."""

import datetime as dt
from typing import Any

import pytest

from events.complaints import RegimeFacts
from projections.rules.clock import (
    Clock,
    Extension,
    Milestones,
    Receipt,
    Step,
    Triage,
    alarms,
    remaining_at,
    state_at,
)
from projections.rules.clock_book import ClockBook, make_book, shipped_book, shipped_texts
from projections.rules.clock_pack import ClockPackError, parse_clock_pack

BOOK = shipped_book()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def noon(text: str) -> dt.datetime:
    return dt.datetime.combine(day(text), dt.time(12), dt.UTC)


def step(kind: str, on: str | None, ref: str = "") -> Step:
    return Step(kind, None if on is None else day(on), ref=ref)


def triage(on: str, regime: str, code: str = "other", **facts: Any) -> Triage:
    facts = {"counts_as_complaint": True, **facts}
    return Triage(day(on), None, code, (RegimeFacts(regime=regime, **facts),))  # type: ignore[arg-type]


def case(received: str, *steps: Step, entity: str = "bank", **more: Any) -> Milestones:
    receipt = Receipt(source="urn:t", id="1", on=day(received), legal_entity=entity, received_by="own")
    if "forwarded_on" in more:
        receipt = Receipt(
            source="urn:t",
            id="1",
            on=day(received),
            forwarded_on=day(more.pop("forwarded_on")),
            legal_entity=entity,
            received_by="regulator",
        )
    return Milestones(receipt, steps=tuple(sorted(steps, key=lambda one: (one.kind, str(one.on)))), **more)


def clock_of(milestones: Milestones, name: str, book: ClockBook = BOOK) -> Clock:
    found = [one for one in book.clocks(milestones) if f"{one.regime}.{one.clock}" == name and one.governs]
    assert len(found) == 1, [f"{one.regime}.{one.clock}" for one in book.clocks(milestones)]
    return found[0]


def test_worked_example_1_uk_third_business_day_and_eight_weeks() -> None:
    received = case("2026-01-02", triages=(triage("2026-01-02", "uk_disp"),))
    window = clock_of(received, "uk_disp.summary_resolution")
    answer = clock_of(received, "uk_disp.final_response")
    assert window.due_at == dt.datetime(2026, 1, 7, 17, tzinfo=dt.UTC)
    assert (window.due_on, answer.due_on) == (day("2026-01-07"), day("2026-02-27"))
    assert state_at(answer, noon("2026-02-27")) == "running"
    assert state_at(answer, noon("2026-02-28")) == "breached"
    assert state_at(window, noon("2026-01-08")) == "not_applicable", (
        "nothing is late in missing the easier way"
    )
    settled = case(
        "2026-01-02", step("answer_accepted", "2026-01-07"), triages=(triage("2026-01-02", "uk_disp"),)
    )
    assert state_at(clock_of(settled, "uk_disp.summary_resolution"), noon("2026-02-01")) == "met"
    assert state_at(clock_of(settled, "uk_disp.final_response"), noon("2026-03-30")) == "not_applicable"


def test_worked_example_2_nfra_extensions_need_their_decisions() -> None:
    simple = case("2026-03-01", triages=(triage("2026-03-02", "cn_nfra", complexity="simple"),))
    assert clock_of(simple, "cn_nfra.answer").due_on == day("2026-03-16")
    hard = (triage("2026-03-02", "cn_nfra", complexity="especially_complex"),)
    complex_one = case("2026-03-01", triages=hard)
    clock = clock_of(complex_one, "cn_nfra.answer")
    assert clock.due_on == day("2026-03-31")
    assert state_at(clock, noon("2026-03-31")) == "running"
    assert state_at(clock, noon("2026-04-01")) == "breached"
    granted = Extension(day("2026-03-25"), None, day("2026-04-30"), "head office", customer_told=True)
    longer = clock_of(case("2026-03-01", triages=hard, extensions=(granted,)), "cn_nfra.answer")
    assert longer.due_on == day("2026-04-30")
    assert longer.extension is not None
    assert "extended by head office to 2026-04-30" in longer.reason


@pytest.mark.parametrize(
    "granted",
    [
        Extension(day("2026-04-01"), None, day("2026-04-30"), "head office", customer_told=True),
        Extension(day("2026-03-25"), None, day("2026-04-30"), "head office", customer_told=False),
        Extension(day("2026-03-25"), None, day("2026-04-30"), None, customer_told=True),
    ],
    ids=["after the time ran out", "the customer was not told", "nobody approved"],
)
def test_worked_example_2_an_extension_that_does_not_count(granted: Extension) -> None:
    hard = (triage("2026-03-02", "cn_nfra", complexity="especially_complex"),)
    clock = clock_of(case("2026-03-01", triages=hard, extensions=(granted,)), "cn_nfra.answer")
    assert state_at(clock, noon("2026-04-01")) == "breached"


def test_worked_example_3_cfpb_in_progress_gives_until_the_sixtieth_day() -> None:
    silent = case("2026-04-28", entity="cfpb-company", forwarded_on="2026-05-01")
    response = clock_of(silent, "us_cfpb.response")
    assert response.due_on == day("2026-05-16")
    assert state_at(response, noon("2026-05-16")) == "running"
    assert state_at(response, noon("2026-05-17")) == "breached"
    told = case(
        "2026-04-28",
        step("holding_response_sent", "2026-05-16"),
        entity="cfpb-company",
        forwarded_on="2026-05-01",
    )
    assert state_at(clock_of(told, "us_cfpb.response"), noon("2026-06-30")) == "met"
    final = clock_of(told, "us_cfpb.final_response")
    assert final.due_on == day("2026-06-30")
    assert state_at(final, noon("2026-07-01")) == "breached"


def test_worked_example_4_psd2_fifteenth_and_thirty_fifth_business_day() -> None:
    received = case("2026-06-01", triages=(triage("2026-06-01", "eu_psd2"),))
    assert clock_of(received, "eu_psd2.reply").due_on == day("2026-06-22")
    assert clock_of(received, "eu_psd2.final_reply").due_on == day("2026-07-20")


def test_a_payment_complaint_in_the_uk_has_15_and_35_business_days_and_no_eight_weeks() -> None:
    found = BOOK.clocks(case("2026-06-01", triages=(triage("2026-06-01", "uk_disp", psd_emd=True),)))
    assert {one.clock: one.due_on for one in found if one.clock.startswith("payment")} == {
        "payment_reply": day("2026-06-22"),
        "payment_final_response": day("2026-07-20"),
    }
    assert "final_response" not in {one.clock for one in found}


def test_reg_e_stops_at_provisional_credit_and_gives_a_new_account_more() -> None:
    stated = (triage("2026-06-01", "us_reg_e"),)
    credited = case("2026-06-01", step("provisional_credit_given", "2026-06-15"), triages=stated)
    first = clock_of(credited, "us_reg_e.investigation")
    assert first.due_on == day("2026-06-15")
    assert state_at(first, noon("2026-07-01")) == "met"
    assert clock_of(credited, "us_reg_e.credit_notice").due_on == day("2026-06-17")
    assert clock_of(credited, "us_reg_e.resolution").due_on == day("2026-07-16")
    young = case("2026-06-01", triages=(triage("2026-06-01", "us_reg_e", new_account=True),))
    assert clock_of(young, "us_reg_e.investigation").due_on == day("2026-06-30"), "Juneteenth is a holiday"
    assert clock_of(young, "us_reg_e.resolution").due_on == day("2026-08-30")


@pytest.mark.parametrize(
    ("kind", "due"),
    [(None, "2026-07-01"), ("superannuation", "2026-07-16"), ("hardship", "2026-06-22"),
     ("default_notice", "2026-06-22"), ("death_benefit_objection", "2026-08-30")],
)  # fmt: skip
def test_rg271_limits_by_kind(kind: str | None, due: str) -> None:
    received = case("2026-06-01", triages=(triage("2026-06-01", "au_rg271", asic_kind=kind),))
    assert clock_of(received, "au_rg271.idr_response").due_on == day(due)
    assert clock_of(received, "au_rg271.acknowledgement").due_on == day("2026-06-02")


def test_rg271_closed_by_the_fifth_business_day_needs_no_response_except_in_hardship() -> None:
    closed = step("closed", "2026-06-08")
    quick = case("2026-06-01", closed, triages=(triage("2026-06-01", "au_rg271"),))
    assert state_at(clock_of(quick, "au_rg271.idr_response"), noon("2026-09-01")) == "not_applicable"
    hardship = case("2026-06-01", closed, triages=(triage("2026-06-01", "au_rg271", asic_kind="hardship"),))
    assert clock_of(hardship, "au_rg271.idr_response").waived is None


def test_an_instant_is_placed_on_the_day_of_the_calendar_and_not_of_the_journal() -> None:
    late_evening = dt.datetime(2026, 3, 1, 17, tzinfo=dt.UTC)  # two in the morning of 2 March in Shanghai
    receipt = Receipt(
        source="urn:t",
        id="1",
        on=day("2026-03-01"),
        at=late_evening,
        legal_entity="demo-cn",
        received_by="own",
    )
    clock = clock_of(Milestones(receipt), "cn_nfra.answer")
    assert (clock.started_on, clock.due_on) == (day("2026-03-02"), day("2026-03-17"))
    assert clock.due_at == dt.datetime(2026, 3, 17, 16, tzinfo=dt.UTC)


def test_time_does_not_run_for_a_suspended_cohort() -> None:
    motor = case("2024-01-02", triages=(triage("2024-01-03", "uk_disp", code="motor_finance_commission"),))
    clock = clock_of(motor, "uk_disp.final_response")
    # 8 of 56 days had passed before 11 January 2024; 48 are left after 31 May 2026
    assert clock.due_on == day("2026-07-18")
    assert "motor finance commission" in clock.reason
    assert state_at(clock, noon("2026-06-01")) == "running"


def test_only_a_house_clock_waits_for_information() -> None:
    waits = (
        step("information_requested", "2026-06-05", "r1"),
        step("information_received", "2026-06-12", "r1"),
    )
    straight = case("2026-06-01", entity="demo-gb")
    waited = case("2026-06-01", *waits, entity="demo-gb")
    assert clock_of(straight, "house.answer").due_on == day("2026-06-29")
    assert clock_of(waited, "house.answer").due_on == day("2026-07-06"), "five working days did not count"
    regulated = "uk_disp.final_response"
    assert clock_of(waited, regulated).due_on == clock_of(straight, regulated).due_on
    open_wait = clock_of(case("2026-06-01", waits[0], entity="demo-gb"), "house.answer")
    assert (open_wait.due_on, state_at(open_wait, noon("2026-12-01"))) == (None, "paused")
    assert alarms(open_wait) == ()
    late_question = step("information_requested", "2026-07-03", "r2")
    asked_too_late = clock_of(case("2026-06-01", late_question, entity="demo-gb"), "house.answer")
    assert state_at(asked_too_late, noon("2026-07-10")) == "breached", "a question does not undo a breach"
    answered = case("2026-06-01", waits[0], step("closed", "2026-07-06"), entity="demo-gb")
    assert state_at(clock_of(answered, "house.answer"), noon("2026-08-01")) == "met"


def test_withdrawing_ends_a_clock_and_opening_again_lets_it_run() -> None:
    withdrawn = case("2026-03-01", step("withdrawn", "2026-03-10"), entity="demo-cn")
    clock = clock_of(withdrawn, "cn_nfra.answer")
    assert state_at(clock, noon("2026-03-10")) == "running"
    assert state_at(clock, noon("2026-04-10")) == "withdrawn"
    assert [level for level, _ in alarms(clock)] == ["50"], "the others lie after the withdrawal"
    again = case(
        "2026-03-01", step("withdrawn", "2026-03-10"), step("reopened", "2026-03-11"), entity="demo-cn"
    )
    assert state_at(clock_of(again, "cn_nfra.answer"), noon("2026-04-10")) == "breached"


def test_an_answer_late_or_in_time_or_on_a_day_that_nobody_knows() -> None:
    late = clock_of(
        case("2026-03-01", step("final_response_sent", "2026-03-17"), entity="demo-cn"), "cn_nfra.answer"
    )
    assert state_at(late, noon("2026-03-17")) == "breached", "the day of the answer was not over"
    assert state_at(late, noon("2026-03-18")) == "late"
    undated = case("2026-03-01", step("closed", None), entity="cfpb-x")
    assert state_at(clock_of(undated, "us_cfpb.response"), noon("2026-05-01")) == "undated"
    judged = case("2026-03-01", step("closed", None), entity="cfpb-x", judged_timely=False)
    assert state_at(clock_of(judged, "us_cfpb.response"), noon("2026-05-01")) == "late"
    assert state_at(clock_of(judged, "us_cfpb.final_response"), noon("2026-05-01")) == "undated"


def test_the_regimes_of_the_triage_take_the_place_of_the_defaults() -> None:
    assert {one.regime for one in BOOK.clocks(case("2026-06-01", entity="demo-us"))} == {"us_cfpb", "house"}
    stated = case("2026-06-01", entity="demo-us", triages=(triage("2026-06-02", "us_reg_e"),))
    assert {one.regime for one in BOOK.clocks(stated)} == {"us_reg_e", "house"}
    none = case(
        "2026-06-01", entity="demo-us", triages=(triage("2026-06-02", "us_cfpb", counts_as_complaint=False),)
    )
    assert {one.regime for one in BOOK.clocks(none)} == {"house"}
    assert BOOK.clocks(case("2026-06-01", entity="somebody-else")) == ()


def test_half_and_four_fifths_of_the_time_are_instants_of_the_calendar() -> None:
    clock = clock_of(case("2026-03-01", entity="demo-cn"), "cn_nfra.answer")
    # 15 days from the midnight after 1 March in Shanghai: 7.5 and 12 of them
    assert dict(alarms(clock)) == {
        "50": dt.datetime(2026, 3, 9, 4, tzinfo=dt.UTC),
        "80": dt.datetime(2026, 3, 13, 16, tzinfo=dt.UTC),
        "due": dt.datetime(2026, 3, 16, 16, tzinfo=dt.UTC),
    }
    assert remaining_at(clock, dt.datetime(2026, 3, 15, 16, tzinfo=dt.UTC)) == dt.timedelta(days=1)


def newer(*, open_cases: bool) -> ClockBook:
    """The shipped book with another version of the Chinese pack, which allows ten days from May 2026 on."""
    texts = dict(shipped_texts("clock_packs"))
    text = texts["cn_nfra-2020-03.yaml"].replace("version: 2020-03", "version: 2026-05")
    text = text.replace("valid_from: 2020-03-01", "valid_from: 2026-05-01").replace(
        "{days: 15}", "{days: 10}"
    )
    text += f"open_cases: {str(open_cases).lower()}\n"
    packs = [one for group in BOOK.packs.values() for one in group]
    return make_book([*packs, parse_clock_pack(text)], BOOK.calendars.values(), BOOK.defaults)


def test_a_new_pack_shows_old_and_new_due_times_of_an_open_case() -> None:
    book, received = newer(open_cases=False), case("2026-04-25", entity="demo-cn")
    answers = [one for one in book.clocks(received) if one.clock == "answer" and one.regime == "cn_nfra"]
    assert [(one.pack, one.governs, one.due_on) for one in answers] == [
        ("cn_nfra 2020-03", True, day("2026-05-10")),
        ("cn_nfra 2026-05", False, day("2026-05-05")),
    ]
    assert alarms(answers[1]) == (), "what is only shown alarms nobody"
    assert clock_of(case("2026-05-02", entity="demo-cn"), "cn_nfra.answer", book).pack == "cn_nfra 2026-05"
    assert book.digest != BOOK.digest


def test_a_new_pack_may_take_over_open_cases() -> None:
    book, received = newer(open_cases=True), case("2026-04-25", entity="demo-cn")
    assert clock_of(received, "cn_nfra.answer", book).pack == "cn_nfra 2026-05"
    closed = case("2026-04-20", step("closed", "2026-04-30"), entity="demo-cn")
    assert clock_of(closed, "cn_nfra.answer", book).pack == "cn_nfra 2020-03"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("stop: [review_decided]", "stop: [revue_decided]", "revue_decided is no step"),
        ("[{days: 30}]", "[{days: 30, weeks: 2}]", "exactly one of"),
        ("limits: [{days: 15}]", "limits: []", "must be for all other cases"),
        ("who_may_approve: [superior institution, senior management of the head office]",
         "who_may_approve: []", "who may approve"),
        ("verified: false", "verfied: false", "verfied"),
    ],
)  # fmt: skip
def test_a_pack_that_cannot_be_used(old: str, new: str, reason: str) -> None:
    text = dict(shipped_texts("clock_packs"))["cn_nfra-2020-03.yaml"]
    assert old in text
    with pytest.raises(ClockPackError, match=reason):
        parse_clock_pack(text.replace(old, new))


def test_every_shipped_pack_says_where_it_is_from_and_that_nobody_checked_it() -> None:
    for packs in BOOK.packs.values():
        for pack in packs:
            assert pack.stated.source
            assert not pack.stated.verified
            assert all(set(clock.title) == {"en", "zh"} for clock in pack.stated.clocks)
