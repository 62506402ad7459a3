"""Credentials as they appear in a request; the secret itself is never kept."""

from enum import StrEnum

from msgspec import Struct


class CredentialKind(StrEnum):
    BEARER_JWT = "bearer-jwt"
    BEARER_OPAQUE = "bearer"
    BASIC = "basic"
    DIGEST = "digest"
    API_KEY = "api-key"
    SESSION = "session"
    AWS_SIGV4 = "aws-sigv4"
    HAWK = "hawk"
    HMAC = "hmac"
    MTLS = "mtls"
    OTHER = "other"


class CredentialPlace(StrEnum):
    HEADER = "header"
    QUERY = "query"
    COOKIE = "cookie"
    BODY = "body"


class CredentialState(StrEnum):
    """What the answer says of the credentials, all of them together."""

    UNKNOWN = "unknown"
    """The source cannot see credentials: there may have been one."""
    NONE = "none"
    """The request carried none."""
    PRESENT = "present"
    """There was one; the answer says nothing about it (no answer, 3xx, 5xx, an endpoint that
    answers anyone)."""
    REJECTED = "rejected"
    """401 or 403."""
    ACCEPTED = "accepted"
    """2xx or 404 and the like with a credential. Proof of protection only on an endpoint that is
    known to turn others away."""


class Proof(StrEnum):
    """What a token is worth by its issuer's keys, whatever the API made of it."""

    UNKNOWN = "unknown"
    """Nobody has looked yet, or nobody can tell: not a token, or of no declared issuer."""
    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown-key"
    """Signed by a key that its issuer does not have."""
    EXPIRED = "expired"
    AUDIENCE = "audience"
    """Meant for another API."""
    UNSOUND = "unsound"
    """No strict reader takes it for a token."""


INVENTED = frozenset({Proof.UNSIGNED, Proof.FORGED, Proof.UNKNOWN_KEY})
"""Nobody who may has made it."""
REFUTED = frozenset(Proof) - {Proof.UNKNOWN, Proof.VERIFIED}
"""A credential of which this is known proves nothing."""


class Credential(Struct, frozen=True, gc=False):
    kind: CredentialKind
    place: CredentialPlace
    name: str
    """Header, parameter or cookie name, lower-case."""
    digest: str
    """Keyed hash of the secret (hex): the same secret gives the same digest, nothing leads back."""
    principal: str = ""
    """Keyed hash of the unverified subject it names (JWT `sub`, Basic user); empty when it names
    none."""
    proof: Proof = Proof.UNKNOWN
