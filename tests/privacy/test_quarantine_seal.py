"""Raw records in the quarantine: readable for a replay, gone with their key."""

import datetime as dt

import pytest

from services.errors import CheckFailed, Refused
from services.privacy.keyring import Keyring
from services.privacy.sealer import Sealer
from tests.privacy.people import SOURCE, WEI, today

RAW = b'{"name": "Wang Wei", "phone": \xff\x00}'


@pytest.mark.parametrize("subject", [WEI, None, "Wang Wei's file"])
def test_a_raw_record_comes_back_byte_for_byte(
    sealer: Sealer, elsewhere: Keyring, subject: str | None
) -> None:
    sealed = sealer.seal_bytes(subject, SOURCE, today(), RAW)
    assert b"Wang" not in sealed
    assert Sealer(elsewhere).open_bytes(sealed) == RAW


def test_a_record_of_a_subject_goes_with_its_key(sealer: Sealer, elsewhere: Keyring) -> None:
    sealed = sealer.seal_bytes(WEI, SOURCE, today(), RAW)
    unnamed = sealer.seal_bytes(None, SOURCE, today(), RAW)
    elsewhere.shred(WEI)
    assert sealer.open_bytes(sealed) is None
    assert sealer.open_bytes(unnamed) == RAW


def test_a_record_that_comes_after_shredding_is_dropped(sealer: Sealer, keyring: Keyring) -> None:
    keyring.shred(WEI)
    sealed = sealer.seal_bytes(WEI, SOURCE, today(), RAW)
    assert sealed == b"dbq1.dropped\n"
    assert sealer.open_bytes(sealed) is None


def test_day_keys_serve_ninety_days(sealer: Sealer, elsewhere: Keyring) -> None:
    old = sealer.seal_bytes(None, SOURCE, today(), RAW)
    new = sealer.seal_bytes(None, SOURCE, today() + dt.timedelta(days=1), RAW)
    assert elsewhere.expire_day_keys(today() + dt.timedelta(days=89)) == 0
    assert sealer.open_bytes(old) == RAW
    assert elsewhere.expire_day_keys(today() + dt.timedelta(days=90)) == 1
    assert elsewhere.expire_day_keys(today() + dt.timedelta(days=90)) == 0
    assert sealer.open_bytes(old) is None
    assert sealer.open_bytes(new) == RAW
    with pytest.raises(Refused, match="under today's day"):
        sealer.seal_bytes(None, SOURCE, today(), RAW)


def test_sources_and_days_have_keys_of_their_own(sealer: Sealer) -> None:
    days = (today(), today() + dt.timedelta(days=1))
    sealed = {sealer.seal_bytes(None, source, day, RAW) for source in (SOURCE, "urn:b") for day in days}
    assert len(sealed) == 4
    assert sealer.seal_bytes(None, SOURCE, today(), RAW) in sealed


@pytest.mark.parametrize("source", ["", "\x00", "\udc80", "x" * 5000])
def test_a_source_may_be_anything_that_was_refused(sealer: Sealer, source: str) -> None:
    assert sealer.open_bytes(sealer.seal_bytes(None, source, today(), RAW)) == RAW


def test_changed_bytes_are_found(sealer: Sealer) -> None:
    sealed = sealer.seal_bytes(WEI, SOURCE, today(), RAW)
    other = sealer.seal_bytes(None, SOURCE, today(), RAW)
    for changed in (
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        sealed[:25],
        other[: other.index(b"\n") + 1] + sealed[sealed.index(b"\n") + 1 :],
        b"{}",
    ):
        with pytest.raises(CheckFailed):
            sealer.open_bytes(changed)
