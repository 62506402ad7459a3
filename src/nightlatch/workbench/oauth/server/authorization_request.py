"""What a client asks a person for (RFC 6749, section 4.1.1), however it was sent."""

from urllib.parse import urlsplit

from msgspec import Struct

from nightlatch.identity.jose import verify
from nightlatch.identity.jwt import read_token
from nightlatch.workbench.oauth.server.answers import Document, Parameters, Refusal
from nightlatch.workbench.oauth.server.clients import CODE, IMPLICIT, Client
from nightlatch.workbench.oauth.server.state import State

PUSHED = "urn:ietf:params:oauth:request_uri:"
RESPONSE_TYPES = (
    "code", "token", "id_token", "id_token token", "code id_token", "code token",
    "code id_token token",
)  # fmt: skip
"""All but the first are deprecated (RFC 9700, section 2.1.2)."""
RESPONSE_MODES = (
    "query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt",
)  # fmt: skip
_KNOWN_TYPES = {frozenset(name.split()): name for name in RESPONSE_TYPES}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Address(Struct, frozen=True):
    """Where the answer goes, and how. From here on a mistake is told to the client."""

    client: Client
    redirect_uri: str
    mode: str
    state: str = ""


class AuthorizationRequest(Struct, frozen=True, kw_only=True):
    address: Address
    response_type: frozenset[str]
    sent_redirect: str
    scope: str
    nonce: str
    challenge: str
    challenge_method: str
    audience: str
    login_hint: str
    key: str
    auto: bool


def effective(state: State, sent: Parameters, now: float) -> Parameters:
    """The parameters that count: pushed (RFC 9126), in a request object (RFC 9101), or as sent.

    Raises Refusal.
    """
    client = known_client(state, sent, now)
    reference = sent.get("request_uri", "")
    if reference:
        found = state.pushed.get(reference, now)
        if found is None or found["client_id"] != client.id:
            raise Refusal("invalid_request_uri", "no such request was pushed, or it was used")
        if not state.has("request-uri-reuse"):
            state.pushed.take(reference, now)
        return found
    if client.pushed_only:
        raise Refusal("invalid_request", "this client must push its requests")
    return opened(state, client, sent, now)


def opened(state: State, client: Client, sent: Parameters, now: float) -> Parameters:
    """With a request object, what it says alone counts (RFC 9101, section 5). Raises Refusal."""
    if "request" not in sent:
        return sent
    claims = _request_claims(state, client, sent["request"], now)
    if claims.get("client_id", claims.get("iss")) != client.id:
        raise Refusal("invalid_request_object", "the request object is of another client")
    found = {name: _text(value) for name, value in claims.items() if _is_plain(value)}
    return {**found, "client_id": client.id}


def _request_claims(state: State, client: Client, token: str, now: float) -> Document:
    unsigned = read_token(token)
    if unsigned and state.has("unsigned-request") and unsigned.header.get("alg") == "none":
        return unsigned.claims or {}
    found = verify(token, client.signing_keys, now)
    if not found.valid or found.claims is None:
        raise Refusal("invalid_request_object", "the request object is not signed by the client")
    audience = found.claims.get("aud", state.options.issuer)
    if state.options.issuer not in (audience if isinstance(audience, list) else [audience]):
        raise Refusal("invalid_request_object", "the request object is for another server")
    return found.claims


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _text(value: object) -> str:
    # JSON can name half a character, which no answer could carry.
    return str(value).encode("utf-8", "replace").decode()


def known_client(state: State, parameters: Parameters, now: float) -> Client:
    client = state.client(parameters.get("client_id", ""), now)
    if client is None:
        raise Refusal("invalid_request", "client_id is missing or not known here")
    return client


def return_address(state: State, parameters: Parameters, now: float) -> Address:
    """Raises Refusal, which must not be sent to the address: it may be an attacker's."""
    client = known_client(state, parameters, now)
    given = parameters.get("redirect_uri", "")
    if not given and len(client.redirects) == 1:
        given = client.redirects[0]
    if not is_registered(given, client.redirects, loose=state.has("loose-redirect")):
        raise Refusal("invalid_request", "redirect_uri is not one that the client registered")
    usual = "query" if parameters.get("response_type", "code") in ("code", "none") else "fragment"
    mode = parameters.get("response_mode", usual)
    if mode == "jwt":
        mode = f"{usual}.jwt"
    if mode not in RESPONSE_MODES or (usual == "fragment" and mode.startswith("query")):
        mode = usual
    return Address(client, given, mode, parameters.get("state", ""))


