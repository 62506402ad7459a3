"""Tokens made on the bench, to try what an API does with them."""

import json
import warnings
from collections.abc import Callable, Collection
from typing import Any

from joserfc import jwe, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwe import JWERegistry
from joserfc.jwk import JWKRegistry
from joserfc.jws import JWSRegistry

from nightlatch.identity.jose.algorithms import CONTENT_BITS, HMAC_BITS
from nightlatch.identity.jose.keys import Key, read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.tokens.material import NoKey

_PREFERRED = (
    *("ES256", "EdDSA", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"),
    *("HS256", "HS384", "HS512", "ES256K", "Ed25519", "Ed448"),
    *("ECDH-ES+A256KW", "ECDH-ES+A192KW", "ECDH-ES+A128KW", "ECDH-ES", "RSA-OAEP-256", "RSA-OAEP"),
    *("A256KW", "A192KW", "A128KW", "A256GCMKW", "A192GCMKW", "A128GCMKW", "dir"),
    *("PBES2-HS512+A256KW", "PBES2-HS384+A192KW", "PBES2-HS256+A128KW"),
)
"""Where a key may do several, the first of these. RSA1_5 is not among them: nobody should make
such tokens any more (RFC 8725, section 3.2)."""
CONTENTS = ("A256GCM", "A128GCM", "A192GCM", "A256CBC-HS512", "A128CBC-HS256", "A192CBC-HS384")
"""How the content may be hidden; the first is the default."""


def in_order(algorithms: Collection[str]) -> tuple[str, ...]:
    """Those that tokens can be made with here, the best first."""
    known = JWSRegistry.algorithms.keys() | JWERegistry.algorithms["alg"].keys()
    return tuple(name for name in _PREFERRED if name in algorithms and name in known)


def signing_algorithms(key: dict[str, Any]) -> tuple[str, ...]:
    """What the key may sign with, the best first; empty where nothing. Raises NoKey."""
    return in_order(_sound(key).signatures)


def sealing_algorithms(key: dict[str, Any]) -> tuple[str, ...]:
    """What may be encrypted to the key with, the best first. Raises NoKey."""
    return in_order(_sound(key).encryption)


def contents_for(key: dict[str, Any], algorithm: str) -> tuple[str, ...]:
    """Content encryptions that go with both, the default first. Raises NoKey."""
    sound = _sound(key)
    if sound.content is not None:
        return (sound.content,)
    if algorithm != "dir":
        return CONTENTS
    bits = _secret_bits(sound)
    return tuple(name for name in CONTENTS if CONTENT_BITS[name] == bits)


def sign(claims: dict[str, Any], key: dict[str, Any], **header: Any) -> str:
    """A signed JWT. The algorithm is the header's if the key may, else the key's. Raises NoKey."""
    allowed = signing_algorithms(key)
    algorithm = header.pop("alg", None) or next(iter(allowed), None)
    if algorithm not in allowed:
        raise NoKey(_signs_not(key, allowed))
    members = {"alg": algorithm, "typ": "JWT", **({"kid": key["kid"]} if "kid" in key else {})}

    def make() -> str:
        material = JWKRegistry.import_key(key)
        if not material.is_private:
            raise NoKey("this is a public key: it verifies, and cannot sign")
        return jwt.encode({**members, **header}, claims, material, [algorithm])

    return _made(make)


def seal(content: dict[str, Any] | str, key: dict[str, Any], **header: Any) -> str:
    """An encrypted token (JWE): of claims, or of a token that is signed already. The algorithms are
    the header's `alg` and `enc` if the key may, else the key's. Raises NoKey."""
    allowed = sealing_algorithms(key)
    algorithm = header.pop("alg", None) or next(iter(allowed), None)
    if algorithm not in allowed:
        raise NoKey(
            f"to this key one encrypts with {', '.join(allowed)}, and with nothing else"
            if allowed
            else "to this key nothing can be encrypted: it is for signatures (kind, use, key_ops)"
        )
    hidings = contents_for(key, algorithm)
    hiding = header.pop("enc", None) or next(iter(hidings), None)
    if hiding not in hidings:
        raise NoKey(f"with this key and {algorithm}, enc is one of: {', '.join(hidings) or 'none'}")
    nested = isinstance(content, str)
    members = {"alg": algorithm, "enc": hiding, **({"cty": "JWT"} if nested else {"typ": "JWT"}),
               **({"kid": key["kid"]} if "kid" in key else {})}  # fmt: skip
    plain = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))

    def make() -> str:
        # The numbers alone: what the key says of its uses was judged above.
        numbers = {name: value for name, value in key.items() if name not in _ABOUT}
        material = JWKRegistry.import_key(numbers)
        registry = JWERegistry(algorithms=[algorithm, hiding], strict_check_header=False)
        data = plain.encode("utf-8", "replace")
        return jwe.encrypt_compact({**members, **header}, data, material, registry=registry)

    return _made(make)


def _signs_not(key: dict[str, Any], allowed: tuple[str, ...]) -> str:
    if allowed:
        return f"this key signs with {', '.join(allowed)}, and with nothing else"
    bits = _secret_bits(_sound(key))
    if key.get("kty") == "oct" and bits < HMAC_BITS["HS256"]:
        least = HMAC_BITS["HS256"]
        return f"a secret of {bits} bits signs nothing: HS256 needs {least} (RFC 7518, section 3.2)"
    return "this key signs nothing: it is for encryption (kind, use, key_ops)"


_ABOUT = frozenset({"alg", "use", "key_ops", "kid"})


def _made(make: Callable[[], str]) -> str:
    try:
        with warnings.catch_warnings():
            # It finds "EdDSA" too general a name (RFC 9864), which is the one that is understood.
            warnings.simplefilter("ignore", SecurityWarning)
            return make()
    except NoKey:
        raise
    except Exception as error:  # joserfc and cryptography raise whatever they meet
        raise NoKey(f"the token cannot be made ({type(error).__name__})") from error


def _sound(key: dict[str, Any]) -> Key:
    try:
        return read_keys([key]).keys[0]
    except Unsound as fault:
        raise NoKey(str(fault)) from None


def _secret_bits(key: Key) -> int:
    raw = key.material.raw_value
    return 8 * len(raw) if isinstance(raw, bytes) else 0
