"""An OpenID provider of somebody else: RSA or Ed25519 keys that may be turned, answers that may be wrong."""

import time
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey, RSAKey

from services.identity.oidc import challenge_of

CLIENT_ID, SECRET = "bank-crm", "not-told"


class Foreign:
    """What it signs with and what it puts into its tokens; `codes` maps a code to challenge and nonce."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.name = ""
        self.algorithm = "RS256"
        self.key: RSAKey | OKPKey = _new_key(self.algorithm)
        self.key_requests = 0
        self.claims: dict[str, Any] = {"sub": "u1", "name": "Ines", "daybook_roles": ["auditor"]}
        self.codes: dict[str, tuple[str, str]] = {}
        self._serve()

    def turn_keys(self, algorithm: str = "RS256") -> None:
        """Sign with another key from now on, by this algorithm; the old one is gone."""
        self.algorithm, self.key = algorithm, _new_key(algorithm)

    def token(self, audience: str, **more: Any) -> str:
        """A token as it signs them now."""
        now = int(time.time())
        claims = {"iss": self.name, "aud": audience, "iat": now, "exp": now + 300, **self.claims, **more}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def _serve(self) -> None:
        @self.app.get("/realm/.well-known/openid-configuration")
        def discovery(request: Request) -> dict[str, str]:
            return {
                "issuer": self.name,
                "authorization_endpoint": f"{self.name}/authorize",
                "token_endpoint": f"{self.name}/token",
                "jwks_uri": f"{self.name}/keys",
            }

        @self.app.get("/realm/keys")
        def keys() -> dict[str, Any]:
            self.key_requests += 1
            return dict(KeySet([self.key]).as_dict(private=False))

        @self.app.post("/realm/token")
        def redeem(
            code: Annotated[str, Form()],
            code_verifier: Annotated[str, Form()],
            client_id: Annotated[str, Form()],
            client_secret: Annotated[str, Form()],
        ) -> dict[str, str]:
            challenge, nonce = self.codes.pop(code)
            assert (client_id, client_secret) == (CLIENT_ID, SECRET)
            assert challenge_of(code_verifier) == challenge
            return {"id_token": self.token(CLIENT_ID, nonce=nonce), "access_token": self.token("daybook")}


def _new_key(algorithm: str) -> RSAKey | OKPKey:
    if algorithm == "RS256":
        return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
    return OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
