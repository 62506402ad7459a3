"""One's own authorization server, tried with its own clients: some log-ins, and what follows.

An altered request is sent from here and not through the browser: what it would lead to is read, and
never visited.
"""

import json
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.flows.answers import Document
from nightlatch.workbench.oauth.flows.call import Answer, Call, Certificate, Pairs, with_query
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.metadata import discover, fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Untrusted, Visit, send
from nightlatch.workbench.oauth.probe import logins, weakness
from nightlatch.workbench.oauth.probe.api import confirmed, first_of_each
from nightlatch.workbench.oauth.probe.leash import Bounds, Leash, Stopped, rehearsed
from nightlatch.workbench.oauth.probe.logins import Plan
from nightlatch.workbench.oauth.probe.weakness import Found, Report, Weakness

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
_ENDPOINTS = (
    "authorization_endpoint", "token_endpoint", "jwks_uri", "introspection_endpoint",
    "pushed_authorization_request_endpoint",
)  # fmt: skip
_CHALLENGE = to_base64url(bytes(32)).decode()
_SLOW = 1.0


class Trial(Struct, frozen=True):
    """A part of the probe that stands alone."""

    looks_for: tuple[Weakness, ...]
    play: Callable[[Plan], Play[list[Found]]]
    lacks: Callable[[Plan], str] = lambda _plan: ""
    """What would be needed, and is not there; empty where it can be tried."""
    essential: bool = False
    """Where it fails, so would what follows."""


def probe_server(
    client: Client, again: str, other: Client | None = None, impostor: Certificate | None = None,
    scope: str = "", bounds: Bounds | None = None,
) -> Play[Report]:  # fmt: skip
    """`again` is the issuer's host, named a second time: see `confirmed`.

    `other` is another client of one's own, `scope` one that the client must not get, `impostor` a
    certificate that only looks like the client's. Raises FlowFault.
    """
    confirmed(client.metadata.issuer, again)
    plan = Plan(client, other, impostor, scope)
    leash = Leash(_hosts(client), client.clock, bounds or Bounds())
    return (yield from leash.held(_tried(plan, leash)))


def another(client: Client, name: str, secret: str) -> Client:
    """A client at the same server: by its secret, or a public one."""
    registration = Registration(name, "client_secret_basic" if secret else "none")
    return Client(client.metadata, registration, Secrets(secret), client.clock)


def probe_issuer(place: str, again: str, clock: Callable[[], float]) -> Play[Report]:
    """Whether what is found at the issuer's place is under its name: without that, no client goes
    on, and `probe_server` neither."""
    host = again.lower()
    leash = Leash(frozenset({host}), clock, Bounds())
    found: tuple[Found, ...] = ()
    try:
        metadata = yield from leash.held(discover(place))
        confirmed(metadata.issuer, again)
    except Untrusted as told:
        found = (Found(weakness.ISSUER, f"{told}."),)
    return Report(found, (weakness.ISSUER.id,))


def requests_of(flow: Play[Report]) -> list[Call | Visit]:
    """What a probe of a sound server sends, as far as can be told before; nothing is sent."""

    def answer(call: Call) -> Answer:
        if call.purpose == logins.AS_ANOTHER:
            return Answer(401)
        return Answer(200, _AS_JSON, json.dumps(_REHEARSAL).encode())

    return rehearsed(flow, answer)


_AS_JSON = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
_REHEARSAL = {
    "access_token": "TOKEN", "token_type": "Bearer", "refresh_token": "REFRESH_TOKEN",
    "id_token": "ID_TOKEN", "request_uri": "REQUEST_URI", "keys": [], "active": False, "scope": "",
}  # fmt: skip
"""One answer that is good for every question but a thief's."""


def _hosts(client: Client) -> frozenset[str]:
    """Where the probe may go. Metadata must not lead it to somebody else's server; another port of
    the same host is, where clients are asked for certificates, the usual place."""
    issuer = urlsplit(client.metadata.issuer)
    for name in _ENDPOINTS:
        place = client.metadata.document.get(name)
        if isinstance(place, str) and _parts(place, name).netloc != issuer.netloc:
            raise FlowFault(f"the server's {name} is on another host than its issuer: not probed")
    aliases = client.metadata.document.get("mtls_endpoint_aliases")
    places = aliases.values() if isinstance(aliases, dict) else ()
    parts = [_parts(place, "mtls_endpoint_aliases") for place in places if isinstance(place, str)]
    return frozenset(
        {issuer.netloc, *(one.netloc for one in parts if one.hostname == issuer.hostname)}
    )


