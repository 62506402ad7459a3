"""What a token's parts mean, in words, with its times in the reader's zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from msgspec import Struct

from nightlatch.identity.jwt import Token, read_token
from nightlatch.identity.lint.look import number_of

_HEADER = {
    "alg": "the algorithm it says it is signed or sealed with",
    "enc": "the algorithm that hides the content",
    "typ": "what kind of token it is",
    "cty": "what the content is",
    "kid": "the id of the issuer's key",
    "jku": "an address for keys, which no reader should follow",
    "x5u": "an address for a certificate, which no reader should follow",
    "jwk": "a key of its own, which no reader should trust",
    "x5c": "a certificate of its own, which no reader should trust",
    "x5t": "the fingerprint of a certificate (SHA-1)",
    "x5t#S256": "the fingerprint of a certificate (SHA-256)",
    "crit": "what a reader must understand or refuse",
    "zip": "how the content was compressed",
    "epk": "the sender's key for this one token",
    "p2c": "rounds of work to try a password",
    "p2s": "the salt of the password",
}
_CLAIMS = {
    "iss": "who issued it",
    "sub": "whom or what it is about",
    "aud": "for which service it is",
    "exp": "good until",
    "nbf": "good from",
    "iat": "issued at",
    "auth_time": "when the person logged in",
    "jti": "the token's own name",
    "scope": "what it allows",
    "scp": "what it allows",
    "azp": "the client it was issued to",
    "client_id": "the client it was issued to",
    "sid": "the session it belongs to",
    "acr": "how well the log-in was assured",
    "amr": "how the person proved who they are",
    "nonce": "ties an ID token to one log-in",
    "at_hash": "ties an ID token to an access token",
    "cnf": "the key that its holder must prove to have",
    "act": "who acts for the subject",
    "email": "an e-mail address",
    "phone_number": "a telephone number",
    "roles": "roles of the subject",
    "groups": "groups of the subject",
}
_TIMES = frozenset({"exp", "nbf", "iat", "auth_time"})
_OTHERS = {
    "v1.local.": "a PASETO, encrypted (version 1)",
    "v1.public.": "a PASETO, signed (version 1)",
    "v2.local.": "a PASETO, encrypted (version 2)",
    "v2.public.": "a PASETO, signed (version 2)",
    "v3.local.": "a PASETO, encrypted (version 3)",
    "v3.public.": "a PASETO, signed (version 3)",
    "v4.local.": "a PASETO, encrypted (version 4)",
    "v4.public.": "a PASETO, signed (version 4)",
    "MDA": "a macaroon (version 1)",
    "AgE": "a macaroon (version 2)",
    "ghp_": "a GitHub personal access token",
    "xoxb-": "a Slack bot token",
    "sk_live_": "a Stripe secret key",
}


class Line(Struct, frozen=True):
    """One member of a header, or one claim."""

    name: str
    value: Any
    meaning: str
    """In words; empty where nobody registered it."""


class Explained(Struct, frozen=True):
    kind: str
    """What it is, in words."""
    header: tuple[Line, ...] = ()
    claims: tuple[Line, ...] = ()
    token: Token | None = None
    """None for what is no token of the JOSE family."""


def explain(text: str, now: float, zone: tzinfo | None = None) -> Explained:
    """Never raises; what is not known is said to be opaque."""
    text = text.strip()
    token = read_token(text)
    if token is None:
        return Explained(_kind_of_other(text))
    kind = "an encrypted token (JWE)" if token.encrypted else "a signed token (JWS)"
    if token.claims is not None:
        kind = "a JSON Web Token (JWT), signed"
    header = tuple(Line(name, value, _HEADER.get(name, "")) for name, value in token.header.items())
    return Explained(kind, header, tuple(_claims(token, now, zone or _local())), token)


def _claims(token: Token, now: float, zone: tzinfo) -> Iterator[Line]:
    for name, value in (token.claims or {}).items():
        meaning = _CLAIMS.get(name, "")
        moment = number_of(value) if name in _TIMES else None
        if moment is not None:
            meaning = f"{meaning} {when(moment, now, zone)}"
        yield Line(name, value, meaning)


def when(moment: float, now: float, zone: tzinfo) -> str:
    """A time in the reader's zone, and how long ago or ahead that is."""
    local = datetime.fromtimestamp(moment, zone)
    distance = "in " + _span(moment - now) if moment > now else _span(now - moment) + " ago"
    return f"{local:%Y-%m-%d %H:%M:%S %Z} ({distance})"


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _kind_of_other(text: str) -> str:
    for beginning, kind in _OTHERS.items():
        if text.startswith(beginning):
            return kind
    return "an opaque token: only its issuer can say what it means"


def _local() -> tzinfo:
    return datetime.now(UTC).astimezone().tzinfo or UTC
