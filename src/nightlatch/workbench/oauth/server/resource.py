"""An API behind the tokens, and the userinfo endpoint."""

from nightlatch.workbench.oauth.server.answers import (
    NO_STORE,
    Answer,
    Asked,
    Document,
    Refusal,
    json_answer,
)
from nightlatch.workbench.oauth.server.dpop import ALGORITHMS, proven_key
from nightlatch.workbench.oauth.server.mutual_tls import ASK, thumbprint
from nightlatch.workbench.oauth.server.state import State
from nightlatch.workbench.oauth.server.tokens import (
    ACCESS_TYPE,
    bound_to,
    person_claims,
    read_access,
    refused,
)


def me(state: State, asked: Asked, now: float) -> Answer:
    """`/api/me`: who the token says you are. It is for this API alone."""
    state.questions += 1
    if state.has("server-errors") and state.questions % 3 == 0:
        raise Refusal("server_error", "as the fault server-errors wants it", 500)
    claims = _demanded(state, asked, now, audience=state.options.audience)
    shown = {name: claims.get(name) for name in ("sub", "client_id", "scope", "act")}
    return json_answer({k: v for k, v in shown.items() if v is not None}, headers=NO_STORE)


def userinfo(state: State, asked: Asked, now: float) -> Answer:
    """OpenID Connect Core, section 5.3."""
    claims = _demanded(state, asked, now)
    scope = str(claims.get("scope", ""))
    if "openid" not in scope.split():
        raise _challenged(
            Refusal("insufficient_scope", "the scope openid is needed", 403), "Bearer"
        )
    sub = str(claims.get("sub", ""))
    return json_answer({"sub": sub, **person_claims(sub, scope)}, headers=NO_STORE)


def _demanded(state: State, asked: Asked, now: float, audience: str = "") -> Document:
    scheme, token = _presented(state, asked)
    if not token:
        raise Refusal(
            "invalid_token", "a token is needed", 401,
            {"WWW-Authenticate": f'Bearer realm="test", {_metadata(state)}'},
        )  # fmt: skip
    try:
        claims = read_access(state, token, now)
        _check_audience(state, claims, audience)
        _check_binding(state, asked, claims, scheme, token, now)
    except Refusal as refusal:
        raise _challenged(refusal, "DPoP" if scheme == "dpop" else "Bearer") from None
    return claims


def _presented(state: State, asked: Asked) -> tuple[str, str]:
    scheme, _, token = asked.header("authorization").partition(" ")
    if scheme.lower() in ("bearer", "dpop"):
        return scheme.lower(), token.strip()
    if state.has("token-in-query"):
        return "bearer", asked.parameters().get("access_token", "")
    return "", ""


def _check_audience(state: State, claims: Document, audience: str) -> None:
    if not audience or state.has("accepts-other-audience"):
        return
    given = claims.get("aud")
    # An ID token is for its client, and so is the audience that the fault cannot look at.
    audiences = given if isinstance(given, list) else [given]
    if state.has("id-token-accepted") and not state.clients.keys().isdisjoint(audiences):
        return
    if audience not in audiences:
        raise refused("the token is for another API")


def _check_binding(
    state: State, asked: Asked, claims: Document, scheme: str, token: str, now: float
) -> None:
    """What a token is bound to must be there: a proof of its key (RFC 9449, section 7), the
    certificate on the connection (RFC 8705, section 3)."""
    bound, certificate = bound_to(claims, "jkt"), bound_to(claims, "x5t#S256")
    if certificate and not state.has("binding-not-checked"):
        _check_certificate(asked, certificate)
    if not bound and scheme == "dpop":
        raise refused("the token is bound to no key")
    if not bound or state.has("ignores-dpop"):
        return
    if scheme != "dpop":
        raise refused("the token is bound to a key, and must be sent with a proof of it")
    if proven_key(state, asked, now, token) != bound:
        raise refused("the proof is missing, or of another key than the token's")


def _check_certificate(asked: Asked, bound: str) -> None:
    if not asked.certificate:
        raise refused(f"the token is bound to a certificate: {ASK}")
    if thumbprint(asked.certificate) != bound:
        raise refused("the token is bound to another certificate than the connection's")


def _challenged(refusal: Refusal, scheme: str) -> Refusal:
    status = 401 if refusal.status == 400 else refusal.status
    words = f'{scheme} error="{refusal.error}", error_description="{refusal.description}"'
    if scheme == "DPoP":
        words += f', algs="{" ".join(ALGORITHMS)}"'
    headers = {**refusal.headers, "WWW-Authenticate": words}
    return Refusal(refusal.error, refusal.description, status, headers)


def _metadata(state: State) -> str:
    return f'resource_metadata="{state.options.issuer}/.well-known/oauth-protected-resource/api"'


def resource_metadata(state: State, _asked: Asked, _now: float) -> Answer:
    """RFC 9728."""
    return json_answer(
        {
            "resource": state.options.audience,
            "authorization_servers": [state.options.issuer],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ALGORITHMS,
            "tls_client_certificate_bound_access_tokens": bool(state.options.mutual),
            "resource_name": f"Test API, for {ACCESS_TYPE} or opaque tokens",
        }
    )
