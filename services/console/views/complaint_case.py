"""One complaint: clocks with their reasons, file, story, like cases, the sale behind it, who else bought the
same; and the actions that its state allows whoever asks.

complaints.py includes these routes. A form is made from the command's own type; the desk decides.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from events.errors import DaybookError
from services.api.guard import actor_for, needs, who_of
from services.api.problems import status_of
from services.api.reading import reading
from services.api.unit_scope import must_be_own
from services.console import links
from services.console.command_form import Field, Typed, begun, fields_of, read_form
from services.console.complaint_pages import COUNTER, CasePage, StoryLine, case_page, reasons, row_of
from services.console.formats import Formats
from services.console.pages import language_of, page
from services.desks.counter import Done, command_id_of, done, take
from services.desks.deciding import NotPermitted, RuleBroken, StaleVersion
from services.errors import NotFound, WrongUse
from services.store.queries.behind_complaint import other_buyers
from services.store.queries.complaint_board import choices
from services.store.queries.names import names_of

router = APIRouter()

AROUND = dt.timedelta(days=90)
"""How long before and after the sale others are looked for at first."""

OTHERS_AT_MOST = 300
LOOK_AGAIN = "Some fields need another look."


class Tried(NamedTuple):
    """A form as it was sent, and why it was not carried out."""

    command: str
    typed: Typed
    status: int
    message: str
    rule: str = ""
    errors: Mapping[str, str] = {}
    meant: int | None = None


class FormShown(NamedTuple):
    """A form on the case's page. `version` is what the command is meant for; `id` makes it one command,
    however often it is sent."""

    name: str
    about: str
    fields: tuple[Field, ...]
    version: int
    id: str
    tried: Tried | None


async def typed_form(request: Request) -> Typed:
    """What a form sent."""
    sent: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            sent.setdefault(name, []).append(value)
    return sent


Sent = Annotated[Typed, Depends(typed_form)]
decides = needs("decide_complaints")


@router.get("/{case}")
def one_case(request: Request, case: str, do: str = "", done: str = "") -> Response:
    """A complaint. `do` opens the form of an action; `done` names the command that was just carried out."""
    return _shown(request, case, do=do, done=done)


@router.get("/{case}/others")
def others(
    request: Request,
    case: str,
    product: str = "",
    seller: str = "",
    first: str | None = None,
    last: str | None = None,
) -> Response:
    """Who else bought what this complaint is about, when, from whom, and whether it suited them."""
    shown = case_page(request, case)
    product = product or shown.product_id or ""
    if not product:
        raise NotFound("this complaint names no product and no sale, so there is nobody to compare with")
    sale = next((one for one in shown.sales if one.product_id == product), None)
    around = sale.confirmed_on if sale is not None else None
    begin = _day(first, "first") if first is not None else around - AROUND if around else None
    end = _day(last, "last") if last is not None else around + AROUND if around else None
    with reading(request) as found:
        buyers = other_buyers(
            found.connection,
            found.schema,
            product_id=product,
            but=shown.subject,
            seller_id=seller or None,
            first=begin,
            last=end,
            limit=OTHERS_AT_MOST + 1,
        )
        names = names_of(found.connection, found.schema, "product_id", [product])
        units = names_of(found.connection, found.schema, "unit_id", {one.unit_id for one in buyers})
    return page(
        request,
        "complaints/others.html",
        case=shown,
        product=product,
        name=names.get(product, product),
        units=units,
        seller=seller,
        around=sale,
        first=begin,
        last=end,
        buyers=buyers[:OTHERS_AT_MOST],
        more=len(buyers) > OTHERS_AT_MOST,
        customers=len({one.customer_id for one in buyers[:OTHERS_AT_MOST]}),
        complained=len({one.customer_id for one in buyers[:OTHERS_AT_MOST] if one.complaint_id}),
        unsuited=len({one.customer_id for one in buyers[:OTHERS_AT_MOST] if one.outcome == "mismatch"}),
    )


@router.post("/{case}/adopt", dependencies=[decides])
def adopt(request: Request, case: str, sent: Sent) -> Response:
    """Take over a complaint that came in as facts."""
    _must_see(request, case)
    desks = request.app.state.system.desks
    actor = actor_for(who_of(request))
    command_id = command_id_of(_one(sent, "command_id"))
    try:
        answer = desks.adopt(case, actor, command_id)
    except (RuleBroken, StaleVersion) as error:
        return _shown(request, case, tried=_tried("adopt", sent, error))
    return _back(done(desks, COUNTER, answer, actor), command_id)


@router.post("/{case}/{command}", dependencies=[decides])
def act(request: Request, case: str, command: str, sent: Sent) -> Response:
    """Carry out an action; what cannot be is shown on its form, with all that was typed."""
    _must_see(request, case)
    desks: Any = request.app.state.system.desks
    decision = desks.complaints.declaration.decisions.get(command)
    if decision is None or decision.opens:
        raise NotFound(f"a complaint knows no action {command!r}")
    body, errors = read_form(decision.command, sent)
    if errors:
        return _shown(request, case, tried=Tried(command, sent, 400, LOOK_AGAIN, errors=errors))
    encoded = msgspec.json.encode(body)
    must_be_own(request, encoded)
    command_id = command_id_of(_one(sent, "command_id"))
    try:
        made = take(
            desks,
            COUNTER,
            command,
            encoded,
            actor_for(who_of(request)),
            case_id=case,
            expected_version=_version(sent),
            command_id=command_id,
        )
    except (RuleBroken, StaleVersion, NotPermitted, WrongUse) as error:
        return _shown(request, case, tried=_tried(command, sent, error))
    return _back(made, command_id)


def _shown(
    request: Request, case: str, *, do: str = "", done: str = "", tried: Tried | None = None
) -> Response:
    """The case's page, with a form open or not, as it was left or as it was sent."""
    shown = case_page(request, case)
    handlers: tuple[str, ...] = ()
    if do or tried:
        with reading(request) as found:
            handlers = choices(found.connection, found.schema).handlers
    system, spoken = request.app.state.system, language_of(request)
    form = _form(request, shown, tried.command if tried else do, tried)
    since: tuple[StoryLine, ...] = ()
    if tried is not None and tried.status == 412 and tried.meant is not None and shown.desk is not None:
        since = tuple(one for one in shown.story if one.version is not None and one.version > tried.meant)
    return page(
        request,
        "complaints/case.html",
        tried.status if tried else 200,
        case=shown,
        clocks=reasons(system.clock(), shown, spoken, Formats(spoken, system.zone)),
        form=form,
        tried=tried,
        since=since,
        made=[one for one in shown.story if done and one.command_id == done],
        handlers=handlers,
        command_id=str(uuid.uuid4()),
    )


