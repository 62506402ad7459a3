"""Clients that introduce themselves (RFC 7591), or are given on the command line."""

import re
import secrets
from urllib.parse import urlsplit

from nightlatch.identity.jose.keys import read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.server.answers import (
    NO_STORE,
    Answer,
    Asked,
    Document,
    Refusal,
    json_answer,
)
from nightlatch.workbench.oauth.server.clients import (
    BY_AUTHORITY,
    BY_ITSELF,
    CODE,
    GRANTS,
    METHODS,
    SCOPES,
    TLS_METHODS,
    Client,
)
from nightlatch.workbench.oauth.server.mutual_tls import NAMES, own_certificates
from nightlatch.workbench.oauth.server.sealing import sealing_key
from nightlatch.workbench.oauth.server.state import State, new_secret

_LIFE = 86_400
_MOST = 20
_ID = re.compile(r"[A-Za-z0-9._~-]{1,100}")
_NEVER = frozenset({"javascript", "data", "file", "vbscript", "blob", ""})
_USUAL_SCOPE = "openid profile email offline_access api"


def register(state: State, asked: Asked, now: float) -> Answer:
    given = asked.json()
    # Id and secret are the server's to choose.
    chosen = {"client_id": f"dynamic-{secrets.token_hex(8)}", "client_secret": new_secret()}
    client = read_client({**given, **chosen})
    admit(state, client)
    state.registered.put(client.id, client, now + _LIFE)
    return json_answer(
        {
            "client_id": client.id,
            "client_id_issued_at": int(now),
            **({"client_secret": client.secret, "client_secret_expires_at": int(now) + _LIFE}
               if client.secret else {}),
            "client_name": client.name,
            "redirect_uris": client.redirects,
            "grant_types": sorted(client.grants),
            "token_endpoint_auth_method": next(iter(client.methods)),
            "scope": " ".join(sorted(client.scopes)),
        },
        201, NO_STORE,
    )  # fmt: skip


def admit(state: State, client: Client) -> None:
    """The TLS layer is told of the client's certificates. Raises Refusal."""
    if client.methods.isdisjoint(TLS_METHODS):
        return
    if not state.options.mutual:
        raise _bad("certificates are asked for only where the server has TLS (--tls)")
    for der in own_certificates(client):
        try:
            state.let_in(der)
        except ValueError as fault:
            raise _bad(str(fault)) from None


def read_client(given: Document) -> Client:
    """A client from its metadata; a secret is made where one is due. Raises Refusal."""
    method = given.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in (*METHODS, *TLS_METHODS):
        raise _bad("token_endpoint_auth_method is not served")
    client_id, secret = given.get("client_id"), given.get("client_secret") or new_secret()
    if not isinstance(client_id, str) or not _ID.fullmatch(client_id):
        raise _bad("client_id is missing, or has other than letters, digits and -._~")
    if not isinstance(secret, str) or not secret.isascii():
        raise _bad("client_secret is no ASCII text")
    grants = frozenset(_texts(given, "grant_types", [CODE]))
    redirects = tuple(_texts(given, "redirect_uris", []))
    scopes = _text(given, "scope", _USUAL_SCOPE).split()
    if not grants.issubset(GRANTS) or not set(SCOPES).issuperset(scopes):
        raise _bad("one of grant_types or of the scopes is not served")
    _refuse_addresses(redirects, needed=CODE in grants)
    found = Client(
        id=client_id,
        name=_text(given, "client_name", client_id),
        methods=frozenset({method}),
        secret=secret if method.startswith("client_secret") else "",
        keys=_keys(given, method),
        subject=_subject(given, method),
        redirects=redirects,
        logout_redirects=tuple(_texts(given, "post_logout_redirect_uris", [])),
        grants=grants,
        scopes=frozenset(scopes),
        dpop_only=given.get("dpop_bound_access_tokens") is True,
        pushed_only=given.get("require_pushed_authorization_requests") is True,
        certificate_bound=given.get("tls_client_certificate_bound_access_tokens") is True,
        sealed_answers=_sealing(given, "authorization"),
        sealed_id_tokens=_sealing(given, "id_token"),
    )
    for wanted in (found.sealed_answers, found.sealed_id_tokens):
        if wanted[0] and sealing_key(found, wanted) is None:
            raise _bad("jwks has no key that could be encrypted to like that")
    if method == BY_ITSELF and not own_certificates(found):
        raise _bad("jwks has no certificate (x5c), which is what the client is known by")
    return found


def _sealing(given: Document, what: str) -> tuple[str, str]:
    algorithm = _text(given, f"{what}_encrypted_response_alg", "")
    content = _text(given, f"{what}_encrypted_response_enc", "A128CBC-HS256" if algorithm else "")
    if content and not algorithm:
        raise _bad(f"{what}_encrypted_response_enc needs {what}_encrypted_response_alg")
    return algorithm, content


def _subject(given: Document, method: str) -> tuple[str, str]:
    """RFC 8705, section 2.1.2."""
    if method != BY_AUTHORITY:
        return "", ""
    named = [name for name in NAMES if name in given]
    if len(named) != 1:
        raise _bad(f"tls_client_auth needs exactly one of {', '.join(NAMES)}")
    return named[0], _text(given, named[0], "")


def _refuse_addresses(addresses: tuple[str, ...], *, needed: bool) -> None:
    if needed and not addresses:
        raise Refusal("invalid_redirect_uri", "redirect_uris is needed")
    for address in addresses:
        try:
            parts = urlsplit(address)
        except ValueError:
            raise Refusal("invalid_redirect_uri", "a redirect_uri is no address") from None
        web = parts.scheme in ("http", "https")
        if parts.scheme in _NEVER or "#" in address or (web and not parts.hostname):
            raise Refusal("invalid_redirect_uri", "a redirect_uri is not one to redirect to")


def _keys(given: Document, method: str) -> tuple[Document, ...]:
    if "jwks_uri" in given:
        raise _bad("jwks_uri is not fetched by this server: send jwks")
    jwks = given.get("jwks")
    if jwks is None and method not in ("private_key_jwt", BY_ITSELF):
        return ()
    try:
        ring = read_keys(jwks)
    except Unsound as fault:
        raise _bad(f"jwks: {fault}") from None
    if any(key.kty == "oct" for key in ring.keys) or not isinstance(jwks, dict):
        raise _bad("jwks is no set of public keys")
    return tuple(jwks.get("keys", [jwks]))


def _texts(given: Document, name: str, usual: list[str]) -> list[str]:
    value = given.get(name, usual)
    if not isinstance(value, list) or len(value) > _MOST:
        raise _bad(f"{name} is no list, or a very long one")
    if not all(isinstance(one, str) and one.isascii() and one.isprintable() for one in value):
        raise _bad(f"{name} is no list of plain texts")
    return value


def _text(given: Document, name: str, usual: str) -> str:
    value = given.get(name, usual)
    if not isinstance(value, str) or not value.isprintable() or len(value) > 500:
        raise _bad(f"{name} is no plain text")
    return value


def _bad(description: str) -> Refusal:
    return Refusal("invalid_client_metadata", description)
