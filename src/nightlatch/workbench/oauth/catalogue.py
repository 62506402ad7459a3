"""Every flow that can be played from a form, with what it asks for."""

import secrets

from nightlatch.workbench.oauth.flows import authorization, endpoints, grants, polling
from nightlatch.workbench.oauth.flows.answers import Document
from nightlatch.workbench.oauth.flows.authorization import Wishes
from nightlatch.workbench.oauth.flows.call import Answer, Misspelt, Pairs, header_lines
from nightlatch.workbench.oauth.flows.client import AUTHENTICATIONS, Client
from nightlatch.workbench.oauth.flows.metadata import fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.offer import Field, Given, Offer
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import Target, confirmed, probe_api
from nightlatch.workbench.oauth.probe.leash import FASTEST, USUAL, Bounds
from nightlatch.workbench.oauth.probe.server import another, probe_server
from nightlatch.workbench.oauth.probe.weakness import Report

PERSON, MACHINE, TOKEN, SERVER, OLD, ATTACK = (
    "Log a person in", "Machine to machine", "With a token", "With the server", "Deprecated",
    "Probe your own",
)  # fmt: skip
GROUPS = (PERSON, MACHINE, TOKEN, SERVER, OLD, ATTACK)
_BCP = "RFC 9700"
_MODES = (
    ("", "the server's usual"), ("query", "query"), ("fragment", "fragment"),
    ("form_post", "form_post"), ("jwt", "jwt (JARM)"), ("query.jwt", "query.jwt"),
    ("fragment.jwt", "fragment.jwt"), ("form_post.jwt", "form_post.jwt"),
)  # fmt: skip
_CHALLENGES = (("S256", "S256"), ("plain", "plain, which is weaker"), ("none", "none"))
_PKCE = Field("pkce", "PKCE", "choice", _CHALLENGES)
_MODE = Field("response_mode", "Response mode", "choice", _MODES)
_PAR = Field("pushed", "Push the request first (PAR)", "switch",
             note="The browser carries a reference alone (RFC 9126).")  # fmt: skip
_JAR = Field("signed", "Sign the request (JAR)", "switch",
             note="With the client's private key (RFC 9101).")  # fmt: skip
_HINT = Field("hint", "What it is", "choice", (
    ("", "leave it to the server"), ("access_token", "access_token"),
    ("refresh_token", "refresh_token")))  # fmt: skip
_URN = "urn:ietf:params:oauth:grant-type:"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_WAYS = tuple((name, name) for name in (AUTHENTICATIONS[1], AUTHENTICATIONS[2], AUTHENTICATIONS[0]))
_KINDS = tuple((name, name) for name in grants.TOKEN_TYPES)
_RATES = {"": USUAL, "1": 1.0, "20": 20.0, "50": FASTEST}
_RATE = Field("rate", "Requests a second", "choice",
              tuple((given, f"{rate:g}") for given, rate in _RATES.items()))  # fmt: skip
_AGAIN = Field("again", "The host once more", example="id.example",
               needed=True, note="It is yours: name it, and its port if it has one.")  # fmt: skip


def _code(client: Client, given: Given, extra: Pairs) -> Play[Tokens]:
    wishes = Wishes(
        given.get("response_type") or "code", given.get("response_mode", ""),
        given.get("pkce") or "S256", "pushed" in given, "signed" in given, extra,
    )  # fmt: skip
    return authorization.authorization(client, wishes)


def _implicit(client: Client, given: Given, extra: Pairs) -> Play[Tokens]:
    return _code(client, {"response_type": "id_token token", "pkce": "none", **given}, extra)


def _ciba(client: Client, given: Given, extra: Pairs) -> Play[Tokens]:
    whom = polling.Whom(given.get("login_hint", ""), binding_message=given.get("message", ""))
    return polling.ciba(client, whom, extra)


def _refresh(client: Client, given: Given, extra: Pairs) -> Play[Tokens]:
    play = grants.refresh_and_reuse if "reuse" in given else grants.refresh
    return play(client, given["token"], extra)


def _exchange(client: Client, given: Given, extra: Pairs) -> Play[Tokens]:
    wanted = grants.Exchange(
        given["token"], given.get("kind") or "access_token", given.get("actor", ""),
        requested_type=given.get("wanted", ""), audience=given.get("audience", ""),
        resource=given.get("resource", ""),
    )  # fmt: skip
    return grants.exchange(client, wanted, extra)


def _password(client: Client, given: Given, extra: Pairs) -> Play[Tokens]:
    return grants.password(client, given["user"], given["password"], extra)


def _introspect(client: Client, given: Given, _extra: Pairs) -> Play[Document]:
    return endpoints.introspect(client, given["token"], given.get("hint", ""))


def _revoke(client: Client, given: Given, _extra: Pairs) -> Play[None]:
    return endpoints.revoke(client, given["token"], given.get("hint", ""))


def _userinfo(client: Client, given: Given, _extra: Pairs) -> Play[Document]:
    return endpoints.userinfo(client, given["token"], given.get("subject", ""))