def _parts(address: str, name: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise FlowFault(f"the server's {name} is no address: not probed") from None


def _tried(plan: Plan, leash: Leash) -> Play[Report]:
    found: list[Found] = []
    tried: list[str] = []
    skipped: list[str] = []
    for trial in TRIALS:
        names = [one.id for one in trial.looks_for]
        lacking = trial.lacks(plan)
        if lacking:
            skipped.append(f"{', '.join(names)}: {lacking}")
            continue
        try:
            found += yield from trial.play(plan)
            tried += names
        except Stopped as told:
            skipped.append(f"what was still to come: {told}")
            break
        except FlowFault as told:
            if trial.essential:
                raise
            skipped.append(f"{', '.join(names)}: {told}")
    if leash.usual >= _SLOW:
        evidence = f"Half of the answers took {leash.usual:.1f} seconds or more."
        found.append(Found(weakness.SLOW, evidence))
    return Report(first_of_each(found), tuple(tried), tuple(skipped))


def _keys(plan: Plan) -> Play[list[Found]]:
    keys = (yield from fetch_keys(plan.client.metadata)).get("keys")
    named = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    if any(_PRIVATE & key.keys() for key in named):
        return [Found(weakness.PRIVATE, "The key set has private members, or secrets.")]
    return []


def _altered(plan: Plan) -> Play[list[Found]]:
    client = plan.client
    back = client.registration.redirect_uri
    usual = (("response_type", "code"), ("client_id", client.id), ("state", "probe"),
             ("code_challenge", _CHALLENGE), ("code_challenge_method", "S256"),
             ("scope", client.registration.scope))  # fmt: skip
    for other in _not_registered(back):
        found = yield from _led(client, (*usual, ("redirect_uri", other)), other, weakness.REDIRECT)
        if found:
            break
    head, body = ({"alg": "none"}, {**dict(usual), "redirect_uri": back, "iss": client.id})
    unsigned = f"{_packed(head)}.{_packed(body)}."
    pairs = (("client_id", client.id), ("request", unsigned))
    return found + (yield from _led(client, pairs, back, weakness.REQUEST, "code="))


def _not_registered(back: str) -> Iterator[str]:
    """Addresses that are like the registered one, for a comparison that is less than whole."""
    parts = urlsplit(back)
    yield f"{back}-not-registered"
    yield f"{back}/../not-registered"
    yield f"{back}{'&' if parts.query else '?'}not=registered"
    host = parts.hostname or ""
    for place in (f"{host}.not-registered.invalid", f"{host}@not-registered.invalid"):
        yield parts._replace(netloc=place).geturl()


def _led(client: Client, pairs: Pairs, back: str, kind: Weakness, word: str = "",
         ) -> Play[list[Found]]:  # fmt: skip
    """Does the server send the browser to `back` with that?"""
    url = with_query(client.metadata.endpoint("authorization_endpoint"), pairs)
    answer = yield from send(Call("ask for a log-in that must be refused", "GET", url))
    place = answer.header("location")
    if place.startswith(back) and word in place:
        return [Found(kind, f"The server answers {answer.status} and sends the browser there.")]
    return []


def _packed(members: Document) -> str:
    return to_base64url(json.dumps(members).encode()).decode()


def _public_only(plan: Plan) -> str:
    return (
        "" if plan.client.registration.authentication == "none" else "the client is no public one"
    )


def _another(plan: Plan) -> str:
    return "" if plan.other else "give another client of yours (--other-client)"


def _pushing(plan: Plan) -> str:
    known = "pushed_authorization_request_endpoint" in plan.client.metadata.document
    return "" if known else "the server takes no pushed requests (PAR)"


def _certified(plan: Plan) -> str:
    known = "tls" in plan.client.registration.authentication
    return "" if known else "the client is not one of mutual TLS (--cert)"


TRIALS = (
    Trial((weakness.PRIVATE,), _keys),
    Trial((weakness.REDIRECT, weakness.REQUEST), _altered),
    Trial((weakness.LOGIN, weakness.CACHED, weakness.CODE_REPLAY, weakness.REUSE,
           weakness.INTROSPECTION), logins.whole, essential=True),
    Trial((weakness.VERIFIER,), logins.wrong_verifier),
    Trial((weakness.DOWNGRADE,), logins.without_pkce, _public_only),
    Trial((weakness.FOREIGN_CODE,), logins.code_of_another, _another),
    Trial((weakness.SCOPE,), logins.any_scope),
    Trial((weakness.REQUEST_REUSE,), logins.pushed_twice, _pushing),
    Trial((weakness.CERTIFICATE,), logins.without_certificate, _certified),
)  # fmt: skip
