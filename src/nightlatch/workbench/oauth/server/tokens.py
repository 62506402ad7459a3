"""Tokens made and read: access tokens (RFC 9068, or opaque), ID tokens, refresh tokens."""

import hashlib
from typing import Any

from msgspec.structs import replace

from nightlatch.identity.jose import verify
from nightlatch.identity.jose.claims import fault_of
from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.server.answers import Document, Refusal
from nightlatch.workbench.oauth.server.clients import PEOPLE, REFRESH, Client
from nightlatch.workbench.oauth.server.lenient import lenient_claims, weakly_signed
from nightlatch.workbench.oauth.server.sealing import sealed
from nightlatch.workbench.oauth.server.state import (
    MAX_TOKENS_OF_FAMILY,
    Grant,
    Refresh,
    State,
    new_secret,
)
from nightlatch.workbench.tokens.making import sign

ACCESS_TYPE = "at+jwt"
ISSUED_TYPE = "urn:ietf:params:oauth:token-type:access_token"


def signed(state: State, claims: Document, typ: str = "JWT") -> str:
    return sign(claims, state.key, typ=typ, alg=state.options.algorithm)


def access_token(state: State, grant: Grant, now: float) -> str:
    options = state.options
    identity = new_secret()
    until = int(now) + options.token_life
    claims: Document = {
        "iss": options.issuer, "sub": grant.sub, "aud": grant.audience, "iat": int(now),
        "exp": until, "jti": identity, "client_id": grant.client_id, "scope": grant.scope,
    }  # fmt: skip
    if grant.bound.confirmation:
        claims["cnf"] = grant.bound.confirmation
    if grant.actor is not None:
        claims["act"] = grant.actor
    family = state.families.get(grant.family, now) if grant.family else None
    if family is not None:
        family.append(identity)
        del family[:-MAX_TOKENS_OF_FAMILY]
    if options.opaque:
        # Longer than it is good for: that it has ended is said, and the fault can ignore it.
        state.opaque.put(identity, claims, until + options.refresh_life)
        return identity
    if state.has("weak-secret"):
        return weakly_signed({"alg": "HS256", "typ": ACCESS_TYPE}, claims)
    return signed(state, claims, ACCESS_TYPE)


def id_token(state: State, grant: Grant, now: float, access: str = "", code: str = "") -> str:
    """OpenID Connect Core, sections 2 and 3.3.2.11."""
    claims: Document = {
        "iss": state.options.issuer, "sub": grant.sub, "aud": grant.client_id, "iat": int(now),
        "exp": int(now) + state.options.token_life, "auth_time": grant.auth_time,
        **person_claims(grant.sub, grant.scope),
    }  # fmt: skip
    if grant.nonce and not state.has("no-nonce"):
        claims["nonce"] = grant.nonce
    for name, value in (("at_hash", access), ("c_hash", code)):
        if value:
            claims[name] = _half_hash(value)
    client = state.client(grant.client_id, now)
    token = signed(state, claims)
    return token if client is None else sealed(token, client, client.sealed_id_tokens)


def _half_hash(text: str) -> str:
    return to_base64url(hashlib.sha256(text.encode()).digest()[:16]).decode()


def person_claims(sub: str, scope: str) -> Document:
    """What the scopes allow to know of a person; nothing of what is none."""
    person, scopes = PEOPLE.get(sub), scope.split()
    if person is None:
        return {}
    found: Document = {}
    if "profile" in scopes:
        found |= {"name": person.name, "preferred_username": person.id}
    if "email" in scopes:
        found |= {"email": person.email, "email_verified": True}
    return found


def token_response(
    state: State, client: Client, grant: Grant, now: float, whole_scope: str = ""
) -> Document:
    """RFC 6749, section 5.1, with an ID token and a refresh token where they are due.

    A refresh token keeps the whole scope, where less was asked for now (section 6).
    """
    personal = grant.sub in PEOPLE
    refreshable = personal and REFRESH in client.grants
    if refreshable and not grant.family:
        grant = with_family(state, grant, now)
    access = access_token(state, grant, now)
    found: Document = {
        "access_token": access,
        "token_type": token_type(grant),
        "expires_in": state.options.token_life,
        "scope": grant.scope,
    }
    if refreshable:
        found["refresh_token"] = refresh = new_secret()
        kept = replace(grant, scope=whole_scope or grant.scope)
        state.refreshes.put(refresh, Refresh(kept), now + state.options.refresh_life)
    if personal and "openid" in grant.scope.split():
        found["id_token"] = id_token(state, grant, now, access)
    return found


def token_type(grant: Grant) -> str:
    return "DPoP" if grant.bound.key else "Bearer"


def with_family(state: State, grant: Grant, now: float) -> Grant:
    family = new_secret()
    state.families.put(family, [], now + state.options.refresh_life)
    return replace(grant, family=family)


def revoke_family(state: State, family: str, now: float) -> None:
    """The refresh tokens of one consent, and the access tokens that came of it."""
    until = now + state.options.refresh_life
    for identity in (family, *(state.families.get(family, now) or ())):
        state.revoked.put(identity, True, until)


def read_access(state: State, token: str, now: float) -> Document:
    """The claims of a token that this server issued and that is in force. Raises Refusal.

    The faults that are on decide what else is believed. Whom it is for is not judged here.
    """
    claims = _believed(state, token, now)
    timely = state.has("accepts-expired")
    judged = {name: value for name, value in claims.items() if name != "exp" or not timely}
    reason = fault_of(judged, now) if timely or "exp" in claims else "the token never ends"
    if reason:
        raise refused(reason)
    if claims.get("iss") != state.options.issuer:
        raise refused("the token is of another issuer")
    identity = str(claims.get("jti", ""))
    if state.revoked.get(identity, now) and not state.has("revoked-still-active"):
        raise refused("the token was revoked")
    return claims


def _believed(state: State, token: str, now: float) -> dict[str, Any]:
    if state.options.opaque:
        known = state.opaque.get(token, now)
        if known is None:
            raise refused("the token is not known")
        return known
    found = verify(token, state.ring, now)
    if found.claims is not None:
        kind = str(found.header.get("typ", "")).lower().removeprefix("application/")
        if kind != ACCESS_TYPE and not state.has("id-token-accepted"):
            raise refused("the token is no access token")
        return found.claims
    claims = lenient_claims(state, token, now)
    if claims is None:
        raise refused("the token is not signed by this server")
    return claims


def bound_to(claims: Document, member: str) -> str:
    """A member of `cnf`; empty where the token is not bound by it."""
    confirmation = claims.get("cnf")
    found = confirmation.get(member, "") if isinstance(confirmation, dict) else ""
    return found if isinstance(found, str) else "?"


def refused(description: str) -> Refusal:
    """RFC 6750, section 3.1."""
    return Refusal("invalid_token", description, 401)
