"""What the registered members of headers and claims mean, in words (IANA: JOSE and JWT)."""

from typing import Any

from nightlatch.exchange.identifiers import identifier_kind

HEADER = {
    "alg": "what it says it is signed or sealed with",
    "enc": "what hides the content",
    "typ": "what kind of token it is",
    "cty": "what the content is",
    "kid": "the id of the issuer's key",
    "jku": "an address for keys, which no reader should follow",
    "x5u": "an address for a certificate, which no reader should follow",
    "jwk": "a key of its own, which no reader should trust",
    "x5c": "a certificate of its own, which no reader should trust",
    "x5t": "the fingerprint of a certificate (SHA-1)",
    "x5t#S256": "the fingerprint of a certificate (SHA-256)",
    "crit": "what a reader must understand or refuse",
    "b64": "whether the payload is encoded",
    "zip": "how the content was compressed",
    "epk": "the sender's key for this one token",
    "apu": "the sender's part in agreeing on a key",
    "apv": "the reader's part in agreeing on a key",
    "iv": "a number used once, to wrap the key",
    "tag": "proves that the wrapped key is whole",
    "p2c": "rounds of work to try a password",
    "p2s": "the salt of the password",
    "nonce": "a number used once",
    "url": "the address that it is meant for",
    "trust_chain": "who vouches for the issuer (OpenID Federation)",
}
CLAIMS = {
    "iss": "who issued it",
    "sub": "whom or what it is about",
    "aud": "for which service it is",
    "exp": "good until",
    "nbf": "good from",
    "iat": "issued at",
    "auth_time": "when the person logged in",
    "updated_at": "when the person's data last changed",
    "jti": "the token's own name",
    "scope": "what it allows",
    "scp": "what it allows",
    "azp": "the client it was issued to",
    "client_id": "the client it was issued to",
    "sid": "the session it belongs to",
    "acr": "how well the log-in was assured",
    "amr": "how the person proved who they are",
    "nonce": "ties an ID token to one log-in",
    "at_hash": "ties an ID token to an access token",
    "c_hash": "ties an ID token to a code",
    "s_hash": "ties an ID token to a state",
    "cnf": "the key that its holder must prove to have",
    "act": "who acts for the subject",
    "may_act": "who may act for the subject",
    "events": "what happened (security event or log-out)",
    "htm": "the request's method (DPoP)",
    "htu": "the request's address (DPoP)",
    "ath": "ties a proof to an access token (DPoP)",
    "authorization_details": "what it allows, in detail (RFC 9396)",
    "entitlements": "what the subject may do",
    "roles": "roles of the subject",
    "groups": "groups of the subject",
    "permissions": "what the subject may do",
    "realm_access": "roles of the subject (Keycloak)",
    "resource_access": "roles of the subject at each client (Keycloak)",
    "tid": "the tenant (Microsoft Entra)",
    "oid": "the person or service, the same everywhere (Microsoft Entra)",
    "ver": "the version of the token's form",
    "name": "the person's name",
    "given_name": "the person's first name",
    "family_name": "the person's last name",
    "middle_name": "the person's middle name",
    "nickname": "what the person is called",
    "preferred_username": "the name the person logs in with",
    "upn": "the name the person logs in with",
    "unique_name": "the name the person logs in with",
    "profile": "the address of the person's page",
    "picture": "the address of the person's picture",
    "website": "the address of the person's site",
    "email": "an e-mail address",
    "email_verified": "whether the e-mail address is the person's",
    "phone_number": "a telephone number",
    "phone_number_verified": "whether the telephone number is the person's",
    "gender": "the person's gender",
    "birthdate": "the person's birthday",
    "address": "the person's postal address",
    "locale": "the person's language",
    "zoneinfo": "the person's time zone",
    "ip": "the person's network address",
    "ipaddr": "the person's network address",
}
_VALUES = {
    "HS256": "a shared secret, with HMAC and SHA-256",
    "HS384": "a shared secret, with HMAC and SHA-384",
    "HS512": "a shared secret, with HMAC and SHA-512",
    "RS256": "a key pair, with RSA (PKCS #1 v1.5) and SHA-256",
    "RS384": "a key pair, with RSA (PKCS #1 v1.5) and SHA-384",
    "RS512": "a key pair, with RSA (PKCS #1 v1.5) and SHA-512",
    "PS256": "a key pair, with RSA-PSS and SHA-256",
    "PS384": "a key pair, with RSA-PSS and SHA-384",
    "PS512": "a key pair, with RSA-PSS and SHA-512",
    "ES256": "a key pair, with ECDSA on P-256 and SHA-256",
    "ES384": "a key pair, with ECDSA on P-384 and SHA-384",
    "ES512": "a key pair, with ECDSA on P-521 and SHA-512",
    "ES256K": "a key pair, with ECDSA on secp256k1 and SHA-256",
    "EdDSA": "a key pair, with Ed25519 or Ed448",
    "Ed25519": "a key pair, with Ed25519",
    "Ed448": "a key pair, with Ed448",
    "none": "nothing: it is not signed",
    "dir": "the reader's secret hides the content itself",
    "ECDH-ES": "a key agreed on with the reader's public key",
    "RSA-OAEP": "the reader's public key, with RSA-OAEP and SHA-1",
    "RSA-OAEP-256": "the reader's public key, with RSA-OAEP and SHA-256",
    "RSA1_5": "the reader's public key, with RSA (PKCS #1 v1.5), which is broken",
    "A128GCM": "AES with 128 bits, authenticated (GCM)",
    "A192GCM": "AES with 192 bits, authenticated (GCM)",
    "A256GCM": "AES with 256 bits, authenticated (GCM)",
    "A128CBC-HS256": "AES with 128 bits (CBC), authenticated by HMAC",
    "A192CBC-HS384": "AES with 192 bits (CBC), authenticated by HMAC",
    "A256CBC-HS512": "AES with 256 bits (CBC), authenticated by HMAC",
    "at+jwt": "an access token (RFC 9068)",
    "dpop+jwt": "a proof that a client has its key (DPoP, RFC 9449)",
    "logout+jwt": "a log-out, told to a client (OpenID Connect)",
    "secevent+jwt": "a security event (RFC 8417)",
    "oauth-authz-req+jwt": "a request for authorization (RFC 9101)",
    "token-introspection+jwt": "what an issuer says of a token (RFC 9701)",
    "id_token+jwt": "an ID token, for the client alone",
    "kb+jwt": "a proof of who holds a credential (SD-JWT)",
}
_STARTS = {
    "ECDH-ES+": "a key agreed on with the reader's public key, which wraps another",
    "PBES2-": "a password, after many rounds",
    "A128": "a shared secret of 128 bits, which wraps another",
    "A192": "a shared secret of 192 bits, which wraps another",
    "A256": "a shared secret of 256 bits, which wraps another",
}
TIMES = frozenset({"exp", "nbf", "iat", "auth_time", "updated_at"})
_PERSONAL = frozenset({
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "upn",
    "unique_name", "profile", "picture", "website", "email", "phone_number", "gender", "birthdate",
    "address", "ip", "ipaddr",
})  # fmt: skip
_OPAQUE = frozenset({"iss", "aud", "jti", "sid", "azp", "client_id", "nonce"})


def is_personal(name: str, value: Any) -> bool:
    """Does the claim tell of a person what whoever holds the token should not read?"""
    if name in _PERSONAL:
        return True
    if name in _OPAQUE or isinstance(value, bool) or not isinstance(value, str | int):
        return False
    kind = identifier_kind(name, value)
    return kind is not None and kind.personal


def header_meaning(name: str, value: Any) -> str:
    """What a member of a header means, and what its value stands for where that is registered."""
    meaning = HEADER.get(name, "")
    if name not in ("alg", "enc", "typ") or not isinstance(value, str):
        return meaning
    value = value if name != "typ" else value.lower().removeprefix("application/")
    words = _VALUES.get(value, "")
    if not words and name == "alg":
        words = next((text for start, text in _STARTS.items() if value.startswith(start)), "")
    return f"{meaning}: {words}" if words else meaning
