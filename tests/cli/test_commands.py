"""The command line as people and programs use it, on an embedded system of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.bootstrap import System
from services.cli.app import COMMANDS, GROUPS, app
from services.config import Settings
from services.errors import CheckFailed, LegalHold, WrongUse
from tests.cli.events import BAD, CUSTOMER, PRODUCT, SALE, event
from tests.data_folder import folder_for_servers

runner = CliRunner()


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder in which a product, a customer and a sale were published, and one event refused."""
    with folder_for_servers() as folder:
        keep = System(Settings(data=folder))  # keeps the server up between commands
        lines = folder / "events.jsonl"
        lines.write_text("\n".join((PRODUCT, CUSTOMER, SALE, BAD)) + "\n")
        result = runner.invoke(app, ["publish", str(lines), "--json", "--data", str(folder)])
        assert isinstance(result.exception, CheckFailed), result.output
        answer = json.loads(result.stdout)
        assert (answer["received"], answer["admitted"], answer["refused"]) == (4, 3, 1)
        assert answer["problems"][0]["line"] == 4
        yield folder
        keep.close()


def run(data: Path, *arguments: str) -> Result:
    return runner.invoke(app, [*arguments, "--data", str(data)])


def read(data: Path, *arguments: str) -> Any:
    result = run(data, *arguments, "--json")
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return json.loads(result.stdout)


def test_a_sale_becomes_a_figure_a_row_and_its_entry(data: Path) -> None:
    found = read(data, "figures", "sales_amount", "--rows", "5", "--entries")
    assert [(line["dims"], line["estimate"]["value"]) for line in found["lines"]] == [
        ({"currency": "CNY"}, 5_000_000)
    ]
    (behind,) = found["rows"]
    assert behind["row"]["sale_id"] == "bank:s1"
    assert [entry["id"] for entry in behind["entries"]] == ["s-1"]
    stamped = behind["entries"][0]["data"]["known"]["product"]
    assert (stamped["state"], stamped["risk_level"], stamped["status"]) == ("known", "R2", "on_sale")


def test_publishing_again_counts_nothing_twice(data: Path, tmp_path: Path) -> None:
    before = read(data, "digest")["digests"]
    lines = tmp_path / "again.jsonl"
    lines.write_text(SALE + "\n" + CUSTOMER + "\n")
    answer = read(data, "publish", str(lines))
    assert (answer["admitted"], answer["duplicate"]) == (0, 2)
    assert read(data, "digest")["digests"] == before


def test_check_records_nothing(data: Path, tmp_path: Path) -> None:
    records = read(data, "status")["records"]
    lines = tmp_path / "new.jsonl"
    lines.write_text(SALE.replace("s-1", "s-9").replace("bank:s1", "bank:s9") + "\n")
    assert read(data, "publish", str(lines), "--check")["admitted"] == 1
    assert read(data, "status")["records"] == records


def test_what_was_refused_is_mended_and_replayed_once(data: Path, tmp_path: Path) -> None:
    (case,) = read(data, "quarantine", "list")
    shown = read(data, "quarantine", "show", case["case_id"])
    assert json.loads(shown["raw"])["id"] == "x-1"
    mended = tmp_path / "mended.json"
    mended.write_text(
        event(
            "x-1",
            "sale.confirmed",
            "customer/bank:17",
            {
                "sale_id": "bank:s2",
                "customer_id": "bank:17",
                "legal_entity": "bank-cn",
                "product_id": "bank:p3",
                "amount_minor": 100,
                "currency": "CNY",
            },
        )
    )
    arguments = ("quarantine", "replay", case["case_id"], "--fixed", str(mended))
    assert read(data, *arguments)["status"] == "admitted"
    assert read(data, *arguments)["status"] == "duplicate"
    assert read(data, "quarantine", "list") == []


def test_rebuild_compares_equal_and_an_archive_gives_the_same_digests(data: Path, tmp_path: Path) -> None:
    report = read(data, "rebuild", "--compare")
    assert report["comparison"]["equal"] is True
    archive = tmp_path / "bank.daybook"
    read(data, "audit", "export", str(archive))
    expected = read(data, "digest")["digests"]
    assert read(data, "rebuild", "--from", str(archive))["digests"] == expected
    with folder_for_servers() as fresh:
        read(fresh, "journal", "load", str(archive))
        assert read(fresh, "digest")["digests"] == expected


