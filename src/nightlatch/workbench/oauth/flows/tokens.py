"""The token endpoint (RFC 6749, section 5), whatever the grant."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from nightlatch.workbench.oauth.flows.answers import Document, document, printable
from nightlatch.workbench.oauth.flows.call import Answer, Pairs, form
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.dpop import prove_and_send
from nightlatch.workbench.oauth.flows.identity_token import Expected, verified_claims
from nightlatch.workbench.oauth.flows.metadata import fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, tell

_MAX_TOKEN = 262_144


class Tokens(Struct, frozen=True):
    """What was issued. Its `repr` has no token."""

    access_token: str = ""
    token_type: str = "Bearer"
    expires_in: float | None = None
    refresh_token: str = ""
    id_token: str = ""
    scope: str = ""
    claims: dict[str, Any] | None = None
    """Of the ID token, verified; None where there was none."""
    issued_token_type: str = ""
    """Of a token exchange (RFC 8693)."""

    def __repr__(self) -> str:
        return f"Tokens({self.token_type}, scope={self.scope!r})"


def request_tokens(client: Client, purpose: str, fields: Pairs, expected: Expected | None = None,
                   ) -> Play[Tokens]:  # fmt: skip
    """One request to the token endpoint; an ID token in the answer is verified before it is handed
    out. Raises FlowFault."""
    answer = yield from ask(client, "token_endpoint", purpose, fields)
    found = document(answer, purpose)
    tokens = read_tokens(found, purpose)
    for remark in _remarks(client, answer, found, fields):
        yield from tell(remark)
    return (yield from with_claims(client, tokens, expected or Expected()))


def ask(client: Client, endpoint: str, purpose: str, fields: Pairs, example: Document | None = None,
        ) -> Play[Answer]:  # fmt: skip
    """A form to one of the server's own endpoints, as this client, with its proofs."""
    whole, headers = client.authenticated(tuple(pair for pair in fields if pair[1]))
    call = form(purpose, client.endpoint(endpoint), whole, headers, client.secrets.certificate,
                example)  # fmt: skip
    return (yield from prove_and_send(client, call))


def with_claims(client: Client, tokens: Tokens, expected: Expected) -> Play[Tokens]:
    """The same, with the verified claims of the ID token where there is one."""
    if not tokens.id_token:
        if expected.required:
            raise FlowFault("the scope openid was asked for, and the server gives no ID token")
        return tokens
    keys = yield from fetch_keys(client.metadata)
    claims = verified_claims(tokens.id_token, keys, client, expected, tokens.access_token)
    return Tokens(
        tokens.access_token, tokens.token_type, tokens.expires_in, tokens.refresh_token,
        tokens.id_token, tokens.scope, claims, tokens.issued_token_type,
    )  # fmt: skip


def read_tokens(found: Document, purpose: str) -> Tokens:
    """Sound enough to be put into a header. Raises FlowFault."""
    access = _token(found, "access_token", purpose)
    if not access and not found.get("id_token"):
        raise FlowFault(f"cannot {purpose}: the server's answer has no access_token")
    lifetime = found.get("expires_in")
    sound = isinstance(lifetime, int | float) and not isinstance(lifetime, bool) and lifetime >= 0
    return Tokens(
        access, printable(found.get("token_type", ""), 40), float(lifetime or 0) if sound else None,
        _token(found, "refresh_token", purpose), _token(found, "id_token", purpose),
        printable(found.get("scope") or "", 2_000),
        issued_token_type=printable(found.get("issued_token_type") or "", 200),
    )  # fmt: skip


def _token(found: Document, name: str, purpose: str) -> str:
    """RFC 6749, appendix A: visible ASCII, so that it cannot end a header."""
    value = found.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise FlowFault(f"cannot {purpose}: the server's {name} is no sound token")
    if len(value) > _MAX_TOKEN:
        raise FlowFault(f"cannot {purpose}: the {name} has more than {_MAX_TOKEN:,} characters")
    return value


def _remarks(client: Client, answer: Answer, found: Document, fields: Pairs) -> Iterator[str]:
    kind = found.get("token_type")
    if not isinstance(kind, str) or kind.lower() not in ("bearer", "dpop", "n_a"):
        yield f"the token's type is {printable(kind, 40)}, which is neither Bearer nor DPoP"
    elif client.secrets.proof_key is not None and kind.lower() != "dpop":
        yield "a DPoP proof was sent, and the token is not bound to it: whoever has it can use it"
    if "no-store" not in answer.header("cache-control").lower():
        yield "the tokens may be cached: the answer lacks Cache-Control: no-store (RFC 6749, 5.1)"
    if "expires_in" not in found:
        yield "the server does not say how long the token is good for (expires_in)"
    asked, given = dict(fields).get("scope"), found.get("scope")
    if asked and isinstance(given, str) and set(given.split()) != set(asked.split()):
        yield f"asked for the scope {printable(asked)}, got {printable(given) or 'none'}"
