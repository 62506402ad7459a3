"""Proof of possession (RFC 9449): each request is signed for its method and address alone."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, send, tell
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import NoKey, public_part, thumbprint

_MAX_NONCE = 512


def prove_and_send(client: Client, call: Call, token: str = "") -> Play[Answer]:
    """The call, with a proof where the client has a key for it, and once more where the server
    wants its nonce in the proof (section 8). `token` binds the proof to an access token."""
    if client.secrets.proof_key is None:
        return (yield from send(call))
    answer = yield from send(proven(client, call, token))
    nonce = answer.header("dpop-nonce")
    if answer.status not in (400, 401) or not nonce or not _asks_for_nonce(answer):
        return answer
    if len(nonce) > _MAX_NONCE or not nonce.isascii() or not nonce.isprintable():
        raise FlowFault("the server's DPoP-Nonce is no sound nonce")
    yield from tell("the server wants its own nonce in the proof: sent once more")
    return (yield from send(proven(client, call, token, nonce)))


def key_thumbprint(client: Client) -> str:
    """RFC 7638, of the proof's key: `dpop_jkt` of an authorization request. Empty without one."""
    key = client.secrets.proof_key
    return thumbprint(key) if key else ""


def proven(client: Client, call: Call, token: str, nonce: str = "") -> Call:
    """The call with a fresh proof. Raises FlowFault."""
    proof = _proof(client, call, token, nonce)
    return msgspec.structs.replace(call, headers=(*call.headers, ("DPoP", proof)))


def _proof(client: Client, call: Call, token: str, nonce: str) -> str:
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16), "htm": call.method, "iat": int(client.clock()),
        "htu": urlunsplit((*urlsplit(call.url)[:3], "", "")),
    }  # fmt: skip
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if nonce:
        claims["nonce"] = nonce
    key = client.secrets.proof_key or {}
    try:
        public = {name: value for name, value in public_part(key).items() if name != "kid"}
        unnamed = {name: value for name, value in key.items() if name != "kid"}
        return sign(claims, unnamed, typ="dpop+jwt", jwk=public)
    except NoKey as fault:
        raise FlowFault(f"the key for DPoP: {fault}") from None


def _asks_for_nonce(answer: Answer) -> bool:
    return b"use_dpop_nonce" in answer.body or "use_dpop_nonce" in answer.header("www-authenticate")
