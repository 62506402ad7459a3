"""Clients and people that the server knows from the start."""

from typing import Any

from msgspec import Struct

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.tokens.material import generate

CODE, REFRESH, CREDENTIALS = "authorization_code", "refresh_token", "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
CIBA = "urn:openid:params:grant-type:ciba"
ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PASSWORD, IMPLICIT = "password", "implicit"
GRANTS = (CODE, REFRESH, CREDENTIALS, DEVICE, EXCHANGE, CIBA, ASSERTION, PASSWORD, IMPLICIT)
METHODS = (
    "none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
)  # fmt: skip
SCOPES = ("openid", "profile", "email", "offline_access", "api", "admin")
_USUAL = frozenset(SCOPES) - {"admin"}


class Client(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    methods: frozenset[str] = frozenset({"none"})
    secret: str = ""
    keys: tuple[dict[str, Any], ...] = ()
    """Public parts, as JWKs."""
    redirects: tuple[str, ...] = ()
    logout_redirects: tuple[str, ...] = ()
    grants: frozenset[str] = frozenset({CODE, REFRESH})
    scopes: frozenset[str] = _USUAL
    dpop_only: bool = False
    """Its tokens are always bound to a key (RFC 9449, section 5.2)."""
    pushed_only: bool = False
    """Its authorization requests are always pushed (RFC 9126, section 6)."""

    @property
    def public(self) -> bool:
        return "none" in self.methods

    @property
    def signing_keys(self) -> list[dict[str, Any]]:
        """What it signs with: its keys, or its secret as one."""
        if self.keys or not self.secret:
            return list(self.keys)
        return [{"kty": "oct", "k": to_base64url(self.secret.encode()).decode()}]


class Person(Struct, frozen=True):
    id: str
    name: str
    email: str
    password: str = "test"


PEOPLE = {
    person.id: person
    for person in (
        Person("ada", "Ada Test", "ada@example.com"),
        Person("grace", "Grace Test", "grace@example.com"),
    )
}
DEMO_SECRET = "demo-secret-that-everybody-knows-do-not-use"
_RETURNS = ("http://127.0.0.1/callback", "http://127.0.0.1/oauth/callback",
            "http://localhost/callback", "http://localhost/oauth/callback")  # fmt: skip


def demo_key() -> dict[str, Any]:
    """For `demo-key`; a new one each time."""
    return {**generate("EC"), "alg": "ES256", "use": "sig"}


def demo_clients(issuer: str, public_key: dict[str, Any]) -> tuple[Client, ...]:
    returns = (*_RETURNS, f"{issuer}/callback")
    farewell = (f"{issuer}/callback",)
    everything = frozenset(GRANTS)
    return (
        Client(
            id="demo-public", name="Demo application of a browser or telephone",
            redirects=returns, logout_redirects=farewell,
            grants=frozenset({CODE, REFRESH, IMPLICIT}),
        ),
        Client(
            id="demo-confidential", name="Demo application on a server", redirects=returns,
            logout_redirects=farewell, grants=everything, secret=DEMO_SECRET,
            methods=frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt"}),
        ),
        Client(
            id="demo-device", name="Demo television", grants=frozenset({DEVICE, REFRESH}),
        ),
        Client(
            id="demo-key", name="Demo application with a key", redirects=returns,
            logout_redirects=farewell, grants=everything, keys=(public_key,),
            methods=frozenset({"private_key_jwt"}),
        ),
    )  # fmt: skip
