"""What a view of the console is: a name, a title, who may see it, and its routes.

One file a view in views/; app.py lists them. A view renders through pages.py and asks store/queries.
"""

from typing import NamedTuple

from fastapi import APIRouter

from services.identity.who import Permission

PREFIX = "/console"


class View(NamedTuple):
    """A line of the menu. `title` is English and translated where shown; `path` begins with the prefix."""

    name: str
    title: str
    path: str
    permission: Permission
    router: APIRouter
    in_menu: bool = True
