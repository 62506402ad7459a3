"""The authorization endpoint, its consent page, and pushed requests."""

from nightlatch.workbench.oauth.server import pages
from nightlatch.workbench.oauth.server.answers import (
    NO_STORE,
    Answer,
    Asked,
    Parameters,
    Refusal,
    json_answer,
    redirect,
    with_query,
)
from nightlatch.workbench.oauth.server.authorization_request import (
    PUSHED,
    Address,
    AuthorizationRequest,
    effective,
    opened,
    read_request,
    return_address,
)
from nightlatch.workbench.oauth.server.client_authentication import authenticated
from nightlatch.workbench.oauth.server.clients import PEOPLE
from nightlatch.workbench.oauth.server.dpop import proven_key
from nightlatch.workbench.oauth.server.sealing import sealed
from nightlatch.workbench.oauth.server.state import Binding, Code, Grant, State, new_secret
from nightlatch.workbench.oauth.server.tokens import (
    access_token,
    id_token,
    signed,
    token_type,
    with_family,
)

_FIRST = next(iter(PEOPLE))
_CONSENT_LIFE = 600
_PUSHED_LIFE = 60


def authorize(state: State, asked: Asked, now: float) -> Answer:
    """RFC 6749, section 3.1: a page, or the answer at once where consent is automatic."""
    try:
        parameters = effective(state, asked.either(), now)
        address = return_address(state, parameters, now)
    except Refusal as refusal:
        return pages.mistake_page(f"{refusal.error}: {refusal.description}")
    try:
        request = read_request(state, address, parameters)
    except Refusal as refusal:
        return send(state, address, refusal.members, now)
    hint = request.login_hint
    if request.auto:
        return send(state, address, _allow(state, request, hint, now), now)
    ticket = new_secret()
    state.consents.put(ticket, request, now + _CONSENT_LIFE)
    return pages.consent_page(ticket, address.client.name, request.scope, hint)


def consent(state: State, asked: Asked, now: float) -> Answer:
    """What the person pressed."""
    try:
        form = asked.form()
    except Refusal as refusal:
        return pages.mistake_page(refusal.description)
    request = state.consents.take(form.get("ticket", ""), now)
    if not isinstance(request, AuthorizationRequest):
        return pages.mistake_page("This page was used or is too old: begin again")
    if form.get("decision") != "allow":
        denied = Refusal("access_denied", "the person said no")
        return send(state, request.address, denied.members, now)
    members = _allow(state, request, form.get("person", ""), now)
    return send(state, request.address, members, now)


def push(state: State, asked: Asked, now: float) -> Answer:
    """RFC 9126: the request is judged now, and named by a reference later."""
    form = asked.form()
    client = authenticated(state, asked, form, now)
    if "request_uri" in form:
        raise Refusal("invalid_request", "request_uri may not be pushed")
    parameters = dict(opened(state, client, {**form, "client_id": client.id}, now))
    key = proven_key(state, asked, now)
    if key and parameters.setdefault("dpop_jkt", key) != key:
        raise Refusal("invalid_dpop_proof", "dpop_jkt is not the key of the proof")
    read_request(state, return_address(state, parameters, now), parameters)
    for name in ("client_secret", "client_assertion", "client_assertion_type"):
        parameters.pop(name, None)
    reference = PUSHED + new_secret()
    state.pushed.put(reference, parameters, now + _PUSHED_LIFE)
    return json_answer({"request_uri": reference, "expires_in": _PUSHED_LIFE}, 201, NO_STORE)


def arrival(state: State, asked: Asked, _now: float) -> Answer:
    """The server's own redirect address, to see what an application would be sent."""
    return pages.arrival_page(asked.either(), state.options.issuer)


def _allow(state: State, request: AuthorizationRequest, person: str, now: float) -> dict[str, str]:
    grant = with_family(
        state,
        Grant(
            client_id=request.address.client.id,
            sub=person if person in PEOPLE else _FIRST,
            scope=request.scope,
            audience=request.audience,
            nonce=request.nonce,
            auth_time=int(now),
            bound=Binding(request.key),
        ),
        now,
    )
    members: dict[str, str] = {}
    if "code" in request.response_type:
        members["code"] = new_secret()
        code = Code(grant, request.sent_redirect, request.challenge, request.challenge_method)
        # Longer than it is good for: one that comes again shows that it was stolen.
        state.codes.put(members["code"], code, now + state.options.refresh_life)
    if "token" in request.response_type:
        members["access_token"] = access_token(state, grant, now)
        members["token_type"] = token_type(grant)
        members["expires_in"] = str(state.options.token_life)
        members["scope"] = grant.scope
    if "id_token" in request.response_type:
        access, code_sent = members.get("access_token", ""), members.get("code", "")
        members["id_token"] = id_token(state, grant, now, access, code_sent)
    return members


def send(state: State, address: Address, members: Parameters, now: float) -> Answer:
    """The authorization response, by its mode; with `iss` (RFC 9207), or signed (JARM)."""
    sent = dict(members)
    if address.state and not state.has("no-state-echo"):
        sent["state"] = address.state
    if not state.has("no-iss"):
        sent["iss"] = state.options.issuer
    carrier, _, wrapped = address.mode.partition(".")
    if wrapped:
        claims = {**sent, "iss": state.options.issuer, "aud": address.client.id,
                  "exp": int(now) + _CONSENT_LIFE}  # fmt: skip
        answer = signed(state, claims)
        sent = {"response": sealed(answer, address.client, address.client.sealed_answers)}
    if carrier == "form_post":
        return pages.form_post_page(address.redirect_uri, sent)
    mark = "#" if carrier == "fragment" else "?"
    return redirect(with_query(address.redirect_uri, sent, mark))
