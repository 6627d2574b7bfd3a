"""CloudEvents over HTTP, both ways: a request's headers and body to submissions, outcomes to an answer.

The API's routes, the intake topic and `daybook publish` call these. Pure; what cannot be read becomes a
submission that the door refuses and keeps, so nothing is dropped here.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

import msgspec

from events.codec import encode_json
from services.door.submission import Outcome, Submission
from services.errors import WrongUse

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
BINARY = "application/json"
_PREFIX = "ce-"

_decode_value = msgspec.json.Decoder(msgspec.Raw).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Answer(msgspec.Struct, frozen=True):
    """The body of an answer: how many units, and each outcome in the order sent."""

    admitted: int
    duplicate: int
    refused: int
    outcomes: tuple[Outcome, ...]


def submissions_of(headers: Mapping[str, str], body: bytes, source: str = "unknown") -> list[Submission]:
    """What a request brings, by its content type: structured, batch, JSON lines, or binary (`ce-` headers).

    Header names in any case. `source` is who sent it, for what cannot be read. Raises WrongUse for any other
    content type.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    media_type = lowered.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return [Submission(body, (body,), source)]
    if media_type == BATCH:
        return of_batch(body, source)
    if media_type == LINES:
        return of_lines(body, source)
    if media_type == BINARY and f"{_PREFIX}specversion" in lowered:
        structured = structured_of(lowered, body)
        return [Submission(structured, (structured,), source)]
    raise WrongUse(
        f"content type {media_type or 'missing'!r}: send {STRUCTURED}, {BATCH}, {LINES},"
        f" or {BINARY} with the headers {_PREFIX}specversion, {_PREFIX}id and so on"
    )


def of_batch(body: bytes, source: str) -> list[Submission]:
    """One submission per element of a JSON array; a body that is none is one submission, to be refused."""
    try:
        events = _decode_array(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [Submission(body, (body,), source)]
    return [Submission(bytes(event), (bytes(event),), source) for event in events]


def of_lines(body: bytes, source: str) -> list[Submission]:
    """One submission per line that is not blank."""
    return [Submission(line, (line,), source) for line in body.splitlines() if line.strip()]


def structured_of(headers: Mapping[str, str], body: bytes) -> bytes:
    """A binary-mode request as structured JSON: `ce-` headers (lower case) are attributes, the body is data.

    A body that is no JSON becomes a string, which no event type takes for its data.
    """
    attributes: dict[str, object] = {
        name.removeprefix(_PREFIX): _attribute(name, value)
        for name, value in headers.items()
        if name.startswith(_PREFIX) and name != f"{_PREFIX}data"
    }
    attributes["datacontenttype"] = BINARY
    try:
        attributes["data"] = _decode_value(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        attributes["data"] = body.decode(errors="replace")
    return encode_json(attributes)


def answer(outcomes: Sequence[Outcome]) -> Answer:
    """The outcomes with their counts."""
    statuses = [outcome.status for outcome in outcomes]
    return Answer(
        statuses.count("admitted"), statuses.count("duplicate"), statuses.count("refused"), tuple(outcomes)
    )


def http_status(outcomes: Sequence[Outcome]) -> int:
    """200 if nothing was refused, 207 if some; if all: 409 for ids used again and desk cases, else 422."""
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    if not refused:
        return 200
    if len(refused) < len(outcomes):
        return 207
    codes = {problem.code for outcome in refused for problem in outcome.reasons()}
    return 409 if codes <= {"id_reused", "desk_case", "unit_refused"} else 422


def _attribute(name: str, value: str) -> object:
    """A header's value: percent-decoded as the HTTP binding says; `undated` is the one boolean."""
    text = unquote_to_bytes(value.strip().strip('"')).decode(errors="replace")
    if name == f"{_PREFIX}undated":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text
