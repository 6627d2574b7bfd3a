"""Publishing a rule pack: two people, one entry, and everybody sees since when it is in force."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.bootstrap import System
from services.cli.app import app
from services.config import Settings
from services.errors import Refused
from services.watch.packs import HOUSE, load_pack
from tests.data_folder import folder_for_servers

runner = CliRunner()
TEXT = (resources.files("projections.rules") / f"{HOUSE}.yaml").read_text("utf-8")
NAMES = ("--by", "Jana Novak", "--approver", "Petr Svoboda")


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder))
        yield system
        system.close()


def read(system: System, *arguments: str) -> Any:
    result = runner.invoke(app, [*arguments, "--data", str(system.settings.data), "--json"])
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return json.loads(result.stdout)


def refused(system: System, *arguments: str) -> str:
    result = runner.invoke(app, [*arguments, "--data", str(system.settings.data)])
    assert isinstance(result.exception, Refused), result.output
    return str(result.exception)


def changed_pack(folder: Path, early_days: int, version: str) -> str:
    """The path of the house pack with another threshold, under this version."""
    path = folder / f"pack-{early_days}-{version}.yaml"
    text = TEXT.replace("early_days: 90", f"early_days: {early_days}")
    path.write_text(text.replace(f'version: "{load_pack().version}"', f'version: "{version}"'))
    return str(path)


def test_the_list_has_the_packs_of_every_kind(system: System) -> None:
    packs = read(system, "rules", "list")["packs"]
    assert {one["kind"] for one in packs} == {"clocks", "suitability", "cooling_off", "handling"}
    assert {"uk_disp", "cn_nfra"} <= {one["pack"] for one in packs if one["in_force"]}
    shown = runner.invoke(app, ["rules", "list", "--data", str(system.settings.data)])
    assert "Other packs" in shown.output


def test_a_pack_is_published_once_by_two_people(system: System, tmp_path: Path) -> None:
    pack = load_pack()
    assert read(system, "rules", "list")["published"] is None
    assert read(system, "rules", "show", "R-CMPL-05")["published"] is None

    first = read(system, "rules", "publish", *NAMES)
    published = first["published"]
    assert first["status"] == "published"
    assert [published[name] for name in ("pack", "version", "digest")] == [pack.id, pack.version, pack.digest]
    assert [published[name] for name in ("publisher", "approver")] == ["Jana Novak", "Petr Svoboda"]
    assert published["in_force_from"] == pack.valid_from.isoformat()
    assert read(system, "rules", "list")["published"] == published
    assert read(system, "rules", "show", "R-CMPL-05")["published"] == published
    shown = runner.invoke(app, ["rules", "list", "--data", str(system.settings.data)]).output
    assert "approved by Petr Svoboda; in force from 2026-01-01" in shown

    ends = system.journal.ends()
    again = read(system, "rules", "publish", "--by", "Jana Novak", "--approver", "Ida Mala")
    assert (again["status"], again["published"]) == ("already published", published)
    assert system.journal.ends() == ends


def test_a_version_names_one_text_for_ever(system: System, tmp_path: Path) -> None:
    read(system, "rules", "publish", *NAMES)
    version = load_pack().version
    other = changed_pack(tmp_path, 60, version)
    assert "a version of its own" in refused(system, "rules", "publish", other, *NAMES)
    assert (
        read(system, "rules", "publish", changed_pack(tmp_path, 60, "next"), *NAMES)["status"] == "published"
    )
    told = read(system, "rules", "list")
    assert told["published"]["version"] == version
    assert [one["version"] for one in told["publications"]] == [version, "next"]


@pytest.mark.parametrize("approver", ["Jana Novak", " jana novak"])
def test_nobody_approves_what_they_publish(system: System, approver: str) -> None:
    ends = system.journal.ends()
    reason = refused(system, "rules", "publish", "--by", "Jana Novak", "--approver", approver)
    assert "name a second person" in reason
    assert system.journal.ends() == ends


@pytest.mark.parametrize("names", [("", "Ida Mala"), ("Ida Mala", "x" * 501)])
def test_a_name_that_the_journal_cannot_keep_is_refused(
    system: System, tmp_path: Path, names: tuple[str, str]
) -> None:
    pack = changed_pack(tmp_path, 61, "unkept")
    reason = refused(system, "rules", "publish", pack, "--by", names[0], "--approver", names[1])
    assert "is no name" in reason
