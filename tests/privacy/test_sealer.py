"""Whole events, sealed and read: guarantee 8 of the architecture."""

from typing import Any

import msgspec
import pytest

from events.codec import TYPES, encode_json
from events.envelope import Event
from events.errors import UnknownSchema, Unreadable
from events.sealing import DROPPED, sealed_fields
from services.errors import CheckFailed
from services.privacy.keyring import Keyring
from services.privacy.sealer import Item, Sealer, read_fact
from tests.privacy.people import ADA, CLEAR, SOURCE, WEI, corrected, registered, sent


def stored(sealer: Sealer, item: Item) -> Any:
    [event] = sealer.seal_batch([item])
    return event


def read(sealer: Sealer, item: Item, event: Event, *, even_restricted: bool = False) -> dict[str, Any]:
    event_type, source, event_id, subject, _ = item
    return sealer.unseal_fields(event_type, source, event_id, subject, event, even_restricted=even_restricted)


def test_the_same_sent_event_has_the_same_stored_bytes(sealer: Sealer, elsewhere: Keyring) -> None:
    here = encode_json(stored(sealer, registered()))
    assert encode_json(stored(sealer, registered())) == here
    assert encode_json(stored(Sealer(elsewhere), registered())) == here


def test_what_is_stored_fits_the_stored_form_and_shows_nothing(sealer: Sealer) -> None:
    event = stored(sealer, registered())
    value = encode_json(event)
    assert msgspec.json.decode(value, type=TYPES["customer.registered"].struct) == event
    assert not [clear for clear in CLEAR.values() if clear.encode() in value]
    assert (event.legal_entity, event.address) == ("demo", None)


def test_another_event_has_other_tokens(sealer: Sealer) -> None:
    one, two = sealer.seal_batch([registered(event_id="reg-1"), registered(event_id="reg-2")])
    hidden = sealed_fields(TYPES["customer.registered"].struct)
    pairs = [(getattr(one, name), getattr(two, name)) for name in hidden if getattr(one, name)]
    assert len(pairs) == len(CLEAR)
    assert all(first != second for first, second in pairs)


def test_a_permitted_read_gives_back_what_was_sent(sealer: Sealer, elsewhere: Keyring) -> None:
    item = registered()
    clear = read(Sealer(elsewhere), item, stored(sealer, item))
    assert clear == {**CLEAR, "gender": None, "address": None}


def test_a_token_moved_to_another_event_or_subject_is_refused(sealer: Sealer) -> None:
    event = stored(sealer, registered())
    sealer.seal_batch([registered(ADA, "reg-2", name="Ada")])
    assert sealer.reveal([(WEI, SOURCE, "reg-1", event.name)]) == ["Wang Wei"]
    for place in ((WEI, SOURCE, "reg-2"), (WEI, "urn:other", "reg-1")):
        with pytest.raises(CheckFailed, match="was not sealed there"):
            sealer.reveal([(*place, event.name)])
    with pytest.raises(CheckFailed, match=f"was not sealed for {ADA}"):
        sealer.reveal([(ADA, SOURCE, "reg-1", event.name)])
    with pytest.raises(CheckFailed, match="holds no token"):
        sealer.reveal([(WEI, SOURCE, "reg-1", "Wang Wei")])


def test_subjects_without_sealed_values_get_no_key(sealer: Sealer, keyring: Keyring) -> None:
    sealer.seal_batch([registered(address=None)])
    assert keyring.state(WEI) is None


def test_what_the_door_stamps_is_left_to_the_door(sealer: Sealer) -> None:
    data = {
        "survey_id": "crm:nps",
        "survey_version": "1",
        "legal_entity": "demo",
        "customer_id": "crm:1001",
        "answers": [{"question_id": "crm:q1", "score": 9}],
        "comment": "kind people",
    }
    item = sent("survey.answered", WEI, "a-1", data)
    event = stored(sealer, item)
    assert event.known is None
    assert read(sealer, item, event) == {"comment": "kind people"}


def test_shredding_elsewhere_makes_every_copy_unreadable_at_once(sealer: Sealer, elsewhere: Keyring) -> None:
    wei, ada = registered(), registered(ADA, "reg-2", name="Ada")
    wei_stored, ada_stored = sealer.seal_batch([wei, ada])
    assert read(sealer, wei, wei_stored)["name"] == "Wang Wei"
    elsewhere.shred(WEI)
    assert set(read(sealer, wei, wei_stored).values()) == {None}
    assert read(sealer, ada, ada_stored)["name"] == "Ada"


def test_what_arrives_after_shredding_is_dropped_and_says_so(sealer: Sealer, elsewhere: Keyring) -> None:
    stored(sealer, registered())
    elsewhere.shred(WEI)
    item = registered(event_id="reg-2")
    event = stored(sealer, item)
    assert [getattr(event, name) for name in CLEAR] == [DROPPED] * len(CLEAR)
    assert event.address is None
    assert msgspec.json.decode(encode_json(event), type=TYPES["customer.registered"].struct) == event
    assert set(read(sealer, item, event).values()) == {None}


def test_a_restricted_subject_is_sealed_but_not_read_unless_the_law_says_so(
    sealer: Sealer, elsewhere: Keyring
) -> None:
    item = registered()
    before = stored(sealer, item)
    elsewhere.restrict(WEI)
    assert stored(sealer, item) == before
    assert set(read(sealer, item, before).values()) == {None}
    assert read(sealer, item, before, even_restricted=True)["name"] == "Wang Wei"
    elsewhere.unrestrict(WEI)
    assert read(sealer, item, before)["name"] == "Wang Wei"


def test_the_fact_of_a_correction_is_sealed_too(sealer: Sealer) -> None:
    item = corrected(WEI, "cor-1", "reg-1", {"name": "Wang Wie", "region": "north"})
    event = stored(sealer, item)
    assert b"Wang" not in encode_json(event)
    fact = msgspec.json.decode(event.fact, type=TYPES["customer.registered"].struct)
    assert fact.region == "north"  # type: ignore[attr-defined]
    assert read(sealer, item, event)["name"] == "Wang Wie"
    assert encode_json(stored(sealer, item)) == encode_json(event)


def test_a_corrected_field_opens_under_the_entry_in_whose_place_it_stands(sealer: Sealer) -> None:
    event = stored(sealer, corrected(WEI, "cor-1", "reg-1", {"name": "Wang Wie"}))
    token = msgspec.json.decode(event.fact)["name"]
    assert sealer.reveal([(WEI, SOURCE, "reg-1", token)]) == ["Wang Wie"]


def test_a_correction_of_a_shredded_subject_is_dropped(sealer: Sealer, keyring: Keyring) -> None:
    keyring.shred(WEI)
    event = stored(sealer, corrected(WEI, "cor-1", "reg-1", {"name": "Wang Wie"}))
    assert msgspec.json.decode(event.fact)["name"] == DROPPED


def test_a_fact_that_is_none_is_refused_with_its_path() -> None:
    *_, change = corrected(WEI, "cor-1", "reg-1", {"name": 5})
    with pytest.raises(Unreadable, match=r"fact: .*name"):
        read_fact(change)
    unknown = msgspec.structs.replace(change, fact_schema="urn:daybook:customer.registered:99")
    with pytest.raises(UnknownSchema):
        read_fact(unknown)


def test_every_type_can_be_sealed_from_its_sent_form() -> None:
    for event_type in TYPES.values():
        names = set(event_type.sent.__struct_fields__)
        assert set(event_type.sealed) <= names, event_type.name
        for field in msgspec.structs.fields(event_type.struct):
            assert field.name in names or (field.name, field.default) == ("known", None), event_type.name
