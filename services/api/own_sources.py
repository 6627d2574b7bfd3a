"""What a publisher sees of the system's operation: what its own sources brought, and nothing of others."""

from collections.abc import Callable

from services.errors import NotFound
from services.identity.who import MAY, ROLES, Who


def own_sources(who: Who) -> Callable[[str], bool] | None:
    """Which sources somebody may see; None for all of them, as everybody but a mere publisher does."""
    sees_all = who.unasked or any(
        "read_operations" in MAY[role] for role in ROLES if role in who.roles and role != "publisher"
    )
    return None if sees_all else who.publishes_under


def must_own(who: Who, source: str, thing: str) -> None:
    """NotFound where a thing came from a source that they may not see."""
    mine = own_sources(who)
    if mine is not None and not mine(source):
        raise NotFound(f"there is no {thing} among those of your sources")
