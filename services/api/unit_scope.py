"""Cases within one's units: a dependency of every route that names a case of a desk.

A desk knows no units; what it holds is not behind row-level security. Routers of desks ask here first.
"""

from typing import Any

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
        with reading(request) as found:
            if desk == "complaints":
                if not visible_complaint(found.connection, found.schema, case_id):
                    raise NotFound(f"there is no complaint {case_id!r} in your units")
                return
            must_see(found, found.system.desks.of(desk).read(case_id).events[0].envelope.subject)

    return Depends(check)
