"""Tokens for tokens: exchange (RFC 8693) and JWT bearer (RFC 7523, section 2.1)."""

from nightlatch.workbench.oauth.server.answers import Document, Parameters, Refusal
from nightlatch.workbench.oauth.server.authorization_request import audience_of, granted_scope
from nightlatch.workbench.oauth.server.client_authentication import client_token
from nightlatch.workbench.oauth.server.clients import PEOPLE, Client
from nightlatch.workbench.oauth.server.state import Binding, Grant, State
from nightlatch.workbench.oauth.server.tokens import (
    ISSUED_TYPE,
    access_token,
    read_access,
    token_response,
    token_type,
)

_READABLE = frozenset({ISSUED_TYPE, "urn:ietf:params:oauth:token-type:jwt"})


def exchanged(
    state: State, client: Client, form: Parameters, bound: Binding, now: float
) -> Document:
    """Another token for the same subject: for another audience, with less scope, or for an actor
    who acts in its name."""
    if client.public:
        raise Refusal("unauthorized_client", "only a client that authenticates may exchange")
    if form.get("requested_token_type", ISSUED_TYPE) != ISSUED_TYPE:
        raise Refusal("invalid_request", "only access tokens are issued")
    subject = _read(state, form, "subject", now)
    actor = _read(state, form, "actor", now) if "actor_token" in form else None
    _refuse_unbinding(subject, bound)
    scope = form.get("scope", str(subject.get("scope", "")))
    if not set(scope.split()) <= set(str(subject.get("scope", "")).split()):
        raise Refusal("invalid_scope", "an exchange cannot ask for more than was granted")
    grant = Grant(
        client_id=client.id,
        sub=str(subject.get("sub", "")),
        scope=scope,
        audience=audience_of(state, form),
        bound=bound,
        actor=_acting(subject, actor),
    )
    return {
        "access_token": access_token(state, grant, now),
        "issued_token_type": ISSUED_TYPE,
        "token_type": token_type(grant),
        "expires_in": state.options.token_life,
        "scope": scope,
    }


def _refuse_unbinding(subject: Document, bound: Binding) -> None:
    """Who stole a bound token could have one that is not bound otherwise."""
    held = subject.get("cnf")
    if isinstance(held, dict) and not held.items() <= bound.confirmation.items():
        raise Refusal("invalid_request", "subject_token is bound to what was not proven")


def _acting(subject: Document, actor: Document | None) -> Document | None:
    """The chain of who acts for whom (RFC 8693, section 4.1)."""
    earlier = subject.get("act")
    if actor is None:
        return earlier if isinstance(earlier, dict) else None
    found: Document = {"sub": str(actor.get("sub", ""))}
    if isinstance(earlier, dict):
        found["act"] = earlier
    return found


def _read(state: State, form: Parameters, whose: str, now: float) -> Document:
    if form.get(f"{whose}_token_type", "") not in _READABLE:
        raise Refusal("invalid_request", f"{whose}_token_type must be an access token or a JWT")
    try:
        return read_access(state, form.get(f"{whose}_token", ""), now)
    except Refusal as refusal:
        raise Refusal("invalid_request", f"{whose}_token: {refusal.description}") from None


def by_assertion(
    state: State, client: Client, form: Parameters, bound: Binding, now: float
) -> Document:
    """What a client says, signed, about a person that is known here."""
    try:
        issuer, claims = client_token(state, form.get("assertion", ""), now)
    except Refusal as refusal:
        raise Refusal("invalid_grant", refusal.description) from None
    sub = claims.get("sub")
    if issuer.id != client.id or sub not in PEOPLE:
        raise Refusal("invalid_grant", "the assertion is not the client's, or of nobody known here")
    grant = Grant(
        client_id=client.id,
        sub=str(sub),
        scope=granted_scope(state, client, form.get("scope", "")),
        audience=audience_of(state, form),
        auth_time=int(now),
        bound=bound,
    )
    found = token_response(state, client, grant, now)
    # The assertion can be shown again, so none is due (RFC 7521, section 4.1).
    found.pop("refresh_token", None)
    return found
