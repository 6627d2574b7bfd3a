"""Imports through a real door: counts that add up, second runs, checks, corrections, stopped sources."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from events.event_type import Correction
from services.door.importing import Counts, ImportReport, run_import
from services.door.limits import Limits
from services.errors import TooManyRefusals
from services.privacy.keyring import Keyring
from tests.door.rig import Rig
from tests.mappings.rig import mapping_file, write

VISITS = """\
parameters: {{reason: {{about: why, default: moved}}}}
{more}
register:
  - {{type: product.registered, id: product, date: "2020-01-01",
     data: {{product_id: "t:p", name: P, category: deposit}}}}
inputs:
  rows:
    rows:
      - {{type: customer.registered, id: "{{Id}}", date: {{date: "{{Day}}"}},
         data: {{customer_id: "t:{{Id}}", customer_type: person, name: "{{Name}}", region: {region}}}}}
      - {{type: customer.relationship_ended, id: "{{Id}}-ended", when: {{of: "{{Left}}", present: true}},
         date: {{date: "{{Left}}"}}, data: {{customer_id: "t:{{Id}}", by: customer, reason: "{{$reason}}"}}}}
"""
ROWS = """\
Id,Day,Name,Left
1,2020-01-05,Ada,
2,2020-01-06,Bob,2020-03-01
3,2020-13-01,Cid,
4 4,2020-01-06,Dan,
"""


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    with Keyring(database_url, bytes(range(32))) as keyring:
        made = Rig.open(database_url, keyring)
        yield made
        made.close()


def visits(folder: Path, region: str = "North", more: str = "") -> Path:
    path = mapping_file(folder, VISITS.format(region=region, more=more), "visits.yaml")
    if more:
        path.write_text(path.read_text().replace("version: 1", "version: 2"))
    return path


def bring(rig: Rig, folder: Path, mapping: Path, *, check: bool = False, rows: str = ROWS) -> ImportReport:
    return run_import(rig.door, mapping, [write(folder, "rows.csv", rows)], zone=rig.zone, check=check)


def test_rows_read_are_admitted_duplicate_or_refused(rig: Rig, tmp_path: Path) -> None:
    report = bring(rig, tmp_path, visits(tmp_path))
    assert report.rows == Counts(4, 2, 0, 2)
    assert report.events == Counts(4, 3, 0, 1)
    assert report.registrations == Counts(1, 1, 0, 0)
    assert [(one.row, one.code, one.path) for one in report.problems] == [
        (3, "mapping", "customer.registered.date"),
        (4, "bad_envelope", "$.subject"),
    ]
    assert report.days == [dt.date(2020, 1, 1), dt.date(2020, 1, 5), dt.date(2020, 1, 6), dt.date(2020, 3, 1)]
    assert (report.first_day, report.last_day) == (dt.date(2020, 1, 1), dt.date(2020, 3, 1))


def test_a_second_run_finds_duplicates_and_appends_nothing(rig: Rig, tmp_path: Path) -> None:
    first = bring(rig, tmp_path, visits(tmp_path))
    there = [entry.envelope for entry in rig.entries()]
    again = bring(rig, tmp_path, visits(tmp_path))
    assert again.rows == Counts(4, 0, 2, 2)
    assert again.registrations == Counts(1, 0, 1, 0)
    assert again.days == []
    assert first.samples == again.samples
    assert [entry.envelope for entry in rig.entries()] == there


def test_a_check_records_nothing_and_shows_three_events(rig: Rig, tmp_path: Path) -> None:
    report = bring(rig, tmp_path, visits(tmp_path), check=True)
    assert report.rows == Counts(4, 2, 0, 2)
    assert [sample["id"] for sample in report.samples] == ["1", "2", "2-ended"]
    assert report.samples[0]["data"]["name"] == "Ada"
    assert rig.entries() == []
    assert rig.quarantine.list() == []
    assert msgspec.json.decode(msgspec.json.encode(report))["rows"]["read"] == 4


def test_a_refused_row_is_kept_raw_with_every_reason(rig: Rig, tmp_path: Path) -> None:
    bring(rig, tmp_path, visits(tmp_path))
    kept = [(case.origin, case.row) for case in rig.quarantine.list()]
    assert kept == [("small", True), ("small", True)]


def test_a_version_that_reads_old_rows_otherwise_is_refused_unless_it_corrects(
    rig: Rig, tmp_path: Path
) -> None:
    rows = "Id,Day,Name,Left\n1,2020-01-05,Ada,\n2,2020-01-06,Bob,2020-03-01\n"
    bring(rig, tmp_path, visits(tmp_path), rows=rows)
    changed = bring(rig, tmp_path, visits(tmp_path, region="South"), rows=rows)
    assert changed.rows == Counts(2, 0, 0, 2)
    assert {one.code for one in changed.problems} >= {"id_reused"}
    kept = len(rig.quarantine.list())
    correcting = visits(tmp_path, region="South", more="corrects: true")
    mended = bring(rig, tmp_path, correcting, rows=rows)
    assert (mended.rows, mended.corrections) == (Counts(2, 2, 0, 0), 2)
    assert bring(rig, tmp_path, correcting, rows=rows).rows == Counts(2, 0, 2, 0)
    corrections = [entry.event for entry in rig.entries() if isinstance(entry.event, Correction)]
    assert sorted(change.corrects.id for change in corrections) == ["1", "2"]
    assert all(b"South" in bytes(change.fact) and b"Ada" not in bytes(change.fact) for change in corrections)
    assert len(rig.quarantine.list()) == kept


def test_a_source_that_is_refused_too_often_is_stopped(rig: Rig, tmp_path: Path) -> None:
    rig.door = rig.new_door(Limits(refusals_in_a_row=3))
    rows = "Id,Day,Name,Left\n" + "1,never,Ada,\n" * 1_200
    with pytest.raises(TooManyRefusals) as stopped:
        bring(rig, tmp_path, visits(tmp_path), rows=rows)
    assert "source 'urn:daybook:import:small' is stopped" in str(stopped.value)
    assert "after 500 rows: 0 admitted, 0 duplicate, 500 refused" in str(stopped.value)
    assert "the first: rows.csv row 1: customer.registered.date" in str(stopped.value)


def test_progress_is_told_after_each_batch(rig: Rig, tmp_path: Path) -> None:
    seen: list[int] = []
    rows = "Id,Day,Name,Left\n" + "".join(f"{n},2020-01-05,Ada,\n" for n in range(1_100))
    run_import(
        rig.door, visits(tmp_path), [write(tmp_path, "rows.csv", rows)], zone=rig.zone, progress=seen.append
    )
    assert seen == [500, 1000, 1100]
