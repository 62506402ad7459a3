"""What the server says of itself: OpenID Connect Discovery, RFC 8414, WebFinger, JWKS."""

from nightlatch.workbench.oauth.server import dpop
from nightlatch.workbench.oauth.server.answers import Answer, Asked, Document, Refusal, json_answer
from nightlatch.workbench.oauth.server.authorization_request import RESPONSE_MODES, RESPONSE_TYPES
from nightlatch.workbench.oauth.server.clients import GRANTS, METHODS, SCOPES, TLS_METHODS
from nightlatch.workbench.oauth.server.sealing import SEALINGS
from nightlatch.workbench.oauth.server.state import State
from nightlatch.workbench.tokens.making import CONTENTS

WARNING = "TEST SERVER: no passwords, no persistence, faults on demand. Never for production."
_CLIENT_ALGORITHMS = ("ES256", "RS256", "PS256", "HS256")
_REL = "http://openid.net/specs/connect/1.0/issuer"


def metadata(state: State, _asked: Asked, _now: float) -> Answer:
    options = state.options
    issuer = options.issuer
    methods = (*METHODS, *(TLS_METHODS if options.mutual else ()))
    document: Document = {
        "issuer": "https://other.example" if state.has("wrong-issuer") else issuer,
        "nightlatch_test_server": WARNING,
        **{name: f"{issuer}{path}" for name, path in _ENDPOINTS.items()},
        "response_types_supported": RESPONSE_TYPES,
        "response_modes_supported": RESPONSE_MODES,
        "grant_types_supported": GRANTS,
        "nightlatch_deprecated": ["password", "implicit", *RESPONSE_TYPES[1:]],
        "scopes_supported": SCOPES,
        "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [options.algorithm],
        "authorization_signing_alg_values_supported": [options.algorithm],
        "authorization_encryption_alg_values_supported": SEALINGS,
        "authorization_encryption_enc_values_supported": CONTENTS,
        "id_token_encryption_alg_values_supported": SEALINGS,
        "id_token_encryption_enc_values_supported": CONTENTS,
        "introspection_signing_alg_values_supported": [options.algorithm],
        "code_challenge_methods_supported": ["S256", *(["plain"] if options.plain_pkce else [])],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": _CLIENT_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": methods[1:],
        "revocation_endpoint_auth_methods_supported": methods,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "request_object_signing_alg_values_supported": _CLIENT_ALGORITHMS,
        "dpop_signing_alg_values_supported": dpop.ALGORITHMS,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_user_code_parameter_supported": False,
        "tls_client_certificate_bound_access_tokens": bool(options.mutual),
    }
    if options.mutual:
        document["mtls_endpoint_aliases"] = {
            name: f"{options.mutual}{_ENDPOINTS[name]}" for name in _ALIASED
        }
    return json_answer(document)


_ENDPOINTS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "jwks_uri": "/jwks",
    "userinfo_endpoint": "/userinfo",
    "registration_endpoint": "/register",
    "introspection_endpoint": "/introspect",
    "revocation_endpoint": "/revoke",
    "end_session_endpoint": "/logout",
    "device_authorization_endpoint": "/device_authorization",
    "backchannel_authentication_endpoint": "/bc-authorize",
    "pushed_authorization_request_endpoint": "/par",
}

_ALIASED = (
    "token_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint",
    "device_authorization_endpoint", "backchannel_authentication_endpoint",
    "pushed_authorization_request_endpoint",
)  # fmt: skip
"""Where clients ask themselves, and not by a browser (RFC 8705, section 5)."""


def jwks(state: State, _asked: Asked, _now: float) -> Answer:
    return json_answer({"keys": [state.key if state.has("private-keys") else state.published]})


def webfinger(state: State, asked: Asked, _now: float) -> Answer:
    """OpenID Connect Discovery, section 2: the issuer of anybody who is asked about."""
    subject = asked.parameters().get("resource", "")
    if not subject:
        raise Refusal("invalid_request", "resource is missing")
    links = [{"rel": _REL, "href": state.options.issuer}]
    return json_answer({"subject": subject, "links": links})
