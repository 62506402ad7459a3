"""Clients and tokens known by a certificate (RFC 8705).

The TLS layer lets in who is vouched for by the authority, and whose own certificate is registered.
Which client that is, is judged here.
"""

import base64
import binascii
import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.server.answers import Asked, Refusal
from nightlatch.workbench.oauth.server.clients import BY_AUTHORITY, BY_ITSELF, Client
from nightlatch.workbench.oauth.server.state import State

ASK = "ask with it at the address in mtls_endpoint_aliases"
_ALTERNATIVES: dict[str, type[x509.GeneralName]] = {
    "tls_client_auth_san_dns": x509.DNSName,
    "tls_client_auth_san_uri": x509.UniformResourceIdentifier,
    "tls_client_auth_san_ip": x509.IPAddress,
    "tls_client_auth_san_email": x509.RFC822Name,
}
NAMES = ("tls_client_auth_subject_dn", *_ALTERNATIVES)
"""What a client is registered by: exactly one."""


def thumbprint(der: bytes) -> str:
    """`x5t#S256` (section 3.1); empty where there is no certificate."""
    return to_base64url(hashlib.sha256(der).digest()).decode() if der else ""


def is_registered_certificate(state: State, client: Client, der: bytes) -> bool:
    """Is the connection's certificate the client's, by one of the two methods of section 2?"""
    if state.has("certificate-not-checked"):
        return True
    if not der:
        return False
    if BY_ITSELF in client.methods and der in own_certificates(client):
        return True
    return BY_AUTHORITY in client.methods and _is_vouched_for(state, client, der)


def own_certificates(client: Client) -> list[bytes]:
    """DER, of the client's keys that come with one."""
    return [der for key in client.keys if (der := _first_certificate(key.get("x5c")))]


def _first_certificate(chain: object) -> bytes:
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        return b""
    try:
        return base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_vouched_for(state: State, client: Client, der: bytes) -> bool:
    """By the server's own authority: the TLS layer also lets in what clients registered, and such
    a certificate can vouch for any other."""
    try:
        found = x509.load_der_x509_certificate(der)
        found.verify_directly_issued_by(x509.load_der_x509_certificate(state.authority))
        return _has_name(found, *client.subject)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False


def _has_name(certificate: x509.Certificate, kind: str, name: str) -> bool:
    """RFC 8705, section 2.1.2. Raises ValueError, or ExtensionNotFound."""
    if kind not in _ALTERNATIVES:
        return certificate.subject == x509.Name.from_rfc4514_string(name)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    its = _ALTERNATIVES[kind]
    return any(isinstance(one, its) and str(one.value) == name for one in names)


def binding_certificate(state: State, asked: Asked, client: Client) -> str:
    """Thumbprint of what the client's tokens are to be bound to; empty where they are not. Raises
    Refusal."""
    if not client.certificate_bound:
        return ""
    found = thumbprint(asked.certificate)
    if not found and not state.has("certificate-not-checked"):
        raise Refusal(
            "invalid_request", f"this client's tokens are bound to its certificate: {ASK}"
        )
    return found
