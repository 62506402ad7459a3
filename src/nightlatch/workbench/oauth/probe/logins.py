"""What is tried with a log-in of one's own: a browser is needed for each."""

import secrets
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.flows.answers import Document, document, text_of
from nightlatch.workbench.oauth.flows.authorization import Request, Wishes, authorized
from nightlatch.workbench.oauth.flows.call import Answer, Call, Certificate, Pairs, form, with_query
from nightlatch.workbench.oauth.flows.client import Client, Secrets
from nightlatch.workbench.oauth.flows.identity_token import Expected
from nightlatch.workbench.oauth.flows.steps import (
    FlowFault,
    Play,
    Untrusted,
    Visit,
    send,
    tell,
    visit,
)
from nightlatch.workbench.oauth.flows.tokens import Tokens, ask, read_tokens, with_claims
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.leash import Stopped
from nightlatch.workbench.oauth.probe.weakness import Found, Weakness

MADE_UP_SCOPE = "nightlatch-probe-scope"
_WRONG = "nightlatch-probe-" * 4
_CHALLENGE = to_base64url(bytes(32)).decode()
AS_ANOTHER = "exchange a code as somebody else"
_EXCHANGE = "exchange the code for tokens"
_NEVER_PUSHED = "urn:ietf:params:oauth:request_uri:nightlatch-was-never-pushed"
LogIn = tuple[Request, dict[str, str]]


class Plan(Struct, frozen=True):
    """Who probes, and with what."""

    client: Client
    other: Client | None = None
    """Another client of the same owner."""
    impostor: Certificate | None = None
    """Looks like the client's certificate, and nobody vouches for it."""
    scope: str = ""
    """One that the client must not get; empty: one that no server has."""


def whole(plan: Plan) -> Play[list[Found]]:
    """A log-in as it should be, and all that can be tried with its tokens."""
    client, found = plan.client, list[Found]()
    try:
        request, brought = yield from authorized(client, Wishes())
        answer = yield from _redeem(client, brought, request.verifier)
        tokens = read_tokens(document(answer, _EXCHANGE), _EXCHANGE)
        found += _cached(answer)
        # Before the code is played again, which revokes what it was exchanged for.
        found += yield from _introspected(client, tokens)
        found += yield from _refreshed(client, tokens)
        again = yield from _redeem(client, brought, request.verifier)
        found += _accepted(again, weakness.CODE_REPLAY, "The same code a second time")
        yield from with_claims(client, tokens, Expected(request.openid, request.nonce))
    except Untrusted as fault:
        found.append(Found(weakness.LOGIN, f"{fault}."))
    except FlowFault as fault:
        if not found:
            raise
        # What was found is not lost for it. Where the probe is stopped, the next one hears of it.
        yield from tell(f"a log-in came to nothing: {fault}")
    return found


def wrong_verifier(plan: Plan) -> Play[list[Found]]:
    entry = yield from _log_in(plan.client, Wishes())
    if entry is None:
        return []
    answer = yield from _redeem(plan.client, entry[1], _WRONG)
    return list(_accepted(answer, weakness.VERIFIER, "A code with another verifier"))


def without_pkce(plan: Plan) -> Play[list[Found]]:
    entry = yield from _log_in(plan.client, Wishes(pkce="none"))
    if entry is None:
        return []
    answer = yield from _redeem(plan.client, entry[1], "")
    return list(_accepted(answer, weakness.DOWNGRADE, "A log-in without code_challenge"))


def code_of_another(plan: Plan) -> Play[list[Found]]:
    """The other client has all that was sent with the code, as a thief who saw it would."""
    if plan.other is None:
        return []
    entry = yield from _log_in(plan.client, Wishes())
    if entry is None:
        return []
    request, brought = entry
    # The address is that of the log-in, and not of who redeems.
    back = plan.client.registration.redirect_uri
    thief = replace(
        plan.other, registration=replace(plan.other.registration, redirect_uri=back)
    )  # fmt: skip
    answer = yield from _redeem(thief, brought, request.verifier, AS_ANOTHER)
    what = f"A code of {plan.client.id}, brought by {plan.other.id}"
    return list(_accepted(answer, weakness.FOREIGN_CODE, what))


def any_scope(plan: Plan) -> Play[list[Found]]:
    wanted = plan.scope or MADE_UP_SCOPE
    registration = plan.client.registration
    greedy = replace(
        plan.client,
        registration=replace(registration, scope=f"{registration.scope} {wanted}".strip()),
    )
    entry = yield from _log_in(greedy, Wishes())
    if entry is None:
        return []
    answer = yield from _redeem(greedy, entry[1], entry[0].verifier)
    if answer.status != 200:
        return []
    # What is not said is what was asked for (RFC 6749, section 5.1).
    granted = document(answer, _EXCHANGE).get("scope", wanted)
    if isinstance(granted, str) and wanted in granted.split():
        return [Found(weakness.SCOPE, f"The scope {wanted} was asked for, and is granted.")]
    return []


