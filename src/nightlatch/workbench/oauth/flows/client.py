"""An OAuth client: what it is registered as, what it must not tell, and how it proves who it is."""

import base64
import secrets
from collections.abc import Callable
from typing import Any, Literal, get_args
from urllib.parse import quote_plus

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Certificate, Headers, Pairs
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import NoKey
from nightlatch.workbench.tokens.material import secret as shared_key

Authentication = Literal[
    "none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
    "tls_client_auth", "self_signed_tls_client_auth",
]  # fmt: skip
"""RFC 7591, section 2; RFC 8705, section 2."""
AUTHENTICATIONS: tuple[str, ...] = get_args(Authentication)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFETIME = 60


class Registration(Struct, frozen=True, forbid_unknown_fields=True):
    """What a server knows of the client. No secret, so that it can be shared."""

    client_id: str
    authentication: Authentication = "none"
    scope: str = ""
    redirect_uri: str = ""


class Secrets(Struct, frozen=True):
    """What only the client has. Never part of what is shared, and its `repr` tells nothing."""

    client_secret: str = ""
    key: dict[str, Any] | None = None
    """A private JWK: for private_key_jwt and for request objects."""
    certificate: Certificate | None = None
    proof_key: dict[str, Any] | None = None
    """A private JWK for DPoP; tokens are then bound to it."""

    def __repr__(self) -> str:
        return "Secrets(***)"


class Client(Struct, frozen=True):
    """A registration, its secrets and the server it is registered with."""

    metadata: Metadata
    registration: Registration
    secrets: Secrets
    clock: Callable[[], float]
    """Seconds since the epoch: a flow takes minutes, and signs with its time."""

    @property
    def id(self) -> str:
        return self.registration.client_id

    def endpoint(self, name: str) -> str:
        return self.metadata.endpoint(name, mutual_tls=self.secrets.certificate is not None)

    def authenticated(self, fields: Pairs) -> tuple[Pairs, Headers]:
        """The fields of a form, and headers, with what proves who asks (RFC 6749, section 2.3).
        Raises FlowFault."""
        method = self.registration.authentication
        if method == "client_secret_basic":
            # Form-encoded first, so that a colon in the id stays what it is.
            pair = f"{quote_plus(self.id)}:{quote_plus(self._secret())}"
            value = base64.b64encode(pair.encode()).decode()
            return fields, (("Authorization", f"Basic {value}"),)
        named = (*fields, ("client_id", self.id))
        if method == "client_secret_post":
            return (*named, ("client_secret", self._secret())), ()
        if method in ("client_secret_jwt", "private_key_jwt"):
            proof = (("client_assertion_type", _ASSERTION), ("client_assertion", self._assertion()))
            return (*named, *proof), ()
        if "tls" in method and self.secrets.certificate is None:
            raise FlowFault(f"{method} needs the client's certificate (--cert FILE)")
        return named, ()

    def signed(self, claims: dict[str, Any], purpose: str, **header: Any) -> str:
        """By the client's own key. Raises FlowFault."""
        if self.secrets.key is None:
            raise FlowFault(f"{purpose} needs the client's private key (--client-key FILE)")
        return _signed(claims, self.secrets.key, purpose, **header)

    def _secret(self) -> str:
        if not self.secrets.client_secret:
            raise FlowFault(
                f"{self.registration.authentication} needs the client's secret "
                "(--secret -, or OAUTH_CLIENT_SECRET in the environment)"
            )
        return self.secrets.client_secret

    def _assertion(self) -> str:
        """RFC 7523, section 3, for the issuer alone: so that no other endpoint can pass it on."""
        now = int(self.clock())
        claims = {
            "iss": self.id, "sub": self.id, "aud": self.metadata.issuer,
            "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + _ASSERTION_LIFETIME,
        }  # fmt: skip
        if self.registration.authentication == "private_key_jwt":
            return self.signed(claims, "private_key_jwt")
        return _signed(claims, shared_key(self._secret()), "client_secret_jwt", alg="HS256")


def usual_authentication(secrets: Secrets, metadata: Metadata) -> Authentication:
    """What a client with these secrets is most likely registered for."""
    if secrets.client_secret:
        known = metadata.lists("token_endpoint_auth_methods_supported")
        only_post = "client_secret_post" in known and "client_secret_basic" not in known
        return "client_secret_post" if only_post else "client_secret_basic"
    if secrets.key is not None:
        return "private_key_jwt"
    return "tls_client_auth" if secrets.certificate else "none"


def _signed(claims: dict[str, Any], key: dict[str, Any], purpose: str, **header: Any) -> str:
    try:
        return sign(claims, key, **header)
    except NoKey as fault:
        raise FlowFault(f"{purpose}: {fault}") from None
