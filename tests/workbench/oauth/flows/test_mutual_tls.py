"""Certificates of clients over real TLS (RFC 8705): by our own client, and by curl."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.workbench.oauth.flows.playing import BACK, browser, fault, succeeded
from tests.workbench.oauth.flows.serving import ServingTls, serving_tls

from nightlatch.workbench.oauth.flows.authorization import Wishes, authorization
from nightlatch.workbench.oauth.flows.call import Call, Certificate
from nightlatch.workbench.oauth.flows.client import Authentication, Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.endpoints import (
    ApiRequest,
    call_api,
    introspect,
    revoke,
    userinfo,
)
from nightlatch.workbench.oauth.flows.grants import client_credentials, refresh
from nightlatch.workbench.oauth.flows.metadata import discover
from nightlatch.workbench.oauth.probe.forgery import take_apart
from nightlatch.workbench.oauth.server.certificates import self_signed
from nightlatch.workbench.tokens.material import generate

pytestmark = pytest.mark.slow

METHODS: tuple[tuple[str, Authentication], ...] = (
    ("demo-mtls", "tls_client_auth"), ("demo-self-signed", "self_signed_tls_client_auth"),
)  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingTls]:
    with serving_tls(tmp_path_factory.mktemp("tls")) as running:
        yield running


async def client_of(
    server: ServingTls, name: str, method: Authentication, shown: str = "",
    scope: str = "openid api offline_access", **secrets: Any,
) -> Client:  # fmt: skip
    metadata = await succeeded(discover(server.issuer), authority=str(server.files.ca))
    pem = server.files.directory / f"{shown or name}.pem"
    whole = Secrets(certificate=Certificate(str(pem)), **secrets)
    return Client(metadata, Registration(name, method, scope, BACK), whole, time.time)


@pytest.mark.parametrize(("name", "method"), METHODS)
async def test_a_token_is_bound_to_the_certificate(
    server: ServingTls, name: str, method: Authentication
) -> None:
    ca = str(server.files.ca)
    client = await client_of(server, name, method, scope="api")
    tokens = await succeeded(client_credentials(client), authority=ca)
    parts = take_apart(tokens.access_token)
    assert parts is not None
    assert set(parts.claims["cnf"]) == {"x5t#S256"}
    api = ApiRequest(f"{server.state.options.mutual}/api/me")
    answer = await succeeded(call_api(client, api, tokens.access_token), authority=ca)
    assert answer.status == 200
    stranger = await client_of(server, name, method, "somebody-else")
    answer = await succeeded(call_api(stranger, api, tokens.access_token), authority=ca)
    assert answer.status == 401
    assert "another certificate" in answer.header("www-authenticate")
    # The issuer's own address asks for none.
    there = ApiRequest(f"{server.issuer}/api/me")
    answer = await succeeded(call_api(client, there, tokens.access_token), authority=ca)
    assert answer.status == 401
    assert "mtls_endpoint_aliases" in answer.header("www-authenticate")


@pytest.mark.parametrize(("name", "method"), METHODS)
async def test_everything_that_a_client_asks_itself(
    server: ServingTls, name: str, method: Authentication
) -> None:
    ca = str(server.files.ca)
    client = await client_of(server, name, method)
    flow = authorization(client, Wishes(pushed=True))
    tokens = await succeeded(flow, browser(verify=ca), authority=ca)
    assert tokens.claims is not None
    renewed = await succeeded(refresh(client, tokens.refresh_token), authority=ca)
    token = renewed.access_token
    found = await succeeded(introspect(client, token), authority=ca)
    assert (found["active"], found["token_type"]) == (True, "Bearer")
    assert "x5t#S256" in found["cnf"]
    assert (await succeeded(userinfo(client, token), authority=ca))["sub"] == "ada"
    await succeeded(revoke(client, token), authority=ca)
    assert (await succeeded(introspect(client, token), authority=ca)) == {"active": False}


async def test_a_token_can_be_bound_to_a_key_too(server: ServingTls) -> None:
    ca = str(server.files.ca)
    client = await client_of(server, *METHODS[0], proof_key=generate("EC"))
    tokens = await succeeded(client_credentials(client), authority=ca)
    parts = take_apart(tokens.access_token)
    assert parts is not None
    assert set(parts.claims["cnf"]) == {"jkt", "x5t#S256"}
    api = ApiRequest(f"{server.state.options.mutual}/api/me")
    answer = await succeeded(call_api(client, api, tokens.access_token), authority=ca)
    assert answer.status == 200


@pytest.mark.parametrize(("name", "method", "shown", "told"), [
    (*METHODS[0], "somebody-else", "not the one that the client is registered for"),
    (*METHODS[0], "demo-self-signed", "not the one that the client is registered for"),
    (*METHODS[1], "demo-mtls", "not the one that the client is registered for"),
])  # fmt: skip
async def test_the_certificate_of_another_is_refused(
    server: ServingTls, name: str, method: Authentication, shown: str, told: str
) -> None:
    client = await client_of(server, name, method, shown)
    words = await fault(client_credentials(client), authority=str(server.files.ca))
    assert told in words
    assert "--cert" in words


async def test_a_certificate_that_nobody_knows_is_refused_in_the_handshake(
    server: ServingTls, tmp_path: Path
) -> None:
    pem = tmp_path / "unknown.pem"
    pem.write_bytes(self_signed("demo-mtls", time.time()))
    client = await client_of(server, *METHODS[0])
    shown = Secrets(certificate=Certificate(str(pem)))
    client = Client(client.metadata, client.registration, shown, time.time)
    words = await fault(client_credentials(client), authority=str(server.files.ca))
    assert "does not take the client's certificate" in words


async def test_without_a_certificate_it_is_told_what_to_give(server: ServingTls) -> None:
    client = await client_of(server, *METHODS[0])
    bare = Client(client.metadata, client.registration, Secrets(), time.time)
    assert "--cert" in await fault(client_credentials(bare))
    public = Registration("demo-mtls", "none", "api", BACK)
    unproven = Client(client.metadata, public, Secrets(), time.time)
    words = await fault(client_credentials(unproven), authority=str(server.files.ca))
    assert "known by its certificate" in words


async def test_a_server_of_an_unknown_authority_is_not_spoken_to(server: ServingTls) -> None:
    assert "--ca FILE" in await fault(discover(server.issuer))


async def test_files_that_hold_no_certificate_are_named(server: ServingTls, tmp_path: Path) -> None:
    client = await client_of(server, *METHODS[0])
    for content in (b"", b"-----BEGIN CERTIFICATE-----\n", server.files.ca.read_bytes()):
        (tmp_path / "broken.pem").write_bytes(content)
        shown = Secrets(certificate=Certificate(str(tmp_path / "broken.pem")))
        broken = Client(client.metadata, client.registration, shown, time.time)
        words = await fault(client_credentials(broken), authority=str(server.files.ca))
        assert "certificate's files cannot be used" in words


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_the_line_for_curl_does_the_same(server: ServingTls) -> None:
    client = await client_of(server, *METHODS[0], scope="api")
    calls: list[Call] = []

    def seen(call: Call) -> Call:
        calls.append(call)
        return call

    ca = str(server.files.ca)
    await succeeded(client_credentials(client), before=seen, authority=ca)
    assert len(calls) == 1
    line = calls[0].curl(ca)
    shell = await asyncio.create_subprocess_shell(line, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(shell.communicate(), 20)
    assert json.loads(said)["token_type"] == "Bearer"
