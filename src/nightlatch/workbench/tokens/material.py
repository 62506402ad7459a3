"""Keys as people have them: a secret in some spelling, PEM, a JWK, a set of them, an address."""

import json
import warnings
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey

from nightlatch.identity.jose.encoding import from_base64url
from nightlatch.identity.jose.keys import MOST_RSA_BITS
from nightlatch.identity.jose.reading import NoKey, keys_in, octets, secret
from nightlatch.identity.jose.verified import Unsound

__all__ = [
    "NoKey", "generate", "keys_from", "keys_in", "public_part", "secret", "thumbprint",
]  # fmt: skip

UNASKED = "the keys are at an address, which is asked when you press Verify or Judge"
MAX_KEYS = 1 << 20
"""Bytes of a key set."""
_WELL_KNOWN = ("openid-configuration", "oauth-authorization-server")

PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
"""Members of a JWK that must stay at home, of keys that have a public part."""
_RSA = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
KINDS = {
    "EC": ("P-256", "P-384", "P-521", "secp256k1"),
    "OKP": ("Ed25519", "Ed448", "X25519", "X448"),
    "RSA": ("2048", "3072", "4096"),
    "oct": ("256", "384", "512"),
}
"""What can be generated: the first is the default."""


class Spelling(StrEnum):
    """How a text that was typed is to be read as a key."""

    RECOGNISED = ""
    """PEM, JWK, a set of them or an address, each known by its beginning; else a secret."""
    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"


def keys_typed(text: str, spelling: str = "", *, unasked: str = UNASKED) -> list[dict[str, Any]]:
    """What stands in a field for keys; none where that is empty. `unasked` is why no address is
    asked for its keys, in words; "" where it may be. Raises NoKey."""
    text = text if spelling == Spelling.TEXT else text.strip()
    if not text:
        return []
    if len(text) > MAX_KEYS:
        raise NoKey(f"this is longer than {MAX_KEYS:,} characters")
    if spelling == Spelling.TEXT:
        return [octets(text.encode("utf-8", "replace"))]
    if spelling in (Spelling.HEX, Spelling.BASE64):
        return [secret(f"{spelling}:{text}")]
    if is_address(text):
        if unasked:
            raise NoKey(unasked)
        return keys_from(text)
    if text.startswith(("{", "[")) or "-----BEGIN" in text:
        return keys_in(text.encode("utf-8", "replace"))
    return [secret(text)]


def is_address(text: str) -> bool:
    return text.lstrip().startswith(("https://", "http://"))


def keys_from(place: str) -> list[dict[str, Any]]:
    """From a file or an address. An issuer's address leads to its keys (OpenID Connect Discovery,
    RFC 8414). Raises NoKey."""
    if place.startswith(("https://", "http://")):
        return _from_address(place)
    try:
        data = Path(place).read_bytes()
    except OSError as error:
        raise NoKey(f"{place}: {error.strerror}") from None
    try:
        return keys_in(data)
    except NoKey as fault:
        raise NoKey(f"{place}: {fault}") from None


def generate(kind: str, size: str = "", **members: str) -> dict[str, Any]:
    """A new private key, or secret, as a JWK with its thumbprint (RFC 7638) for an id. `members`
    (use, alg, kid) are added where they are not empty."""
    if kind not in KINDS:
        raise NoKey(f"a key's type is one of {', '.join(KINDS)}")
    size = size or KINDS[kind][0]
    if size not in KINDS[kind]:
        raise NoKey(f"for {kind}: one of {', '.join(KINDS[kind])}")
    amount = int(size) if size.isdecimal() else size
    made = JWKRegistry.generate_key(kind, amount, auto_kid=True)
    given = {name: value for name, value in members.items() if value}
    return {**made.as_dict(private=True), **given}


def without_private(key: dict[str, Any]) -> dict[str, Any]:
    """The key as it may be published; a secret as it is, since it has no such part."""
    if key.get("kty") == "oct":
        return key
    return {name: value for name, value in key.items() if name not in PRIVATE}


def public_part(key: dict[str, Any]) -> dict[str, Any]:
    """What may be published. Raises NoKey for a secret, which has no such part."""
    if key.get("kty") == "oct":
        raise NoKey("a secret has no public part")
    return dict(_imported(without_private(key)).as_dict(private=False))


def thumbprint(key: dict[str, Any]) -> str:
    """RFC 7638, SHA-256. Raises NoKey."""
    return str(_imported(without_private(key)).thumbprint())


