"""The gate: how this system learns who asks, made from the settings by the composition root.

Open on loopback (nobody is asked), with the issuer of our own, or with a provider. The API's guard and its
sign-in routes use it; it must never fall back from one way to another.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.config import Settings, SignInMode
from services.errors import WrongUse
from services.identity.local_issuer import CLIENT_ID, LocalIssuer
from services.identity.local_users import LocalUser, read_users
from services.identity.oidc import OidcClient, Provider
from services.identity.sessions import Sessions

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Gate:
    """`client` and `sessions` are there unless the gate is open; `issuer` only where it is our own."""

    mode: SignInMode
    public_url: str | None = None
    client: OidcClient | None = None
    sessions: Sessions | None = None
    issuer: LocalIssuer | None = None

    @property
    def open(self) -> bool:
        """Whether nobody is asked who they are."""
        return self.mode == "open"

    @property
    def secure(self) -> bool:
        """Whether browsers come by https, so that cookies may insist on it."""
        return self.public_url is not None and self.public_url.startswith("https://")

    def close(self) -> None:
        """End the connections to a provider."""
        if self.client is not None and isinstance(self.client.issuer, Provider):
            self.client.issuer.close()


def make_gate(settings: Settings, master_key: Callable[[], bytes], clock: Callable[[], dt.datetime]) -> Gate:
    """The gate that the settings ask for; WrongUse if they do not say enough."""
    public_url = _public_url(settings)
    if settings.sign_in == "open":
        return Gate("open", public_url)
    sessions = Sessions(master_key(), clock)
    if settings.sign_in == "local":
        issuer = local_issuer(settings, master_key(), clock)
        client = OidcClient(issuer, CLIENT_ID, None, settings.oidc_audience, clock)
        return Gate("local", public_url, client, sessions, issuer)
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        raise WrongUse("sign-in by a provider needs DAYBOOK_OIDC_ISSUER and DAYBOOK_OIDC_CLIENT_ID")
    provider = Provider(_issuer_url(settings.oidc_issuer))
    client = OidcClient(
        provider, settings.oidc_client_id, settings.oidc_client_secret, settings.oidc_audience, clock
    )
    return Gate("oidc", public_url, client, sessions)


def local_issuer(settings: Settings, master_key: bytes, clock: Callable[[], dt.datetime]) -> LocalIssuer:
    """The issuer of our own, with the users of the data folder."""

    def users() -> Sequence[LocalUser]:
        return read_users(settings.data)

    return LocalIssuer(master_key, users, settings.oidc_audience, clock)


def _issuer_url(text: str) -> str:
    """The provider's URL; plain http only to this machine."""
    parts = urlsplit(text)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return text
    raise WrongUse(f"DAYBOOK_OIDC_ISSUER={text}: name an https address; http is for this machine only")


def _public_url(settings: Settings) -> str | None:
    """The address that browsers use, without a slash at its end."""
    if settings.public_url is None:
        return None
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise WrongUse(
            f"DAYBOOK_PUBLIC_URL={settings.public_url}: write scheme and host, such as "
            "https://daybook.bank.example; Daybook has a host of its own"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise WrongUse(f"DAYBOOK_PUBLIC_URL={settings.public_url}: beyond this machine it must be https")
    return f"{parts.scheme}://{parts.netloc}"
