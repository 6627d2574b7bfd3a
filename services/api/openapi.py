"""The OpenAPI 3.1 document: what FastAPI knows of the routes, with answers made from structs, and problems.

Routes say what they answer with `answers(...)`; the rest (problems, parameters that every list has,
signing in) is added here once. It must never describe what no route does: a test asks every operation.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

Responses = dict[int | str, dict[str, Any]]

_REFERENCE = "#/components/schemas/{name}"
_HELD = "x-components"
_PROBLEM = "application/problem+json"

TAGS: tuple[tuple[str, str], ...] = (
    ("publish", "Channel systems bring facts in as CloudEvents."),
    ("figures", "Numbers, the rows behind them, the entries behind those."),
    (
        "ledgers",
        "Every table of the live generation: filters, order, choice of columns, CSV, evidence of a row.",
    ),
    ("customers", "Customers, and what is known of each."),
    ("subjects", "One customer, product or case: its rows in every ledger, its timeline, as-of."),
    ("complaints", "The register, a complaint with its file and clocks, systemic issues."),
    ("satisfaction", "Surveys, and what was answered."),
    ("performance", "Sales, targets, applications and commissions."),
    ("risk", "What the risk rules saw, in which entries; rule packs in force."),
    ("products, channels, people", "What is sold, through what, by whom."),
    ("desks", "Decisions under rules: commands, cases, their files and clocks."),
    ("operate", "Status, digests, journal records, quarantine, producers."),
)

PARAMETERS: dict[str, tuple[Any, str]] = {
    "kind": ("customer", "Kind of subject: customer, product, channel, complaint and so on."),
    "identifier": ("bank:17", "Id with its namespace."),
    "customer_id": ("bank:17", "Id of a customer, with its namespace."),
    "case": ("bank:k1", "Id of a case."),
    "check": ("desk.suitability:1", "Id of a suitability check."),
    "command": ("triage", "A command that the desk knows: see GET /desks."),
    "name": ("sales", "Name, as the list gives it."),
    "ledger": ("sales", "Name of a ledger: see GET /ledgers."),
    "signal_id": ("R-SALE-01:1:bank:17:s-1", "Id of a signal."),
    "issue_id": ("bank:i1", "Id of a systemic issue."),
    "volume": (0, "Volume of the journal."),
    "partition": (0, "Partition of the journal."),
    "offset": (0, "Offset in the partition."),
    "job": (1, "Number of a rebuild."),
    "wait": (5, ""),
    "key": ('["customer/bank:17","bank:s1"]', "The values of the key columns, as a JSON list of texts."),
    "limit": (50, "At most this many."),
    "cursor": (None, "The `next` of the page before; opaque."),
    "sort": ("-subject", "A column, or -column for the other way round; what is absent comes last."),
    "fields": ("subject", "Only these columns, in this order: a,b,c."),
    "format": ("json", "`csv` gives the whole table, every page of it, as a file."),
    "as_of": (
        "2026-05-04T12:00:00Z",
        "Only what had happened by then: ISO 8601, UTC where no zone is given.",
    ),
    "known_at": (
        "2026-05-04T12:00:00Z",
        "Only what was admitted by then: ISO 8601, UTC where no zone is given.",
    ),
    "from": ("2026-01-01", "The first day."),
    "to": ("2026-12-31", "The last day."),
    "start": ("2026-01-01", "The first day."),
    "by": (["month"], "Dimensions or periods (day, month, quarter, year)."),
    "where": (["legal_entity=bank-cn"], "DIM=VALUE; an empty value asks for rows without one."),
    "entries": (False, "With the entries that posted each row."),
    "dry_run": (False, "Say what would become of them; record nothing."),
    "state": ("received", "Only those in this state."),
    "handler": ("bank:e17", "Only those of this handler; empty: of none."),
    "product": ("bank:p3", "Only those about this product; empty: about none."),
    "issue": ("fees", "Only those of this issue; empty: of none."),
    "source": ("urn:bank:branch-12", "Only those of this source."),
    "type": ("sale.confirmed", "Only entries of this type, or of a whole family of types: `sale`."),
    "only": ("corrections", "Corrections alone, or what was admitted more than a day after it happened."),
    "order": ("newest", "Which end of the journal comes first."),
    "code": ("invalid", "Only those refused with this code."),
    "If-Match": ('"3"', "The version that you saw, as its ETag."),
    "Idempotency-Key": (
        "3f1c2a",
        "Id of the command: sent again, it is not done again, whatever its body.",
    ),
}
"""An example and a description of parameters by name, where a route gives none."""

_OF_READING = ("after", "wait")
_STREAM = "text/event-stream"


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one part of a request."""

    path: str
    reason: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal (RFC 9457). `type` is stable; `detail` names the thing, the rule and the way out."""

    type: str
    title: str
    status: int
    detail: str
    rule: str | None = None
    errors: tuple[FieldProblem, ...] = ()
    id: str | None = None


def answers(
    kind: Any,
    example: Any = None,
    *,
    about: str = "As asked.",
    status: int = 200,
    media_type: str = "application/json",
    headers: tuple[str, ...] = (),
) -> Responses:
    """What a route answers when it does: for `responses=` of its decorator. `kind` is a type of structs,
    or several of which it is one."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    content: dict[str, Any] = {"schema": {**schema, _HELD: components}}
    if example is not None:
        content["example"] = example
    answer: dict[str, Any] = {"description": about, "content": {media_type: content}}
    if headers:
        answer["headers"] = {name: {"schema": {"type": "string"}, "required": True} for name in headers}
    return {status: answer}


