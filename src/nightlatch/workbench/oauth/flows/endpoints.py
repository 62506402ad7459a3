"""What else a server offers a client, and the API that a token is for."""

import json
from typing import Any

from msgspec import Struct

from nightlatch.identity.jose import verify
from nightlatch.workbench.oauth.flows.answers import Document, document, refused, text_of
from nightlatch.workbench.oauth.flows.call import Answer, Call, Headers, Pairs, with_query
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.dpop import prove_and_send
from nightlatch.workbench.oauth.flows.metadata import Metadata, fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Visit, send, tell, visit
from nightlatch.workbench.oauth.flows.tokens import ask

_HINTED = "application/jwt"


def introspect(client: Client, token: str, hint: str = "") -> Play[Document]:
    """RFC 7662: what the server says of a token."""
    purpose = "ask what the token is"
    fields = (("token", token), ("token_type_hint", hint))
    found = document((yield from ask(client, "introspection_endpoint", purpose, fields)), purpose)
    if not isinstance(found.get("active"), bool):
        raise FlowFault(f"cannot {purpose}: the answer does not say whether it is active")
    if found["active"] is False and len(found) > 1:
        yield from tell(
            "the server says more of a token that is not active than it should (RFC 7662, 2.2)"
        )
    return found


def revoke(client: Client, token: str, hint: str = "") -> Play[None]:
    """RFC 7009: the token is not good any more. A server says yes to what it never knew, too."""
    purpose = "revoke the token"
    answer = yield from ask(client, "revocation_endpoint", purpose,
                            (("token", token), ("token_type_hint", hint)))  # fmt: skip
    if answer.status != 200:
        raise refused(answer, purpose)
    yield from tell("revoked, or never known: a server says the same (RFC 7009, section 2.2)")


def userinfo(client: Client, token: str, subject: str = "") -> Play[Document]:
    """OpenID Connect Core 1.0, section 5.3. `subject` of the ID token: about anybody else, the
    answer is not to be used."""
    purpose = "ask who the person is"
    call = Call(purpose, "GET", client.endpoint("userinfo_endpoint"),
                (("Accept", "application/json"), *_bearer(client, token)),
                certificate=client.secrets.certificate)  # fmt: skip
    answer = yield from prove_and_send(client, call, token)
    if answer.status == 200 and answer.header("content-type").startswith(_HINTED):
        found = yield from _signed_userinfo(client, answer)
    else:
        found = document(answer, purpose)
    its = text_of(found, "sub", purpose)
    if subject and its != subject:
        raise FlowFault("the user information is about somebody else than the ID token: not used")
    return found


def _signed_userinfo(client: Client, answer: Answer) -> Play[Document]:
    keys = yield from fetch_keys(client.metadata)
    found = verify(answer.body, keys, client.clock())
    claims = found.claims or {}
    if not found.valid or claims.get("iss", client.metadata.issuer) != client.metadata.issuer:
        reason = found.reason or "it is from another issuer"
        raise FlowFault(f"the signed user information is not to be trusted: {reason}")
    return claims


def register(metadata: Metadata, wanted: Document, initial_token: str = "") -> Play[Document]:
    """RFC 7591: a new client; the answer has its id, and its secret if it has one."""
    purpose = "register a client"
    headers: Headers = (("Content-Type", "application/json"), ("Accept", "application/json"))
    if initial_token:
        headers = (*headers, ("Authorization", f"Bearer {initial_token}"))
    body = json.dumps(wanted).encode()
    call = Call(purpose, "POST", metadata.endpoint("registration_endpoint"), headers, body)
    found = document((yield from send(call)), purpose)
    text_of(found, "client_id", purpose)
    for name, value in wanted.items():
        if name in found and found[name] != value:
            yield from tell(f"the server changed {name} of what was asked for")
    return found


def logout(client: Client, id_token: str = "", return_to: str = "", state: str = "",
           ) -> Play[Pairs]:  # fmt: skip
    """OpenID Connect RP-Initiated Logout 1.0: through the browser, whose session it ends."""
    fields = (("client_id", client.id), ("id_token_hint", id_token),
              ("post_logout_redirect_uri", return_to), ("state", state))  # fmt: skip
    given = tuple(pair for pair in fields if pair[1])
    url = with_query(client.metadata.endpoint("end_session_endpoint"), given)
    return (yield from visit(Visit("log out", url, return_to, state=state)))


class ApiRequest(Struct, frozen=True):
    """A request to an API, but for its token."""

    url: str
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""


def call_api(client: Client, request: ApiRequest, token: str) -> Play[Answer]:
    """Any answer is an answer: it is the person who judges it. With a proof where the client has a
    key for one (RFC 9449, section 7)."""
    headers = (*request.headers, *(_bearer(client, token) if token else ()))
    call = Call("call the API", request.method, request.url, headers, request.body,
                client.secrets.certificate)  # fmt: skip
    return (yield from prove_and_send(client, call, token))


def _bearer(client: Client, token: str) -> Headers:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise FlowFault("this is no token: it has characters that no header may have")
    scheme = "Bearer" if client.secrets.proof_key is None else "DPoP"
    return (("Authorization", f"{scheme} {token}"),)


def registration_request(redirect_uris: list[str], grants: list[str], method: str, scope: str,
                         name: str = "Nightlatch workbench") -> dict[str, Any]:  # fmt: skip
    """RFC 7591, section 2: what a client of this bench asks for."""
    wanted: dict[str, Any] = {
        "client_name": name, "grant_types": grants, "token_endpoint_auth_method": method,
    }  # fmt: skip
    if redirect_uris:
        wanted |= {"redirect_uris": redirect_uris, "response_types": ["code"]}
    return wanted | ({"scope": scope} if scope else {})
