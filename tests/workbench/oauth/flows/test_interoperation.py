"""Against a server that somebody else wrote: the package oidc-provider-mock."""

import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from tests.workbench.oauth.flows.playing import browser, client_of, fault, played, succeeded

from nightlatch.workbench.oauth.flows.authorization import authorization
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.endpoints import register, registration_request, userinfo
from nightlatch.workbench.oauth.flows.grants import refresh
from nightlatch.workbench.oauth.flows.metadata import discover
from nightlatch.workbench.oauth.probe.api import Target, probe_api
from nightlatch.workbench.oauth.probe.server import probe_server

pytestmark = [
    pytest.mark.skipif(
        find_spec("oidc_provider_mock") is None, reason="pip install oidc-provider-mock"
    ),
    # Of its own libraries.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
ADA = {"sub": "ada"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with warnings.catch_warnings(record=True):
        import oidc_provider_mock  # type: ignore[import-untyped,unused-ignore]

        with oidc_provider_mock.run_server_in_thread() as server:
            yield f"http://localhost:{server.server_port}"


@pytest.mark.slow
async def test_a_person_logs_in_and_is_told_about(issuer: str) -> None:
    secrets = Secrets(client_secret="s3cret")
    client = await client_of(issuer, authentication="client_secret_basic", secrets=secrets)
    tokens = await succeeded(authorization(client), browser(ADA))
    assert tokens.claims is not None
    assert (tokens.claims["sub"], tokens.claims["aud"][0]) == ("ada", "demo")
    person = await succeeded(userinfo(client, tokens.access_token, "ada"))
    assert person["sub"] == "ada"
    assert "about somebody else" in await fault(userinfo(client, tokens.access_token, "bob"))
    again = await played(refresh(client, tokens.refresh_token))
    assert again.result is not None
    assert any("rotated" in note for note in again.notes)


async def test_a_client_registers_itself(issuer: str) -> None:
    metadata = await succeeded(discover(issuer))
    back = "http://127.0.0.1:1/callback"
    wanted = registration_request([back], ["authorization_code"], "client_secret_basic", "openid")
    found = await succeeded(register(metadata, wanted))
    registration = Registration(found["client_id"], "client_secret_basic", "openid", back)
    client = Client(metadata, registration, Secrets(found["client_secret"]), lambda: 0.0)
    assert client.id


async def test_a_refusal_is_told_in_its_own_words(issuer: str) -> None:
    client = await client_of(issuer, authentication="client_secret_basic",
                             secrets=Secrets(client_secret="s3cret"))  # fmt: skip
    # This server forgets the state where a person says no: so its answer is nobody's.
    denied = await fault(authorization(client), browser({"action": "deny"}))
    assert "without our state" in denied
    assert "invalid_grant" in await fault(refresh(client, "made-up"))


@pytest.mark.slow
async def test_a_probe_finds_that_it_has_no_pkce_and_nothing_else(issuer: str) -> None:
    secrets = Secrets(client_secret="s3cret")
    client = await client_of(issuer, authentication="client_secret_basic", secrets=secrets)
    registration = Registration("another", "client_secret_basic")
    other = Client(client.metadata, registration, secrets, client.clock)
    probed = await played(
        probe_server(client, issuer.removeprefix("http://"), other), browser(ADA)
    )  # fmt: skip
    assert probed.result is not None, probed.fault
    assert [one.weakness.id for one in probed.result.found] == ["verifier-ignored"]
    assert len(probed.result.tried) == 11


@pytest.mark.slow
async def test_a_probe_finds_nothing_at_its_userinfo(issuer: str) -> None:
    secrets = Secrets(client_secret="s3cret")
    client = await client_of(issuer, authentication="client_secret_basic", secrets=secrets)
    tokens = await succeeded(authorization(client), browser(ADA))
    target = Target(f"{issuer}/userinfo", tokens.access_token)
    assert (await succeeded(probe_api(target, time.time))).found == ()
