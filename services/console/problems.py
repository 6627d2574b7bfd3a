"""What an error looks like to a person: a page that names the thing, the rule and the way out.

The API's own handler (services/api/problems.py) answers programs; under the console's prefix this one does.
"""

from fastapi import FastAPI, Request, Response

from events.errors import DaybookError
from services.api.guard import who_of
from services.api.problems import PagesFor, status_of
from services.console.pages import page
from services.console.view import PREFIX, View
from services.desks.deciding import NotPermitted

TITLES = {
    400: "This address asks for something that is not there to ask",
    401: "Please sign in",
    403: "Your role does not show this",
    404: "Nothing is known by this name",
    409: "A rule says no",
    412: "Somebody was quicker",
    503: "Not ready yet",
}


def first_view(request: Request) -> View:
    """The first view that the one who asks may see; NotPermitted if there is none."""
    who = who_of(request)
    views: tuple[View, ...] = request.app.state.views
    for view in views:
        if view.in_menu and who.may(view.permission):
            return view
    raise NotPermitted(f"{who.name} has no role that sees anything here: ask for one")


def shown(request: Request, error: DaybookError) -> Response:
    """The page for an error."""
    status = status_of(error)
    title = TITLES.get(status, "This did not work")
    return page(request, "problem.html", status, problem=error, title=title, code=status)


def install(app: FastAPI) -> None:
    """Answer errors under the console's prefix with a page."""
    app.state.problem_pages = PagesFor(f"{PREFIX}/", shown)