def test_as_of_shows_what_had_happened_by_then(data: Path) -> None:
    before = read(data, "audit", "as-of", "customer/bank:17", "--as-of", "2026-05-04T12:00:00+08:00")
    after = read(data, "audit", "as-of", "customer/bank:17", "--as-of", "2026-05-06T00:00:00+08:00")
    assert "s-1" not in json.dumps(before)
    assert [row["sale_id"] for row in after["ledgers"]["sales"] if row["amount_minor"] == 5_000_000] == [
        "bank:s1"
    ]
    never = read(data, "audit", "as-of", "customer/bank:17", "--known-at", "2020-01-01")
    assert never["ledgers"] == {}


def test_a_figure_as_of_is_folded_afresh(data: Path) -> None:
    found = read(data, "figures", "customers", "--as-of", "2026-05-01T00:00:00+08:00")
    assert found["lines"][0]["estimate"]["value"] == 0


def test_a_figure_is_folded_as_far_as_it_was_known(data: Path) -> None:
    before = read(data, "figures", "customers", "--known-at", "2026-01-01")
    assert before["lines"][0]["estimate"]["value"] == 0  # all of it was admitted since
    assert before["known_at"] == "2026-01-01T00:00:00Z"
    since = read(data, "figures", "customers", "--known-at", "2100-01-01")
    assert since["lines"] == read(data, "figures", "customers")["lines"]
    assert since["lines"][0]["estimate"]["value"] > 0
    refused = run(data, "figures", "customers", "--known-at", "2026-01-01", "--rows", "1")
    assert isinstance(refused.exception, WrongUse)


def test_shredding_is_refused_under_hold_and_changes_no_sum(data: Path) -> None:
    subject = "customer/bank:17"
    assert "Ming Li" in run(data, "privacy", "export", subject).stdout
    run(data, "privacy", "hold", subject, "case-1", "--reason", "litigation", "--by", "Legal")
    refused = run(data, "privacy", "shred", subject, "--reason", "erasure")
    assert isinstance(refused.exception, LegalHold)
    run(data, "privacy", "release", subject, "case-1")
    amounts = read(data, "figures", "sales_amount")["lines"]
    assert read(data, "privacy", "shred", subject, "--reason", "erasure")["already"] is False
    assert "Ming Li" not in run(data, "privacy", "export", subject).stdout
    assert read(data, "figures", "sales_amount")["lines"] == amounts
    assert read(data, "rebuild", "--compare")["comparison"]["equal"] is True


def test_wrong_use_names_the_way_out(data: Path) -> None:
    result = run(data, "figures", "no_such_figure")
    assert isinstance(result.exception, WrongUse)
    assert "complaints" in str(result.exception)
    result = run(data, "figures", "customers", "--by", "shoe_size")
    assert "it has" in str(result.exception)
    result = run(data, "up", "--host", "0.0.0.0")
    assert isinstance(result.exception, WrongUse)


def test_every_command_has_help_with_an_example() -> None:
    paths = [[name] for name, _, _ in COMMANDS]
    for name, group, _, _ in GROUPS:
        paths += [[name, str(command.name)] for command in group.registered_commands]
    for path in paths:
        result = runner.invoke(app, [*path, "--help"])
        assert result.exit_code == 0, path
        assert "Example" in result.stdout, f"daybook {' '.join(path)} --help shows no example"


def test_what_a_person_reads_shows_text_as_it_was_sent(data: Path, tmp_path: Path) -> None:
    subject, lines = "complaint/bank:c7", tmp_path / "complaint.jsonl"
    facts = {
        "complaint_id": "bank:c7",
        "legal_entity": "bank-cn",
        "received_by": "regulator",
        "issue": "[/b] fees",
    }
    told = event("c-7", "complaint.received", subject, facts, dataschema="urn:daybook:complaint.received:2")
    lines.write_text(told + "\n")
    assert read(data, "publish", str(lines))["admitted"] == 1
    timeline = run(data, "audit", "timeline", subject).output
    assert "complaint.received" in timeline
    assert "2026-05-04 01:30:00Z" in timeline
    assert "[/b] fees" in timeline
    assert "[/b] fees" in run(data, "figures", "complaints", "--rows", "1", "--entries").output


def test_status_is_a_page_of_single_values(data: Path) -> None:
    shown = run(data, "status").output
    assert "records" in shown
    assert "{" not in shown
