"""The feed: from facts to what reaches the door, with the untidiness of real systems.

Partners send a file the next night; some records are late, some are sent twice, a few are broken; two systems
lose a record, one terminal has the wrong date. Everything comes out in the order in which it arrives.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from events.codec import TYPES
from events.event_type import EntryRef
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.diary import APP, BRANCH, CALL, CRM, PARTNERS, Fact, named
from services.demo.entities import ZONE
from services.demo.truth import Innocent, Truth
from services.demo.year import DAY, Year

CHANNEL_SOURCES = (BRANCH, APP, CALL, *PARTNERS.values())
UNTIDY = frozenset((*CHANNEL_SOURCES, CRM))
"""Systems whose records may come late; the others run at night or on paper."""
LOSING = (BRANCH, PARTNERS["river"])
SKEWED = CALL
LATE_FILE = PARTNERS["north"]
DELAY_SECONDS = {APP: 20, CALL: 400, BRANCH: 1_200}

_encode = msgspec.json.Encoder().encode


class Delivery(NamedTuple):
    """Bytes that arrive at the door; `broken` says that the door must refuse them."""

    arrives: dt.datetime
    order: int
    raw: bytes
    source: str
    broken: bool = False


class _Sent(NamedTuple):
    """A fact with the times that its producer claims, when it arrives, and when it was really `noted`."""

    fact: Fact
    at: dt.datetime
    recorded: dt.datetime
    arrives: dt.datetime
    moved: bool
    noted: dt.datetime


class Feed:
    """Everything that reaches the door in the played year, the back book first."""

    def __init__(self, seed: int, year: Year, facts: Sequence[Fact], truth: Truth) -> None:
        self.year = year
        self.opens = opening(year)
        self.ends = closing(year)
        self._seed = seed
        self._chance = Chance(seed, "feed")
        self._truth = truth
        self._skew_from = year.days[200]
        self._late_file_on = year.days[150]
        happened = [fact for fact in facts if fact.at <= self.ends]
        self.dropped = {fact.ref for fact in facts if fact.at > self.ends}
        self.facts = len(happened)
        self.retries = self.broken = self.late = 0
        self._delays: dict[tuple[str, str, dt.date], dt.timedelta] = {}
        self._sent = [self._send(fact) for fact in happened]
        self._sent.sort(key=lambda one: (one.noted, one.fact.at, one.fact.source, one.fact.id))
        sequences = _Sequences(self._gaps())
        self._numbers = [sequences.next(one.fact) if one.arrives > self.opens else None for one in self._sent]
        self._lost = sequences.lost
        self._tell_faults()
        self._tell_gaps(sequences)

    def deliveries(self) -> list[Delivery]:
        """All of it in the order of arrival; ties by the order in which it was recorded."""
        self.retries = self.broken = 0
        chance = Chance(self._seed, "retries")
        found: list[Delivery] = []
        for order, (sent, number) in enumerate(zip(self._sent, self._numbers, strict=True)):
            found.extend(self._copies(chance, sent, order, _raw(sent, number)))
        found.extend(self._declarations(len(found), self._lost))
        found.sort(key=lambda one: (one.arrives, one.order))
        return found

    def _send(self, fact: Fact) -> _Sent:
        history = fact.at < self.opens
        recorded = fact.at + self._delay(fact, history)
        if history:
            return _Sent(fact, fact.at, recorded, self.opens, False, recorded)
        arrives = recorded + dt.timedelta(seconds=2)
        if fact.source in PARTNERS.values():
            arrives = _next_night(recorded)
            if fact.source == LATE_FILE and _day(recorded) == self._late_file_on:
                arrives += 3 * DAY
        moved = fact.source == SKEWED and 0 <= (_day(fact.at) - self._skew_from).days < numbers.SKEWED_DAYS
        ahead = dt.timedelta(hours=numbers.SKEWED_HOURS * moved)
        return _Sent(fact, fact.at + ahead, recorded + ahead, min(arrives, self.ends), moved, recorded)

    def _delay(self, fact: Fact, history: bool) -> dt.timedelta:
        """A system records one customer's day in the order in which it happened, and is late with all of
        it."""
        session = (fact.source, fact.subject, _day(fact.at))
        if session not in self._delays:
            delay = dt.timedelta(seconds=self._chance.randrange(1, DELAY_SECONDS.get(fact.source, 120)))
            if fact.source in UNTIDY and self._chance.happens(numbers.LATE) and not history:
                self.late += 1
                delay += dt.timedelta(hours=25 + 120 * self._chance.random())
            self._delays[session] = delay
        return self._delays[session]

    def _copies(self, chance: Chance, sent: _Sent, order: int, raw: bytes) -> Iterator[Delivery]:
        """What was sent, sometimes again, and sometimes a broken record besides."""
        source = sent.fact.source
        yield Delivery(sent.arrives, order, raw, source)
        if sent.arrives <= self.opens:
            return
        if chance.happens(numbers.RETRIES):
            self.retries += 1
            again = sent.arrives + dt.timedelta(seconds=chance.randrange(5, 900))
            yield Delivery(min(again, self.ends), order, raw, source)
        if chance.happens(numbers.REFUSED):
            self.broken += 1
            yield Delivery(sent.arrives, order, self._break(raw, self.broken), source, broken=True)

    def _break(self, raw: bytes, number: int) -> bytes:
        """A record as a bad release of a channel system writes it, under an id of its own."""
        record = msgspec.json.decode(raw)
        record["id"] = f"broken-{number:05d}"
        way = number % 5
        if way == 0:
            return _encode(record)[:-7]
        if way == 1:
            record["dataschema"] = f"urn:daybook:{record['type']}:99"
        elif way == 2:
            record["data"]["colour"] = "blue"
        elif way == 3:
            record["subject"] = "customer/demo:nobody"
        else:
            record.pop("time", None)
            record.pop("date", None)
        return _encode(record)

    def _declarations(self, order: int, lost: dict[tuple[str, dt.date], Counter[str]]) -> Iterator[Delivery]:
        """Each channel system says, early the next morning, what it sent for a day."""
        counts: defaultdict[tuple[str, dt.date], Counter[str]] = defaultdict(Counter)
        for sent in self._sent:
            if sent.fact.source in CHANNEL_SOURCES and sent.arrives > self.opens and not sent.fact.dated:
                counts[sent.fact.source, _day(sent.at)][sent.fact.type] += 1
        for key, types in lost.items():
            counts[key].update(types)
        for number, (source, day) in enumerate(sorted(counts)):
            types = counts[source, day]
            fact = Fact(
                start_of(day + DAY), False, source, f"declared-{day.isoformat()}", "producer.day_declared",
                f"producer/{producer_of(source)}",
                _encode(
                    {
                        "producer_id": producer_of(source),
                        "producer_source": source,
                        "day": day,
                        "count_by_type": sorted(types.items()),
                    }
                ),
            )  # fmt: skip
            at = min(start_of(day + DAY) + dt.timedelta(hours=3), self.ends)
            sent = _Sent(fact._replace(at=at), at, at, at, False, at)
            yield Delivery(at, order + number, _raw(sent, None), source)

    def _gaps(self) -> dict[str, dt.date]:
        """Which systems lose a record, and on which day."""
        return dict(zip(LOSING, (self.year.days[120], self.year.days[230]), strict=True))

    def _tell_faults(self) -> None:
        """The skewed clock, and the file that is late and complete."""
        moved = tuple(sent.fact.ref for sent in self._sent if sent.moved)
        if moved:
            self._truth.base("R-LOG-02", "a clock one day ahead", *_names(SKEWED), entries=moved)
        self._truth.innocent.append(
            Innocent("late but complete file", ("R-LOG-01", "R-LOG-06"), _names(LATE_FILE))
        )

    def _tell_gaps(self, sequences: "_Sequences") -> None:
        for source, entries in sequences.around.items():
            self._truth.base("R-LOG-01", "a record that never came", *_names(source), entries=tuple(entries))


class _Sequences:
    """Each producer's own counter; a lost record leaves a number out and is declared all the same."""

    def __init__(self, gaps: dict[str, dt.date]) -> None:
        self._gaps = dict(gaps)
        self._next: Counter[str] = Counter()
        self._previous: dict[str, EntryRef] = {}
        self.around: dict[str, list[EntryRef]] = {}
        self.lost: dict[tuple[str, dt.date], Counter[str]] = {}

    def next(self, fact: Fact) -> str:
        """The number of this record."""
        source = fact.source
        day = self._gaps.get(source)
        if day is not None and _day(fact.at) >= day:
            del self._gaps[source]
            self._next[source] += 1
            self.around[source] = [one for one in (self._previous.get(source), fact.ref) if one]
            self.lost[source, _day(fact.at)] = Counter([fact.type])
        self._next[source] += 1
        self._previous[source] = fact.ref
        return f"{self._next[source]:09d}"