def thumbprint_uri(key: dict[str, Any]) -> str:
    """The same as a name (RFC 9278). Raises NoKey."""
    return f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint(key)}"


def pem(key: dict[str, Any], *, private: bool) -> str:
    """PKCS #8, or SubjectPublicKeyInfo. Raises NoKey, for a secret too."""
    if private and "d" not in key and key.get("kty") != "oct":
        raise NoKey("this is a public key")
    if private and key.get("kty") == "RSA":
        return _rsa_pem(key)
    material = _imported(key if private else without_private(key))
    if isinstance(material, OctKey):
        raise NoKey("a secret has no PEM")
    return material.as_pem(private=private).decode()


def private_fits(key: dict[str, Any]) -> bool:
    """Does an RSA key's private part belong to its public one? True where it cannot be told: with
    an exponent alone. By arithmetic: to prove the primes too takes a tenth of a second and more."""
    if not {"n", "e", "d", "p", "q"} <= key.keys():
        return True
    try:
        n, e, d, p, q = (_number(key, name) for name in ("n", "e", "d", "p", "q"))
    except NoKey:
        return False
    if n.bit_length() > MOST_RSA_BITS or max(e, d, p, q) > n:
        # Of the first more is said elsewhere; and neither is to cost us seconds of arithmetic.
        return n.bit_length() > MOST_RSA_BITS
    return p > 1 and q > 1 and p * q == n and (e * d) % (p - 1) == 1 == (e * d) % (q - 1)


def _rsa_pem(key: dict[str, Any]) -> str:
    if not private_fits(key):
        raise NoKey("the key's private part does not belong to its public one")
    n, e, d, p, q, dp, dq, qi = (_number(key, name) for name in _RSA)
    try:
        numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
        made = numbers.private_key(unsafe_skip_rsa_key_validation=True)
        return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    except ValueError:
        raise NoKey("this is no sound JWK") from None


def _number(key: dict[str, Any], name: str) -> int:
    try:
        return int.from_bytes(from_base64url(str(key.get(name) or "."), name), "big")
    except Unsound:
        raise NoKey(f"the key's {name} is missing or no number") from None


def _imported(key: dict[str, Any]) -> OctKey | RSAKey | ECKey | OKPKey:
    try:
        with warnings.catch_warnings():
            # It finds secrets short, which the policy here says in words.
            warnings.simplefilter("ignore", SecurityWarning)
            return JWKRegistry.import_key(key)
    except Exception:  # noqa: BLE001 -- joserfc and cryptography raise whatever they meet
        raise NoKey("this is no sound JWK") from None


class _NotThere(NoKey):
    """The address answers that there is nothing."""


def _from_address(address: str) -> list[dict[str, Any]]:
    may_be_issuer = not address.endswith((".json", "jwks", "keys", "certs"))
    try:
        document = _fetched(address)
    except _NotThere:
        # Most issuers answer nothing at their own address: only their metadata counts.
        if not may_be_issuer:
            raise
        document = {}
    if "keys" not in document and isinstance(document.get("jwks_uri"), str):
        document = _fetched(document["jwks_uri"])
    if "keys" not in document and may_be_issuer:
        document = _fetched(_discovered(address))
    if "keys" not in document:
        raise NoKey("what this address answers with is no set of keys (no member keys)")
    return keys_in(json.dumps(document).encode())


def _discovered(issuer: str) -> str:
    """The address of the issuer's keys, from its metadata: OpenID Connect's, then OAuth's."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    places = (
        f"{issuer.rstrip('/')}/.well-known/{_WELL_KNOWN[0]}",
        f"{parts.scheme}://{parts.netloc}/.well-known/{_WELL_KNOWN[1]}{path}",
    )
    reason = ""
    for place in places:
        try:
            address = _fetched(place).get("jwks_uri")
        except NoKey as fault:
            reason = reason or str(fault)
            continue
        if isinstance(address, str):
            return address
    raise NoKey(reason or "the issuer's metadata names no address for its keys (jwks_uri)")


def _fetched(address: str) -> dict[str, Any]:
    # Late: most keys come without the network, and it takes a while to load.
    from nightlatch.workbench.tokens.fetching import NotFetched, NotThere, fetch

    if not address.startswith(("https://", "http://")):
        raise NoKey("the issuer's metadata names no address for its keys (jwks_uri)")
    try:
        document = json.loads(fetch(address))
    except NotThere as fault:
        raise _NotThere(str(fault)) from None
    except NotFetched as fault:
        raise NoKey(str(fault)) from None
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