def _call(client: Client, given: Given, _extra: Pairs) -> Play[Answer]:
    try:
        headers = header_lines(given.get("headers", "").splitlines())
    except Misspelt as fault:
        raise FlowFault(f"cannot call the API: {fault}") from None
    request = endpoints.ApiRequest(
        given["url"].strip(), given.get("method") or "GET", headers, given.get("body", "").encode()
    )
    if not request.url.startswith(("https://", "http://")):
        raise FlowFault("the API's address begins with https:// or http://")
    return endpoints.call_api(client, request, given.get("token", ""))


def _logout(client: Client, given: Given, _extra: Pairs) -> Play[Pairs]:
    back = given.get("return_to", "")
    state = secrets.token_urlsafe(24) if back else ""
    return endpoints.logout(client, given.get("token", ""), back, state)


def _register(client: Client, given: Given, extra: Pairs) -> Play[Document]:
    wanted = endpoints.registration_request(
        [client.registration.redirect_uri], given.get("grants", "").split(),
        given.get("authentication") or "client_secret_basic", client.registration.scope,
        given.get("name") or "Nightlatch workbench",
    )  # fmt: skip
    return endpoints.register(client.metadata, wanted | dict(extra), given.get("token", ""))


def _probe_api(client: Client, given: Given, _extra: Pairs) -> Play[Report]:
    url = given["url"].strip()
    confirmed(url, given.get("again", "").strip())
    keys = (yield from fetch_keys(client.metadata)).get("keys") if client.metadata.issuer else []
    known = tuple(one for one in keys if isinstance(one, dict)) if isinstance(keys, list) else ()
    refused = ((weakness.EXPIRED, "expired"), (weakness.AUDIENCE, "other_audience"),
               (weakness.ID_TOKEN, "id_token"), (weakness.REVOKED, "revoked"))  # fmt: skip
    tokens = tuple((kind, given[name]) for kind, name in refused if given.get(name))
    target = Target(
        url, given["token"], known, client.secrets.proof_key, client.secrets.certificate, tokens,
        bounds=_bounds(given),
    )  # fmt: skip
    return (yield from probe_api(target, client.clock))


def _probe_server(client: Client, given: Given, _extra: Pairs) -> Play[Report]:
    name, secret = given.get("other", ""), given.get("other_secret", "")
    if secret and not name:
        raise FlowFault("whose secret is that? Name the other client, too")
    return probe_server(
        client, given.get("again", "").strip(), another(client, name, secret) if name else None,
        scope=given.get("forbidden", ""), bounds=_bounds(given),
    )  # fmt: skip


def _bounds(given: Given) -> Bounds:
    return Bounds(_RATES.get(given.get("rate", ""), USUAL))


def _token(label: str, member: str = "access_token", *, needed: bool = True) -> Field:
    return Field("token", label, "secret", holds=member, needed=needed, wide=True)


