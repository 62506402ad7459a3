"""JSON Web Keys (RFC 7517) under a policy: what is weak, ambiguous or contradictory is refused."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from math import gcd
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey
from msgspec import Struct

from nightlatch.identity.jose.algorithms import (
    CONTENT_BITS,
    HMAC_BITS,
    encryption_algorithms,
    signature_algorithms,
)
from nightlatch.identity.jose.encoding import from_base64url, json_object, to_base64url
from nightlatch.identity.jose.roca import has_roca
from nightlatch.identity.jose.verified import Document, Unsound

MAX_KEYS = 100
MAX_TEXT = 2_097_152
"""Characters of a set as text: a hundred of the longest keys."""
_LEAST_SECRET = 112
_FOREIGN = "the RSA key's private part does not belong to its public one"
RSA_BITS = 2_048
MOST_RSA_BITS = 16_384
"""A modulus beyond that costs more to compute with than any signature is worth."""
_MOST_SPLIT_BITS = 4_096
_BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
"""Tried for the primes: each finds them at least every other time."""
_VERIFYING = frozenset({"verify", "sign"})
_DECRYPTING = frozenset({"decrypt", "encrypt", "unwrapKey", "wrapKey", "deriveKey", "deriveBits"})
_BINARY = {
    "oct": ("k",),
    "RSA": ("n", "e", "d", "p", "q", "dp", "dq", "qi"),
    "EC": ("x", "y", "d"),
    "OKP": ("x", "d"),
}
_RSA_PRIVATE = (set(_BINARY["RSA"]), {"n", "e", "d"})
"""RFC 7518, section 6.3.2: all of them, or the exponent alone."""
_CURVES = {
    "EC": ("P-256", "P-384", "P-521", "secp256k1"),
    "OKP": ("Ed25519", "Ed448", "X25519", "X448"),
}
_REQUIRED = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
"""Members that a public key cannot do without (RFC 7638, section 3.2)."""

JoseKey = OctKey | RSAKey | ECKey | OKPKey


class Key(Struct, frozen=True):
    """One key, found sound."""

    id: str | None
    kty: str
    material: JoseKey
    signatures: frozenset[str]
    """Names of the algorithms whose signatures it may verify; empty where it is for other uses."""
    encryption: frozenset[str]
    """Names of those that it may decrypt with."""
    content: str | None = None
    """The one content encryption that it is for, where it says so."""
    thumbprint: str = ""
    """RFC 7638, base64url of SHA-256. Of a secret there is none: a hash of it could be guessed."""
    number: int = 0
    """Its place among those that were given."""

    def __repr__(self) -> str:
        return f"Key({self.kty}, {self.thumbprint or '•••'})"


class KeyRing(Struct, frozen=True):
    keys: tuple[Key, ...]

    def candidates(self, key_id: object, algorithm: str, *, encryption: bool) -> Iterator[Key]:
        """Those that may have made a token with this header. A `kid` chooses among several keys;
        with one single key it is no more than a hint (RFC 7515, section 4.1.4)."""
        for key in self.keys:
            if len(self.keys) > 1 and key_id is not None and key.id not in (None, key_id):
                continue
            if algorithm in (key.encryption if encryption else key.signatures):
                yield key


def read_keys(given: object) -> KeyRing:
    """A JWK, a set of them, or a list; as parsed JSON or as its text. Raises Unsound.

    In a set, keys of a kind that is not known here are passed over (RFC 7517, section 5): their
    issuer has others for us. What is known and weak is never passed over.
    """
    if isinstance(given, str | bytes):
        given = _parsed(given)
    if isinstance(given, Mapping):
        given = given.get("keys", [given])
    if not isinstance(given, list | tuple) or not given:
        raise Unsound("there is no key")
    if len(given) > MAX_KEYS:
        raise Unsound(f"there are more than {MAX_KEYS} keys")
    known = [one for one in enumerate(given) if len(given) == 1 or _is_known(one[1])]
    if not known:
        raise Unsound("there is no key of a kind that is known here")
    keys = tuple(_key(one, number) for number, one in known)
    _refuse_confusion(keys)
    return KeyRing(keys)


def _parsed(given: str | bytes) -> Document:
    if len(given) > MAX_TEXT:
        raise Unsound(f"the keys have more than {MAX_TEXT:,} characters")
    text = given.encode("utf-8", "replace") if isinstance(given, str) else given
    if text.lstrip().startswith(b"-----BEGIN "):
        raise Unsound("the key is PEM, and a JWK or a set of them is wanted")
    return json_object(text, "key")


def _is_known(given: object) -> bool:
    """Or no key at all, which is told where it is read."""
    if not isinstance(given, Mapping) or not isinstance(kty := given.get("kty"), str):
        return True
    curve = given.get("crv")
    return kty in _BINARY and (kty not in _CURVES or curve in _CURVES[kty])


def _refuse_confusion(keys: tuple[Key, ...]) -> None:
    ids = [key.id for key in keys if key.id is not None]
    if len(set(ids)) != len(ids):
        raise Unsound("two keys have the same id")
    if len({key.kty == "oct" for key in keys}) > 1:
        raise Unsound("the set mixes secrets with public keys")


def _key(given: object, number: int) -> Key:
    if not isinstance(given, Mapping):
        raise Unsound("a key is not a JSON object")
    key = dict(given)
    kty = _text(key, "kty")
    if kty not in _BINARY:
        raise Unsound("a key has a type that is not known here")
    numbers = {
        name: from_base64url(_text(key, name), f"key's {name}")
        for name in _BINARY[kty]
        if key.get(name) is not None
    }
    bits = 8 * len(numbers.get("k", b""))
    if kty == "RSA":
        _refuse_weak_rsa(numbers)
    curve = _text(key, "crv") if kty in ("EC", "OKP") else ""
    signatures, encryption = _allowed(key, kty, curve, bits)
    algorithm = _optional(key, "alg")
    content = algorithm if algorithm in CONTENT_BITS else None
    private = kty == "RSA" and numbers.keys() in _RSA_PRIVATE
    material = _rsa_private(numbers) if private else _material(key, bits)
    mark = "" if kty == "oct" else _thumbprint(key, kty)
    name = _optional(key, "kid")
    return Key(name, kty, material, signatures, encryption, content, mark, number)


def _thumbprint(key: Document, kty: str) -> str:
    members = {name: key[name] for name in _REQUIRED[kty]}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return to_base64url(sha256(text.encode()).digest()).decode()


def _material(key: Document, bits: int) -> JoseKey:
    # joserfc writes to standard error of what a policy here has decided already: that a secret is
    # too short for signatures. As a password it may be.
    if bits and bits < _LEAST_SECRET:
        data = from_base64url(key["k"], "key's k")
        return OctKey(data, data)
    # What the key says of itself was read here; joserfc is given the numbers alone.
    wanted = {"kty", "crv", *_BINARY[key["kty"]]}
    try:
        material: JoseKey = JWKRegistry.import_key({n: v for n, v in key.items() if n in wanted})
        # It is only built when it is asked for: a point that is not on its curve shows here.
        _ = material.public_key
    except Exception as error:
        # joserfc and cryptography raise whatever they meet.
        raise Unsound("a key is not one of its type") from error
    return material


def _rsa_private(given: Mapping[str, bytes]) -> JoseKey:
    """Its parts are held against each other here, which takes microseconds: that the primes are
    prime is their owner's to have seen to, and to prove it would take a tenth of a second for each
    token. Raises Unsound."""
    numbers = {name: int.from_bytes(data, "big") for name, data in given.items()}
    if "p" not in numbers:
        numbers |= _rest_of(numbers["n"], numbers["e"], numbers["d"])
    n, e, d, p, q, dp, dq, qi = (numbers[name] for name in _BINARY["RSA"])
    sized = n & 1 and min(p, q) > 1 and max(d, p, q, dp, dq, qi) < n
    fits = sized and p * q == n and (e * d) % (p - 1) == 1 == (e * d) % (q - 1)
    if not (fits and dp == d % (p - 1) and dq == d % (q - 1) and qi * q % p == 1):
        raise Unsound(_FOREIGN)
    private = RSAPrivateNumbers(p, q, d, dp, dq, qi, RSAPublicNumbers(e, n))
    return RSAKey.import_key(private.private_key(unsafe_skip_rsa_key_validation=True))


def _rest_of(n: int, e: int, d: int) -> dict[str, int]:
    """What follows from the exponent alone. The libraries' own search has no bound for numbers that
    somebody chose: with them it takes hours. Raises Unsound."""
    if n.bit_length() > _MOST_SPLIT_BITS:
        raise Unsound(f"an RSA key of more than {_MOST_SPLIT_BITS} bits is read with its primes")
    p = _prime_of(n, e * d - 1) if n & 1 and 1 < d < n else 0
    if not p:
        raise Unsound(_FOREIGN)
    q = n // p
    return {"p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1), "qi": pow(q, -1, p)}


def _prime_of(n: int, multiple: int) -> int:
    """Of the two in `n`, by a root of 1 that is neither 1 nor -1 (NIST SP 800-56B, appendix C);
    `multiple`: of the order of all numbers. 0 where there is none."""
    twos = (multiple & -multiple).bit_length() - 1
    for base in _BASES:
        root = pow(base, multiple >> twos, n)
        for _ in range(twos):
            square = root * root % n
            if square == 1 and root not in (1, n - 1):
                return gcd(root - 1, n)
            root = square
        if root != 1:
            return 0
    return 0


def _allowed(key: Document, kty: str, curve: str, bits: int) -> tuple[frozenset[str], ...]:
    signatures = signature_algorithms(kty, curve, bits)
    encryption = encryption_algorithms(kty, curve, bits)
    use, operations = _optional(key, "use"), _operations(key)
    if use not in (None, "sig") or not (operations is None or operations & _VERIFYING):
        signatures = frozenset()
    if use not in (None, "enc") or not (operations is None or operations & _DECRYPTING):
        encryption = frozenset()
    algorithm = _optional(key, "alg")
    if algorithm is not None:
        if bits < HMAC_BITS.get(algorithm, 0):
            raise Unsound(f"the secret has {bits} bits, which is too short for {algorithm}")
        signatures &= {algorithm}
        encryption &= {algorithm}
        if bits and bits == CONTENT_BITS.get(algorithm) and use in (None, "enc"):
            # A secret that is meant for the content itself says so by the content's algorithm.
            encryption = frozenset({"dir"})
    return signatures, encryption


def _refuse_weak_rsa(numbers: Mapping[str, bytes]) -> None:
    modulus = int.from_bytes(numbers.get("n", b""), "big")
    exponent = int.from_bytes(numbers.get("e", b""), "big")
    if modulus.bit_length() < RSA_BITS:
        raise Unsound(f"the RSA key has {modulus.bit_length()} bits, fewer than {RSA_BITS}")
    if modulus.bit_length() > MOST_RSA_BITS:
        raise Unsound(f"the RSA key has more than {MOST_RSA_BITS} bits")
    if exponent < 3 or not exponent & 1 or exponent.bit_length() > 64:
        raise Unsound("the RSA key's exponent is not an odd number of at least 3")
    if has_roca(modulus):
        raise Unsound("the RSA key was made by a library whose keys can be factored (ROCA)")


def _operations(key: Document) -> frozenset[str] | None:
    given = key.get("key_ops")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Unsound("a key's key_ops is not a list of names")
    if len(set(given)) != len(given):
        raise Unsound("a key's key_ops has a name twice")
    return frozenset(given)


def _text(key: Mapping[str, Any], name: str) -> str:
    value = key.get(name)
    if not isinstance(value, str):
        raise Unsound(f"a key's {name} is missing or no text")
    return value


def _optional(key: Mapping[str, Any], name: str) -> str | None:
    return None if key.get(name) is None else _text(key, name)
