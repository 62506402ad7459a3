"""ID tokens, as OpenID Connect Core 1.0 (section 3.1.3.7) tells a client to check them."""

import base64
import hashlib
import hmac
from typing import Any

from msgspec import Struct

from nightlatch.identity.jose import Verified
from nightlatch.workbench.oauth.flows.answers import printable
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.sealed import verified
from nightlatch.workbench.oauth.flows.steps import Untrusted

_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


class Expected(Struct, frozen=True):
    """What this flow knows of the token that it will get."""

    required: bool = False
    nonce: str = ""
    code: str = ""
    """Of the same authorization answer, where one came with the token (hybrid)."""
    hashes: bool = False
    """The token came through the browser: it must be tied to what came with it."""
    subject: str = ""
    """Of an earlier ID token: a refresh must not change whom it is about (section 12.2)."""


def verified_claims(token: str, keys: dict[str, Any], client: Client, expected: Expected,
                    access_token: str = "") -> dict[str, Any]:  # fmt: skip
    """Its claims, if all of it holds. Raises Untrusted: then nothing of it is to be used."""
    found = checked(token, keys, client, "the ID token")
    claims = found.claims or {}
    _require(isinstance(claims.get("sub"), str) and claims["sub"], "it is about nobody (no sub)")
    _require("iat" in claims, "it does not say when it was issued (no iat)")
    _check_party(claims, client)
    if expected.nonce:
        nonce = claims.get("nonce")
        same = isinstance(nonce, str) and hmac.compare_digest(
            nonce.encode(), expected.nonce.encode()
        )
        _require(same, "its nonce is not ours: it was issued for another log-in, or replayed")
    if expected.subject:
        _require(claims["sub"] == expected.subject, "it is about somebody else than the first one")
    _check_hash(found, "at_hash", access_token, required=expected.hashes)
    _check_hash(found, "c_hash", expected.code, required=expected.hashes)
    return claims


def checked(token: str, keys: dict[str, Any], client: Client, what: str) -> Verified:
    """A JWT that the issuer signed for this client, with an end. Raises Untrusted; FlowFault where
    it is encrypted and the client has no key."""
    found = verified(token, keys, client, what)
    _require(found.valid, found.reason, what)
    claims = found.claims
    _require(claims is not None, "it holds no claims", what)
    claims = claims or {}
    issuer = claims.get("iss")
    _require(issuer == client.metadata.issuer, f"it is from {printable(issuer)}", what)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    _require(client.id in audiences, "it is for another client (aud)", what)
    _require("exp" in claims, "it has no end (exp)", what)
    return found


def _check_party(claims: dict[str, Any], client: Client) -> None:
    audience, party = claims["aud"], claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    _require(
        not several or party is not None, "it is for several, and does not say whose it is (azp)"
    )
    _require(party in (None, client.id), "it was issued to another client (azp)")


def _check_hash(found: Verified, name: str, value: str, *, required: bool) -> None:
    """Left half of the hash that the signature uses too (section 3.3.2.11)."""
    claimed = (found.claims or {}).get(name)
    if claimed is None:
        _require(not (required and value), f"it is not tied to what came with it ({name})")
        return
    if not value:
        return
    digest = _DIGESTS.get(str(found.header.get("alg"))[-3:], hashlib.sha512)(
        value.encode()
    ).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    _require(claimed == half, f"it belongs to another answer ({name})")


def _require(holds: object, fault: str, what: str = "the ID token") -> None:
    if not holds:
        raise Untrusted(f"{what} is not to be trusted: {fault}")
