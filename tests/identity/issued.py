"""Tokens of an issuer, right and wrong, and the keys that it has."""

import json
from typing import Any

from tests.identity.jose.tokens import Signer, ec_signer, hmac_signer, packed, rsa_signer

from nightlatch.identity.jose.keys import KeyRing, read_keys

NOW = 1_800_000_000.0
ISSUER = "https://id.example"
HMAC, EC, RSA = hmac_signer("HS256"), ec_signer("ES256"), rsa_signer("RS256")


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a sound access token; a claim that is None is left out."""
    usual = {"iss": ISSUER, "sub": "ada", "aud": "https://api.example", "exp": NOW + 600}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def issued(signer: Signer = EC, header: dict[str, Any] | None = None, **changes: Any) -> str:
    return signer.token(json.dumps(claims(**changes)).encode(), **(header or {}))


def unsigned(**changes: Any) -> str:
    return f"{packed({'alg': 'none'})}.{packed(claims(**changes))}."


def forged(**changes: Any) -> str:
    """A right token's signature under other claims."""
    head, _, signature = issued().split(".")
    return f"{head}.{packed(claims(sub='eve', **changes))}.{signature}"


def renamed(signer: Signer, key_id: str) -> Signer:
    """The same key under another id."""
    return signer._replace(public={**signer.public, "kid": key_id})


def ring(*signers: Signer) -> KeyRing:
    return read_keys([one.public for one in signers])


def bent(token: str) -> str:
    """With a signature that is spelt in a way that is not canonical."""
    return token + "="
