"""No route of the API without a permission: a router or a route that forgets `needs` turns this red."""

from fastapi.routing import APIRoute

from services.api.app import ROUTERS
from services.identity.who import PERMISSIONS

OPEN = {"/healthz"}
ONLY_ASKS = {"/customers/search"}
"""A POST that changes nothing: what is searched for stands in no address."""


def test_every_route_needs_a_permission() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 30
    asked = {route.path: _permissions(route) for route in routes}
    assert {path for path, permissions in asked.items() if not permissions} == OPEN
    assert all(permissions <= set(PERMISSIONS) for permissions in asked.values())


def test_what_changes_something_needs_more_than_reading() -> None:
    reading = {"read_figures", "read_ledgers", "read_customers", "read_complaints", "read_operations"}
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or route.path in ONLY_ASKS:
                continue
            if (route.methods or set()) - {"GET", "HEAD"}:
                assert _permissions(route) - reading, route.path


def _permissions(route: APIRoute) -> set[str]:
    return {
        permission
        for dependency in route.dependencies
        for permission in getattr(dependency.dependency, "permissions", ())
    }
