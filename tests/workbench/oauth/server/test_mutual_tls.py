"""Whose certificate it is: names, authorities, and what clients register."""

import base64
import datetime as dt
import ipaddress
import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from tests.servers import free_port

from nightlatch.workbench.oauth.server import registration
from nightlatch.workbench.oauth.server.answers import Asked, Refusal
from nightlatch.workbench.oauth.server.certificates import (
    CLIENT_SUBJECT,
    Files,
    authority_of,
    certificates,
    registered_key,
)
from nightlatch.workbench.oauth.server.clients import Client, demo_tls_clients
from nightlatch.workbench.oauth.server.metadata import metadata
from nightlatch.workbench.oauth.server.mutual_tls import is_registered_certificate, own_certificates
from nightlatch.workbench.oauth.server.registration import read_client
from nightlatch.workbench.oauth.server.serving import MAX_REGISTERED, tls_servers
from nightlatch.workbench.oauth.server.state import Options, State, new_state

NOW = time.time()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return certificates(tmp_path_factory.mktemp("tls"), (), NOW)


@pytest.fixture
def state(files: Files) -> State:
    issuer = "https://127.0.0.1:9400"
    clients = demo_tls_clients(issuer, CLIENT_SUBJECT, registered_key(files.self_signed))
    found = new_state(Options(issuer=issuer, mutual="https://127.0.0.1:9401"), clients)
    found.authority = authority_of(files)
    return found


