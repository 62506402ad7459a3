"""Everything the server knows, in memory: bounded, expiring, gone when it ends."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from nightlatch.identity.jose.keys import KeyRing, read_keys
from nightlatch.workbench.oauth.server.clients import Client
from nightlatch.workbench.oauth.server.shelf import Shelf
from nightlatch.workbench.tokens.material import generate, public_part

ALGORITHMS = {"ES256": "EC", "RS256": "RSA"}
_NONCE_LIFE = 300
MAX_TOKENS_OF_FAMILY = 100


class Options(Struct, frozen=True, kw_only=True):
    issuer: str
    """Scheme, host and port alone, without a slash at the end."""
    faults: frozenset[str] = frozenset()
    algorithm: str = "ES256"
    opaque: bool = False
    """Access tokens say nothing to anybody but this server."""
    auto: bool = False
    """Consent is given without asking."""
    mutual: str = ""
    """As the issuer: where the same server asks for certificates. Empty without TLS."""
    plain_pkce: bool = False
    dpop_nonce: bool = False
    token_life: int = 600
    """Seconds; so are the others."""
    refresh_life: int = 86_400
    code_life: int = 60
    wait_life: int = 600
    """For a device or CIBA request to be decided."""
    interval: int = 5
    """Between two questions of a device."""

    @property
    def audience(self) -> str:
        """The API that is served here."""
        return f"{self.issuer}/api"

    def has(self, fault: str) -> bool:
        return fault in self.faults


class Binding(Struct, frozen=True):
    """What a token cannot be used without: thumbprints, empty for none."""

    key: str = ""
    """Of a key that is proven (RFC 9449)."""
    certificate: str = ""
    """Of the connection's certificate (RFC 8705)."""

    @property
    def confirmation(self) -> dict[str, str]:
        """The claim `cnf` (RFC 7800)."""
        members = {"jkt": self.key, "x5t#S256": self.certificate}
        return {name: value for name, value in members.items() if value}


UNBOUND = Binding()


class Grant(Struct, frozen=True, kw_only=True):
    """What somebody was granted; tokens are made of it."""

    client_id: str
    sub: str
    scope: str
    audience: str
    family: str = ""
    """Ties together the tokens that come from one consent; empty where there was none."""
    nonce: str = ""
    auth_time: int = 0
    bound: Binding = UNBOUND
    actor: dict[str, Any] | None = None


class Code(Struct):
    grant: Grant
    redirect_uri: str
    """As it was sent; empty where it was left out."""
    challenge: str
    method: str
    used: bool = False


class Refresh(Struct):
    grant: Grant
    used: bool = False


class Waiting(Struct):
    """A device or CIBA request that somebody has to decide elsewhere."""

    kind: str
    grant: Grant
    client_name: str
    user_code: str
    message: str
    interval: int
    decision: str = ""
    asked_at: float = 0.0


class State(Struct):
    """Shelves and keys; each module of this package looks after its own."""

    options: Options
    key: dict[str, Any]
    """Private, to sign with."""
    published: dict[str, Any]
    ring: KeyRing
    clients: dict[str, Client]
    nonce_key: bytes
    registered: Shelf[Client] = field(default_factory=lambda: Shelf(1_000))
    consents: Shelf[Any] = field(default_factory=Shelf)
    pushed: Shelf[dict[str, str]] = field(default_factory=Shelf)
    codes: Shelf[Code] = field(default_factory=Shelf)
    refreshes: Shelf[Refresh] = field(default_factory=Shelf)
    opaque: Shelf[dict[str, Any]] = field(default_factory=Shelf)
    families: Shelf[list[str]] = field(default_factory=Shelf)
    """Ids of the access tokens of one consent."""
    revoked: Shelf[bool] = field(default_factory=Shelf)
    """Ids of access tokens and of families."""
    waiting: Shelf[Waiting] = field(default_factory=lambda: Shelf(1_000))
    assertions: Shelf[bool] = field(default_factory=Shelf)
    proofs: Shelf[bool] = field(default_factory=Shelf)
    authority: bytes = b""
    """DER, of who vouches for the certificates of tls_client_auth."""
    let_in: Callable[[bytes], None] = lambda _der: None
    """Tells the TLS layer of a certificate that a client registered. Raises ValueError."""
    questions: int = 0
    """Put to /api/me."""

    def client(self, client_id: str, now: float) -> Client | None:
        return self.clients.get(client_id) or self.registered.get(client_id, now)

    def has(self, fault: str) -> bool:
        return self.options.has(fault)

    def nonce(self, now: float, back: int = 0) -> str:
        """What DPoP proofs must name now (RFC 9449, section 8); with `back` an earlier one."""
        count = int(now // _NONCE_LIFE) - back
        return hmac.digest(self.nonce_key, str(count).encode(), hashlib.sha256).hex()[:32]


def new_state(options: Options, clients: tuple[Client, ...]) -> State:
    """Raises ValueError for an algorithm it does not sign with."""
    if options.algorithm not in ALGORITHMS:
        raise ValueError(f"tokens are signed with one of {', '.join(ALGORITHMS)}")
    key = {**generate(ALGORITHMS[options.algorithm]), "alg": options.algorithm, "use": "sig"}
    public = public_part(key)
    return State(
        options=options,
        key=key,
        published=public,
        ring=read_keys(public),
        clients={client.id: client for client in clients},
        nonce_key=secrets.token_bytes(32),
    )


def new_secret() -> str:
    return secrets.token_urlsafe(32)
