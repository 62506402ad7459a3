"""Mistakes that authorization servers and APIs make, each to be switched on by its name."""

from collections.abc import Iterable

from msgspec import Struct


class Fault(Struct, frozen=True):
    name: str
    title: str
    finds: str
    """What a probe should find."""


_API = "/api/me answers 200 to "
FAULTS: tuple[Fault, ...] = (
    Fault("accepts-expired", "Tokens never end", _API + "a token whose exp is past."),
    Fault("accepts-none", "Unsigned tokens are believed", _API + 'a token of alg "none".'),
    Fault("ignores-signature", "Signatures are not checked", _API + "a token with changed claims."),
    Fault("accepts-other-audience", "Tokens for others are good here",
          _API + "a token that was issued for another resource."),
    Fault("key-confusion", "The public key is taken for a secret",
          _API + "a token signed HS256 with the published key as PEM, DER or JWK."),
    Fault("embedded-jwk-trusted", "A token brings its own key",
          _API + "a token signed with the key in its header (jwk)."),
    Fault("kid-traversal", "The key's id is a path",
          _API + "a token of kid ../../dev/null, signed HS256 with an empty secret."),
    Fault("kid-injection", "The key's id goes into SQL",
          _API + "a token of kid x' UNION SELECT 'key, signed HS256 with key."),
    Fault("weak-secret", "Tokens are signed with a common secret",
          "Access tokens are HS256 with a secret of every word list."),
    Fault("id-token-accepted", "An ID token opens the API", _API + "an ID token."),
    Fault("token-in-query", "Tokens in addresses", _API + "a token in the query, which logs keep."),
    Fault("revoked-still-active", "Revocation does nothing",
          "A revoked token opens the API, and introspection calls it active."),
    Fault("ignores-dpop", "Bound tokens need no proof",
          _API + "a DPoP-bound token without a proof, as Bearer."),
    Fault("dpop-replay", "A proof can be used again", _API + "the same DPoP proof twice."),
    Fault("binding-not-checked", "Bound tokens need no certificate",
          _API + "a certificate-bound token over a connection without it (--tls)."),
    Fault("certificate-not-checked", "Certificates of clients are not compared",
          "A client of mutual TLS is believed with another's certificate, or none (--tls)."),
    Fault("no-pkce-check", "The code verifier is not checked",
          "The token endpoint takes a code with a wrong code_verifier, or none."),
    Fault("pkce-downgrade", "PKCE can be left out",
          "A request without code_challenge is served, and its code taken with any verifier."),
    Fault("loose-redirect", "Redirect addresses are compared by their beginning",
          "A redirect_uri that only begins like a registered one gets the code."),
    Fault("code-replay", "A code works twice", "The same code is exchanged again."),
    Fault("code-of-another", "A code works for any client",
          "Another client exchanges a code that was not issued to it."),
    Fault("no-state-echo", "state is lost", "The authorization response has no state."),
    Fault("no-iss", "Responses do not name their issuer",
          "The authorization response has no iss, though the metadata promises it."),
    Fault("no-nonce", "nonce is lost", "The ID token has no nonce, though one was sent."),
    Fault("refresh-reuse", "Old refresh tokens go on working",
          "A refresh token that was rotated away is exchanged again."),
    Fault("grants-any-scope", "Whatever is asked is granted",
          "A client gets a scope that it is not registered for."),
    Fault("unsigned-request", "Request objects need no signature",
          'A request object of alg "none" is believed.'),
    Fault("request-uri-reuse", "A pushed request works twice",
          "The same request_uri opens the consent page again."),
    Fault("open-introspection", "Anybody may introspect",
          "The introspection endpoint answers without client authentication."),
    Fault("cacheable", "Tokens may be cached", "Token responses have no Cache-Control: no-store."),
    Fault("wrong-issuer", "The metadata names another issuer",
          "issuer in the metadata is not the address it was fetched from."),
    Fault("private-keys", "The private key is published", "The JWKS has the member d."),
    Fault("slow", "Slow", "Every answer takes two seconds longer."),
    Fault("server-errors", "Errors", "/api/me answers 500 to every third request."),
)  # fmt: skip
_KNOWN = {fault.name: fault for fault in FAULTS}
if len(_KNOWN) != len(FAULTS):
    raise ValueError("two faults have the same name")


def chosen(names: Iterable[str]) -> frozenset[str]:
    """Raises ValueError that lists every unknown name."""
    wanted = frozenset(names)
    unknown = sorted(wanted - _KNOWN.keys())
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; --faults lists them")
    return wanted
