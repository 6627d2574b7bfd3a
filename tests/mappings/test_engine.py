"""Files to rows to events: ids, subjects, registrations, joins, routing, and the same again."""

import datetime as dt
from pathlib import Path

import pytest

from services.door.limits import Limits
from services.door.mappings.engine import Derivation, load_mapping
from services.door.reading import SentEvent, read_event
from services.door.submission import Fields
from services.errors import MappingError
from tests.mappings.rig import events_of, mapping_file, write

SALES = """\
tables: {kind: {D: deposit, L: loan}}
inputs:
  sales:
    register_distinct:
      - by: [Product, Kind]
        type: product.registered
        id: "product-{Product}"
        date: "2020-01-01"
        data: {product_id: "t:{Product}", name: "{Product}", category: {table: kind, of: "{Kind}"}}
    rows:
      - type: customer.registered
        id: "{Sale}-customer"
        when: {of: "{New}", equals: "yes"}
        date: {date: "{Day}"}
        derived: the day of the first sale
        data: {customer_id: "t:{Customer}", customer_type: person}
      - type: sale.confirmed
        id: "{Sale}"
        when: {of: "{Product}", present: true}
        date: {date: "{Day}"}
        recorded: {time: "{Written}"}
        data: {sale_id: "t:{Sale}", customer_id: "t:{Customer}", product_id: "t:{Product}"}
"""
ROWS = """\
Sale,Day,Product,Kind,Customer,New,Written
1,2020-03-01,b,D,7,yes,2020-03-02T10:00:00Z
2,2020-03-04,a,L,7,no,
3,2020-03-05,,,8,no,
4,2020-03-06,a,L,,no,
"""


def test_a_row_becomes_its_events_with_ids_subjects_and_times(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, SALES))
    first, second, third, fourth = mapping.open([write(tmp_path, "sales.csv", ROWS)]).rows()
    assert [event.envelope["type"] for event in first.events] == ["customer.registered", "sale.confirmed"]
    assert first.events[1] == Fields(
        {
            "specversion": "1.0",
            "source": "urn:daybook:import:small",
            "type": "sale.confirmed",
            "dataschema": "urn:daybook:sale.confirmed:1",
            "id": "1",
            "date": dt.date(2020, 3, 1),
            "recordedtime": dt.datetime(2020, 3, 2, 10, tzinfo=dt.UTC),
            "subject": "customer/t:7",
        },
        {"sale_id": "t:1", "customer_id": "t:7", "product_id": "t:b", "legal_entity": "bank"},
    )
    assert len(second.events) == 1
    assert [problem.code for problem in third.problems] == ["no_event"]
    assert fourth.events[0].envelope["subject"] == "sale/t:4"
    assert fourth.raw == b"4,2020-03-06,a,L,,no,"
    assert mapping.derivations() == (Derivation("customer.registered", "the day of the first sale"),)


def test_the_door_reads_every_event_and_a_second_run_is_the_same(tmp_path: Path) -> None:
    path, rows = mapping_file(tmp_path, SALES), write(tmp_path, "sales.csv", ROWS)
    once, again = load_mapping(path).open([rows]), load_mapping(path).open([rows])
    found = list(once.rows())
    assert found == list(again.rows()) == list(once.rows())
    assert list(once.registrations()) == list(again.registrations())
    read = [read_event(event, Limits()) for row in found for event in row.events]
    assert all(isinstance(one, SentEvent) for one in read)


def test_each_different_value_is_registered_once_in_order(tmp_path: Path) -> None:
    opened = load_mapping(mapping_file(tmp_path, SALES)).open([write(tmp_path, "sales.csv", ROWS)])
    registered = [event.data for row in opened.registrations() for event in row.events]
    assert [(data["product_id"], data["category"]) for data in registered] == [
        ("t:a", "loan"),
        ("t:b", "deposit"),
    ]
    assert opened.unused_columns() == {}


def test_every_reason_is_given_not_only_the_first(tmp_path: Path) -> None:
    opened = load_mapping(mapping_file(tmp_path, SALES)).open(
        [write(tmp_path, "sales.csv", "Sale,Day,Product,Kind,Customer,New,Written\n1,soon,b,D,7,yes,later\n")]
    )
    (row,) = opened.rows()
    assert row.events == ()
    assert [problem.path for problem in row.problems] == [
        "customer.registered.date",
        "sale.confirmed.date",
        "sale.confirmed.recordedtime",
    ]


def test_an_event_that_lacks_a_field_or_an_id_refuses_its_row(tmp_path: Path) -> None:
    sections = """\
inputs:
  rows:
    rows:
      - {type: customer.screened, id: "{A}", undated: true,
         data: {customer_id: "t:{B}", screening_list: "{A}", outcome: clear}}
"""
    opened = load_mapping(mapping_file(tmp_path, sections)).open([write(tmp_path, "a.csv", "A,B\n,1\nx,\n")])
    no_id, no_customer = opened.rows()
    assert [problem.path for problem in no_id.problems] == ["customer.screened.id"]
    assert [problem.path for problem in no_customer.problems] == ["customer.screened.subject"]


