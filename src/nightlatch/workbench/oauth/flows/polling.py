"""Grants that wait for a person on another device: device (RFC 8628) and CIBA."""

from msgspec import Struct

from nightlatch.workbench.oauth.flows.answers import (
    Document,
    document,
    printable,
    seconds_of,
    text_of,
)
from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.identity_token import Expected
from nightlatch.workbench.oauth.flows.steps import FlowFault, Invite, Note, Play, Wait
from nightlatch.workbench.oauth.flows.tokens import Tokens, ask, request_tokens

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_CIBA_GRANT = "urn:openid:params:grant-type:ciba"
_LONGEST = 1_800.0
_SLOWEST = 60.0
_SLOWER = 5.0
"""Seconds that `slow_down` adds (RFC 8628, section 3.5)."""


def device(client: Client, extra: Pairs = ()) -> Play[Tokens]:
    """The person types a code elsewhere, while this asks again and again."""
    purpose = "start the log-in on another device"
    fields = (("scope", client.registration.scope), *extra)
    example = {"device_code": "DEVICE_CODE", "user_code": "USER-CODE", "verification_uri":
               client.metadata.issuer, "expires_in": 60}  # fmt: skip
    answer = yield from ask(client, "device_authorization_endpoint", purpose, fields, example)
    found = document(answer, purpose)
    code = text_of(found, "device_code", purpose)
    yield _invitation(found, purpose)
    again = (("grant_type", _DEVICE_GRANT), ("device_code", code))
    return (yield from _poll(client, again, found))


def _invitation(found: Document, purpose: str) -> Invite:
    address = found.get("verification_uri_complete") or text_of(found, "verification_uri", purpose)
    if not isinstance(address, str) or not address.startswith(("https://", "http://")):
        raise FlowFault(
            f"cannot {purpose}: the server sends the person to {printable(address, 80)}"
        )
    code = printable(text_of(found, "user_code", purpose), 40)
    return Invite("confirm the log-in", printable(address, 2_000), code)


class Whom(Struct, frozen=True):
    """Whom to ask (OpenID Connect CIBA Core 1.0, section 7.1): exactly one of the three."""

    login_hint: str = ""
    id_token_hint: str = ""
    login_hint_token: str = ""
    binding_message: str = ""
    """Shown on both sides, so that the person knows what is confirmed."""

    def __repr__(self) -> str:
        return "Whom(***)"


def ciba(client: Client, whom: Whom, extra: Pairs = ()) -> Play[Tokens]:
    """The server asks the person by its own ways (CIBA, poll mode)."""
    purpose = "ask the person through the server"
    hints = (("login_hint", whom.login_hint), ("id_token_hint", whom.id_token_hint),
             ("login_hint_token", whom.login_hint_token))  # fmt: skip
    if sum(bool(value) for _, value in hints) != 1:
        raise FlowFault("CIBA asks for exactly one hint of whom to ask")
    scope = client.registration.scope or "openid"
    fields = (("scope", scope), *hints, ("binding_message", whom.binding_message), *extra)
    example = {"auth_req_id": "AUTH_REQ_ID", "expires_in": 60}
    answer = yield from ask(client, "backchannel_authentication_endpoint", purpose, fields, example)
    found = document(answer, purpose)
    request = text_of(found, "auth_req_id", purpose)
    return (
        yield from _poll(client, (("grant_type", _CIBA_GRANT), ("auth_req_id", request)), found)
    )


def _poll(client: Client, fields: Pairs, found: Document) -> Play[Tokens]:
    interval = seconds_of(found, "interval", _SLOWER, _SLOWEST)
    until = client.clock() + seconds_of(found, "expires_in", _LONGEST, _LONGEST)
    openid = "openid" in client.registration.scope.split()
    while client.clock() < until:
        yield Wait(interval)
        try:
            return (yield from request_tokens(
                client, "ask whether the person confirmed", fields, Expected(required=openid)
            ))  # fmt: skip
        except FlowFault as fault:
            if fault.code not in ("authorization_pending", "slow_down"):
                raise
            if fault.code == "slow_down":
                interval = min(interval + _SLOWER, _SLOWEST)
                yield Note(f"the server asks for more patience: every {interval:.0f} s from now on")
    raise FlowFault("nobody confirmed in time: start again")
