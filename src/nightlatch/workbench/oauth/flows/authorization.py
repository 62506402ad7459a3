"""The flow through the browser: authorization code with PKCE, and its deprecated relatives.

RFC 6749 (4.1), 7636 (PKCE), 9126 (PAR), 9101 (JAR), 9207 (issuer in the answer), 9700 (best current
practice), OpenID Connect Core 1.0 and JARM.
"""

import base64
import hashlib
import hmac
import secrets

from msgspec import Struct

from nightlatch.workbench.oauth.flows.answers import document, printable, refusal, text_of
from nightlatch.workbench.oauth.flows.call import Pairs, with_query
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.dpop import key_thumbprint
from nightlatch.workbench.oauth.flows.identity_token import Expected, checked
from nightlatch.workbench.oauth.flows.metadata import fetch_keys
from nightlatch.workbench.oauth.flows.sealed import unsealer
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Untrusted, Visit, tell, visit
from nightlatch.workbench.oauth.flows.tokens import (
    Tokens,
    ask,
    read_tokens,
    request_tokens,
    with_claims,
)

PURPOSE = "log in through the browser"
RESPONSE_TYPES = ("code", "token", "id_token", "id_token token", "code id_token", "code token",
                  "code id_token token")  # fmt: skip
_REQUEST_LIFETIME = 300


class Wishes(Struct, frozen=True):
    """How the request is to be made; the defaults are what RFC 9700 asks for."""

    response_type: str = "code"
    response_mode: str = ""
    """query, fragment, form_post, or one of JARM: jwt, query.jwt, form_post.jwt."""
    pkce: str = "S256"
    """S256, plain or none."""
    pushed: bool = False
    """PAR: the parameters go to the server directly, and the browser carries a reference."""
    signed: bool = False
    """JAR: the parameters are a request object that the client's key signed."""
    extra: Pairs = ()


class Request(Struct, frozen=True):
    """What is remembered until the browser comes back."""

    wishes: Wishes
    state: str
    nonce: str
    verifier: str

    @property
    def openid(self) -> bool:
        return bool(self.nonce)


def authorization(client: Client, wishes: Wishes | None = None) -> Play[Tokens]:
    """Send the browser to the server, check what it brings back, and fetch the tokens."""
    request, answer = yield from authorized(client, wishes or Wishes())
    return (yield from _tokens(client, request, answer))


def authorized(client: Client, wishes: Wishes) -> Play[tuple[Request, dict[str, str]]]:
    """The first half: the request, and the checked answer to it. Raises FlowFault."""
    request = _new_request(client, wishes)
    yield from _warn(client, wishes)
    url = yield from _address(client, request)
    example = (("code", "CODE"), ("state", request.state), ("iss", client.metadata.issuer))
    back = client.registration.redirect_uri
    step = Visit(PURPOSE, url, back, example, request.state, unsealer(client))
    brought = yield from visit(step)
    return request, (yield from _checked_answer(client, request, brought))


def _new_request(client: Client, wishes: Wishes) -> Request:
    if wishes.response_type not in RESPONSE_TYPES:
        raise FlowFault(f"the response type is one of: {', '.join(RESPONSE_TYPES)}")
    openid = "openid" in client.registration.scope.split() or "id_token" in wishes.response_type
    has_code = "code" in wishes.response_type.split()
    return Request(
        wishes,
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24) if openid else "",
        secrets.token_urlsafe(48) if has_code and wishes.pkce != "none" else "",
    )


def _warn(client: Client, wishes: Wishes) -> Play[None]:
    if "token" in wishes.response_type.split():
        yield from tell(
            "deprecated: an access token through the browser ends up in histories and logs "
            "(implicit, RFC 9700, section 2.1.2)"
        )
    elif wishes.response_type != "code":
        yield from tell(
            "deprecated: a token through the browser; plain code with PKCE does the same"
        )
    if wishes.pkce != "S256":
        yield from tell("without PKCE by S256 a stolen code can be used (RFC 9700, section 2.1.1)")
    known = client.metadata.lists("code_challenge_methods_supported")
    if wishes.pkce == "S256" and "S256" not in known:
        yield from tell("the server does not announce PKCE (code_challenge_methods_supported)")