JOINED = """\
format: {delimiter: ";"}
ignored: [{match: "orders*", reason: orders are not sales}]
lookups:
  accounts: {match: "accounts.csv", key: id, where: {of: "{kind}", equals: open}}
  clients: {match: "clients.csv", key: id}
inputs:
  cards:
    match: "cards*.csv"
    joins:
      account: {lookup: accounts, on: "{account}"}
      client: {lookup: clients, on: "{@account.client}", optional: true}
    rows:
      - {type: sale.confirmed, id: "card-{id}", undated: true,
         data: {sale_id: "t:{id}", product_id: "t:card", introducer: "{@client.name}"}}
  clients:
    match: "clients.csv"
    rows:
      - {type: customer.registered, id: "{id}", undated: true,
         data: {customer_id: "t:{id}", customer_type: person}}
"""


def test_rows_are_joined_to_look_ups_and_those_to_others(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, JOINED))
    files = [
        write(tmp_path, "clients.csv", "id;name\n1;Ada\n"),
        write(tmp_path, "cards2.csv", "id;account\n9;a\n8;b\n7;c\n6;\n"),
        write(tmp_path, "accounts.csv", "id;client;kind\na;1;open\nb;2;open\nc;1;closed\n"),
        write(tmp_path, "orders.csv", "whatever\n"),
    ]
    opened = mapping.open(files)
    rows = list(opened.rows())
    assert [row.file_name for row in rows] == ["cards2.csv"] * 4 + ["clients.csv"]
    assert [row.events[0].data.get("introducer") if row.events else None for row in rows[:4]] == [
        "Ada",
        None,
        None,
        None,
    ]
    assert [bool(row.events) for row in rows[:4]] == [True, True, False, False]
    assert rows[2].problems[0].path == "account"
    assert opened.lookup_rows == {"accounts.csv": 3, "clients.csv": 1}
    assert opened.routed.ignored == [("orders.csv", "orders are not sales")]


def test_a_file_that_fits_nothing_and_a_look_up_that_is_missing_are_named(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, JOINED))
    cards = write(tmp_path, "cards.csv", "id;account\n9;a\n")
    stray = write(tmp_path, "stray.csv", "x\n")
    with pytest.raises(MappingError, match=r"stray.csv: small takes no such file; it takes cards\*"):
        mapping.open([cards, stray])
    with pytest.raises(
        MappingError, match=r"'cards' is joined to 'accounts': give the file accounts.csv too"
    ):
        mapping.open([cards])
    with pytest.raises(MappingError, match="none of the files holds rows to import"):
        mapping.open([write(tmp_path, "accounts.csv", "id;client;kind\n")])


def test_a_look_up_with_a_repeated_key_is_refused(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, JOINED))
    twice = write(tmp_path, "clients.csv", "id;name\n1;Ada\n1;Bob\n")
    with pytest.raises(MappingError, match=r"clients.csv: row 2: a second row with this id: not a key"):
        mapping.open([twice])


def test_ids_by_row_number_are_known_and_take_one_file(tmp_path: Path) -> None:
    sections = """\
inputs:
  rows:
    rows:
      - {type: customer.registered, id: "{#}", undated: true,
         data: {customer_id: "t:{#}", customer_type: person}}
"""
    mapping = load_mapping(mapping_file(tmp_path, sections))
    assert mapping.row_numbers == {"rows"}
    one, two = write(tmp_path, "a.csv", "A\n1\n"), write(tmp_path, "b.csv", "A\n1\n")
    assert [event.envelope["id"] for event in events_of(mapping.open([one]))] == ["1"]
    with pytest.raises(MappingError, match="rows of 'rows' have no key but their number"):
        mapping.open([one, two])


def test_json_lines_are_mapped_like_any_file(tmp_path: Path) -> None:
    sections = """\
format: {kind: jsonl}
inputs:
  rows:
    rows:
      - {type: customer.registered, id: "{client.id}", undated: true,
         data: {customer_id: "t:{client.id}", customer_type: person, name: "{client.name}"}}
"""
    lines = '{"client": {"id": 7, "name": "Ada"}}\n{"client": {"id": 8, "name": null}}\n'
    opened = load_mapping(mapping_file(tmp_path, sections)).open([write(tmp_path, "a.jsonl", lines)])
    assert [event.data.get("name") for event in events_of(opened)] == ["Ada", None]
    assert [event.envelope["subject"] for event in events_of(opened)] == ["customer/t:7", "customer/t:8"]


def test_shipped_mappings_load_by_name() -> None:
    from services.door.mappings.declaration import SHIPPED

    numbered = {name for name in SHIPPED if load_mapping(name).row_numbers}
    assert numbered == {"bank-survey", "uci-bank"}
    assert {load_mapping(name).name for name in SHIPPED} == set(SHIPPED)
