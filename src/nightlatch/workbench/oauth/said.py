"""What a server says that it can, in words, and what is to be said about that."""

from collections.abc import Iterator

from nightlatch.workbench.oauth.flows.metadata import Metadata

_URNS = ("urn:ietf:params:oauth:grant-type:", "urn:openid:params:grant-type:")
_ABILITIES = (
    ("PAR", "pushed_authorization_request_endpoint", "requests can be pushed first (RFC 9126)"),
    ("JAR", "request_object_signing_alg_values_supported", "requests can be signed (RFC 9101)"),
    ("JARM", "authorization_signing_alg_values_supported", "answers can be signed (JARM)"),
    ("DPoP", "dpop_signing_alg_values_supported", "tokens can be bound to a key (RFC 9449)"),
    ("mTLS", "tls_client_certificate_bound_access_tokens",
     "tokens can be bound to a certificate (RFC 8705)"),
    ("iss", "authorization_response_iss_parameter_supported",
     "answers name their issuer (RFC 9207)"),
    ("Registration", "registration_endpoint", "clients can introduce themselves (RFC 7591)"),
    ("Introspection", "introspection_endpoint", "it says what a token is (RFC 7662)"),
    ("Revocation", "revocation_endpoint", "tokens can be given back (RFC 7009)"),
    ("Logout", "end_session_endpoint", "the session can be ended"),
)  # fmt: skip


def abilities(metadata: Metadata) -> list[tuple[str, str, bool]]:
    """Name, meaning, and whether the server says so."""
    return [
        (name, words, bool(metadata.document.get(member))) for name, member, words in _ABILITIES
    ]


def grants(metadata: Metadata) -> list[str]:
    """Without the URNs' beginnings."""
    return [_short(name) for name in metadata.lists("grant_types_supported")]


def places(metadata: Metadata) -> list[tuple[str, str]]:
    """Its endpoints: name and address."""
    return [
        (name, value)
        for name, value in metadata.document.items()
        if isinstance(value, str) and (name.endswith("_endpoint") or name == "jwks_uri")
    ]


def remarks(metadata: Metadata) -> Iterator[str]:
    """What its own words give reason to look at."""
    methods = metadata.lists("code_challenge_methods_supported")
    if not methods:
        yield "it does not announce PKCE: a stolen code may be usable (RFC 9700, 2.1.1)"
    elif "plain" in methods:
        yield "it takes PKCE's plain, which shows the verifier to whoever sees the request"
    given = metadata.lists("grant_types_supported")
    if "password" in given:
        yield "it has the password grant, which must not be used (RFC 9700, 2.4)"
    types = metadata.lists("response_types_supported")
    if "implicit" in given or any("token" in one.split() for one in types):
        yield "access tokens can come through the browser (implicit; RFC 9700, 2.1.2)"
    if not metadata.says("authorization_response_iss_parameter_supported"):
        yield "its answers need not name it: a mix-up of servers would pass (RFC 9207)"
    if "none" in metadata.lists("id_token_signing_alg_values_supported"):
        yield "it can issue ID tokens without a signature (alg none)"


def _short(name: str) -> str:
    for beginning in _URNS:
        name = name.removeprefix(beginning)
    return name
