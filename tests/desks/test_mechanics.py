"""What every desk shares: versions with one winner, commands carried out once, the relay, tables from the
journal alone."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

import msgspec
import psycopg
import pytest

from events import codec
from events.envelope import CustomerId, Envelope, Position
from services.desks.deciding import Actor, NotPermitted, RuleBroken, StaleVersion
from services.desks.desk import read_command
from services.desks.rebuilding import digest_of, rebuild_desks, swap_desks
from services.desks.relay import Relay
from services.errors import CheckFailed, JournalUnavailable, NotFound, NotReady, WrongUse
from services.journal.port import Record
from services.journal.postgres import PostgresJournal
from tests.desks.small_desk import ANNA, DECLARATION, Close, Receive, SmallBank, Update

DESKS = ("complaints",)


@pytest.fixture
def bank(database_url: str) -> Iterator[SmallBank]:
    with closing(SmallBank(database_url)) as made:
        yield made


def journal_of(bank: SmallBank) -> list[Envelope]:
    """Every entry, in partition order."""
    records = bank.journal.read(bank.journal.begins(), 10_000)
    return [codec.decode_envelope(record.value) for record in records]


def test_a_decision_is_kept_sealed_and_named_by_case_and_version(bank: SmallBank) -> None:
    case_id = bank.receive(command_id="c-1")
    assert case_id.startswith("desk.complaints:")
    case = bank.desk.read(case_id)
    envelope = case.events[0].envelope
    assert (envelope.id, envelope.source) == (f"{case_id}/1", "urn:daybook:desk:complaints")
    assert (envelope.causationid, envelope.correlationid, envelope.authid) == ("c-1", case_id, "anna")
    assert envelope.time == envelope.admittedtime == bank.now
    assert b"They took 5." not in case.events[0].value
    assert case.state.customer_id == "bank:1"


def test_a_command_sent_again_answers_what_it_did_the_first_time(bank: SmallBank) -> None:
    case_id = bank.receive(command_id="open")
    assert bank.receive(command_id="open") == case_id
    assert bank.update(case_id, command_id="tell", expected_version=1) == 2
    bank.update(case_id)
    again = bank.desk.handle(
        "update", Update(method="letter"), ANNA, case_id=case_id, expected_version=1, command_id="tell"
    )
    assert (again.version, again.repeated, again.entries) == (2, True, ())
    assert bank.desk.read(case_id).version == 3


def test_a_stale_version_is_refused_and_says_where_the_case_is(bank: SmallBank) -> None:
    case_id = bank.receive()
    bank.update(case_id)
    with pytest.raises(StaleVersion, match="is at version 2, and the command was meant for version 1"):
        bank.update(case_id, expected_version=1)


def test_a_decision_is_recorded_at_the_instant_that_it_was_given(bank: SmallBank) -> None:
    """Given a clock that passes midnight in between, the rule and the record see one day."""
    given: list[dt.datetime] = []

    def ticking() -> dt.datetime:
        given.append(bank.now + dt.timedelta(days=len(given)))
        return given[-1]

    bank.desk._clock = ticking
    envelope = bank.desk.read(bank.receive()).events[0].envelope
    assert (envelope.time, envelope.admittedtime) == (given[0], given[0])


def test_a_command_that_always_loses_its_version_says_so(bank: SmallBank) -> None:
    refusal = StaleVersion("desk.complaints:1", None, 7)
    assert str(refusal).startswith(
        "desk.complaints:1 is at version 7, and others keep deciding about it: read"
    )


def test_two_handlers_a_hundred_times_at_the_same_version(bank: SmallBank) -> None:
    """Each version has one winner; the journal counts each decision once, and in order."""
    case_id = bank.receive()
    rounds = 100
    won: list[tuple[int, str]] = []
    lost: list[int] = []
    together = threading.Barrier(2)

    def handler(name: str) -> None:
        for version in range(1, rounds + 1):
            together.wait(60)
            try:
                bank.update(case_id, name, expected_version=version)
                won.append((version, name))
            except StaleVersion:
                lost.append(version)

    threads = [threading.Thread(target=handler, args=(name,)) for name in ("anna", "bert")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert Counter(version for version, _ in won) == Counter(range(1, rounds + 1))
    assert Counter(lost) == Counter(range(1, rounds + 1))

    bank.relay.carry()
    found = [one for one in journal_of(bank) if one.correlationid == case_id]
    assert [one.id for one in found] == [f"{case_id}/{version}" for version in range(1, rounds + 2)]
    assert bank.desk.read(case_id).state.updates == tuple(name for _, name in sorted(won))


def test_commands_without_a_version_from_many_at_once_all_come_through(bank: SmallBank) -> None:
    case_id = bank.receive()

    def handler(name: str) -> None:
        for number in range(10):
            bank.update(case_id, f"{name}{number}")

    threads = [threading.Thread(target=handler, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(bank.desk.read(case_id).state.updates) == sorted(
        f"{n}{i}" for n in "abcd" for i in range(10)
    )


def test_what_a_rule_forbids_leaves_nothing(bank: SmallBank) -> None:
    case_id = bank.receive()
    handler = Actor("bert", roles=frozenset({"handler"}))
    with pytest.raises(NotPermitted, match="close needs the role handler, which anna does not have"):
        bank.desk.handle("close", Close(), ANNA, case_id=case_id)
    assert bank.desk.handle("close", Close(), handler, case_id=case_id).version == 2
    with pytest.raises(RuleBroken, match="reopen it before you write to the customer") as refused:
        bank.update(case_id)
    assert refused.value.rule == "CLOSED"
    silent = bank.desk.handle("close", Close(), handler, case_id=case_id)
    assert (silent.version, silent.entries, silent.repeated) == (2, (), False)


def test_commands_that_do_not_fit_are_named(bank: SmallBank) -> None:
    with pytest.raises(WrongUse, match="knows receive, update, close"):
        bank.desk.handle("reply", Update(method="x"), ANNA, case_id="desk.complaints:1")
    with pytest.raises(NotFound, match="no case of the complaints desk"):
        bank.update("desk.complaints:1")
    with pytest.raises(WrongUse, match="methd"):
        read_command(DECLARATION.decisions["update"], b'{"methd": "letter"}')
    command = Receive(customer_id=CustomerId("no id at all"), issue="fee")
    with pytest.raises(WrongUse, match=r"complaint.received: .*customer_id"):
        bank.desk.handle("receive", command, ANNA)


def test_the_relay_carries_each_decision_once_and_in_order(bank: SmallBank) -> None:
    first, second = bank.receive(1), bank.receive(2)
    for number in range(5):
        bank.update(first, str(number))
        bank.update(second, str(number))
    assert bank.relay.behind() == 12
    assert (bank.relay.carry(), bank.relay.carry(), bank.relay.behind()) == (12, 0, 0)
    for case_id in (first, second):
        found = [one.id for one in journal_of(bank) if one.correlationid == case_id]
        assert found == [f"{case_id}/{version}" for version in range(1, 7)]
    stored = [one.value for case_id in (first, second) for one in bank.desk.read(case_id).events]
    assert sorted(stored) == sorted(r.value or b"" for r in bank.journal.read(bank.journal.begins(), 100))


class BrokenJournal(PostgresJournal):
    """A journal that takes so many appends and then answers no more, after storing what it was given."""

    appends_left = 0

    def append(self, records: Sequence[Record]) -> list[Position]:
        """Append; without an answer at the end."""
        positions = super().append(records)
        self.appends_left -= 1
        if self.appends_left < 0:
            raise JournalUnavailable("no answer in time")
        return positions


def test_the_relay_stops_at_the_first_append_without_an_answer_and_goes_on_there(bank: SmallBank) -> None:
    """Given an append whose answer was lost, its record is carried again; first copies stay in order."""
    case_id = bank.receive()
    for number in range(4):
        bank.update(case_id, str(number))
    broken = BrokenJournal(bank.conninfo, name="journal")
    broken.appends_left = 2
    with closing(broken), closing(Relay(broken, bank.conninfo, {"complaints": bank.storage})) as relay:
        with pytest.raises(JournalUnavailable):
            relay.carry()
        ids = [one.id for one in journal_of(bank)]
        assert ids == [f"{case_id}/{version}" for version in (1, 2, 3)], "nothing after the failed append"
    assert bank.relay.carry() == 3
    ids = [one.id for one in journal_of(bank)]
    assert ids == [f"{case_id}/{version}" for version in (1, 2, 3, 3, 4, 5)]


def test_the_tables_come_back_from_the_journal_byte_for_byte(bank: SmallBank) -> None:
    cases = [bank.receive(number) for number in range(6)]
    for case_id in cases:
        bank.update(case_id)
    bank.relay.carry()
    bank.journal.append([Record(b"customer/bank:0", bank.desk.read(cases[0]).events[0].value)])
    before = digest_of(bank.storage)
    with psycopg.connect(bank.conninfo, autocommit=True) as connection:
        connection.execute("DROP SCHEMA desks CASCADE")

    found = rebuild_desks(bank.conninfo, bank.journal, DESKS)
    assert [(one.events, one.digest, one.live) for one in found] == [(12, before, None)]
    swap_desks(bank.conninfo, DESKS)

    with closing(SmallBank(bank.conninfo)) as again:
        assert digest_of(again.storage) == before
        assert again.update(cases[3], "phone", expected_version=2) == 3
        assert again.relay.carry() == 1, "only what is new is carried"
        assert rebuild_desks(again.conninfo, again.journal, DESKS)[0].equal


def test_a_table_that_was_altered_differs(bank: SmallBank) -> None:
    case_id = bank.receive()
    bank.update(case_id, "letter")
    bank.relay.carry()
    with psycopg.connect(bank.conninfo, autocommit=True) as connection:
        connection.execute(
            "UPDATE desks.complaints_events SET state = convert_to(replace(convert_from(state, 'UTF8'), "
            "'letter', 'phone!'), 'UTF8')"
        )
    assert not rebuild_desks(bank.conninfo, bank.journal, DESKS)[0].equal


def test_a_swap_waits_for_the_relay(bank: SmallBank) -> None:
    case_id = bank.receive()
    bank.relay.carry()
    bank.update(case_id)
    rebuild_desks(bank.conninfo, bank.journal, DESKS)
    with pytest.raises(NotReady, match="holds 1 decisions that are not in the journal yet"):
        swap_desks(bank.conninfo, DESKS)
    assert bank.desk.read(case_id).version == 2


def test_a_swap_loses_nothing_that_was_carried_after_the_rebuild(bank: SmallBank) -> None:
    case_id = bank.receive()
    bank.relay.carry()
    rebuild_desks(bank.conninfo, bank.journal, DESKS)
    bank.update(case_id)
    bank.relay.carry()
    with pytest.raises(NotReady, match="holds 1 decisions that the rebuild has not seen"):
        swap_desks(bank.conninfo, DESKS)
    assert bank.desk.read(case_id).version == 2
    rebuild_desks(bank.conninfo, bank.journal, DESKS)
    swap_desks(bank.conninfo, DESKS)
    assert bank.update(case_id) == 3


def test_a_gap_in_a_case_is_found(bank: SmallBank) -> None:
    case_id = bank.receive()
    third = msgspec.structs.replace(bank.desk.read(case_id).events[0].envelope, id=f"{case_id}/3")
    bank.relay.carry()
    bank.journal.append([Record(third.subject.encode(), codec.encode_json(third))])
    with pytest.raises(CheckFailed, match=r"has version 3 in the journal but not 2"):
        rebuild_desks(bank.conninfo, bank.journal, DESKS)
