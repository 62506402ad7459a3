"""One's own authorization server, tried with its own client: three log-ins, and what follows.

An altered request is sent from here and not through the browser: what it would lead to is read, and
never visited.
"""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.flows.answers import Document, document
from nightlatch.workbench.oauth.flows.authorization import Wishes, authorized
from nightlatch.workbench.oauth.flows.call import Answer, Call, Pairs, form, with_query
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.identity_token import Expected
from nightlatch.workbench.oauth.flows.metadata import fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Untrusted, send
from nightlatch.workbench.oauth.flows.tokens import Tokens, ask, read_tokens, with_claims
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import confirmed, first_of_each
from nightlatch.workbench.oauth.probe.weakness import Found, Report, Weakness

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "introspection_endpoint")
_CHALLENGE = to_base64url(bytes(32)).decode()
_WRONG = "nightlatch-probe-" * 4
TRIED = (
    weakness.PRIVATE, weakness.REDIRECT, weakness.REQUEST, weakness.LOGIN, weakness.CACHED,
    weakness.CODE_REPLAY, weakness.VERIFIER, weakness.DOWNGRADE, weakness.REUSE,
    weakness.INTROSPECTION,
)  # fmt: skip


def probe_server(client: Client, again: str) -> Play[Report]:
    """`again` is the issuer's host, named a second time: see `confirmed`. Raises FlowFault."""
    confirmed(client.metadata.issuer, again)
    _all_there(client)
    found: list[Found] = []
    for part in (_keys, _altered, _login, _wrong_verifier, _downgrade):
        found += yield from part(client)
    skipped = () if _is_public(client) else ("pkce-downgrade: the client is not a public one",)
    return Report(first_of_each(found), tuple(one.id for one in TRIED), skipped)


def _all_there(client: Client) -> None:
    """Metadata must not lead a probe to somebody else's server."""
    host = urlsplit(client.metadata.issuer).netloc
    for name in _ENDPOINTS:
        place = client.metadata.document.get(name)
        if isinstance(place, str) and urlsplit(place).netloc != host:
            raise FlowFault(f"the server's {name} is on another host than its issuer: not probed")


def _keys(client: Client) -> Play[list[Found]]:
    keys = (yield from fetch_keys(client.metadata)).get("keys")
    named = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    if any(_PRIVATE & key.keys() for key in named):
        return [Found(weakness.PRIVATE, "The key set has private members, or secrets.")]
    return []


def _altered(client: Client) -> Play[list[Found]]:
    back = client.registration.redirect_uri
    usual = (("response_type", "code"), ("client_id", client.id), ("state", "probe"),
             ("code_challenge", _CHALLENGE), ("code_challenge_method", "S256"),
             ("scope", client.registration.scope))  # fmt: skip
    other = f"{back}-not-registered"
    found = yield from _led(client, (*usual, ("redirect_uri", other)), other, weakness.REDIRECT)
    head, body = ({"alg": "none"}, {**dict(usual), "redirect_uri": back, "iss": client.id})
    unsigned = f"{_packed(head)}.{_packed(body)}."
    pairs = (("client_id", client.id), ("request", unsigned))
    return found + (yield from _led(client, pairs, back, weakness.REQUEST, "code="))


def _led(client: Client, pairs: Pairs, back: str, kind: Weakness, word: str = "",
         ) -> Play[list[Found]]:  # fmt: skip
    """Does the server send the browser to `back` with that?"""
    url = with_query(client.metadata.endpoint("authorization_endpoint"), pairs)
    answer = yield from send(Call("ask for a log-in that must be refused", "GET", url))
    place = answer.header("location")
    if place.startswith(back) and word in place:
        return [Found(kind, f"The server answers {answer.status} and sends the browser there.")]
    return []


def _login(client: Client) -> Play[list[Found]]:
    try:
        request, brought = yield from authorized(client, Wishes())
        answer = yield from _redeem(client, brought, request.verifier)
        told = document(answer, "exchange the code for tokens")
        tokens = read_tokens(told, "exchange the code for tokens")
        yield from with_claims(client, tokens, Expected(request.openid, request.nonce))
    except Untrusted as fault:
        return [Found(weakness.LOGIN, f"{fault}.")]
    found = list(_cached(answer))
    # Before the code is played again, which revokes what it was exchanged for.
    found += yield from _introspected(client, tokens)
    found += yield from _refreshed(client, tokens)
    again = yield from _redeem(client, brought, request.verifier)
    return found + list(_accepted(again, weakness.CODE_REPLAY, "The same code a second time"))


def _wrong_verifier(client: Client) -> Play[list[Found]]:
    brought = yield from _code(client, Wishes())
    if brought is None:
        return []
    answer = yield from _redeem(client, brought, _WRONG)
    return list(_accepted(answer, weakness.VERIFIER, "A code with another verifier"))


def _downgrade(client: Client) -> Play[list[Found]]:
    if not _is_public(client):
        return []
    brought = yield from _code(client, Wishes(pkce="none"))
    if brought is None:
        return []
    answer = yield from _redeem(client, brought, "")
    return list(_accepted(answer, weakness.DOWNGRADE, "A log-in without code_challenge"))


def _code(client: Client, wishes: Wishes) -> Play[dict[str, str] | None]:
    """None where the server refuses, or where `_login` has told what is wrong with its answers."""
    try:
        _, brought = yield from authorized(client, wishes)
    except FlowFault as fault:
        if isinstance(fault, Untrusted) or fault.code:
            return None
        raise
    return brought


def _redeem(client: Client, brought: dict[str, str], verifier: str) -> Play[Answer]:
    fields = (
        ("grant_type", "authorization_code"), ("code", brought.get("code", "")),
        ("redirect_uri", client.registration.redirect_uri), ("code_verifier", verifier),
    )  # fmt: skip
    return (yield from ask(client, "token_endpoint", "exchange a code", fields))


def _refreshed(client: Client, tokens: Tokens) -> Play[list[Found]]:
    if not tokens.refresh_token:
        return []
    fields = (("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token))
    first = yield from ask(client, "token_endpoint", "refresh the token", fields)
    if first.status != 200 or _refresh_of(first) in ("", tokens.refresh_token):
        return []
    second = yield from ask(client, "token_endpoint", "use the old refresh token again", fields)
    return list(_accepted(second, weakness.REUSE, "The replaced refresh token"))


def _refresh_of(answer: Answer) -> str:
    return read_tokens(document(answer, "refresh the token"), "refresh the token").refresh_token


def _introspected(client: Client, tokens: Tokens) -> Play[list[Found]]:
    if "introspection_endpoint" not in client.metadata.document:
        return []
    url = client.metadata.endpoint("introspection_endpoint")
    answer = yield from send(form("introspect as nobody", url, (("token", tokens.access_token),)))
    if answer.status == 200 and document(answer, "introspect").get("active") is True:
        return [Found(weakness.INTROSPECTION, "Without any client, the server tells of a token.")]
    return []


def _cached(answer: Answer) -> Iterator[Found]:
    if "no-store" not in answer.header("cache-control").lower():
        yield Found(weakness.CACHED, "The answer with the tokens lacks Cache-Control: no-store.")


def _accepted(answer: Answer, kind: Weakness, what: str) -> Iterator[Found]:
    if answer.status == 200:
        yield Found(kind, f"{what}: the server answers 200.")


def _is_public(client: Client) -> bool:
    return client.registration.authentication == "none"


def _packed(members: Document) -> str:
    return to_base64url(json.dumps(members).encode()).decode()
