"""`daybook rebuild --desks`: the desks' tables from the journal alone, compared with the live ones, or put in
their place."""

from services.cli.opening import opened
from services.cli.output import Data, out, print_json, print_table, progress
from services.desks import rebuilding
from services.desks.opening import DESK_NAMES
from services.errors import CheckFailed


def rebuild_desks(data: Data, *, compare: bool, swap: bool, json: bool) -> None:
    """Fill fresh tables from every desk entry of the journal; CheckFailed if `compare` finds a difference.

    Decisions that are not in the journal yet are carried before; tables that are not there are not opened, so
    that lost ones are not taken for empty ones.
    """
    with opened(data) as system:
        if rebuilding.has_tables(system.conninfo, DESK_NAMES):
            system.desks.relay.carry()
        with progress("Rebuilding desks", quiet=json) as advance:
            found = rebuilding.rebuild_desks(system.conninfo, system.journal, DESK_NAMES, advance)
        differ = [one.desk for one in found if not one.equal]
        if swap and not (compare and differ):
            rebuilding.swap_desks(system.conninfo, DESK_NAMES)
        elif not swap:
            rebuilding.drop_rebuilt(system.conninfo)
    swapped = swap and not (compare and differ)
    if json:
        print_json({"desks": [{**one._asdict(), "equal": one.equal} for one in found], "swapped": swapped})
    else:
        rows = [
            (
                one.desk,
                one.events,
                one.digest[:16],
                "none" if one.live is None else "equal" if one.equal else "DIFFERENT",
            )
            for one in found
        ]
        print_table("Desks", ("desk", "events", "SHA-256", "live"), rows)
        if swapped:
            out.print("They are the live tables now.")
    if compare and differ:
        raise CheckFailed(f"{', '.join(differ)}: the live tables differ from what the journal says")
