"""The master key: made once, kept to its owner, and never mistaken for another."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.errors import WrongUse
from services.privacy.keyring import Keyring
from services.privacy.master_key import MASTER_KEY_FILE, derive, load_master_key


def test_first_start_makes_a_key_that_the_next_start_finds(tmp_path: Path) -> None:
    first = load_master_key(tmp_path)
    assert len(first) == 32
    assert load_master_key(tmp_path) == first
    assert stat.S_IMODE((tmp_path / MASTER_KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["master.key"]


def test_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_master_key(tmp_path), range(32)))
    assert len(keys) == 1


def test_the_setting_goes_before_the_file(tmp_path: Path) -> None:
    assert load_master_key(tmp_path, "0f" * 32) == b"\x0f" * 32
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("setting", ["", "zz" * 32, "0f" * 31])
def test_a_setting_that_is_no_key_is_refused_with_the_way_out(tmp_path: Path, setting: str) -> None:
    with pytest.raises(WrongUse, match="openssl rand -hex 32"):
        load_master_key(tmp_path, setting)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_master_key(tmp_path)
    (tmp_path / MASTER_KEY_FILE).chmod(0o640)
    with pytest.raises(WrongUse, match="chmod 600"):
        load_master_key(tmp_path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    load_master_key(tmp_path)
    (tmp_path / MASTER_KEY_FILE).write_bytes(b"short")
    with pytest.raises(WrongUse, match="holds 5 bytes"):
        load_master_key(tmp_path)


def test_purposes_have_unrelated_keys() -> None:
    assert derive(bytes(32), "one") != derive(bytes(32), "two")


def test_a_keyring_knows_its_master_key_again(database_url: str) -> None:
    with Keyring(database_url, bytes(32)) as first:
        first.create()
        first.create()
    with (
        Keyring(database_url, b"\x01" * 32) as other,
        pytest.raises(WrongUse, match="did not make the keyring"),
    ):
        other.create()
