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
BY_AUTHORITY, BY_ITSELF = "tls_client_auth", "self_signed_tls_client_auth"
METHODS = (
    "none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
)  # fmt: skip
TLS_METHODS = (BY_AUTHORITY, BY_ITSELF)
"""Served where certificates are asked for (RFC 8705)."""
SCOPES = ("openid", "profile", "email", "offline_access", "api", "admin")
_USUAL = frozenset(SCOPES) - {"admin"}


class Client(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    methods: frozenset[str] = frozenset({"none"})
    secret: str = ""
    keys: tuple[dict[str, Any], ...] = ()
    """Public parts, as JWKs."""
    subject: tuple[str, str] = ("", "")
    """For tls_client_auth: kind of name and name (RFC 8705, section 2.1.2)."""
    redirects: tuple[str, ...] = ()
    logout_redirects: tuple[str, ...] = ()
    grants: frozenset[str] = frozenset({CODE, REFRESH})
    scopes: frozenset[str] = _USUAL
    dpop_only: bool = False
    """Its tokens are always bound to a key (RFC 9449, section 5.2)."""
    pushed_only: bool = False
    """Its authorization requests are always pushed (RFC 9126, section 6)."""

    sealed_answers: tuple[str, str] = ("", "")
    """`alg` and `enc` of its authorization answers, where they are encrypted (JARM, section 3)."""
    sealed_id_tokens: tuple[str, str] = ("", "")
    """The same of its ID tokens (OpenID Connect Registration, section 2)."""
    certificate_bound: bool = False
    """Its tokens are always bound to its certificate (RFC 8705, section 3.4)."""

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


def demo_tls_clients(issuer: str, subject: str, own_key: dict[str, Any]) -> tuple[Client, ...]:
    """Clients that a certificate proves: `subject`'s, and the one that comes with `own_key`."""
    returns = (*_RETURNS, f"{issuer}/callback")
    grants = frozenset(GRANTS) - {IMPLICIT}
    return (
        Client(
            id="demo-mtls", name="Demo application with a certificate", redirects=returns,
            grants=grants, methods=frozenset({BY_AUTHORITY}), certificate_bound=True,
            subject=("tls_client_auth_subject_dn", subject),
        ),
        Client(
            id="demo-self-signed", name="Demo application with a certificate of its own",
            redirects=returns, grants=grants, methods=frozenset({BY_ITSELF}), keys=(own_key,),
            certificate_bound=True,
        ),
    )  # fmt: skip
