"""Imports: a mapping applied to files and fed to the door, with counts that add up.

`daybook import` and the proof of real data call `run_import`. Every row is one admission; rows read =
admitted + duplicate + refused, always. It never mends, skips or invents a row.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from events.codec import TYPES, encode_json
from services.door.mappings.engine import MappedRow, OpenMapping, load_mapping
from services.door.mappings.engine import Mapping as RowMapping
from services.door.quarantine import Case, Reader
from services.door.submission import Fields, Outcome, Problem, Submission
from services.errors import TooManyRefusals, WrongUse

EVENTS_A_BATCH = 500
PROBLEMS_SHOWN = 20
SAMPLES = 3
EVENT_ORIGIN = "event"

Progress = Callable[[int], None]
"""Called after each batch with the number of rows read so far."""


class Admitting(Protocol):
    """The part of the door that an import needs."""

    def admit(
        self, submissions: Sequence[Submission], *, dry_run: bool = False, keep_refused: bool = True
    ) -> list[Outcome]: ...


class Counts(msgspec.Struct):
    """How many were read, and what became of them; they always add up."""

    read: int = 0
    admitted: int = 0
    duplicate: int = 0
    refused: int = 0

    def add_up(self) -> bool:
        return self.read == self.admitted + self.duplicate + self.refused


class RowProblem(msgspec.Struct, frozen=True):
    """A reason why a row was refused. Row 0 is a registration."""

    file: str
    row: int
    code: str
    path: str
    reason: str


class ImportReport(msgspec.Struct, kw_only=True):
    """What an import did, or with `check` would do.

    Look-up rows and registrations are counted apart from rows. `first_day`, `last_day` and `days` are the
    days that newly admitted rows touched. `row_numbers` names inputs whose ids rest on row numbers.
    """

    mapping: str
    version: int
    source: str
    check: bool
    rows: Counts
    events: Counts
    registrations: Counts
    events_by_type: dict[str, int]
    corrections: int
    lookup_rows: dict[str, int]
    files_left_out: dict[str, str]
    unused_columns: dict[str, list[str]]
    row_numbers: list[str]
    derived: dict[str, str]
    problems: list[RowProblem]
    samples: list[dict[str, Any]]
    first_day: dt.date | None
    last_day: dt.date | None
    days: list[dt.date]


def run_import(
    door: Admitting,
    mapping: str | Path | RowMapping,
    files: Sequence[str | Path],
    *,
    zone: dt.tzinfo,
    parameters: Mapping[str, str] | None = None,
    check: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring files in through the door. `zone` is the journal's, in which days are cut.

    `check` records nothing. Raises MappingError before the first row for a mapping that does not fit its
    files, and TooManyRefusals when the door stops the source: what was admitted until then stays, and a
    second run finds it as duplicates.
    """
    loaded = mapping if isinstance(mapping, RowMapping) else load_mapping(mapping)
    opened = loaded.open(files, parameters)
    run = _Run(door, loaded, zone, check)
    try:
        for batch in _batches(opened.registrations()):
            run.admit(batch, run.registrations)
        for batch in _batches(opened.rows()):
            run.admit(batch, run.rows)
            if progress is not None:
                progress(run.rows.read)
    except TooManyRefusals as error:
        raise TooManyRefusals(f"{error}; {run.so_far()}") from error
    assert run.rows.add_up(), f"rows do not add up: {run.rows}"
    assert run.events.add_up(), f"events do not add up: {run.events}"
    assert run.registrations.add_up(), f"registrations do not add up: {run.registrations}"
    return run.report(opened)


