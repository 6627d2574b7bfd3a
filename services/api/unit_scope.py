"""Cases and customers within one's units: asked before a desk, on every route that names either.

A desk knows no units; what it holds is not behind row-level security. Routers of desks ask here first.
"""

from typing import Any

import msgspec
from fastapi import Depends, Request

from services.api.guard import who_of
from services.api.reading import must_see, reading
from services.errors import NotFound
from services.store.scope import visible_complaint


def own_cases(desk: str, parameter: str = "case") -> Any:
    """NotFound for a case that is not of the units of whoever asks; routes without a case pass."""

    def check(request: Request) -> None:
        case_id = request.path_params.get(parameter)
        if case_id is None or who_of(request).units is None:
            return
        if case_id in request.app.state.system.desks.of(desk).declaration.decisions:
            return  # a command that opens a case; ids of cases have a namespace
        with reading(request) as found:
            if desk == "complaints":
                if not visible_complaint(found.connection, found.schema, case_id):
                    raise NotFound(f"there is no complaint {case_id!r} in your units")
                return
            must_see(found, found.system.desks.of(desk).read(case_id).events[0].envelope.subject)

    return Depends(check)


class _Named(msgspec.Struct, frozen=True):
    """What a command names of others; what is no text is the desk's to refuse."""

    customer_id: Any = None
    other_complaint_id: Any = None


def must_be_own(request: Request, body: bytes) -> None:
    """NotFound for a command that names a customer or a complaint that is not of one's units.

    Whether there is such a one, the answer does not tell: an unknown customer is answered alike.
    """
    if who_of(request).units is None:
        return
    try:
        named = msgspec.json.decode(body, type=_Named)
    except msgspec.MsgspecError:
        return
    with reading(request) as found:
        if isinstance(named.customer_id, str):
            must_see(found, f"customer/{named.customer_id}")
        other = named.other_complaint_id
        if isinstance(other, str) and not visible_complaint(found.connection, found.schema, other):
            raise NotFound(f"there is no complaint {other!r} in your units")