def pushed_twice(plan: Plan) -> Play[list[Found]]:
    """Opened in the browser, and then from here; compared with one that was never pushed."""
    client = plan.client
    back, state = client.registration.redirect_uri, secrets.token_urlsafe(24)
    fields = (("response_type", "code"), ("redirect_uri", back), ("state", state),
              ("scope", client.registration.scope), ("code_challenge", _CHALLENGE),
              ("code_challenge_method", "S256"))  # fmt: skip
    purpose = "push a request"
    answer = yield from ask(client, "pushed_authorization_request_endpoint", purpose, fields)
    if answer.status not in (200, 201):
        return []
    reference = text_of(document(answer, purpose), "request_uri", purpose)
    place = _reference(client, reference)
    yield from visit(Visit("log in by the pushed request", place, back, (("code", "CODE"),), state))
    again = yield from send(Call("open the pushed request again", "GET", place))
    never = _reference(client, _NEVER_PUSHED)
    control = yield from send(Call("open one that was never pushed", "GET", never))
    if _goes_on(again, back) and (again.status != control.status or "code=" in _place(again)):
        evidence = f"The second time the server answers {again.status}, as if it were the first."
        return [Found(weakness.REQUEST_REUSE, evidence)]
    return []


def without_certificate(plan: Plan) -> Play[list[Found]]:
    """The code is redeemed by one who has the client's id alone, and by one whose certificate has
    the client's name."""
    client = plan.client
    entry = yield from _log_in(client, Wishes())
    if entry is None:
        return []
    request, brought = entry
    named = replace(client.registration, authentication="none")
    for shown in (plan.impostor, None):
        if shown is None and plan.impostor is not None:
            yield from tell("the server refuses a certificate that only looks like the client's")
        thief = Client(client.metadata, named, Secrets(certificate=shown), client.clock)
        try:
            answer = yield from _redeem(thief, brought, request.verifier, AS_ANOTHER)
        except Stopped:
            raise
        except FlowFault:
            # Refused in the handshake.
            continue
        found = list(_accepted(answer, weakness.CERTIFICATE, _shown_as(shown)))
        if found:
            return found
    return []


def _shown_as(certificate: Certificate | None) -> str:
    kind = "with another certificate of its name" if certificate else "without a certificate"
    return f"The client's id, {kind}"


def _log_in(client: Client, wishes: Wishes) -> Play[LogIn | None]:
    """None where the server refuses, as a sound one may; or where its answer proves nothing, which
    `whole` has found."""
    try:
        return (yield from authorized(client, wishes))
    except FlowFault as fault:
        if not isinstance(fault, Untrusted) and not fault.code:
            raise
        yield from tell(f"a log-in came to nothing: {fault}")
        return None


def _redeem(
    client: Client, brought: dict[str, str], verifier: str, purpose: str = "exchange a code"
) -> Play[Answer]:
    fields = (
        ("grant_type", "authorization_code"), ("code", brought.get("code", "")),
        ("redirect_uri", client.registration.redirect_uri), ("code_verifier", verifier),
    )  # fmt: skip
    return (yield from ask(client, "token_endpoint", purpose, fields))


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
    found = _members(answer).get("refresh_token")
    return found if isinstance(found, str) else ""


def _introspected(client: Client, tokens: Tokens) -> Play[list[Found]]:
    if "introspection_endpoint" not in client.metadata.document:
        return []
    url = client.metadata.endpoint("introspection_endpoint")
    answer = yield from send(form("introspect as nobody", url, (("token", tokens.access_token),)))
    if answer.status == 200 and _members(answer).get("active") is True:
        return [Found(weakness.INTROSPECTION, "Without any client, the server tells of a token.")]
    return []


def _members(answer: Answer) -> Document:
    """None where it is no JSON: an endpoint that is broken ends no probe of the others."""
    try:
        return document(answer, "read the answer")
    except FlowFault:
        return {}


def _cached(answer: Answer) -> Iterator[Found]:
    if "no-store" not in answer.header("cache-control").lower():
        yield Found(weakness.CACHED, "The answer with the tokens lacks Cache-Control: no-store.")


def _accepted(answer: Answer, kind: Weakness, what: str) -> Iterator[Found]:
    if answer.status == 200:
        yield Found(kind, f"{what}: the server answers 200.")


def _reference(client: Client, reference: str) -> str:
    pairs: Pairs = (("client_id", client.id), ("request_uri", reference))
    return with_query(client.metadata.endpoint("authorization_endpoint"), pairs)


def _goes_on(answer: Answer, back: str) -> bool:
    """To a log-in, or back to the client with a code: no error, as far as can be seen."""
    refused = _place(answer).startswith(back) and "error=" in _place(answer)
    return 200 <= answer.status < 400 and not refused


def _place(answer: Answer) -> str:
    return answer.header("location")
