"""The public data sets: figures counted straight from the raw files equal those of the mapped events.

Read in place beside the checkout, or where DAYBOOK_TEST_DATA says; skipped where they are absent.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from services.door.mappings.engine import OpenMapping, load_mapping
from services.door.submission import Fields
from tests.proof.sets import DATA

pytestmark = pytest.mark.data

FILES = {
    "cfpb": ["cfpb-complaints/complaints_2017_2021.csv.gz"],
    "bpi2012": ["bpi2012-loan-process/events_2011.csv.gz"],
    "uci-bank": ["uci-bank-marketing/bank-full.csv.gz"],
    "bank-survey": ["bank-satisfaction-survey/satisfaction.csv"],
    "berka": [
        f"berka/{name}.asc" for name in ("account", "card", "client", "disp", "district", "loan", "order")
    ],
}


def opened(name: str) -> OpenMapping:
    """A shipped mapping on its public data; skips, and says so, where that is absent."""
    paths = [DATA / file for file in FILES[name]]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        pytest.skip(f"needs the public data set {name}: no {missing[0]} (DAYBOOK_TEST_DATA says where)")
    return load_mapping(name).open(paths)


@cache
def mapped(name: str) -> tuple[int, list[Fields]]:
    """Rows read and every event of a set; no row may be refused."""
    rows = 0
    events: list[Fields] = []
    for row in opened(name).rows():
        assert not row.problems, (row.file_name, row.number, row.problems)
        rows += 1
        events.extend(row.events)
    return rows, events


def raw(name: str, file: int = 0, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a raw file, read without the engine."""
    path = DATA / FILES[name][file]
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as lines:
        yield from csv.DictReader(lines, delimiter=delimiter)


def data_of(events: list[Fields], type_name: str) -> list[Any]:
    return [event.data for event in events if event.envelope["type"] == type_name]


@pytest.mark.parametrize("name", FILES)
def test_registrations_are_whole_and_no_id_is_used_twice(name: str) -> None:
    registered = list(opened(name).registrations())
    assert not [row.problems for row in registered if row.problems]
    ids = Counter(event.envelope["id"] for row in registered for event in row.events)
    ids.update(event.envelope["id"] for event in mapped(name)[1])
    assert [key for key, count in ids.items() if count > 1] == []


def test_cfpb_complaints() -> None:
    rows, events = mapped("cfpb")
    table = list(raw("cfpb"))
    closed = data_of(events, "complaint.closed")
    received = [event for event in events if event.envelope["type"] == "complaint.received"]
    assert rows == len(table) == len(received) == len(closed) == 40_432
    timely = sum(data["timely_as_judged"]["value"] for data in closed)
    assert timely == sum(row["Timely response?"] == "Yes" for row in table) == 39_118
    monetary = sum(data["relief"] == "monetary" for data in closed)
    wanted = "Closed with monetary relief"
    assert monetary == sum(row["Company response to consumer"] == wanted for row in table) == 10_018
    years = Counter(event.envelope["date"].year for event in received)
    assert years == Counter(int(row["Date submitted"][:4]) for row in table)
    assert [years[year] for year in range(2017, 2022)] == [5_394, 7_872, 7_075, 8_942, 11_149]
    late = [(event.data["forwarded_on"] - event.envelope["date"]).days for event in received]
    assert (sum(days > 0 for days in late), sum(days > 15 for days in late)) == (10_181, 695)


def test_loan_applications() -> None:
    rows, events = mapped("bpi2012")
    table = list(raw("bpi2012"))
    assert rows == len(table) == 150_256
    submitted = data_of(events, "application.submitted")
    assert len(submitted) == len({row["case:concept:name"] for row in table}) == 7_455
    assert sum("amount_minor" not in data for data in submitted) == 1
    activated = data_of(events, "product.activated")
    assert len(activated) == sum(row["concept:name"] == "A_ACTIVATED" for row in table) == 1_336
    assert len(data_of(events, "quote.issued")) == sum(row["concept:name"] == "O_CREATED" for row in table)
    steps = data_of(events, "application.step_recorded")
    selected = Counter(data["quote_id"] for data in steps if data["step"] == "O_SELECTED")
    assert selected == Counter(data["quote_id"] for data in data_of(events, "quote.issued"))
    employees = {row["org:resource"] for row in table} - {""}
    registered = [
        event.envelope["subject"] for row in opened("bpi2012").registrations() for event in row.events
    ]
    assert sum(subject.startswith("employee/") for subject in registered) == len(employees) == 64
    started = Counter(data["interaction_id"] for data in data_of(events, "interaction.started"))
    ended = Counter(data["interaction_id"] for data in data_of(events, "interaction.ended"))
    assert set(started.values()) == set(ended.values()) == {1}
    assert set(ended) <= set(started)


def test_campaign_contacts() -> None:
    rows, events = mapped("uci-bank")
    table = list(raw("uci-bank", delimiter=";"))
    assert rows == len(table) == len(data_of(events, "customer.registered")) == 45_211
    assert len(data_of(events, "sale.confirmed")) == sum(row["y"] == "yes" for row in table) == 5_289
    contacts = [event for event in events if event.envelope["type"] == "campaign.contact_made"]
    attempts = sum(event.data["attempts"] for event in contacts)
    assert attempts == sum(int(row["campaign"]) for row in table) == 124_956
    dates = [event.envelope["date"] for event in contacts]
    assert (min(dates).isoformat()[:7], max(dates).isoformat()[:7]) == ("2008-05", "2010-11")
    months = [(date.year, date.month) for date in dates]
    assert months == sorted(months)


def test_satisfaction_survey() -> None:
    rows, events = mapped("bank-survey")
    table = list(raw("bank-survey"))
    scores = [
        {answer["question_id"]: answer["score"] for answer in data["answers"]}
        for data in data_of(events, "survey.answered")
    ]
    assert rows == len(table) == len(scores) == 250
    assert {len(one) for one in scores} == {27}
    promoters, detractors = (
        sum(one["loy3"] >= 9 for one in scores),
        sum(one["loy3"] <= 6 for one in scores),
    )
    assert (promoters, detractors) == (65, 86)
    assert round((promoters - detractors) / 250 * 100, 1) == -8.4
    assert promoters == sum(int(row["loy3"]) >= 9 for row in table)
    assert [one["sat1"] for one in scores] == [int(row["sat1"]) for row in table]


def test_czech_bank() -> None:
    rows, events = mapped("berka")
    clients, loans = list(raw("berka", 2, ";")), list(raw("berka", 5, ";"))
    assert rows == sum(len(list(raw("berka", file, ";"))) for file in (1, 2, 3, 5)) == 12_312
    registered = data_of(events, "customer.registered")
    assert len(registered) == len(clients) == 5_369
    women = sum(int(row["birth_number"][2:4]) > 50 for row in clients)
    assert sum(data["gender"] == "female" for data in registered) == women
    statuses = Counter(data["status"] for data in data_of(events, "loan.status_observed"))
    assert sum(statuses.values()) == len(loans) == 682
    assert (statuses["ended_unpaid"], statuses["in_arrears"]) == (31, 45)
    sales = data_of(events, "sale.confirmed")
    assert Counter(data["sale_id"].split(":")[1].split("-")[0] for data in sales) == {
        "account": 4_500,
        "card": 892,
        "loan": 682,
    }
    owed = sum(data["amount_minor"] for data in sales if "amount_minor" in data)
    assert owed == sum(int(row["amount"]) for row in loans) * 100
    assert len(data_of(events, "representative.appointed")) == 869
    assert opened("berka").routed.ignored[0][0] == "order.asc"
