"""The certificates that TLS on one's own machine needs, as PEM files: made here, for a month.

Whoever trusts `ca.pem` is not exposed by it: its private key is used once, and never written.
"""

import base64
import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from nightlatch.workbench.oauth.server.answers import Document
from nightlatch.workbench.tokens.material import keys_in, public_part

_LIFE = timedelta(days=30)
_ORGANISATION = "Nightlatch test server"
CLIENT, SELF_SIGNED, STRANGER = "demo-mtls", "demo-self-signed", "somebody-else"
CLIENT_SUBJECT = f"CN={CLIENT},O={_ORGANISATION}"
_NAMES = ("ca", "server", CLIENT, SELF_SIGNED, STRANGER)
LOCAL = ("127.0.0.1", "::1", "localhost")
"""Hosts that each server certificate is for."""


class Files(Struct, frozen=True):
    """Where they are; but for `ca`, each file holds a certificate and its private key."""

    directory: Path

    @property
    def all(self) -> tuple[Path, ...]:
        return tuple(self._named(name) for name in _NAMES)

    @property
    def ca(self) -> Path:
        return self._named("ca")

    @property
    def server(self) -> Path:
        return self._named("server")

    @property
    def client(self) -> Path:
        """Of `demo-mtls`: the authority vouches for its subject."""
        return self._named(CLIENT)

    @property
    def self_signed(self) -> Path:
        """Of `demo-self-signed`, which is registered with it."""
        return self._named(SELF_SIGNED)

    @property
    def stranger(self) -> Path:
        """Sound, by the same authority, and no client's: to be refused."""
        return self._named(STRANGER)

    def _named(self, name: str) -> Path:
        return self.directory / f"{name}.pem"


def certificates(directory: Path, hosts: tuple[str, ...], now: float) -> Files:
    """In a directory that only its owner can read; those of an earlier start are used again.

    `hosts` are names or addresses that clients will use besides those of this machine. Raises
    ValueError where other files, or certificates of other hosts, are in the way.
    """
    files = Files(directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = [path.name for path in files.all if path.exists()]
    if len(there) == len(_NAMES):
        _refuse_useless(files, hosts, now)
        return files
    if there:
        raise ValueError(f"{directory} has a {there[0]} already: name an empty directory")
    _make(files, hosts, now)
    return files


def registered_key(path: Path) -> Document:
    """A public JWK with its certificate (`x5c`), as a client registers it (RFC 8705, 2.2.2)."""
    data = path.read_bytes()
    der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    # The key comes first in the file, and is found first.
    return {**public_part(keys_in(data)[0]), "x5c": [base64.b64encode(der).decode()]}


def authority_of(files: Files) -> bytes:
    """DER."""
    return x509.load_pem_x509_certificate(files.ca.read_bytes()).public_bytes(Encoding.DER)


def _make(files: Files, hosts: tuple[str, ...], now: float) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name(f"{_ORGANISATION} {os.urandom(4).hex()}")
    authority = (
        _builder(issuer, issuer, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
        .sign(key, SHA256())
    )
    _write(files.ca, authority.public_bytes(Encoding.PEM))
    names = x509.SubjectAlternativeName([_alternative(one) for one in (*LOCAL, *hosts)])
    leaves = (
        (files.server, "localhost", names, ExtendedKeyUsageOID.SERVER_AUTH),
        (files.client, CLIENT, _one_name(CLIENT), ExtendedKeyUsageOID.CLIENT_AUTH),
        (files.stranger, STRANGER, _one_name(STRANGER), ExtendedKeyUsageOID.CLIENT_AUTH),
    )
    for path, subject, alternatives, purpose in leaves:
        own = ec.generate_private_key(ec.SECP256R1())
        leaf = _leaf(_builder(_name(subject), issuer, own, now, key), alternatives, purpose)
        _write(path, _key_pem(own) + leaf.sign(key, SHA256()).public_bytes(Encoding.PEM))
    _write(files.self_signed, self_signed(SELF_SIGNED, now))


def self_signed(subject: str, now: float) -> bytes:
    """PEM of a key, and of a certificate that nobody else vouches for."""
    return _self_signed_as(_name(subject), _one_name(subject), now)


def lookalike(pem: bytes, now: float) -> bytes:
    """PEM of a key, and of a certificate with the names of another: what a thief can make. Raises
    ValueError or ExtensionNotFound."""
    known = x509.load_pem_x509_certificate(pem)
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _self_signed_as(known.subject, names, now)


def _self_signed_as(subject: x509.Name, names: x509.SubjectAlternativeName, now: float) -> bytes:
    own = ec.generate_private_key(ec.SECP256R1())
    leaf = _leaf(_builder(subject, subject, own, now), names, ExtendedKeyUsageOID.CLIENT_AUTH)
    return _key_pem(own) + leaf.sign(own, SHA256()).public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, own: ec.EllipticCurvePrivateKey, now: float,
    by: ec.EllipticCurvePrivateKey | None = None,
) -> x509.CertificateBuilder:  # fmt: skip
    start = datetime.fromtimestamp(int(now), UTC)
    public = own.public_key()
    signer = (by or own).public_key()
    return (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        # Clocks of two machines differ.
        .not_valid_before(start - timedelta(hours=1))
        .not_valid_after(start + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _leaf(
    builder: x509.CertificateBuilder, names: x509.SubjectAlternativeName,
    purpose: x509.ObjectIdentifier,
) -> x509.CertificateBuilder:  # fmt: skip
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_others=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(names, critical=False)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others, key_cert_sign=signs_others, crl_sign=signs_others,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])  # fmt: skip


def _one_name(client: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(f"{client}.test")])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)


def _refuse_useless(files: Files, hosts: tuple[str, ...], now: float) -> None:
    found = x509.load_pem_x509_certificate(files.server.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    past = found.not_valid_after_utc.timestamp() <= now
    missing = [host for host in hosts if _alternative(host) not in names]
    if past or missing:
        reason = "have ended" if past else f"are not for {missing[0]}"
        raise ValueError(f"the certificates in {files.directory} {reason}: remove them")