OFFERS = (
    Offer(
        "code", PERSON, "Authorization code",
        "The browser goes to the server and comes back with a code, which is exchanged for tokens. "
        "The way to log a person in.",
        "RFC 6749, 4.1; RFC 7636", _code, (_PKCE, _MODE, _PAR, _JAR),
        endpoint="authorization_endpoint", grant="authorization_code",
    ),
    Offer(
        "device", PERSON, "Device",
        "For a television or a terminal: the person confirms a code on a telephone.",
        "RFC 8628", lambda client, _, extra: polling.device(client, extra),
        endpoint="device_authorization_endpoint", grant=_URN + "device_code", polls=True,
    ),
    Offer(
        "ciba", PERSON, "CIBA",
        "The server asks the person by its own ways, while this waits.",
        "OpenID Connect CIBA Core", _ciba, (
            Field("login_hint", "Whom to ask", example="ada", needed=True,
                  note="An account, an e-mail address, a telephone number."),
            Field("message", "Message", example="4711",
                  note="Shown on both sides, to be compared."),
        ),
        endpoint="backchannel_authentication_endpoint", grant="urn:openid:params:grant-type:ciba",
        polls=True,
    ),
    Offer(
        "client-credentials", MACHINE, "Client credentials",
        "A token for the client itself: no person is there.",
        "RFC 6749, 4.4", lambda client, _, extra: grants.client_credentials(client, extra),
        endpoint="token_endpoint", grant="client_credentials",
    ),
    Offer(
        "exchange", MACHINE, "Token exchange",
        "A token for another one: for a service behind, or on somebody's behalf.",
        "RFC 8693", _exchange, (
            _token("The token to exchange"),
            Field("kind", "What it is", "choice", _KINDS),
            Field("wanted", "What is wanted", "choice", (("", "the usual"), *_KINDS)),
            Field("audience", "For which service, by name"),
            Field("resource", "For which service, by address"),
            Field("actor", "Token of who acts", "secret"),
        ),
        endpoint="token_endpoint", grant=_URN + "token-exchange",
    ),
    Offer(
        "refresh", TOKEN, "Refresh",
        "A new access token, and whether the refresh token was replaced, too.",
        "RFC 6749, 6", _refresh, (
            _token("Refresh token", "refresh_token"),
            Field("reuse", "Then play the thief", "switch",
                  note="The old one is used again: is that noticed? Most servers revoke all then."),
        ),
        endpoint="token_endpoint", grant="refresh_token",
    ),
    Offer(
        "call", TOKEN, "Call an API",
        "With the token, and see the request pass in the live view.",
        "RFC 6750; RFC 9449", _call, (
            Field("url", "Address", example="https://api.example/me", needed=True, wide=True),
            Field("method", "Method", "choice", tuple((one, one) for one in _METHODS)),
            _token("Access token", needed=False),
            Field("headers", "More headers", "lines", example="Accept: application/json"),
            Field("body", "Body", "lines"),
        ),
        serverless=True, parameters=False,
    ),
    Offer(
        "userinfo", TOKEN, "User information",
        "Who the person is whose token this is.",
        "OpenID Connect Core, 5.3", _userinfo, (
            _token("Access token"),
            Field("subject", "Subject of the ID token", note="To be compared."),
        ),
        endpoint="userinfo_endpoint", parameters=False,
    ),
    Offer(
        "introspect", TOKEN, "Introspect",
        "What the server says that a token is, and whether it is still good.",
        "RFC 7662", _introspect, (_token("Token"), _HINT),
        endpoint="introspection_endpoint", parameters=False,
    ),
    Offer(
        "revoke", TOKEN, "Revoke",
        "The token shall not be good any more.",
        "RFC 7009", _revoke, (_token("Token"), _HINT),
        endpoint="revocation_endpoint", parameters=False,
    ),
    Offer(
        "logout", TOKEN, "Log out",
        "End the session at the server, in the browser that has it.",
        "OpenID Connect RP-Initiated Logout", _logout, (
            _token("ID token", "id_token", needed=False),
            Field("return_to", "Come back to", wide=True, example="a registered address"),
        ),
        endpoint="end_session_endpoint", parameters=False,
    ),
    Offer(
        "register", SERVER, "Register a client",
        "The server makes a new client, with the redirect address and scope of this page.",
        "RFC 7591", _register, (
            Field("name", "Name, for people", example="Nightlatch workbench"),
            Field("authentication", "How it will authenticate", "choice", _WAYS),
            Field("grants", "Grant types", wide=True,
                  example="authorization_code refresh_token client_credentials"),
            _token("Initial access token", "", needed=False),
        ),
        endpoint="registration_endpoint",
    ),
    Offer(
        "implicit", OLD, "Implicit",
        "Tokens come through the browser itself, and end up in histories and logs.",
        "RFC 6749, 4.2", _implicit, (
            Field("response_type", "Response type", "choice",
                  (("id_token token", "id_token token"), ("token", "token"),
                   ("id_token", "id_token"))),
            _MODE,
        ),
        endpoint="authorization_endpoint", deprecated=f"{_BCP}, 2.1.2",
    ),
    Offer(
        "hybrid", OLD, "Hybrid",
        "Some of the tokens through the browser, the rest for the code.",
        "OpenID Connect Core, 3.3", _code, (
            Field("response_type", "Response type", "choice",
                  (("code id_token", "code id_token"), ("code token", "code token"),
                   ("code id_token token", "code id_token token"))),
            _MODE, _PKCE,
        ),
        endpoint="authorization_endpoint", deprecated=f"{_BCP}, 2.1.2",
    ),
    Offer(
        "password", OLD, "Password",
        "The client sees the person's password, which it never should.",
        "RFC 6749, 4.3", _password, (
            Field("user", "Name at the server", example="ada", needed=True),
            Field("password", "Password", "secret", needed=True),
        ),
        endpoint="token_endpoint", grant="password", deprecated=f"{_BCP}, 2.4",
    ),
    Offer(
        "probe-server", ATTACK, "Probe a server",
        "Four to six log-ins, most made wrongly: is the verifier checked, a code good twice "
        "or for another client, an altered redirect address served, an old refresh token taken, "
        "any scope granted?",
        f"{_BCP}", _probe_server, (
            _AGAIN,
            Field("other", "Another client of yours", example="none",
                  note="It must not redeem the first one's code."),
            Field("other_secret", "Its secret", "secret", note="A public one has none."),
            Field("forbidden", "A scope that the client must not get", example="admin",
                  note="One that nobody has if you leave it empty."),
            _RATE,
        ),
        endpoint="authorization_endpoint", attacks=True, parameters=False,
    ),
    Offer(
        "probe-api", ATTACK, "Probe an API",
        "Some 80 GETs of one address, slowly, with forged, expired and misplaced tokens.",
        "RFC 8725; OWASP API2:2023", _probe_api, (
            Field("url", "Address that demands a token", example="https://api.example/me",
                  needed=True, wide=True),
            _AGAIN,
            _token("A good token"),
            Field("expired", "An expired token", "secret"),
            Field("other_audience", "A token for another service", "secret"),
            Field("id_token", "An ID token", "secret", holds="id_token"),
            Field("revoked", "A revoked token", "secret"),
            _RATE,
        ),
        serverless=True, attacks=True, parameters=False,
    ),
)  # fmt: skip
"""In the order in which they are shown."""
BY_ID = {offer.id: offer for offer in OFFERS}