def reader_for(case: Case, mended: Path | None) -> Reader | None:
    """How a quarantined case is read again: a CloudEvent by the door itself, a row by its mapping.

    A row needs `mended`: a file with the mended row and, for CSV, the header line of its extract.
    """
    if case.origin == EVENT_ORIGIN:
        return None
    if mended is None:
        raise WrongUse(
            f"case {case.case_id} is a row of the mapping {case.origin!r}: put the mended row, with its"
            " header line, into a file and give it with --fixed, or import the mended extract again"
        )

    def read(case: Case, raw: bytes) -> Submission:
        mapping = load_mapping(case.origin)
        row = next(mapping.open([mended], None).rows(), None)
        if row is None:
            raise WrongUse(f"{mended} holds no row: put the header line and the mended row into it")
        return Submission(raw, row.events, mapping.source, True, mapping.name, row.problems)

    return read


@dataclass
class _Run:
    """One import while it runs: the counts so far."""

    door: Admitting
    mapping: RowMapping
    zone: dt.tzinfo
    check: bool
    rows: Counts = field(default_factory=Counts)
    events: Counts = field(default_factory=Counts)
    registrations: Counts = field(default_factory=Counts)
    by_type: dict[str, int] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    days: set[dt.date] = field(default_factory=set)
    corrections: int = 0

    def admit(self, batch: Sequence[MappedRow], counts: Counts) -> None:
        """Send one batch of rows and count what became of it."""
        submissions = [self._submission(row) for row in batch]
        outcomes = self.door.admit(submissions, dry_run=self.check, keep_refused=not self.mapping.corrects)
        if self.mapping.corrects:
            outcomes = self._correct(batch, submissions, outcomes)
        for row, submission, outcome in zip(batch, submissions, outcomes, strict=True):
            self._count(row, submission, outcome, counts)

    def _submission(self, row: MappedRow) -> Submission:
        raw = row.raw if row.number else b"\n".join(_as_json(event) for event in row.events)
        return Submission(raw, row.events, self.mapping.source, True, self.mapping.name, row.problems)

    def _correct(
        self, batch: Sequence[MappedRow], submissions: list[Submission], outcomes: list[Outcome]
    ) -> list[Outcome]:
        """Send again what was refused: rows whose old content has changed as corrections, others to stay
        refused and be kept."""
        again = [place for place, outcome in enumerate(outcomes) if outcome.status == "refused"]
        if not again:
            return outcomes
        for place in again:
            events = [
                self._correction(event) if found.status == "id_reused" else event
                for event, found in zip(batch[place].events, outcomes[place].events, strict=False)
            ]
            if events:
                submissions[place] = submissions[place]._replace(events=tuple(events))
        second = self.door.admit([submissions[place] for place in again], dry_run=self.check)
        answers = list(outcomes)
        for place, outcome in zip(again, second, strict=True):
            answers[place] = outcome
        return answers

    def _correction(self, event: Fields) -> Fields:
        """The event of a new mapping version as a correction of the one that an older version sent."""
        version = self.mapping.declaration.version
        fact_type = TYPES[event.envelope["type"]]
        correcting = TYPES[f"{fact_type.family}.corrected"]
        envelope = {
            **event.envelope,
            "id": f"{event.envelope['id']}~v{version}",
            "type": correcting.name,
            "dataschema": correcting.schema_urn(),
        }
        data: dict[str, Any] = {
            name: event.data[name] for name in correcting.subject_names if name in event.data
        }
        data["corrects"] = {"source": event.envelope["source"], "id": event.envelope["id"]}
        data["fact_type"], data["fact_schema"] = fact_type.name, fact_type.schema_urn()
        data["fact"] = msgspec.Raw(encode_json(event.data))
        for attribute in ("time", "date"):
            if attribute in event.envelope:
                data[f"fact_{attribute}"] = event.envelope[attribute]
        data["reason"] = f"version {version} of the mapping {self.mapping.name} reads the row otherwise"
        self.corrections += 1
        return Fields(envelope, data)

    def _count(self, row: MappedRow, submission: Submission, outcome: Outcome, counts: Counts) -> None:
        counts.read += 1
        _add(counts, outcome.status)
        for event in submission.events:
            name = event.envelope["type"] if isinstance(event, Fields) else ""
            if row.number:
                self.events.read += 1
                self.by_type[name] = self.by_type.get(name, 0) + 1
        if row.number:
            for place in range(len(submission.events)):
                _add(self.events, _event_status(outcome, place))
        if outcome.status == "refused":
            self._note(row, outcome.reasons())
        if outcome.status == "admitted":
            self._touch(submission)
        if row.number and len(self.samples) < SAMPLES:
            shown = [event for event in submission.events if isinstance(event, Fields)]
            self.samples += [_shown(event) for event in shown[: SAMPLES - len(self.samples)]]

    def _note(self, row: MappedRow, reasons: Iterable[Problem]) -> None:
        for reason in reasons:
            if len(self.problems) < PROBLEMS_SHOWN:
                self.problems.append(
                    RowProblem(row.file_name, row.number, reason.code, reason.path, reason.reason)
                )

    def _touch(self, submission: Submission) -> None:
        for event in submission.events:
            if not isinstance(event, Fields):
                continue
            envelope = event.envelope
            if "date" in envelope:
                self.days.add(envelope["date"])
            elif "time" in envelope:
                self.days.add(envelope["time"].astimezone(self.zone).date())

    def so_far(self) -> str:
        """Where an import stood when it was stopped, and the first thing that was wrong."""
        rows = self.rows
        text = (
            f"the import stopped after {rows.read} rows: {rows.admitted} admitted,"
            f" {rows.duplicate} duplicate, {rows.refused} refused"
        )
        if self.problems:
            first = self.problems[0]
            text += f"; the first: {first.file} row {first.row}: {first.path}: {first.reason}"
        return text

    def report(self, opened: OpenMapping) -> ImportReport:
        """Everything that was counted."""
        derived: dict[str, list[str]] = {}
        for one in self.mapping.derivations():
            derived.setdefault(one.type, []).append(one.derived)
        return ImportReport(
            mapping=self.mapping.name,
            version=self.mapping.declaration.version,
            source=self.mapping.source,
            check=self.check,
            rows=self.rows,
            events=self.events,
            registrations=self.registrations,
            events_by_type=dict(sorted(self.by_type.items())),
            corrections=self.corrections,
            lookup_rows=opened.lookup_rows,
            files_left_out=dict(opened.routed.ignored),
            unused_columns=opened.unused_columns(),
            row_numbers=sorted(self.mapping.row_numbers),
            derived={name: "; ".join(reasons) for name, reasons in derived.items()},
            problems=self.problems,
            samples=self.samples,
            first_day=min(self.days, default=None),
            last_day=max(self.days, default=None),
            days=sorted(self.days),
        )


def _batches(rows: Iterator[MappedRow]) -> Iterator[list[MappedRow]]:
    """Rows in batches of some hundred events; a row is never divided."""
    batch: list[MappedRow] = []
    events = 0
    for row in rows:
        batch.append(row)
        events += max(1, len(row.events))
        if events >= EVENTS_A_BATCH:
            yield batch
            batch, events = [], 0
    if batch:
        yield batch


def _add(counts: Counts, status: str) -> None:
    if status == "admitted":
        counts.admitted += 1
    elif status == "duplicate":
        counts.duplicate += 1
    else:
        counts.refused += 1


def _event_status(outcome: Outcome, place: int) -> str:
    """What became of one event of a row: refused with its row, whatever its own answer would have been."""
    if outcome.status == "refused" or place >= len(outcome.events):
        return "refused"
    return outcome.events[place].status


def _shown(event: Fields) -> dict[str, Any]:
    """An event as JSON has it, for the samples of a report."""
    shown: dict[str, Any] = msgspec.json.decode(_as_json(event))
    return shown


def _as_json(event: Fields) -> bytes:
    return encode_json({**event.envelope, "data": event.data})
