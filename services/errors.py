"""The tree of errors of the services; its root is in events/errors.py.

DaybookError
├── Refused                   what was asked breaks a rule; the caller can mend it
│   ├── WrongUse              a command or a request that makes no sense (exit code 2)
│   ├── NotFound
│   ├── MappingError          a mapping file that cannot be read or applied
│   ├── TooManyRefusals       a source whose refusals in a row passed the limit
│   └── LegalHold             a subject whose key may not be destroyed
├── CheckFailed               a check that was asked for found a difference (exit code 1)
└── Stopped                   a part that must not go on
    ├── JournalIncomplete     trimmed, compacted, re-created or re-partitioned
    ├── JournalUnavailable    an append or read that got no answer in time
    ├── Fenced                another owner of the partition has committed
    ├── OlderThanJournal      an entry of a type or version that this reader does not know
    └── NotReady              no generation of these declarations is live yet
"""

from events.errors import DaybookError


class Refused(DaybookError):
    """What was asked breaks a rule; the message names the thing, the rule and the way out."""

    code = "refused"


class WrongUse(Refused):
    """A command or request that makes no sense."""

    code = "wrong_use"


class NotFound(Refused):
    """The thing that was named does not exist."""

    code = "not_found"


class MappingError(Refused):
    """A mapping file that cannot be read, or whose rules do not fit its input."""

    code = "mapping_error"


class TooManyRefusals(Refused):
    """A source whose refusals in a row passed the limit; it is stopped until someone looks."""

    code = "too_many_refusals"


class LegalHold(Refused):
    """A subject whose key may not be destroyed while a hold stands."""

    code = "legal_hold"


class CheckFailed(DaybookError):
    """A check that was asked for found a difference."""

    code = "check_failed"


class Stopped(DaybookError):
    """A part that must not go on until someone has looked."""

    code = "stopped"


class JournalIncomplete(Stopped):
    """The journal was trimmed, compacted, re-created or re-partitioned, so no figure from it can be whole."""

    code = "journal_incomplete"


class JournalUnavailable(Stopped):
    """The journal gave no answer in time; what was appended without an answer may or may not be there."""

    code = "journal_unavailable"


class Fenced(Stopped):
    """Another owner of these partitions has committed; nothing of this batch was written."""

    code = "fenced"


class OlderThanJournal(Stopped):
    """The journal holds an entry that this reader is too old for."""

    code = "older_than_journal"


class NotReady(Stopped):
    """No generation with the fingerprint of these declarations is live yet."""

    code = "not_ready"