def _form(request: Request, shown: CasePage, command: str, tried: Tried | None) -> FormShown | None:
    """The form of an action. One that is not allowed is shown only if it was sent: what was typed stays."""
    if shown.desk is None or not command or not (tried or command in (shown.allowed or ())):
        return None
    decision = request.app.state.system.desks.complaints.declaration.decisions.get(command)
    if decision is None or decision.opens:
        return None
    typed = tried.typed if tried else begun(_beginning(shown, command))
    return FormShown(
        name=command,
        about=decision.about,
        fields=fields_of(decision.command, typed, tried.errors if tried else {}),
        version=shown.desk.version,
        id=str(uuid.uuid4()),
        tried=tried,
    )


def _beginning(shown: CasePage, command: str) -> dict[str, Any]:
    """What the case knows already and the form asks for."""
    assert shown.desk is not None
    state = shown.desk.state
    values: dict[str, Any] = {"currency": state.get("currency") or shown.currency}
    if command == "triage":
        values |= {"regimes": state.get("regimes") or (), "severity": shown.row and shown.row.severity}
        values |= {"code": shown.row and shown.row.code}
    if command in ("declare-systemic-issue", "record-root-cause"):
        values |= {"product_id": shown.product_id}
    if command == "declare-systemic-issue":
        sold = shown.sales[0].confirmed_on if shown.sales else None
        if sold is not None:
            values |= {"sold_from": sold - AROUND, "sold_through": sold + AROUND}
    proposal = state.get("proposal")
    if command in ("offer-redress", "propose") and proposal and proposal.get("amount_minor"):
        values |= {"amount_minor": shown.major(proposal["amount_minor"])}
    return values


def _tried(command: str, sent: Typed, error: DaybookError) -> Tried:
    rule = error.rule if isinstance(error, RuleBroken) else ""
    errors: dict[str, str] = {}
    if isinstance(error, WrongUse):
        message, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`").replace("[", ".").replace("]", "")
        if field:
            errors = {field: message.rpartition("form: ")[2]}
    told = LOOK_AGAIN if errors else str(error)
    return Tried(command, sent, status_of(error), told, rule, errors, _version(sent))


def _back(made: Done, command_id: str | None) -> Response:
    query = f"?done={command_id}" if command_id else ""
    return RedirectResponse(f"{links.complaint(made.case_id)}{query}", 303)


def _must_see(request: Request, case: str) -> None:
    """NotFound for a complaint that whoever asks does not see; its page is for the same people."""
    with reading(request) as found:
        row_of(request, found, case)


def _version(sent: Typed) -> int | None:
    text = _one(sent, "version")
    if text is not None and not (text.isdecimal() and len(text) < 10):
        raise WrongUse("version is the number of the case's last entry, as the form had it")
    return None if text is None else int(text)


def _one(sent: Typed, name: str) -> str | None:
    texts = sent.get(name, ())
    return texts[-1] if texts and texts[-1] else None


def _day(text: str, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise WrongUse(f"{name}={text!r} is no day: write 2026-05-04") from error
