"""Look-ups: a person is found however the value is written, and never again after shredding."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from events.codec import TYPES
from services.errors import WrongUse
from services.privacy.keyring import Keyring
from services.privacy.lookup import CONTACT, LOOKUPS, NAMED, Lookups, Remembered
from services.privacy.sealer import Sealer
from tests.privacy.people import ADA, MASTER_KEY, WEI, corrected, registered, sent, wait_until_blocked


@pytest.fixture
def lookups(keyring: Keyring) -> Lookups:
    return Lookups(keyring)


@pytest.mark.parametrize(
    "kind, typed",
    [
        ("name", "Wang Wei"),
        ("name", "  wang   WEI "),
        ("name", "\uff37ang Wei"),
        ("phone", "13800138000"),
        ("phone", "0086-138-0013-8000"),
        ("email", "wei@example.com "),
    ],
)
def test_a_registered_customer_is_found(sealer: Sealer, lookups: Lookups, kind: str, typed: str) -> None:
    sealer.seal_batch([registered(), registered(ADA, "reg-2", name="Ada", phone="999", email="a@b.c")])
    assert lookups.find(kind, typed) == [WEI]


def test_documents_attributes_and_corrections_are_found(sealer: Sealer, lookups: Lookups) -> None:
    customer = "crm:1001"
    document = {"customer_id": customer, "doc_type": "passport", "doc_number": "E 1234-5678"}
    attribute = {
        "customer_id": customer,
        "name": "mobile",
        "value": "139 1111 2222",
        "source_kind": "customer",
    }
    hobby = {"customer_id": customer, "name": "hobby", "value": "chess", "source_kind": "customer"}
    sealer.seal_batch(
        [
            sent("customer.identified", WEI, "doc-1", document),
            sent("customer.attribute_recorded", WEI, "att-1", attribute),
            sent("customer.attribute_recorded", WEI, "att-2", hobby),
            corrected(WEI, "cor-1", "reg-1", {"name": "Wang Wie"}),
        ]
    )
    assert lookups.find("document", "e12345678") == [WEI]
    assert lookups.find("phone", "13911112222") == [WEI]
    assert lookups.find("name", "wang wie") == [WEI]


def test_people_who_share_a_name_are_all_found_in_order_up_to_the_limit(
    sealer: Sealer, lookups: Lookups
) -> None:
    subjects = [f"customer/crm:{number}" for number in range(3)]
    sealer.seal_batch([registered(subject, f"r-{subject}", name="Wang Wei") for subject in subjects])
    assert lookups.find("name", "Wang Wei") == subjects
    assert lookups.find("name", "Wang Wei", limit=2) == subjects[:2]


def test_look_ups_go_with_the_key_and_do_not_come_back(
    sealer: Sealer, lookups: Lookups, keyring: Keyring
) -> None:
    sealer.seal_batch([registered()])
    assert keyring.shred(WEI).lookups == 3
    assert lookups.find("name", "Wang Wei") == []
    sealer.seal_batch([registered(event_id="reg-2")])
    lookups.remember([Remembered(WEI, "name", "Wang Wei")])
    assert lookups.find("name", "Wang Wei") == []


def test_none_slips_in_behind_a_shredding(sealer: Sealer, lookups: Lookups, database_url: str) -> None:
    sealer.seal_batch([registered()], remember=False)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as shredding:
        shredding.execute(
            "UPDATE daybook_privacy.subject_key SET wrapped = NULL, state = 'shredded', shredded_at = now()"
        )
        remembering = pool.submit(lookups.remember, [Remembered(WEI, "name", "Wang Wei")])
        wait_until_blocked(database_url)
        shredding.commit()
        remembering.result()
    assert lookups.find("name", "Wang Wei") == []


def test_digests_need_the_master_key(database_url: str, lookups: Lookups) -> None:
    with Keyring(database_url, MASTER_KEY[::-1]) as other:
        assert Lookups(other).digest("name", "Wang Wei") != lookups.digest("name", "Wang Wei")


def test_nothing_is_found_by_nothing(lookups: Lookups) -> None:
    assert lookups.find("phone", "unknown") == []
    with pytest.raises(WrongUse, match="no look-up by 'shoe size'"):
        lookups.find("shoe size", "43")


def test_look_ups_name_sealed_fields_of_the_catalogue(lookups: Lookups) -> None:
    for type_name, field, kind in LOOKUPS:
        assert field in TYPES[type_name].sealed
        assert kind in (NAMED, CONTACT) or lookups.digest(kind, "1") is not None