def install(app: FastAPI) -> None:
    """Make the application give this document at /openapi.json."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def described(app: FastAPI) -> dict[str, Any]:
    """The document of an application."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": about} for name, about in TAGS],
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem, held = msgspec.json.schema_components((ProblemDetails,), ref_template=_REFERENCE)
    schemas.update(held)
    _gather(document["paths"], schemas)
    components["securitySchemes"] = _SECURITY
    components["responses"] = {
        name: {"description": about, "content": {_PROBLEM: {"schema": problem[0], "example": _example(name)}}}
        for name, about in _PROBLEMS.items()
    }
    components["parameters"] = {"actor": _ACTOR, "roles": _ROLES}
    signed = not app.state.gate.open
    for path, method, operation in _operations(document):
        _complete(path, method, operation, signed=signed)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(path: str, method: str, operation: dict[str, Any], *, signed: bool) -> None:
    """What every operation has: problems, examples, waiting, and who may ask."""
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    if method != "get":
        parameters[:] = [one for one in parameters if one["name"] not in _OF_READING]
    for parameter in parameters:
        example, about = PARAMETERS.get(parameter["name"], (None, ""))
        if about:
            parameter.setdefault("description", about)
        if example is not None and not {"example", "examples"} & set(parameter):
            parameter["example"] = example
    if not signed and "desks" in operation["tags"]:
        parameters += [{"$ref": f"#/components/parameters/{name}"} for name in ("actor", "roles")]
    if not parameters:
        del operation["parameters"]
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status in ("400", "401", "403", "404", "500", "503", *(() if method == "get" else ("409", "413"))):
        responses.setdefault(status, {"$ref": f"#/components/responses/{_NAMES[status]}"})
    for answer in responses.values():
        if _STREAM in answer.get("content", {}):
            answer["content"][_STREAM]["schema"] = {"description": "Server-sent events."}
    responses.setdefault("default", {"$ref": "#/components/responses/Refused"})
    if method == "get" and "200" in responses and "application/json" in responses["200"].get("content", {}):
        responses.setdefault(
            "304", {"description": "What you have, named in If-None-Match, is what there is."}
        )
    operation.pop("security", None)
    if signed and path != "/healthz":
        operation["security"] = [{"bearer": []}, {"session": []}]


def _gather(node: Any, schemas: dict[str, Any]) -> None:
    """Move the schemas that `answers` held inline to the components; two of one name must be equal."""
    if isinstance(node, dict):
        for name, schema in node.pop(_HELD, {}).items():
            assert schemas.setdefault(name, schema) == schema, f"two structs are called {name}"
        for value in node.values():
            _gather(value, schemas)
    elif isinstance(node, list):
        for value in node:
            _gather(value, schemas)


def _example(name: str) -> dict[str, Any]:
    status, code, detail = _SAID[name]
    return {
        "type": f"urn:daybook:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
    }


_ABOUT = """Facts come in at `POST /events`; decisions are asked for at desks; the rest reads what was posted.

Lists are paged with `limit` and `cursor` (the `next` of the page before). `after=` waits for a position that
publishing or a desk answered. Every JSON answer to a GET has an ETag; send it as `If-None-Match`. Every
refusal is a problem document."""

_NAMES = {
    "400": "WrongUse",
    "401": "WhoAsks",
    "403": "NotPermitted",
    "404": "NotFound",
    "409": "Conflict",
    "413": "TooLarge",
    "500": "Internal",
    "503": "NotReady",
}
_PROBLEMS = {
    "WrongUse": "What was asked makes no sense; `errors` name each part that does not fit.",
    "WhoAsks": "Nobody signed in.",
    "NotPermitted": "No role of the one who asks allows it.",
    "NotFound": "There is no such thing.",
    "Conflict": "A rule of the desk, of the door or of the law forbids it.",
    "TooLarge": "The body is too large.",
    "Internal": "Something went wrong here; the id finds it in the log.",
    "NotReady": "Not now: no generation is live, or what was written is not posted yet. See Retry-After.",
    "Refused": "Any other refusal.",
}
_SAID = {
    "WrongUse": (400, "wrong_use", "figure sales has no dimension 'shoe_size'; it has product_id, month"),
    "WhoAsks": (401, "who_asks", "a desk must know who asks"),
    "NotPermitted": (403, "not_permitted", "Lin may not read risk: that takes a role of compliance, auditor"),
    "NotFound": (404, "not_found", "there is no figure 'shoe_sizes'; there are nps, sales"),
    "Conflict": (409, "refused", "the complaint is closed: reopen it first"),
    "TooLarge": (413, "too_large", "the body is over 16000000 bytes: send smaller batches"),
    "Internal": (500, "internal", "something went wrong: ask the operator, with this id"),
    "NotReady": (503, "not_posted_yet", "0/7/1250 is not posted after 5 seconds: ask again"),
    "Refused": (429, "too_many_refusals", "the source is stopped until someone looks"),
}
_ACTOR = {
    "name": "Daybook-Actor",
    "in": "header",
    "description": "The employee who asks, where nobody signs in.",
    "schema": {"type": "string"},
    "example": "bank:e17",
}
_ROLES = {
    "name": "Daybook-Roles",
    "in": "header",
    "description": "Their roles, where nobody signs in.",
    "schema": {"type": "string"},
    "example": "complaint_handler,team_lead",
}
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the issuer, for programs.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-daybook-session",
        "description": "The session of somebody who signed in at the console.",
    },
}
