"""Tokens believed that should not be: how the faults of an API read them. Deliberately wrong."""

import hmac
import json
import re
from collections.abc import Callable, Iterator

from joserfc.jwk import JWKRegistry, OctKey

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.encoding import from_base64url, json_object, to_base64url
from nightlatch.identity.jose.header import protected_header
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.server.answers import Document
from nightlatch.workbench.oauth.server.state import State

WEAK_SECRET = b"secret"
_UNION = re.compile(r"UNION\s+SELECT\s+'([^']*)", re.IGNORECASE)


class _Parts:
    """A compact token taken apart. Raises Unsound."""

    def __init__(self, token: str) -> None:
        if token.count(".") != 2:
            raise Unsound("the token has not three parts")
        self.signed, _, signature = token.rpartition(".")
        head, _, payload = self.signed.partition(".")
        self.header = protected_header(head)
        self.claims = json_object(from_base64url(payload, "payload"), "payload")
        if not _is_sayable(self.claims):
            raise Unsound("the payload has half a character, which no answer could carry")
        self.signature = from_base64url(signature, "signature")

    def is_hmac_of(self, secret: bytes) -> bool:
        made = hmac.digest(secret, self.signed.encode(), "sha256")
        return self.header.get("alg") == "HS256" and hmac.compare_digest(made, self.signature)

    @property
    def key_id(self) -> str:
        return str(self.header.get("kid", ""))


def _is_sayable(claims: Document) -> bool:
    try:
        json.dumps(claims, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def lenient_claims(state: State, token: str, now: float) -> Document | None:
    """Its claims if a fault that is on believes it. Never raises for what is in the token."""
    try:
        parts = _Parts(token)
    except Unsound:
        return None
    for fault, believes in _BELIEVERS.items():
        if state.has(fault) and believes(parts, state, token, now):
            return parts.claims
    return None


def weakly_signed(header: Document, claims: Document) -> str:
    """A token of the fault `weak-secret`."""
    signed = ".".join(to_base64url(json.dumps(part).encode()).decode() for part in (header, claims))
    value = hmac.digest(WEAK_SECRET, signed.encode(), "sha256")
    return f"{signed}.{to_base64url(value).decode()}"


def _none(parts: _Parts, _state: State, _token: str, _now: float) -> bool:
    return str(parts.header.get("alg")).lower() == "none"


def _anything(_parts: _Parts, _state: State, _token: str, _now: float) -> bool:
    return True


def _confused(parts: _Parts, state: State, _token: str, _now: float) -> bool:
    return any(parts.is_hmac_of(secret) for secret in spellings(state.published))


def spellings(key: Document) -> Iterator[bytes]:
    """A public key, as attackers take it for a secret."""
    material = JWKRegistry.import_key(key)
    if isinstance(material, OctKey):
        return
    pem = material.as_bytes(encoding="PEM", private=False)
    yield pem
    yield pem.strip()
    yield material.as_bytes(encoding="DER", private=False)
    yield json.dumps(key).encode()
    yield json.dumps(key, separators=(",", ":")).encode()


def _embedded(parts: _Parts, _state: State, token: str, now: float) -> bool:
    key = parts.header.get("jwk")
    return isinstance(key, dict) and verify(token, key, now).claims is not None


def _traversal(parts: _Parts, _state: State, _token: str, _now: float) -> bool:
    # Nothing is opened: what is read from there is known to be nothing.
    return parts.key_id.endswith("/dev/null") and parts.is_hmac_of(b"")


def _injection(parts: _Parts, _state: State, _token: str, _now: float) -> bool:
    found = _UNION.search(parts.key_id)
    return found is not None and parts.is_hmac_of(found.group(1).encode())


def _weak(parts: _Parts, _state: State, _token: str, _now: float) -> bool:
    return parts.is_hmac_of(WEAK_SECRET)


_BELIEVERS: dict[str, Callable[[_Parts, State, str, float], bool]] = {
    "accepts-none": _none,
    "ignores-signature": _anything,
    "key-confusion": _confused,
    "embedded-jwk-trusted": _embedded,
    "kid-traversal": _traversal,
    "kid-injection": _injection,
    "weak-secret": _weak,
}
