"""The keyring: one key per subject for ever, states that count at once, holds that stand."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from services.errors import CheckFailed, LegalHold, NotFound, Refused, WrongUse
from services.privacy.ciphers import OpenKeys
from services.privacy.keyring import Keyring, KeyState
from services.privacy.wrapping import KeyWrap
from tests.privacy.people import ADA, MASTER_KEY, WEI, wait_until_blocked


def test_a_subject_gets_one_key_and_keeps_it(keyring: Keyring) -> None:
    assert keyring.state(WEI) is None
    keyring.ensure([WEI, ADA, WEI])
    first = keyring.keys_to_read([WEI, ADA])
    keyring.ensure([ADA, WEI])
    assert keyring.keys_to_read([WEI, ADA]) == first
    assert first[WEI].key_id != first[ADA].key_id
    assert keyring.state(WEI) is KeyState.ACTIVE


def test_doors_that_start_at_once_agree_on_the_keys(keyring: Keyring, elsewhere: Keyring) -> None:
    subjects = [f"customer/crm:{number}" for number in range(200)]
    together = Barrier(4)

    def make(ring: Keyring, order: int) -> dict[str, str]:
        together.wait()
        held = ring.keys_to_seal(subjects[::order])
        return {subject: key.key_id for subject, key in held.items()}

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(make, ring, order) for ring in (keyring, elsewhere) for order in (1, -1)]
        answers = [job.result() for job in jobs]
    assert all(answer == answers[0] for answer in answers)
    sealed_here = keyring.keys_to_read([subjects[0]])[subjects[0]].cipher
    sealed_there = elsewhere.keys_to_read([subjects[0]])[subjects[0]].cipher
    assert sealed_here is not None
    assert sealed_there is not None
    assert sealed_there.decrypt(sealed_here.encrypt(b"same key", None), None) == b"same key"


@pytest.mark.parametrize("state", [KeyState.ACTIVE, KeyState.SHREDDED])
def test_a_key_that_another_door_is_making_or_shredding_is_waited_for(
    keyring: Keyring, database_url: str, state: KeyState
) -> None:
    alive = state is KeyState.ACTIVE
    wrapped = KeyWrap(MASTER_KEY).wrap(bytes(64), owner=WEI, key_id="theirs") if alive else None
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as other_door:
        other_door.execute(
            "INSERT INTO daybook_privacy.subject_key (subject, key_id, wrapped, state, shredded_at) "
            "VALUES (%s, 'theirs', %s, %s, CASE WHEN %s THEN NULL ELSE now() END)",
            (WEI, wrapped, state, alive),
        )
        making = pool.submit(keyring.keys_to_seal, [WEI])
        wait_until_blocked(database_url)
        other_door.commit()
        held = making.result()[WEI]
    assert (held.key_id, held.state, held.cipher is not None) == ("theirs", state, alive)


def test_a_key_is_committed_when_ensure_returns(keyring: Keyring, database_url: str) -> None:
    keyring.ensure([WEI])
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT wrapped IS NOT NULL FROM daybook_privacy.subject_key WHERE subject = %s", (WEI,)
        ).fetchone()
    assert row == (True,)


def test_shredding_elsewhere_counts_at_once(keyring: Keyring, elsewhere: Keyring) -> None:
    keyring.ensure([WEI])
    assert keyring.keys_to_read([WEI])[WEI].cipher is not None
    elsewhere.shred(WEI)
    assert keyring.keys_to_read([WEI])[WEI].cipher is None
    assert keyring.state(WEI) is KeyState.SHREDDED


def test_a_shredded_subject_never_gets_a_second_key(keyring: Keyring) -> None:
    keyring.ensure([WEI])
    key_id = keyring.keys_to_read([WEI])[WEI].key_id
    keyring.shred(WEI)
    keyring.ensure([WEI])
    assert keyring.keys_to_seal([WEI])[WEI] == (key_id, KeyState.SHREDDED, None)


def test_a_subject_shredded_before_its_first_key_gets_none(keyring: Keyring) -> None:
    assert not keyring.shred(WEI).already
    assert keyring.keys_to_seal([WEI])[WEI].cipher is None


def test_shredding_twice_says_so(keyring: Keyring) -> None:
    keyring.ensure([WEI])
    first = keyring.shred(WEI)
    again = keyring.shred(WEI)
    assert (first.already, again.already) == (False, True)
    assert again.shredded_at == first.shredded_at


def test_what_is_no_subject_is_not_shredded(keyring: Keyring) -> None:
    with pytest.raises(WrongUse, match="customer/crm:1001"):
        keyring.shred("Wang Wei")


def test_a_hold_refuses_shredding_and_names_the_way_out(keyring: Keyring, elsewhere: Keyring) -> None:
    keyring.ensure([WEI])
    keyring.place_hold(WEI, "H-7", "court case 12/26", "legal")
    with pytest.raises(
        LegalHold, match=r"H-7 \(court case 12/26\).*daybook privacy release customer/crm:1001 H-7"
    ):
        elsewhere.shred(WEI)
    assert keyring.state(WEI) is KeyState.ACTIVE
    assert keyring.release_hold(WEI, "H-7").released_at is not None
    assert not elsewhere.shred(WEI).already


def test_every_hold_must_be_released(keyring: Keyring) -> None:
    keyring.place_hold(WEI, "H-1", "audit", "legal")
    keyring.place_hold(WEI, "H-2", "court", "legal")
    keyring.release_hold(WEI, "H-1")
    with pytest.raises(LegalHold, match="H-2"):
        keyring.shred(WEI)
    assert [hold.hold_id for hold in keyring.holds(WEI)] == ["H-1", "H-2"]


def test_holds_may_be_repeated_but_not_revived(keyring: Keyring) -> None:
    placed = keyring.place_hold(WEI, "H-1", "audit", "legal")
    assert keyring.place_hold(WEI, "H-1", "audit", "legal") == placed
    released = keyring.release_hold(WEI, "H-1")
    assert keyring.release_hold(WEI, "H-1") == released
    with pytest.raises(Refused, match="give a new hold id"):
        keyring.place_hold(WEI, "H-1", "audit", "legal")
    with pytest.raises(NotFound, match="H-9"):
        keyring.release_hold(WEI, "H-9")


def test_a_hold_comes_too_late_for_a_shredded_subject(keyring: Keyring) -> None:
    keyring.shred(WEI)
    with pytest.raises(Refused, match="too late"):
        keyring.place_hold(WEI, "H-1", "audit", "legal")


def test_a_shredding_waits_for_a_hold_being_placed(keyring: Keyring, database_url: str) -> None:
    keyring.ensure([WEI])
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as placing:
        placing.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4))", (f"privacy {WEI}",))
        shredding = pool.submit(keyring.shred, WEI)
        wait_until_blocked(database_url)
        placing.execute("INSERT INTO daybook_privacy.legal_hold VALUES (%s, 'H-1', 'court', 'legal')", (WEI,))
        placing.commit()
        with pytest.raises(LegalHold, match="H-1"):
            shredding.result()


def test_restriction_comes_and_goes_until_the_key_is_shredded(keyring: Keyring, elsewhere: Keyring) -> None:
    keyring.restrict(WEI)
    assert elsewhere.state(WEI) is KeyState.RESTRICTED
    keyring.unrestrict(WEI)
    assert elsewhere.state(WEI) is KeyState.ACTIVE
    keyring.shred(WEI)
    with pytest.raises(Refused, match="has been shredded"):
        keyring.restrict(WEI)
    assert elsewhere.state(WEI) is KeyState.SHREDDED


def test_keys_swapped_between_rows_are_found(elsewhere: Keyring, keyring: Keyring, database_url: str) -> None:
    keyring.ensure([WEI, ADA])
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE daybook_privacy.subject_key AS one SET wrapped = other.wrapped "
            "FROM daybook_privacy.subject_key AS other WHERE one.subject <> other.subject"
        )
    with pytest.raises(CheckFailed, match="cannot be unwrapped"):
        elsewhere.keys_to_read([WEI])


def test_a_broken_connection_is_replaced(keyring: Keyring, database_url: str) -> None:
    keyring.ensure([WEI])
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert keyring.state(WEI) is KeyState.ACTIVE


def test_open_keys_are_bounded_and_forget_the_longest_unused() -> None:
    wrap = KeyWrap(MASTER_KEY)
    keys = OpenKeys(wrap, limit=2)
    for subject in ("a", "b", "a", "c"):
        wrapped = wrap.wrap(bytes(64), owner=subject, key_id="k")
        keys.held((subject, "k", "active", wrapped))
    assert len(keys) == 2
    keys.held(("a", "k", "shredded", None))
    assert len(keys) == 1
