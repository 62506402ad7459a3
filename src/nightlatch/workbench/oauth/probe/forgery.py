"""Tokens that no API should take, made from one that it takes."""

import hmac
import json
from collections.abc import Iterator
from typing import Any

from joserfc.jwk import JWKRegistry, OctKey
from msgspec import Struct

from nightlatch.identity.jose.encoding import from_base64url, json_object, to_base64url
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.weakness import Weakness
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import NoKey, generate, public_part

_PATHS = ("../../../../../../dev/null", "/dev/null")
_INJECTED = "nightlatch"
COMMON = (
    "secret", "password", "changeme", "123456", "12345678", "admin", "test", "key", "jwt", "token",
    "private", "default", "example", "qwerty", "letmein", "supersecret", "secretkey", "secret_key",
    "mysecret", "my-secret", "mysecretkey", "your-256-bit-secret", "your-secret-key", "your_secret",
    "jwt_secret", "jwtsecret", "jwt-secret", "JWT_SECRET", "s3cr3t", "dev", "development", "demo",
    "root", "user", "app", "api", "apikey", "api_key", "server", "session", "keyboard cat", "hello",
    "shhhhh", "shhhhhared-secret", "a", "0", "1", "null", "undefined", "None", "x", "foo", "bar",
)  # fmt: skip


class Forgery(Struct, frozen=True):
    weakness: Weakness
    how: str
    """In words."""
    token: str

    def __repr__(self) -> str:
        return f"Forgery({self.weakness.id!r}, {self.how!r})"


class Parts(Struct, frozen=True):
    """A signed token, taken apart and not believed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: str
    signature: str

    def __repr__(self) -> str:
        return "Parts(***)"


def take_apart(token: str) -> Parts | None:
    """None for what is no JWT, such as an opaque token."""
    try:
        head, payload, signature = token.split(".")
        header = json_object(from_base64url(head, "header"), "header")
        claims = json_object(from_base64url(payload, "payload"), "payload")
    except (ValueError, Unsound):
        return None
    return Parts(header, claims, f"{head}.{payload}", signature)


def forgeries(parts: Parts, keys: list[dict[str, Any]]) -> Iterator[Forgery]:
    """`keys` are the issuer's public ones."""
    yield from _unsigned(parts)
    yield from _spoilt(parts)
    yield from _confused(parts, keys)
    yield from _own_keys(parts)
    yield from _key_ids(parts)
    empty = with_secret(parts, b"", {})
    yield Forgery(weakness.EMPTY, "signed HS256 with nothing for a secret", empty)


def common_secret(parts: Parts) -> str | None:
    """The common secret that signed this token, where one did; nothing is sent."""
    digest = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
    name = digest.get(str(parts.header.get("alg")))
    if name is None:
        return None
    for word in COMMON:
        made = to_base64url(hmac.digest(word.encode(), parts.signed.encode(), name)).decode()
        if hmac.compare_digest(made, parts.signature):
            return word
    return None


def with_secret(parts: Parts, secret: bytes, header: dict[str, Any]) -> str:
    """The same claims, signed HS256."""
    signed = f"{_packed({**parts.header, 'alg': 'HS256', **header})}.{_packed(parts.claims)}"
    return f"{signed}.{to_base64url(hmac.digest(secret, signed.encode(), 'sha256')).decode()}"


def _unsigned(parts: Parts) -> Iterator[Forgery]:
    for name in ("none", "None", "NONE", "nOnE"):
        token = f"{_packed({**parts.header, 'alg': name})}.{_packed(parts.claims)}."
        yield Forgery(weakness.NONE, f'of alg "{name}", without a signature', token)


def _spoilt(parts: Parts) -> Iterator[Forgery]:
    changed = {**parts.claims, "nightlatch_probe": True}
    head = parts.signed.partition(".")[0]
    yield Forgery(weakness.SIGNATURE, "with another claim under the old signature",
                  f"{head}.{_packed(changed)}.{parts.signature}")  # fmt: skip
    turned = ("B" if parts.signature[:1] == "A" else "A") + parts.signature[1:]
    yield Forgery(weakness.SIGNATURE, "with a spoilt signature", f"{parts.signed}.{turned}")
    yield Forgery(weakness.SIGNATURE, "with its signature cut off", f"{parts.signed}.")


def _confused(parts: Parts, keys: list[dict[str, Any]]) -> Iterator[Forgery]:
    for key in keys:
        for name, secret in _spellings(key):
            token = with_secret(parts, secret, {})
            yield Forgery(weakness.CONFUSION, f"signed HS256 with the public key as {name}", token)


def _spellings(key: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    try:
        public = public_part(key)
        material = JWKRegistry.import_key(key)
    except (NoKey, ValueError):
        return
    if isinstance(material, OctKey):
        return
    pem = material.as_bytes(encoding="PEM", private=False)
    yield "PEM", pem
    yield "PEM without its last line break", pem.strip()
    yield "DER", material.as_bytes(encoding="DER", private=False)
    for text in (json.dumps(key), json.dumps(key, separators=(",", ":")), json.dumps(public)):
        yield "JWK", text.encode()


def _own_keys(parts: Parts) -> Iterator[Forgery]:
    key = generate("EC")
    header = {name: value for name, value in parts.header.items() if name in ("typ", "kid")}
    token = sign(parts.claims, key, **header, jwk=public_part(key))
    yield Forgery(weakness.EMBEDDED, "signed with a key in its own header (jwk)", token)


def _key_ids(parts: Parts) -> Iterator[Forgery]:
    for path in _PATHS:
        yield Forgery(weakness.KEY_ID, f"of kid {path}, signed with nothing",
                      with_secret(parts, b"", {"kid": path}))  # fmt: skip
    kid = f"x' UNION SELECT '{_INJECTED}"
    yield Forgery(weakness.KEY_SQL, "of a kid that is a query, signed with what that selects",
                  with_secret(parts, _INJECTED.encode(), {"kid": kid}))  # fmt: skip


def _packed(document: dict[str, Any]) -> str:
    return to_base64url(json.dumps(document, separators=(",", ":")).encode()).decode()