def _parameters(client: Client, request: Request) -> Pairs:
    wishes, method = request.wishes, request.wishes.pkce
    challenge = request.verifier
    if request.verifier and method == "S256":
        digest = hashlib.sha256(request.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    every = (
        ("response_type", wishes.response_type), ("client_id", client.id),
        ("redirect_uri", client.registration.redirect_uri), ("scope", client.registration.scope),
        ("state", request.state), ("nonce", request.nonce),
        ("response_mode", wishes.response_mode), ("code_challenge", challenge),
        ("code_challenge_method", method if challenge else ""),
        ("dpop_jkt", key_thumbprint(client) if request.verifier else ""), *wishes.extra,
    )  # fmt: skip
    return tuple(pair for pair in every if pair[1])


def _address(client: Client, request: Request) -> Play[str]:
    endpoint = client.metadata.endpoint("authorization_endpoint")
    parameters = _parameters(client, request)
    if request.wishes.signed:
        parameters = (("client_id", client.id), ("request", _request_object(client, parameters)))
    if request.wishes.pushed:
        reference = yield from _push(client, parameters)
        parameters = (("client_id", client.id), ("request_uri", reference))
    return with_query(endpoint, parameters)


def _request_object(client: Client, parameters: Pairs) -> str:
    now = int(client.clock())
    claims = {
        **dict(parameters), "iss": client.id, "aud": client.metadata.issuer, "iat": now,
        "nbf": now, "exp": now + _REQUEST_LIFETIME, "jti": secrets.token_urlsafe(16),
    }  # fmt: skip
    return client.signed(claims, "a signed request (JAR)", typ="oauth-authz-req+jwt")


def _push(client: Client, parameters: Pairs) -> Play[str]:
    purpose = "push the authorization request"
    endpoint = "pushed_authorization_request_endpoint"
    fields = tuple(pair for pair in parameters if pair[0] != "client_id")
    if client.registration.authentication == "client_secret_basic":
        fields = parameters
    example = {"request_uri": "REQUEST_URI", "expires_in": 60}
    answer = yield from ask(client, endpoint, purpose, fields, example)
    return text_of(document(answer, purpose), "request_uri", purpose)


def _checked_answer(client: Client, request: Request, brought: Pairs) -> Play[dict[str, str]]:
    """What the browser brought, if it is this server's answer to this request. Anybody can send a
    browser here: before `state` and `iss` hold, nothing in it is used, not even the error."""
    names = [name for name, _ in brought]
    if len(set(names)) != len(names):
        raise Untrusted("the browser came back with a parameter twice: nothing of it is used")
    answer = dict(brought)
    if "jwt" in request.wishes.response_mode or "response" in answer:
        answer = yield from _unsealed(client, answer)
    if not hmac.compare_digest(answer.get("state", "").encode(), request.state.encode()):
        had = "with another" if "state" in answer else "without our"
        raise Untrusted(
            f"the browser came back {had} state: this is no answer to our request (forged, "
            "or from another tab); nothing of it is used"
        )
    yield from _check_issuer(client, answer)
    if "error" in answer:
        raise refusal(dict(answer), PURPOSE, "the server refuses")
    return answer


def _unsealed(client: Client, answer: dict[str, str]) -> Play[dict[str, str]]:
    """JARM, section 2.4."""
    if "response" not in answer:
        raise FlowFault("a signed answer was asked for (JARM), and the browser brought none")
    keys = yield from fetch_keys(client.metadata)
    claims = checked(answer["response"], keys, client, "the signed answer (JARM)").claims or {}
    return {name: value for name, value in claims.items() if isinstance(value, str)}


def _check_issuer(client: Client, answer: dict[str, str]) -> Play[None]:
    """RFC 9207: whose answer is it, where a client talks to several servers?"""
    issuer = answer.get("iss")
    if issuer is not None and issuer != client.metadata.issuer:
        raise Untrusted(
            f"the answer is from {printable(issuer)}, and not from {client.metadata.issuer}: "
            "this is a mix-up of servers (RFC 9207); nothing of it is used"
        )
    if issuer is not None:
        return
    if client.metadata.says("authorization_response_iss_parameter_supported"):
        raise Untrusted(
            "the server promises answers that name it (iss), and this one does not: not used"
        )
    yield from tell("the answer does not name its issuer (RFC 9207): a mix-up would not be noticed")


def _tokens(client: Client, request: Request, answer: dict[str, str]) -> Play[Tokens]:
    direct = None
    if {"token", "id_token"} & set(request.wishes.response_type.split()):
        direct = yield from _direct(client, request, answer)
    if "code" not in request.wishes.response_type.split():
        return direct or Tokens()
    fields = (
        ("grant_type", "authorization_code"), ("code", text_of(answer, "code", PURPOSE)),
        ("redirect_uri", client.registration.redirect_uri), ("code_verifier", request.verifier),
    )  # fmt: skip
    subject = str((direct.claims or {}).get("sub", "")) if direct else ""
    expected = Expected(request.openid, request.nonce, subject=subject)
    return (yield from request_tokens(client, "exchange the code for tokens", fields, expected))


def _direct(client: Client, request: Request, answer: dict[str, str]) -> Play[Tokens]:
    """Tokens that came through the browser (OpenID Connect Core 1.0, sections 3.2 and 3.3)."""
    wanted = request.wishes.response_type.split()
    for name, kind in (("access_token", "token"), ("id_token", "id_token")):
        if (kind in wanted) != (name in answer):
            raise FlowFault(f"asked for {request.wishes.response_type}, and the answer "
                            f"{'lacks' if kind in wanted else 'has'} {name}: not used")  # fmt: skip
    tokens = read_tokens(dict(answer), PURPOSE)
    expected = Expected("id_token" in wanted, request.nonce, answer.get("code", ""), hashes=True)
    return (yield from with_claims(client, tokens, expected))
