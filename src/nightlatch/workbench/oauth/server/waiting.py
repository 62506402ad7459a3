"""Decisions made elsewhere: device authorization (RFC 8628) and CIBA in poll mode."""

import secrets

from msgspec.structs import replace

from nightlatch.workbench.oauth.server import pages
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
from nightlatch.workbench.oauth.server.client_authentication import authenticated, confidential
from nightlatch.workbench.oauth.server.clients import CIBA, DEVICE, PEOPLE, Client
from nightlatch.workbench.oauth.server.state import Binding, Grant, State, Waiting, new_secret
from nightlatch.workbench.oauth.server.tokens import token_response

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels no words come up (RFC 8628, section 6.1)."""
_FIRST = next(iter(PEOPLE))
_MAX_MESSAGE = 100


def device_authorization(state: State, asked: Asked, now: float) -> Answer:
    form = asked.form()
    client = authenticated(state, asked, form, now)
    code, waiting = _put(state, client, form, DEVICE, _FIRST, now)
    issuer = state.options.issuer
    return json_answer(
        {
            "device_code": code,
            "user_code": waiting.user_code,
            "verification_uri": f"{issuer}/device",
            "verification_uri_complete": f"{issuer}/device?user_code={waiting.user_code}",
            "expires_in": state.options.wait_life,
            "interval": waiting.interval,
        },
        headers=NO_STORE,
    )


def backchannel(state: State, asked: Asked, now: float) -> Answer:
    """OpenID Connect CIBA Core, section 7."""
    form = asked.form()
    client = confidential(state, asked, form, now)
    if "openid" not in form.get("scope", "").split():
        raise Refusal("invalid_scope", "the scope openid is needed")
    hints = [name for name in ("login_hint", "login_hint_token", "id_token_hint") if name in form]
    if hints != ["login_hint"]:
        raise Refusal("invalid_request", "exactly one hint is needed, and login_hint is served")
    if form["login_hint"] not in PEOPLE:
        raise Refusal("unknown_user_id", "nobody of that name is known here")
    if len(form.get("binding_message", "")) > _MAX_MESSAGE:
        raise Refusal("invalid_binding_message", "the message is too long to be compared")
    code, waiting = _put(state, client, form, CIBA, form["login_hint"], now)
    return json_answer(
        {
            "auth_req_id": code,
            "expires_in": state.options.wait_life,
            "interval": waiting.interval,
        },
        headers=NO_STORE,
    )


def _put(
    state: State, client: Client, form: Parameters, kind: str, person: str, now: float
) -> tuple[str, Waiting]:
    if kind not in client.grants:
        raise Refusal("unauthorized_client", "the client is not registered for this grant")
    grant = Grant(
        client_id=client.id,
        sub=person,
        scope=granted_scope(state, client, form.get("scope", "")),
        audience=audience_of(state, form),
        auth_time=int(now),
    )
    word = "".join(secrets.choice(_LETTERS) for _ in range(8))
    auto = state.options.auto or form.get("auto") == "1"
    waiting = Waiting(
        kind=kind,
        grant=grant,
        client_name=client.name,
        user_code=f"{word[:4]}-{word[4:]}",
        message=form.get("binding_message", ""),
        interval=state.options.interval,
        decision="allow" if auto else "",
    )
    code = new_secret()
    state.waiting.put(code, waiting, now + state.options.wait_life)
    return code, waiting


def device_page(state: State, asked: Asked, now: float) -> Answer:
    """All that wait, or the one whose code is named."""
    try:
        wanted = _code_as_typed(asked.parameters())
    except Refusal as refusal:
        return pages.mistake_page(refusal.description)
    return _listed(state, wanted, now)


def device_decision(state: State, asked: Asked, now: float) -> Answer:
    try:
        form = asked.form()
    except Refusal as refusal:
        return pages.mistake_page(refusal.description)
    wanted = _code_as_typed(form)
    for one in state.waiting.values(now):
        if one.user_code == wanted and not one.decision:
            one.decision = "allow" if form.get("decision") == "allow" else "deny"
            said = "Allowed." if one.decision == "allow" else "Denied."
            return _listed(state, "", now, said)
    return pages.mistake_page("Nobody waits with this code", 404)


def _code_as_typed(parameters: Parameters) -> str:
    letters = "".join(c for c in parameters.get("user_code", "").upper() if c in _LETTERS)
    return f"{letters[:4]}-{letters[4:8]}" if letters else ""


def _listed(state: State, wanted: str, now: float, said: str = "") -> Answer:
    open_ = (one for one in state.waiting.values(now) if not one.decision)
    return pages.waiting_page(
        (
            (one.user_code, one.client_name, one.grant.scope, one.message)
            for one in open_
            if wanted in ("", one.user_code)
        ),
        said,
    )


def polled(state: State, client: Client, form: Parameters, bound: Binding, now: float) -> Document:
    """RFC 8628, section 3.5; CIBA Core, section 11."""
    kind = form["grant_type"]
    code = form.get("device_code" if kind == DEVICE else "auth_req_id", "")
    waiting = state.waiting.get(code, now)
    if waiting is None or waiting.kind != kind or waiting.grant.client_id != client.id:
        raise Refusal("expired_token", "the code is not known, was used, or is too old")
    early = now - waiting.asked_at < waiting.interval
    waiting.asked_at = now
    if not waiting.decision:
        if early:
            waiting.interval += 5
            raise Refusal("slow_down", "the client asks more often than it was told")
        raise Refusal("authorization_pending", "nobody has decided yet")
    state.waiting.take(code, now)
    if waiting.decision != "allow":
        raise Refusal("access_denied", "the person said no")
    return token_response(state, client, replace(waiting.grant, bound=bound), now)