def opening(year: Year) -> dt.datetime:
    """When Daybook opens: at noon of the day before the year; the back book is brought in then."""
    return start_of(year.first) - dt.timedelta(hours=12)


def closing(year: Year) -> dt.datetime:
    """The last instant of the played year."""
    return start_of(year.last + DAY) - dt.timedelta(minutes=1)


def start_of(day: dt.date) -> dt.datetime:
    """Midnight at which a day begins in the journal's zone, UTC."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)


def producer_of(source: str) -> str:
    """The id under which a channel system declares its days."""
    return named("producer", source.rpartition(":")[2])


def sources(facts: Iterable[Fact]) -> list[str]:
    """Every system that says something, in order."""
    return sorted({fact.source for fact in facts})


def _names(source: str) -> tuple[str, ...]:
    return (f"producer/{producer_of(source)}", f"producer/source:{source}")


def _day(at: dt.datetime) -> dt.date:
    return at.astimezone(ZoneInfo(ZONE)).date()


def _next_night(recorded: dt.datetime) -> dt.datetime:
    return start_of(_day(recorded) + DAY) + dt.timedelta(hours=numbers.PARTNER_FILE_HOUR)


def _raw(sent: _Sent, sequence: str | None) -> bytes:
    """The CloudEvent as its producer writes it."""
    fact = sent.fact
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "subject": fact.subject,
        "dataschema": TYPES[fact.type].schema_urn(),
    }
    if fact.dated:
        envelope["date"] = fact.at.date()
    else:
        envelope["time"] = sent.at
    envelope["recordedtime"] = sent.recorded
    if sequence is not None:
        envelope["sequence"] = sequence
    envelope["data"] = msgspec.Raw(fact.data)
    return _encode(envelope)
