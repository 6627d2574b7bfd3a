"""The local issuer over HTTP: discovery, keys, the page on which one chooses who to be, tokens for a code.

Served beside the API where sign-in is local, so on loopback only. It serves the console of this same address
and no other client; there are no passwords, and the page says so.
"""

import html
import itertools
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from services.api.cross_site import address_of
from services.api.languages import NO_PASSWORDS, code_of, said
from services.api.plain_page import plain_page
from services.api.sign_in import CALLBACK
from services.errors import NotFound, WrongUse
from services.identity.gate import Gate
from services.identity.local_issuer import AUTHORIZE, CLIENT_ID, KEYS, LOCAL_ISSUER, TOKEN, Asked, LocalIssuer
from services.identity.local_users import LocalUser
from services.identity.oidc import DISCOVERY
from services.identity.tokens import BadToken

router = APIRouter(include_in_schema=False)
PARAMETER_CHARS_AT_MOST = 500
_SECRET = r"[A-Za-z0-9_\-]{16,200}"

Text = Annotated[str, Query(max_length=PARAMETER_CHARS_AT_MOST)]
Field = Annotated[str, Form(max_length=PARAMETER_CHARS_AT_MOST)]
Secret = Annotated[str, Query(pattern=f"^{_SECRET}$")]
SecretField = Annotated[str, Form(pattern=f"^{_SECRET}$")]


@router.get(f"/issuer{DISCOVERY}")
def discovery(request: Request) -> Response:
    """Where things are. The issuer's name is fixed and no address: its tokens are for this system alone."""
    _issuer(request)
    base = address_of(request.app.state.gate, request)
    return JSONResponse(
        {
            "issuer": LOCAL_ISSUER,
            "authorization_endpoint": f"{base}{AUTHORIZE}",
            "token_endpoint": f"{base}{TOKEN}",
            "jwks_uri": f"{base}{KEYS}",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": ["openid", "profile"],
        }
    )


@router.get(KEYS)
def keys(request: Request) -> Response:
    """The public key that its tokens are signed with."""
    return JSONResponse(dict(_issuer(request).keys()))


@router.get(AUTHORIZE)
def choose(
    request: Request,
    response_type: Text,
    client_id: Text,
    redirect_uri: Text,
    state: Secret,
    nonce: Secret,
    code_challenge: Secret,
    code_challenge_method: Text,
) -> Response:
    """The page with one button for each user."""
    issuer = _issuer(request)
    if (response_type, code_challenge_method) != ("code", "S256"):
        raise WrongUse("only response_type=code with code_challenge_method=S256 is served here")
    _check_client(request, client_id, redirect_uri)
    hidden = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "code_challenge": code_challenge,
    }
    code = code_of(request)
    return plain_page(said("Who are you today?", code), _choice(issuer, hidden, code), code)


@router.post(AUTHORIZE)
def chosen(
    request: Request,
    client_id: Field,
    redirect_uri: Field,
    state: SecretField,
    nonce: SecretField,
    code_challenge: SecretField,
    user: Field,
) -> Response:
    """Back to the console with a code for the chosen user."""
    issuer = _issuer(request)
    _check_client(request, client_id, redirect_uri)
    code = issuer.code(user, Asked(redirect_uri=redirect_uri, nonce=nonce, code_challenge=code_challenge))
    return RedirectResponse(f"{redirect_uri}?code={code}&state={state}", 303, {"Cache-Control": "no-store"})


@router.post(TOKEN)
def token(
    request: Request,
    grant_type: Field,
    client_id: Field,
    redirect_uri: Field,
    code: Annotated[str, Form(max_length=4_000)],
    code_verifier: Field,
) -> Response:
    """Tokens for a code, once."""
    form = {
        "grant_type": grant_type,
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": code_verifier,
    }
    try:
        answer, status = dict(_issuer(request).redeem(form)), 200
    except BadToken as error:
        answer, status = {"error": "invalid_grant", "error_description": str(error)}, 400
    return JSONResponse(answer, status, {"Cache-Control": "no-store"})


def _issuer(request: Request) -> LocalIssuer:
    gate: Gate = request.app.state.gate
    if gate.issuer is None:
        raise NotFound("there is no issuer of our own here: sign-in is not local")
    return gate.issuer


def _check_client(request: Request, client_id: str, redirect_uri: str) -> None:
    ours = f"{address_of(request.app.state.gate, request)}{CALLBACK}"
    if client_id != CLIENT_ID or redirect_uri != ours:
        raise WrongUse(f"this issuer serves the client {CLIENT_ID} at {ours}, and no other")


def _choice(issuer: LocalIssuer, hidden: dict[str, str], code: str) -> str:
    fields = "\n".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in hidden.items()
    )
    users = sorted(issuer.users(), key=lambda one: one.place)
    groups = "\n".join(
        _group(place, list(several)) for place, several in itertools.groupby(users, lambda one: one.place)
    )
    return f"""<p>{said(NO_PASSWORDS, code)}</p>
<form method="post" action="{AUTHORIZE}">
{fields}
{groups}
</form>"""


def _group(place: str, users: list[LocalUser]) -> str:
    heading = f"<h2>{html.escape(place)}</h2>\n" if place else ""
    return f'{heading}<ul class="choices">\n' + "\n".join(_button(one) for one in users) + "\n</ul>"


def _button(user: LocalUser) -> str:
    roles = ", ".join(role.replace("_", " ") for role in user.roles)
    return (
        f'<li><button type="submit" name="user" value="{html.escape(user.login)}">'
        f"<strong>{html.escape(user.name)}</strong></button>"
        f" <span>{html.escape(user.title)}</span> <small>{html.escape(roles)}</small></li>"
    )
