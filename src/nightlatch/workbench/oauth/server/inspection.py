"""What a token is worth, and its end: introspection (RFC 7662, RFC 9701), revocation (RFC 7009)."""

from nightlatch.workbench.oauth.server.answers import (
    NO_STORE,
    Answer,
    Asked,
    Document,
    Refusal,
    json_answer,
)
from nightlatch.workbench.oauth.server.client_authentication import authenticated, confidential
from nightlatch.workbench.oauth.server.state import State
from nightlatch.workbench.oauth.server.tokens import (
    bound_to,
    read_access,
    revoke_family,
    signed,
)

SIGNED = "application/token-introspection+jwt"


def introspect(state: State, asked: Asked, now: float) -> Answer:
    form = asked.form()
    asker = ""
    if not state.has("open-introspection"):
        asker = confidential(state, asked, form, now).id
    if "token" not in form:
        raise Refusal("invalid_request", "token is missing")
    found = _described(state, form["token"], now)
    if SIGNED not in asked.header("accept"):
        return json_answer(found, headers=NO_STORE)
    claims = {"iss": state.options.issuer, "aud": asker, "iat": int(now),
              "token_introspection": found}  # fmt: skip
    token = signed(state, claims, "token-introspection+jwt")
    return Answer(200, token.encode(), SIGNED, NO_STORE)


def _described(state: State, token: str, now: float) -> Document:
    held = state.refreshes.get(token, now)
    if held is not None:
        over = held.used or state.revoked.get(held.grant.family, now)
        if over and not state.has("revoked-still-active"):
            return {"active": False}
        grant = held.grant
        return {"active": True, "client_id": grant.client_id, "sub": grant.sub,
                "scope": grant.scope, "iss": state.options.issuer}  # fmt: skip
    try:
        claims = read_access(state, token, now)
    except Refusal:
        return {"active": False}
    return {"active": True, "token_type": "DPoP" if bound_to(claims, "jkt") else "Bearer", **claims}


def revoke(state: State, asked: Asked, now: float) -> Answer:
    """200 for what is not known too: the client's wish is fulfilled (section 2.2)."""
    form = asked.form()
    client = authenticated(state, asked, form, now)
    if "token" not in form:
        raise Refusal("invalid_request", "token is missing")
    held = state.refreshes.get(form["token"], now)
    if held is not None:
        _refuse_foreign(held.grant.client_id, client.id)
        revoke_family(state, held.grant.family, now)
        return Answer(200, headers=NO_STORE)
    try:
        claims = read_access(state, form["token"], now)
    except Refusal:
        return Answer(200, headers=NO_STORE)
    _refuse_foreign(str(claims.get("client_id", "")), client.id)
    until = now + state.options.token_life + state.options.refresh_life
    state.revoked.put(str(claims.get("jti", "")), True, until)
    return Answer(200, headers=NO_STORE)


def _refuse_foreign(owner: str, client_id: str) -> None:
    if owner != client_id:
        raise Refusal("unauthorized_client", "the token was issued to another client")
