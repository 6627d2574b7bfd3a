"""The catalogue keeps its own rules: names, families, subjects, writers."""

import dataclasses
import re
import typing
from pathlib import Path

import msgspec
import pytest

import events.catalogue
from events.catalogue import CATALOGUE, FAMILIES
from events.codec import TYPE_OF, TYPES
from events.complaints import ComplaintReceived
from events.envelope import SUBJECT_KINDS, TYPE_NAME_PATTERN, ComplaintId, CustomerId
from events.event_type import Correction, EventType, Voiding, Writer
from events.risk import RiskSignalDetected

WRITTEN_BY_THE_SYSTEM = {
    "processing.restricted",
    "subject.key_shredded",
    "legal_hold.placed",
    "legal_hold.released",
    "risk.signal_detected",
    "rule_pack.published",
    "journal.opened",
    "calendar.day_closed",
    "quarantine.replayed",
    "quarantine.discarded",
}


def test_names_and_structs_are_unique() -> None:
    assert len(TYPES) == len(TYPE_OF) == len(CATALOGUE)


def test_every_name_is_a_listed_family_and_a_rest_in_snake_case() -> None:
    for event_type in CATALOGUE:
        assert re.search(TYPE_NAME_PATTERN, event_type.name), event_type.name
        assert event_type.family in FAMILIES, event_type.name


def test_every_listed_family_has_types() -> None:
    assert {event_type.family for event_type in CATALOGUE} == set(FAMILIES)
    assert len(set(FAMILIES)) == len(FAMILIES)


def test_writers() -> None:
    assert {t.name for t in CATALOGUE if t.writer is Writer.SYSTEM} == WRITTEN_BY_THE_SYSTEM
    assert {t.name for t in CATALOGUE if t.writer is Writer.DESK} == {"complaint.adopted"}


def test_every_family_that_states_facts_can_be_corrected_and_voided() -> None:
    for family in FAMILIES:
        facts = [t for t in CATALOGUE if t.family == family and t.writer is Writer.DOOR]
        if facts:
            assert issubclass(TYPES[f"{family}.corrected"].struct, Correction)
            assert issubclass(TYPES[f"{family}.voided"].struct, Voiding)


def test_a_correction_can_stand_under_every_subject_of_its_family() -> None:
    """A correction's subject is that of the entry it corrects, so it must be able to name it."""
    for event_type in CATALOGUE:
        if event_type.writer is not Writer.DOOR:
            continue
        for rest in ("corrected", "voided"):
            mending = TYPES[f"{event_type.family}.{rest}"]
            assert set(event_type.subject) <= set(mending.subject), (event_type.name, mending.name)


def test_the_order_of_subject_rules_is_the_same_in_a_family() -> None:
    """Or a correction would name another subject than the entry it corrects."""
    for event_type in CATALOGUE:
        if event_type.writer is Writer.DOOR:
            mending = TYPES[f"{event_type.family}.corrected"]
            kept = tuple(rule for rule in mending.subject if rule in event_type.subject)
            assert kept == event_type.subject, event_type.name


def test_subject_kinds_are_those_of_the_envelope() -> None:
    for event_type in CATALOGUE:
        assert {kind for kind, _ in event_type.subject} <= set(SUBJECT_KINDS), event_type.name


def test_the_customer_comes_first_where_there_is_one() -> None:
    """Every event about a customer carries the customer, and stands on the customer."""
    stands_elsewhere = {"risk.signal_detected"}
    for event_type in CATALOGUE:
        if "customer_id" in event_type.struct.__struct_fields__ and event_type.name not in stands_elsewhere:
            assert event_type.subject[0] == ("customer", "customer_id"), event_type.name


def test_every_event_says_in_words_what_happened() -> None:
    for event_type in CATALOGUE:
        assert (event_type.struct.__doc__ or "").strip().endswith("."), event_type.name


def test_no_field_is_a_float_or_a_list() -> None:
    """Rates are basis points or decimal text; what is many is a tuple."""
    for event_type in CATALOGUE:
        for hint in typing.get_type_hints(event_type.struct, include_extras=True).values():
            assert "float" not in str(hint), event_type.name
            assert not re.search(r"\b(list|dict|set)\[", str(hint)), event_type.name


def test_only_what_needs_a_stamp_has_known() -> None:
    stamped = {t.name for t in CATALOGUE if "known" in t.struct.__struct_fields__}
    assert stamped == {"sale.confirmed", "survey.answered", "complaint.received", "interaction.started"}


def test_a_subject_is_the_first_id_that_is_set() -> None:
    received = TYPES["complaint.received"]
    stated = ComplaintReceived(
        complaint_id=ComplaintId("crm:81"), legal_entity="GB-1", received_by="own", issue="fee"
    )
    assert received.subject_of(stated) == "complaint/crm:81"
    of_a_customer = msgspec.structs.replace(stated, customer_id=CustomerId("crm:17"))
    assert received.subject_of(of_a_customer) == "customer/crm:17"


def test_a_signal_stands_on_the_subject_of_its_facts() -> None:
    signal = RiskSignalDetected(
        signal_id="s1",
        rule="R-SUIT-01",
        rule_version="1",
        pack="risk",
        severity="high",
        score=80,
        text="grade below the product's risk level",
        about="customer/crm:17",
    )
    assert TYPES["risk.signal_detected"].subject_of(signal) == "customer/crm:17"


def test_an_event_that_names_nothing_has_no_subject() -> None:
    correction = TYPES["sale.corrected"]
    empty = msgspec.convert(
        {
            "corrects": {"source": "urn:crm", "id": "1"},
            "fact_type": "sale.confirmed",
            "fact_schema": "urn:daybook:sale.confirmed:1",
            "fact": msgspec.Raw(b"{}"),
            "reason": "typing error",
        },
        correction.struct,
    )
    assert correction.subject_of(empty) is None


def test_a_headline_never_shows_a_sealed_field() -> None:
    registered = TYPES["customer.registered"]
    assert "name" in registered.sealed
    with pytest.raises(AssertionError, match="never shows a sealed field"):
        dataclasses.replace(registered, headline=("name",))


def test_a_type_has_one_upcaster_per_older_version() -> None:
    with pytest.raises(AssertionError, match="one upcaster per older version"):
        EventType("sale.confirmed", ComplaintReceived, Writer.DOOR, (("customer", "customer_id"),), version=2)


def test_the_catalogue_is_one_tuple_that_can_be_searched() -> None:
    source = Path(events.catalogue.__file__).read_text("utf-8")
    for event_type in CATALOGUE:
        assert f'EventType("{event_type.name}", ' in source
