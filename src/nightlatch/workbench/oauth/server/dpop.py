"""Proofs of possession (RFC 9449)."""

import hashlib

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.identity.jose.header import protected_header
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.server.answers import Asked, Document, Refusal
from nightlatch.workbench.oauth.server.state import State
from nightlatch.workbench.tokens.material import NoKey, thumbprint

PROOF_LIFE = 300
"""Seconds around now that a proof's `iat` may be."""
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA")


def proven_key(state: State, asked: Asked, now: float, access: str = "") -> str:
    """Thumbprint of the key that the request proves to have; empty where it brings no proof.

    With an access token, the proof must name it. Raises Refusal.
    """
    proof = asked.header("dpop")
    if not proof:
        return ""
    key, claims = _opened(proof, now)
    wanted = {"htm": asked.method}
    if access:
        wanted["ath"] = to_base64url(hashlib.sha256(access.encode()).digest()).decode()
    for name, value in wanted.items():
        if claims.get(name) != value:
            raise _bad(f"{name} of the proof is not that of this request")
    _check_address(state, asked, claims.get("htu"))
    _refuse_stale(state, claims, now)
    found = thumbprint(key)
    replayed = not state.proofs.first_time(
        f"{found}.{claims['jti']}", now, now + 2 * PROOF_LIFE, True
    )
    if replayed and not state.has("dpop-replay"):
        raise _bad("the proof was used before")
    return found


def _check_address(state: State, asked: Asked, given: object) -> None:
    origins = filter(None, (state.options.issuer, state.options.mutual))
    sent = given.partition("?")[0].partition("#")[0] if isinstance(given, str) else ""
    if sent not in {f"{origin}{asked.path}" for origin in origins}:
        raise _bad("htu of the proof is not that of this request")


def _opened(proof: str, now: float) -> tuple[Document, Document]:
    try:
        header = protected_header(proof.partition(".")[0])
    except Unsound:
        raise _bad("the proof is no JWT") from None
    key, typ = header.get("jwk"), header.get("typ")
    if typ != "dpop+jwt" or header.get("alg") not in ALGORITHMS or not isinstance(key, dict):
        raise _bad("the proof is no dpop+jwt of an asymmetric algorithm with its key")
    if key.get("kty") == "oct" or "d" in key:
        raise _bad("the key in the proof is not a public one")
    found = verify(proof, key, now)
    if not found.valid or found.claims is None:
        raise _bad("the signature of the proof does not hold, or its claims are unsound")
    try:
        thumbprint(key)
    except NoKey:
        raise _bad("the key in the proof is no sound key") from None
    return key, found.claims


def _refuse_stale(state: State, claims: Document, now: float) -> None:
    issued = claims.get("iat")
    if not isinstance(issued, int | float) or abs(now - issued) > PROOF_LIFE:
        raise _bad("iat of the proof is not of now")
    if not isinstance(claims.get("jti"), str) or not 0 < len(claims["jti"]) <= 256:
        raise _bad("the proof has no jti, or a very long one")
    current = {state.nonce(now), state.nonce(now, back=1)}
    if state.options.dpop_nonce and claims.get("nonce") not in current:
        raise Refusal(
            "use_dpop_nonce",
            "the proof must name the nonce of this server",
            headers={"DPoP-Nonce": state.nonce(now)},
        )


def _bad(description: str) -> Refusal:
    return Refusal("invalid_dpop_proof", description)
