"""RP-initiated logout (OpenID Connect). There is no session here to end: only the way back."""

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.server import pages
from nightlatch.workbench.oauth.server.answers import Answer, Asked, Refusal, redirect, with_query
from nightlatch.workbench.oauth.server.authorization_request import is_registered
from nightlatch.workbench.oauth.server.state import State


def logout(state: State, asked: Asked, now: float) -> Answer:
    try:
        given = asked.either()
    except Refusal as refusal:
        return pages.mistake_page(refusal.description)
    client_id = given.get("client_id", "")
    if "id_token_hint" in given:
        hint = verify(given["id_token_hint"], state.ring, now)
        # One that has ended is good enough (section 2).
        audience = str((hint.claims or {}).get("aud", ""))
        if not audience or client_id not in ("", audience):
            return pages.mistake_page("id_token_hint is not of this server, or of another client")
        client_id = audience
    target = given.get("post_logout_redirect_uri", "")
    if not target:
        return pages.page("Logged out", "<p>There was no session to end.</p>")
    client = state.client(client_id, now)
    if client is None or not is_registered(target, client.logout_redirects):
        return pages.mistake_page("post_logout_redirect_uri is not registered for this client")
    return redirect(with_query(target, {"state": given["state"]} if "state" in given else {}))
