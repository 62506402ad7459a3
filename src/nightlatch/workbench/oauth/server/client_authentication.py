"""Who is the client? RFC 6749, section 2.3; RFC 7523, section 2.2; RFC 8705, section 2."""

import base64
import binascii
import secrets
from urllib.parse import unquote_plus

from nightlatch.identity.jose import verify
from nightlatch.identity.jwt import read_token
from nightlatch.workbench.oauth.server.answers import Asked, Document, Parameters, Refusal
from nightlatch.workbench.oauth.server.clients import TLS_METHODS, Client
from nightlatch.workbench.oauth.server.mutual_tls import ASK, is_registered_certificate
from nightlatch.workbench.oauth.server.state import State

JWT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_ASSERTION_LIFE = 3_600


def authenticated(state: State, asked: Asked, form: Parameters, now: float) -> Client:
    """The client that asks, by exactly one method, which it is registered for. Raises Refusal."""
    basic = asked.header("authorization")
    ways = [bool(basic), "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise Refusal("invalid_request", "the client authenticates in more than one way")
    if basic:
        name, word = _basic(basic)
        if form.get("client_id", name) != name:
            raise Refusal("invalid_request", "client_id is not the one that authenticates")
        return _by_secret(state, name, word, "client_secret_basic", now)
    if "client_assertion" in form:
        return _by_assertion(state, form, now)
    client_id = form.get("client_id", "")
    if "client_secret" in form:
        return _by_secret(state, client_id, form["client_secret"], "client_secret_post", now)
    client = state.client(client_id, now)
    if client is not None and not client.methods.isdisjoint(TLS_METHODS):
        return _by_certificate(state, asked, client)
    if client is None or not client.public:
        raise refused("the client is not known, or must authenticate")
    return client


def confidential(state: State, asked: Asked, form: Parameters, now: float) -> Client:
    """As `authenticated`, for what public clients may not. Raises Refusal."""
    client = authenticated(state, asked, form, now)
    if client.public:
        raise Refusal("unauthorized_client", "only a client that authenticates may ask that")
    return client


def refused(description: str, challenge: str = "") -> Refusal:
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return Refusal("invalid_client", description, 401, headers)


def _basic(value: str) -> tuple[str, str]:
    scheme, _, given = value.partition(" ")
    try:
        pair = base64.b64decode(given, validate=True).decode()
    except (binascii.Error, ValueError):
        pair = ""
    if scheme.lower() != "basic" or ":" not in pair:
        raise refused("the Authorization header is not Basic", 'Basic realm="test"')
    name, _, word = pair.partition(":")
    return unquote_plus(name), unquote_plus(word)


def _by_secret(state: State, client_id: str, word: str, method: str, now: float) -> Client:
    client = state.client(client_id, now)
    known = client.secret if client else ""
    same = secrets.compare_digest(known.encode(), word.encode("utf-8", "replace"))
    if client is None or not same or not known or method not in client.methods:
        challenge = 'Basic realm="test"' if method.endswith("basic") else ""
        raise refused("the secret or the method of authentication is wrong", challenge)
    return client


def _by_assertion(state: State, form: Parameters, now: float) -> Client:
    if form.get("client_assertion_type") != JWT_ASSERTION:
        raise refused("client_assertion_type must be that of a JWT")
    client, claims = client_token(state, form["client_assertion"], now)
    if claims.get("sub") != client.id or form.get("client_id", client.id) != client.id:
        raise refused("iss, sub and client_id of the assertion differ")
    method = "private_key_jwt" if client.keys else "client_secret_jwt"
    if method not in client.methods:
        raise refused("the client is not registered for this method")
    return client


def _by_certificate(state: State, asked: Asked, client: Client) -> Client:
    if is_registered_certificate(state, client, asked.certificate):
        return client
    if asked.certificate:
        raise refused("the certificate is not the one that the client is registered for")
    raise refused(f"the client is known by its certificate: {ASK}")


def client_token(state: State, token: str, now: float) -> tuple[Client, Document]:
    """A JWT that a client signed for this server, used for the first time. Raises Refusal.

    RFC 7523, section 3: iss, aud and exp are needed; jti is, so that it serves only once.
    """
    issuer = _unverified_issuer(token)
    client = state.client(issuer, now)
    if client is None or not client.signing_keys:
        raise refused("the assertion is of no client that has a key here")
    found = verify(token, client.signing_keys, now)
    claims = found.claims
    if not found.valid or claims is None:
        raise refused("the assertion is not valid: wrong key, form or time")
    if not _is_for(state, claims.get("aud")):
        raise refused("aud of the assertion is not this server")
    identity, until = claims.get("jti"), claims.get("exp", 0)
    if not isinstance(identity, str) or not now - 60 <= until <= now + MAX_ASSERTION_LIFE + 60:
        raise refused("the assertion needs jti, and exp within the hour")
    if not state.assertions.first_time(f"{client.id}.{identity}", now, until + 60, True):
        raise refused("the assertion was used before")
    return client, claims


def _unverified_issuer(token: str) -> str:
    parts = read_token(token)
    return parts.text_claim("iss") if parts else ""


def _is_for(state: State, audience: object) -> bool:
    issuer = state.options.issuer
    good = {issuer, f"{issuer}/", f"{issuer}/token", f"{issuer}/par"}
    if state.options.mutual:
        good.add(f"{state.options.mutual}/token")
    given = audience if isinstance(audience, list) else [audience]
    return any(isinstance(one, str) and one in good for one in given)
