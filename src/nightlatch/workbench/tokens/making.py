"""Tokens made on the bench, to try what an API does with them."""

import warnings
from typing import Any

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import JWKRegistry
from joserfc.jws import JWSRegistry

from nightlatch.identity.jose.keys import read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.tokens.material import NoKey

_PREFERRED = (
    *("ES256", "EdDSA", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"),
    *("HS256", "HS384", "HS512", "ES256K", "Ed25519", "Ed448"),
)
"""Where a key may sign with several, the first of these."""


def sign(claims: dict[str, Any], key: dict[str, Any], **header: Any) -> str:
    """A signed JWT. The algorithm is the header's if the key may, else the key's. Raises NoKey."""
    try:
        allowed = read_keys(key).keys[0].signatures
    except Unsound as fault:
        raise NoKey(str(fault)) from None
    algorithm = header.pop("alg", None) or next((a for a in _PREFERRED if a in allowed), None)
    if algorithm not in allowed or algorithm not in JWSRegistry.algorithms:
        raise NoKey("this key signs nothing, or not with that algorithm")
    members = {"alg": algorithm, "typ": "JWT", **({"kid": key["kid"]} if "kid" in key else {})}
    try:
        material = JWKRegistry.import_key(key)
        if not material.is_private:
            raise NoKey("this is a public key: it verifies, and cannot sign")
        with warnings.catch_warnings():
            # It finds "EdDSA" too general a name (RFC 9864), which is the one that is understood.
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode({**members, **header}, claims, material, [algorithm])
    except NoKey:
        raise
    except Exception as error:  # joserfc and cryptography raise whatever they meet
        raise NoKey(f"the token cannot be made ({type(error).__name__})") from error
