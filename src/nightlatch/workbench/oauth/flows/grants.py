"""Grants of one request: client credentials, refresh, token exchange, and by password."""

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.identity_token import Expected
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, tell
from nightlatch.workbench.oauth.flows.tokens import Tokens, request_tokens

_TYPE = "urn:ietf:params:oauth:token-type:"
TOKEN_TYPES = ("access_token", "refresh_token", "id_token", "jwt", "saml1", "saml2")


def client_credentials(client: Client, extra: Pairs = ()) -> Play[Tokens]:
    """RFC 6749, section 4.4: a token for the client itself."""
    fields = (("grant_type", "client_credentials"), ("scope", client.registration.scope), *extra)
    return (yield from request_tokens(client, "get a token for the client itself", fields))


def password(client: Client, name: str, secret: str, extra: Pairs = ()) -> Play[Tokens]:
    """RFC 6749, section 4.3; RFC 9700, section 2.4, says that it must not be used."""
    yield from tell(
        "deprecated: the password grant shows a person's password to the client (RFC 9700, 2.4)"
    )
    fields = (("grant_type", "password"), ("username", name), ("password", secret),
              ("scope", client.registration.scope), *extra)  # fmt: skip
    return (yield from request_tokens(client, "get a token for a name and password", fields))


def refresh(client: Client, token: str, extra: Pairs = (), subject: str = "") -> Play[Tokens]:
    """RFC 6749, section 6; says whether the refresh token was replaced."""
    fields = (("grant_type", "refresh_token"), ("refresh_token", token), *extra)
    tokens = yield from request_tokens(
        client, "refresh the token", fields, Expected(subject=subject)
    )
    if tokens.refresh_token and tokens.refresh_token != token:
        yield from tell("rotated: there is a new refresh token, the old one should be spent")
    elif client.registration.authentication == "none" and client.secrets.proof_key is None:
        yield from tell(
            "not rotated: a public client's refresh token must be replaced at each use, or bound "
            "to the client (RFC 9700, section 4.14.2)"
        )
    else:
        yield from tell(
            "not rotated: the refresh token stays good, bound to the client's authentication"
        )
    return tokens


def refresh_and_reuse(client: Client, token: str, extra: Pairs = ()) -> Play[Tokens]:
    """Refresh, then play the thief who has the old token too; tells what the server makes of it.
    The tokens are most likely revoked afterwards, which is what should happen."""
    tokens = yield from refresh(client, token, extra)
    if not tokens.refresh_token or tokens.refresh_token == token:
        yield from tell("reuse cannot be detected where the refresh token is never replaced")
        return tokens
    if (yield from _still_good(client, token)):
        yield from tell("reuse is NOT detected: the old refresh token was accepted once more")
        return tokens
    yield from tell("reuse is detected: the old refresh token is refused")
    if (yield from _still_good(client, tokens.refresh_token)):
        yield from tell(
            "the new refresh token is still good: a thief who came first stays in "
            "(RFC 9700, section 4.14.2, asks to revoke the whole family)"
        )
    else:
        yield from tell("and the whole family is revoked with it, as it should be")
    return tokens


def _still_good(client: Client, token: str) -> Play[bool]:
    fields = (("grant_type", "refresh_token"), ("refresh_token", token))
    try:
        yield from request_tokens(client, "use a refresh token again", fields)
    except FlowFault as fault:
        if fault.code == "invalid_grant":
            return False
        raise
    return True


class Exchange(Struct, frozen=True):
    """What is given for what (RFC 8693, section 2.1). Types: a name of TOKEN_TYPES or a URI."""

    subject_token: str
    subject_type: str = "access_token"
    actor_token: str = ""
    actor_type: str = "access_token"
    requested_type: str = ""
    audience: str = ""
    resource: str = ""

    def __repr__(self) -> str:
        return f"Exchange({self.subject_type} for {self.requested_type or 'any'})"


def exchange(client: Client, wanted: Exchange, extra: Pairs = ()) -> Play[Tokens]:
    """RFC 8693: a token for a token, on behalf of its subject or in its name."""
    fields = (
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", wanted.subject_token), ("subject_token_type", _uri(wanted.subject_type)),
        ("actor_token", wanted.actor_token),
        ("actor_token_type", _uri(wanted.actor_type) if wanted.actor_token else ""),
        ("requested_token_type", _uri(wanted.requested_type)), ("audience", wanted.audience),
        ("resource", wanted.resource), ("scope", client.registration.scope), *extra,
    )  # fmt: skip
    tokens = yield from request_tokens(client, "exchange the token", fields)
    if not tokens.issued_token_type:
        yield from tell(
            "the server does not say what type it issued (issued_token_type, RFC 8693, 2.2.1)"
        )
    return tokens


def _uri(kind: str) -> str:
    return _TYPE + kind if kind in TOKEN_TYPES else kind
