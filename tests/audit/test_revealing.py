"""Personal data in clear: told to the journal before it is shown, and not shown to whom it may not be."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from events.catalogue import CATALOGUE
from events.envelope import Position
from services.audit.revealing import GROUPS, Asking, Revealed, Revealer
from services.bootstrap import System
from services.config import Settings
from services.door.submission import Submission
from services.errors import JournalUnavailable, NotFound, Refused, WrongUse
from services.identity.who import Who
from services.journal.port import Record
from services.journal.postgres import PostgresJournal
from services.privacy.acts import Acts
from tests.cli.events import CUSTOMER, event
from tests.data_folder import folder_for_servers

HANDLER = Who(
    subject="local|7", name="Handler", employee_id="bank:e7", roles=frozenset({"complaint_handler"})
)
OFFICER = Who(subject="local|9", name="Officer", roles=frozenset({"compliance"}))
SERVICING = Asking(purpose="servicing", fields=("name", "phone"), reference="call-12")
MOVED = event(
    "a-1",
    "customer.attribute_recorded",
    "customer/bank:17",
    {
        "customer_id": "bank:17",
        "name": "mobile",
        "value": "+86 139 2222 3333",
        "source_kind": "customer",
    },
)


class Away(PostgresJournal):
    """A journal that answers no append."""

    def append(self, records: Sequence[Record]) -> list[Position]:
        raise JournalUnavailable("no acknowledgement in time")


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with folder_for_servers() as folder, closing(System(Settings(data=folder))) as system:
        system.prepare()
        publish(system, CUSTOMER, MOVED)
        yield system


def publish(system: System, *events: str) -> None:
    outcomes = system.door.admit([Submission(one.encode(), (one.encode(),)) for one in events])
    assert {one.status for one in outcomes} == {"admitted"}, outcomes
    system.settle()


def revealer(system: System) -> Revealer:
    return Revealer(system.door, system.keyring, system.sealer, system.journal, system.zone, system.clock)


def reveal(system: System, who: Who, customer_id: str, asking: Asking) -> Revealed:
    with system.connect() as connection:
        schema = system.generation(connection).schema
        return revealer(system).reveal(connection, schema, who, customer_id, asking)


def test_every_sealed_field_about_a_customer_is_in_one_group() -> None:
    sealed = {
        (one.name, field)
        for one in CATALOGUE
        for field in one.sealed
        if any(kind == "customer" for kind, _ in one.subject)
    }
    grouped = [place for places in GROUPS.values() for place in places]
    assert sorted(grouped) == sorted(sealed)


def test_values_are_shown_once_the_journal_says_who_looks_and_why(system: System) -> None:
    shown = reveal(system, HANDLER, "bank:17", SERVICING)
    assert {(one.name, one.value) for one in shown.values} == {
        ("name", "Ming Li"),
        ("phone", "+86 139 0000 1111"),
        ("mobile", "+86 139 2222 3333"),
    }
    record = system.journal.fetch([Position.parse(shown.position or "")])[0]
    told = json.loads(record.value or b"")
    assert (told["id"], told["subject"], told["source"]) == (
        shown.read_id,
        "customer/bank:17",
        "urn:daybook:api",
    )
    assert told["data"] == {
        "customer_id": "bank:17",
        "by": "bank:e7",
        "employee_id": "bank:e7",
        "purpose": "servicing: call-12",
        "fields": ["name", "phone"],
    }
    assert b"Ming Li" not in (record.value or b"")
    system.settle()
    with system.connect() as connection:
        reads = revealer(system).reads(connection, system.generation(connection).schema, "bank:17")
    newest = reads[0]
    assert (newest.id, newest.by, newest.purpose) == (shown.read_id, "bank:e7", "servicing")
    assert (newest.reference, newest.fields) == ("call-12", ("name", "phone"))


def test_a_journal_that_does_not_answer_shows_nothing(system: System) -> None:
    before = system.journal.ends()
    with system.connect() as connection:
        schema = system.generation(connection).schema
        away = Away(system.conninfo, name=system.address.name)
        whole, system.door.journal = system.door.journal, away
        try:
            with pytest.raises(JournalUnavailable):
                revealer(system).reveal(connection, schema, HANDLER, "bank:17", SERVICING)
        finally:
            system.door.journal = whole
            away.close()
    assert system.journal.ends() == before


@pytest.mark.parametrize(
    ("asking", "says"),
    [
        (Asking(purpose="curiosity", fields=("name",)), "servicing"),
        (Asking(purpose="audit", fields=("shoe_size",)), "shoe_size"),
        (Asking(purpose="audit", fields=()), "which fields"),
        (Asking(purpose="audit", fields=("name",), reference="Ming Li called"), "no words"),
    ],
)
def test_a_read_has_a_purpose_and_fields(system: System, asking: Asking, says: str) -> None:
    with pytest.raises(WrongUse, match=says):
        reveal(system, HANDLER, "bank:17", asking)


def test_nobody_reads_of_somebody_unknown(system: System) -> None:
    with pytest.raises(NotFound):
        reveal(system, HANDLER, "bank:999", SERVICING)


def test_the_restricted_are_shown_to_compliance_only_and_the_shredded_to_nobody(system: System) -> None:
    publish(system, CUSTOMER.replace("bank:17", "bank:18").replace("c-1", "c-2"))
    acts = Acts(system.journal, system.keyring, system.clock)
    acts.restrict("customer/bank:18", restricted=True, reason="objection", by=None)
    before = system.journal.ends()
    with pytest.raises(Refused, match="restricted"):
        reveal(system, HANDLER, "bank:18", SERVICING)
    assert system.journal.ends() == before
    shown = reveal(system, OFFICER, "bank:18", SERVICING)
    assert {one.value for one in shown.values} == {"Ming Li", "+86 139 0000 1111"}
    acts.shred("customer/bank:18", reason="erasure", by=None)
    with pytest.raises(Refused, match="destroyed"):
        reveal(system, OFFICER, "bank:18", SERVICING)
