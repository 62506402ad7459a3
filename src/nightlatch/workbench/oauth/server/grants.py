"""The token endpoint: each grant a function, all of them in one table."""

import hashlib
import secrets
from collections.abc import Callable

from msgspec.structs import replace

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.server.answers import (
    NO_STORE,
    Answer,
    Asked,
    Document,
    Parameters,
    Refusal,
    json_answer,
)
from nightlatch.workbench.oauth.server.authorization_request import audience_of, granted_scope
from nightlatch.workbench.oauth.server.client_authentication import authenticated
from nightlatch.workbench.oauth.server.clients import (
    ASSERTION,
    CIBA,
    CODE,
    CREDENTIALS,
    DEVICE,
    EXCHANGE,
    PASSWORD,
    PEOPLE,
    REFRESH,
    Client,
)
from nightlatch.workbench.oauth.server.delegation import by_assertion, exchanged
from nightlatch.workbench.oauth.server.dpop import proven_key
from nightlatch.workbench.oauth.server.mutual_tls import binding_certificate
from nightlatch.workbench.oauth.server.state import Binding, Code, Grant, State
from nightlatch.workbench.oauth.server.tokens import revoke_family, token_response
from nightlatch.workbench.oauth.server.waiting import polled


def token(state: State, asked: Asked, now: float) -> Answer:
    form = asked.form()
    client = authenticated(state, asked, form, now)
    kind = form.get("grant_type", "")
    if kind not in _GRANTS:
        raise Refusal("unsupported_grant_type", "grant_type is missing or not served")
    if kind not in client.grants:
        raise Refusal("unauthorized_client", "the client is not registered for this grant")
    bound = Binding(proven_key(state, asked, now), binding_certificate(state, asked, client))
    if client.dpop_only and not bound.key:
        raise Refusal("invalid_dpop_proof", "this client must prove a key (DPoP)")
    document = _GRANTS[kind](state, client, form, bound, now)
    return json_answer(document, 200, {} if state.has("cacheable") else NO_STORE)


def _code(state: State, client: Client, form: Parameters, bound: Binding, now: float) -> Document:
    """RFC 6749, section 4.1.3."""
    code = state.codes.get(form.get("code", ""), now)
    if code is None:
        raise Refusal("invalid_grant", "the code is not known, or is too old")
    if code.grant.client_id != client.id and not state.has("code-of-another"):
        raise Refusal("invalid_grant", "the code was issued to another client")
    if code.used and not state.has("code-replay"):
        revoke_family(state, code.grant.family, now)
        raise Refusal("invalid_grant", "the code was used before: its tokens are revoked")
    if now >= code.grant.auth_time + 1 + state.options.code_life:
        raise Refusal("invalid_grant", "the code is too old")
    if code.redirect_uri != form.get("redirect_uri", ""):
        raise Refusal("invalid_grant", "redirect_uri is not the one of the authorization request")
    _check_verifier(state, code, form.get("code_verifier", ""))
    code.used = True
    return token_response(state, client, _rebound(code.grant, bound), now)


def _check_verifier(state: State, code: Code, verifier: str) -> None:
    """RFC 7636, section 4.6; and none may come where no challenge did (RFC 9700, section 4.8)."""
    if state.has("no-pkce-check"):
        return
    if not code.challenge:
        if verifier and not state.has("pkce-downgrade"):
            raise Refusal("invalid_grant", "there is a code_verifier, and was no code_challenge")
        return
    made = verifier.encode("utf-8", "replace")
    if code.method == "S256":
        made = to_base64url(hashlib.sha256(made).digest())
    if not secrets.compare_digest(made, code.challenge.encode("utf-8", "replace")):
        raise Refusal("invalid_grant", "code_verifier is not the one of the code_challenge")


def _rebound(grant: Grant, bound: Binding) -> Grant:
    """To what the grant was bound to already, or to what is proven now. Raises Refusal."""
    held = grant.bound
    if held.key and held.key != bound.key:
        raise Refusal("invalid_dpop_proof", "the proof is not of the key that the grant is for")
    if held.certificate and held.certificate != bound.certificate:
        raise Refusal("invalid_grant", "the grant is bound to another certificate")
    return replace(grant, bound=bound)


def _refresh(
    state: State, client: Client, form: Parameters, bound: Binding, now: float
) -> Document:
    """RFC 6749, section 6, with rotation: what comes twice was stolen (RFC 9700, 4.14.2)."""
    held = state.refreshes.get(form.get("refresh_token", ""), now)
    if held is None or held.grant.client_id != client.id:
        raise Refusal("invalid_grant", "the refresh token is not known, or is another client's")
    if state.revoked.get(held.grant.family, now):
        raise Refusal("invalid_grant", "the refresh token was revoked")
    if held.used and not state.has("refresh-reuse"):
        revoke_family(state, held.grant.family, now)
        raise Refusal("invalid_grant", "the refresh token was used before: all its kin is revoked")
    scope = form.get("scope", held.grant.scope)
    if not set(scope.split()) <= set(held.grant.scope.split()):
        raise Refusal("invalid_scope", "a refresh cannot ask for more than was granted")
    # Only public clients' refresh tokens are bound (RFC 9449, section 5; RFC 8705, section 4).
    grant = held.grant
    grant = _rebound(grant, bound) if client.public else replace(grant, bound=bound)
    held.used = True
    asked = replace(grant, scope=scope, nonce="")
    return token_response(state, client, asked, now, whole_scope=grant.scope)


def _credentials(
    state: State, client: Client, form: Parameters, bound: Binding, now: float
) -> Document:
    """RFC 6749, section 4.4: the client for itself."""
    if client.public:
        raise Refusal("unauthorized_client", "a client without a secret cannot act for itself")
    grant = Grant(
        client_id=client.id,
        sub=client.id,
        scope=granted_scope(state, client, form.get("scope", "")),
        audience=audience_of(state, form),
        bound=bound,
    )
    return token_response(state, client, grant, now)


def _password(
    state: State, client: Client, form: Parameters, bound: Binding, now: float
) -> Document:
    """RFC 6749, section 4.3. Deprecated (RFC 9700, section 2.4): here to be met, not to be used."""
    person = PEOPLE.get(form.get("username", ""))
    given = form.get("password", "").encode("utf-8", "replace")
    if person is None or not secrets.compare_digest(person.password.encode(), given):
        raise Refusal("invalid_grant", "the name or the password is wrong")
    grant = Grant(
        client_id=client.id,
        sub=person.id,
        scope=granted_scope(state, client, form.get("scope", "")),
        audience=audience_of(state, form),
        auth_time=int(now),
        bound=bound,
    )
    return token_response(state, client, grant, now)


_Grant = Callable[[State, Client, Parameters, Binding, float], Document]
_GRANTS: dict[str, _Grant] = {
    CODE: _code,
    REFRESH: _refresh,
    CREDENTIALS: _credentials,
    DEVICE: polled,
    CIBA: polled,
    EXCHANGE: exchanged,
    ASSERTION: by_assertion,
    PASSWORD: _password,
}
