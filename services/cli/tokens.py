"""`daybook token`: a bearer token of the local issuer, for scripts on this machine.

It reads the data folder's key and users, and needs no database. A provider's tokens it never makes.
"""

import datetime as dt
from typing import Annotated

import typer

from services.bootstrap import utc_now
from services.cli.opening import settings_for
from services.cli.output import Data
from services.errors import WrongUse
from services.identity.gate import local_issuer
from services.identity.local_users import read_users, user_named, user_with
from services.privacy.master_key import MASTER_KEY_FILE, load_master_key

HOURS_AT_MOST = 24 * 31


def token(
    user: Annotated[
        str | None, typer.Option(help="Login of a local user, as the sign-in page has it.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="Instead of --user: the first who has the role.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=HOURS_AT_MOST, help="How long it is valid.")] = 8,
    data: Data = None,
) -> None:
    """Print a bearer token of the local issuer, for scripts: send it as `Authorization: Bearer TOKEN`.

    Examples:

    - `daybook token --role publisher`
    - `curl -H "Authorization: Bearer $(daybook token --role auditor)" http://127.0.0.1:8484/status`
    """
    settings = settings_for(data)
    if settings.sign_in != "local":
        raise WrongUse(
            f"sign-in is {settings.sign_in} here, and this command makes only the local issuer's tokens: "
            + ("ask your provider for one" if settings.sign_in == "oidc" else "send none, nobody is asked")
        )
    if (user is None) == (role is None):
        raise WrongUse("say --user or --role, and not both")
    if settings.master_key is None and not (settings.data / MASTER_KEY_FILE).exists():
        raise WrongUse(
            f"{settings.data} holds no Daybook yet: name its folder with --data, or start it first"
        )
    users = read_users(settings.data)
    chosen = user_named(users, user) if user is not None else user_with(users, role or "")
    issuer = local_issuer(settings, load_master_key(settings.data, settings.master_key), utc_now)
    typer.echo(issuer.access_token(chosen, dt.timedelta(hours=hours)))
