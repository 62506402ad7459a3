"""Keys as people have them: a secret in some spelling, PEM, a JWK, a set of them, an address."""

import json
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey

from nightlatch.identity.jose.reading import NoKey, keys_in, secret

__all__ = [
    "NoKey", "generate", "keys_from", "keys_in", "public_part", "secret", "thumbprint",
]  # fmt: skip

MAX_KEYS = 1 << 20
"""Bytes of a key set."""
_PATIENCE = 10.0
"""Seconds for an address to answer."""

KINDS = {
    "EC": ("P-256", "P-384", "P-521", "secp256k1"),
    "OKP": ("Ed25519", "Ed448", "X25519", "X448"),
    "RSA": ("2048", "3072", "4096"),
    "oct": ("256", "384", "512"),
}
"""What can be generated: the first is the default."""


def keys_from(place: str) -> list[dict[str, Any]]:
    """From a file or an address. An issuer's address leads to its keys (OpenID Connect Discovery,
    RFC 8414). Raises NoKey."""
    if place.startswith(("https://", "http://")):
        return _from_address(place)
    try:
        data = Path(place).read_bytes()
    except OSError as error:
        raise NoKey(f"{place}: {error.strerror}") from None
    return keys_in(data)


def generate(kind: str, size: str = "") -> dict[str, Any]:
    """A new private key, or secret, as a JWK with its thumbprint (RFC 7638) for an id."""
    if kind not in KINDS:
        raise NoKey(f"a key's type is one of {', '.join(KINDS)}")
    size = size or KINDS[kind][0]
    if size not in KINDS[kind]:
        raise NoKey(f"for {kind}: one of {', '.join(KINDS[kind])}")
    amount = int(size) if size.isdecimal() else size
    made = JWKRegistry.generate_key(kind, amount, auto_kid=True)
    return dict(made.as_dict(private=True))


def public_part(key: dict[str, Any]) -> dict[str, Any]:
    """What may be published. Raises NoKey for a secret, which has no such part."""
    if key.get("kty") == "oct":
        raise NoKey("a secret has no public part")
    return dict(_imported(key).as_dict(private=False))


def thumbprint(key: dict[str, Any]) -> str:
    """RFC 7638, SHA-256. Raises NoKey."""
    return str(_imported(key).thumbprint())


def _imported(key: dict[str, Any]) -> OctKey | RSAKey | ECKey | OKPKey:
    try:
        return JWKRegistry.import_key(key)
    except Exception:  # noqa: BLE001 -- joserfc and cryptography raise whatever they meet
        raise NoKey("this is no sound JWK") from None


def _from_address(address: str) -> list[dict[str, Any]]:
    document = _fetched(address)
    if "keys" not in document and isinstance(document.get("jwks_uri"), str):
        document = _fetched(document["jwks_uri"])
    if "keys" not in document and not address.endswith((".json", "jwks", "keys", "certs")):
        found = _fetched(address.rstrip("/") + "/.well-known/openid-configuration")
        document = _fetched(str(found.get("jwks_uri", "")))
    return keys_in(json.dumps(document).encode())


def _fetched(address: str) -> dict[str, Any]:
    if not address.startswith(("https://", "http://")):
        raise NoKey("the issuer's metadata names no address for its keys (jwks_uri)")
    request = Request(address, headers={"Accept": "application/json"})  # noqa: S310 -- checked above
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 -- checked above
            data = answer.read(MAX_KEYS + 1)
    except (URLError, OSError, ValueError) as error:
        raise NoKey(f"{address}: {getattr(error, 'reason', error)}") from None
    if len(data) > MAX_KEYS:
        raise NoKey(f"{address} answers with more than {MAX_KEYS:,} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