def is_registered(given: str, registered: tuple[str, ...], *, loose: bool = False) -> bool:
    """Character by character (RFC 9700, section 4.1.3), but for the port of an application on the
    person's own machine, which it only knows when it starts (RFC 8252, section 7.3)."""
    if given in registered:
        return True
    if loose and any(given.startswith(one) for one in registered):
        return True
    return bool(given) and _without_port(given) in {_without_port(one) for one in registered}


def _without_port(address: str) -> str:
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError:
        return address
    plain = parts.scheme == "http" and "@" not in parts.netloc and host in _LOOPBACK
    if not plain or (port is not None and parts.netloc.rpartition(":")[2] != str(port)):
        return address
    return parts._replace(netloc=str(host)).geturl() if "#" not in address else address


def read_request(state: State, address: Address, parameters: Parameters) -> AuthorizationRequest:
    """Raises Refusal, which is told to the client at its address."""
    wanted = _response_type(address.client, parameters)
    mode = parameters.get("response_mode", address.mode)
    if mode not in RESPONSE_MODES:
        raise Refusal("invalid_request", "response_mode is not known")
    if wanted != {"code"} and mode.startswith("query"):
        raise Refusal("invalid_request", "tokens do not go into a query")
    scope = granted_scope(state, address.client, parameters.get("scope", ""))
    if "id_token" in wanted and "openid" not in scope.split():
        raise Refusal("invalid_request", "an ID token needs the scope openid")
    if "id_token" in wanted and not parameters.get("nonce"):
        raise Refusal("invalid_request", "an ID token in the response needs a nonce")
    challenge, method = _challenge(state, address.client, parameters, wanted)
    _refuse_prompt(state, parameters)
    return AuthorizationRequest(
        address=address,
        response_type=wanted,
        sent_redirect=parameters.get("redirect_uri", ""),
        scope=scope,
        nonce=parameters.get("nonce", ""),
        challenge=challenge,
        challenge_method=method,
        audience=audience_of(state, parameters),
        login_hint=parameters.get("login_hint", ""),
        key=parameters.get("dpop_jkt", ""),
        auto=_auto(state, parameters),
    )


def _response_type(client: Client, parameters: Parameters) -> frozenset[str]:
    wanted = frozenset(parameters.get("response_type", "").split())
    if wanted not in _KNOWN_TYPES:
        raise Refusal("unsupported_response_type", "response_type is missing or not known")
    needed = {CODE} if "code" in wanted else set()
    needed |= {IMPLICIT} if wanted & {"token", "id_token"} else set()
    unbindable = "token" in wanted and client.certificate_bound
    if unbindable or not needed <= client.grants:
        raise Refusal("unauthorized_client", "the client is not registered for this response_type")
    return wanted


def granted_scope(state: State, client: Client, asked: str) -> str:
    """What was asked, in order; the API where nothing was. Raises Refusal."""
    scopes = list(dict.fromkeys(asked.split())) or ["api"]
    if not state.has("grants-any-scope") and not client.scopes.issuperset(scopes):
        raise Refusal("invalid_scope", "the client may not ask for one of these scopes")
    return " ".join(scopes)


def audience_of(state: State, parameters: Parameters) -> str:
    """One `resource`, an absolute address without a fragment (RFC 8707), or one `audience`, which
    may be any name (RFC 8693, section 2.1). Raises Refusal."""
    resource = parameters.get("resource", "")
    if resource and (not resource.startswith(("https://", "http://")) or "#" in resource):
        raise Refusal("invalid_target", "resource is not an absolute address without a fragment")
    wanted = resource or parameters.get("audience", "")
    if len(wanted) > 512:
        raise Refusal("invalid_target", "resource or audience has more than 512 characters")
    return wanted or state.options.audience


def _challenge(
    state: State, client: Client, parameters: Parameters, wanted: frozenset[str]
) -> tuple[str, str]:
    """RFC 7636; public clients must (RFC 9700, section 2.1.1)."""
    challenge = parameters.get("code_challenge", "")
    method = parameters.get("code_challenge_method", "plain")
    if not challenge:
        if client.public and "code" in wanted and not state.has("pkce-downgrade"):
            raise Refusal("invalid_request", "a public client must send a code_challenge (PKCE)")
        return "", ""
    if not 43 <= len(challenge) <= 128:
        raise Refusal("invalid_request", "code_challenge has not 43 to 128 characters")
    if method not in ("S256", *(["plain"] if state.options.plain_pkce else [])):
        raise Refusal("invalid_request", "code_challenge_method is not one that is served")
    return challenge, method


def _auto(state: State, parameters: Parameters) -> bool:
    return state.options.auto or parameters.get("auto") == "1"


def _refuse_prompt(state: State, parameters: Parameters) -> None:
    if parameters.get("prompt") == "none" and not _auto(state, parameters):
        raise Refusal("interaction_required", "somebody has to press a button here")