def der_of(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def issued(name: str, by: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None,
           *names: x509.GeneralName) -> tuple[bytes, ec.EllipticCurvePrivateKey]:  # fmt: skip
    """A certificate by somebody, or by itself; DER and its key."""
    subject = x509.Name.from_rfc4514_string(name)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, signer = by or (subject, key)
    start = dt.datetime.fromtimestamp(NOW, dt.UTC)
    builder = x509.CertificateBuilder(
        issuer, subject, key.public_key(), 1, start, start + dt.timedelta(days=1)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, SHA256()).public_bytes(Encoding.DER), key


def named(kind: str, name: str) -> Client:
    return read_client({
        "client_id": "mine", "grant_types": ["client_credentials"], kind: name,
        "token_endpoint_auth_method": "tls_client_auth",
    })  # fmt: skip


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("tls_client_auth_subject_dn", "CN=shop,O=Ours", "CN=shop"),
    ("tls_client_auth_subject_dn", "CN=shop,O=Ours", "O=Ours,CN=shop"),
    ("tls_client_auth_subject_dn", "CN=shop,O=Ours", "nonsense"),
    ("tls_client_auth_san_dns", "shop.test", "*.test"),
    ("tls_client_auth_san_uri", "spiffe://test/shop", "spiffe://test/sho"),
    ("tls_client_auth_san_ip", "192.0.2.7", "192.0.2.70"),
    ("tls_client_auth_san_email", "shop@test.example", "shop.test"),
])  # fmt: skip
def test_a_name_is_compared_as_a_whole(state: State, kind: str, good: str, bad: str) -> None:
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    own, key = issued("CN=Authority", None)
    der, _ = issued(
        "CN=shop,O=Ours", (authority, key), x509.DNSName("shop.test"),
        x509.UniformResourceIdentifier("spiffe://test/shop"), x509.RFC822Name("shop@test.example"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
    )  # fmt: skip
    state.authority = own
    assert is_registered_certificate(state, named(kind, good), der)
    assert not is_registered_certificate(state, named(kind, bad), der)
    nameless, _ = issued("CN=shop,O=Ours", (authority, key))
    expected = kind == "tls_client_auth_subject_dn"
    assert is_registered_certificate(state, named(kind, good), nameless) == expected


def test_only_the_servers_own_authority_vouches(state: State, files: Files) -> None:
    client = state.clients["demo-mtls"]
    assert is_registered_certificate(state, client, der_of(files.client))
    alone, _ = issued(CLIENT_SUBJECT, None)
    assert not is_registered_certificate(state, client, alone)
    # A certificate that a client registered is let in by the TLS layer, and what it issued too.
    name = x509.load_pem_x509_certificate(files.self_signed.read_bytes()).subject
    other = ec.generate_private_key(ec.SECP256R1())
    assert not is_registered_certificate(state, client, issued(CLIENT_SUBJECT, (name, other))[0])
    impostor = x509.load_der_x509_certificate(state.authority).subject
    forged, _ = issued(CLIENT_SUBJECT, (impostor, other))
    assert not is_registered_certificate(state, client, forged)


@pytest.mark.parametrize("der", [b"", b"x", b"\x30\x03\x02\x01\x01", bytes(5_000)])
def test_what_is_no_certificate_is_nobodys(state: State, der: bytes) -> None:
    assert not any(is_registered_certificate(state, one, der) for one in state.clients.values())


@pytest.mark.parametrize("x5c", [None, [], [1], ["?"], "text", {"0": ""}, [["AA=="]]])
def test_a_key_without_its_certificate_proves_nothing(state: State, x5c: object) -> None:
    client = state.clients["demo-self-signed"]
    bare = replace(client, keys=({**client.keys[0], "x5c": x5c},))
    assert own_certificates(bare) == []


def asked(**given: Any) -> Asked:
    return Asked("POST", "/register", "", (), json.dumps(given).encode())


def test_a_client_registers_its_certificate(state: State, files: Files) -> None:
    let_in: list[bytes] = []
    state.let_in = let_in.append
    given = {
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "grant_types": ["client_credentials"], "jwks": {"keys": [registered_key(files.client)]},
    }  # fmt: skip
    answer = registration.register(state, asked(**given), NOW)
    client = state.client(json.loads(answer.body)["client_id"], NOW)
    assert client is not None
    assert let_in == [der_of(files.client)]
    assert is_registered_certificate(state, client, der_of(files.client))
    assert not is_registered_certificate(state, client, der_of(files.stranger))


@pytest.mark.parametrize(("given", "told"), [
    ({"token_endpoint_auth_method": "tls_client_auth"}, "exactly one of"),
    ({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a",
      "tls_client_auth_subject_dn": "CN=a"}, "exactly one of"),
    ({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": 1}, "plain text"),
    ({"token_endpoint_auth_method": "self_signed_tls_client_auth"}, "jwks"),
])  # fmt: skip
def test_what_cannot_be_compared_is_not_registered(
    state: State, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(Refusal, match=told):
        registration.register(state, asked(grant_types=["client_credentials"], **given), NOW)


def test_without_tls_no_certificate_is_registered(state: State, files: Files) -> None:
    state.options = replace(state.options, mutual="")
    given = {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.test",
             "grant_types": ["client_credentials"]}  # fmt: skip
    with pytest.raises(Refusal, match="--tls"):
        registration.register(state, asked(**given), NOW)
    plain = json.loads(metadata(state, asked(), NOW).body)
    assert "mtls_endpoint_aliases" not in plain
    assert not set(plain["token_endpoint_auth_methods_supported"]) & {"tls_client_auth"}


def test_the_metadata_tell_where_certificates_are_asked_for(state: State) -> None:
    found = json.loads(metadata(state, asked(), NOW).body)
    assert found["tls_client_certificate_bound_access_tokens"] is True
    aliases = found["mtls_endpoint_aliases"]
    assert len(aliases) == 7
    assert all(url.startswith("https://127.0.0.1:9401/") for url in aliases.values())
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(
        found["token_endpoint_auth_methods_supported"]
    )


def test_the_tls_layer_is_bounded_and_takes_certificates_alone(
    state: State, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls_servers(state, files, "127.0.0.1", (free_port(), free_port()))
    with pytest.raises(ValueError, match="no certificate"):
        state.let_in(b"nonsense")
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
    for count in range(MAX_REGISTERED - 1):
        state.let_in(base64.b64encode(str(count).encode()))
    state.let_in(der_of(files.self_signed))
    with pytest.raises(ValueError, match="no more than 1000"):
        state.let_in(b"one more")
