"""Publishing a rule pack: the journal is told, once, which text is in force, who said so and who approved.

`daybook rules` calls it. A version names one text for ever, and nobody approves what they publish themselves.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec

from events import codec
from events.risk import RulePackPublished
from projections.rules.pack import RulePack
from services.errors import Refused, WrongUse
from services.journal.port import Journal, Record
from services.journal.system_events import system_record
from services.store.database import Connection
from services.store.queries.rule_packs import published_rows
from services.watch.signals import SOURCE

NAME_CHARACTERS = 200


class Published(msgspec.Struct, frozen=True):
    """A published version of a pack: which text, in force from which day, and the act of publishing it."""

    pack: str
    version: str
    digest: str
    in_force_from: dt.date
    published_at: dt.datetime
    publisher: str | None
    approver: str | None
    position: str


def published_packs(connection: Connection, schema: str, journal: Journal) -> list[Published]:
    """Every published version, the earliest first."""
    rows = published_rows(connection, schema, SOURCE, journal.volume)
    envelopes = [codec.decode_envelope(one.value) for one in journal.fetch([row.position for row in rows])]
    return [
        Published(
            row.subject.partition("/")[2],
            row.version,
            row.digest,
            row.effective_from,
            row.published_at,
            envelope.authid,
            row.approver,
            str(row.position),
        )
        for row, envelope in zip(rows, envelopes, strict=True)
    ]


def find_published(earlier: Sequence[Published], pack: RulePack) -> Published | None:
    """The publication of just this text; None if it was never published."""
    return next((one for one in earlier if one.digest == pack.digest), None)


def publish_pack(
    journal: Journal,
    pack: RulePack,
    earlier: Sequence[Published],
    *,
    publisher: str,
    approver: str,
    now: dt.datetime,
) -> bool:
    """State in the journal that a pack is in force; False, and nothing appended, if it says so already.

    `earlier` is all that was published; the caller sees to it that nobody publishes in between. Refused for
    an approver who is the publisher, and for another text under a version that was published.
    """
    for name in (publisher, approver):
        _check_name(name)
    if _same_person(publisher, approver):
        raise Refused(f"{approver} cannot approve what {publisher} publishes: name a second person")
    if find_published(earlier, pack) is not None:
        return False
    for one in earlier:
        if (one.pack, one.version) == (pack.id, pack.version):
            raise Refused(
                f"version {pack.version} of {pack.id} was published as another text, SHA-256 "
                f"{one.digest[:12]}…: give this one, {pack.digest[:12]}…, a version of its own"
            )
    journal.append([_record(pack, publisher, approver, now)])
    return True


def _record(pack: RulePack, publisher: str, approver: str, now: dt.datetime) -> Record:
    published = RulePackPublished(
        pack_id=pack.id,  # type: ignore[arg-type]  # checked by the pack's own pattern
        pack_version=pack.version,
        digest=pack.digest,
        rules=tuple(sorted(f"{rule.id} v{rule.version}" for rule in pack.rules.values())),
        effective_from=pack.valid_from,
        approver=approver,
    )
    return system_record(published, source=SOURCE, identifier=pack.digest[:32], now=now, by=publisher)


def _check_name(name: str) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= NAME_CHARACTERS):
        raise WrongUse(f"{name[:40]!r} is no name: write one line of 1 to {NAME_CHARACTERS} characters")


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
