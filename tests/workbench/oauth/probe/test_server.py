"""The probe of an authorization server: each fault of ours is found, and none where none is."""

import pytest
from msgspec.structs import replace
from tests.workbench.oauth.flows.playing import browser, client_of, fault, played
from tests.workbench.oauth.flows.serving import Serving, serving

from nightlatch.workbench.oauth.flows.client import Client, Secrets
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.server import TRIED, probe_server
from nightlatch.workbench.oauth.probe.weakness import Weakness
from nightlatch.workbench.oauth.server.clients import DEMO_SECRET

FINDS = {
    "private-keys": weakness.PRIVATE,
    "loose-redirect": weakness.REDIRECT,
    "unsigned-request": weakness.REQUEST,
    "no-state-echo": weakness.LOGIN,
    "no-iss": weakness.LOGIN,
    "no-nonce": weakness.LOGIN,
    "cacheable": weakness.CACHED,
    "code-replay": weakness.CODE_REPLAY,
    "no-pkce-check": weakness.VERIFIER,
    "pkce-downgrade": weakness.DOWNGRADE,
    "refresh-reuse": weakness.REUSE,
    "open-introspection": weakness.INTROSPECTION,
}


async def found_at(server: Serving) -> list[str]:
    host = server.issuer.removeprefix("http://")
    player = await client_of(server.issuer, "demo-public", "none", "openid offline_access api")
    # As registered, without a port: a loose comparison is one of beginnings.
    registered = replace(player.registration, redirect_uri="http://127.0.0.1/callback")
    player = replace(player, registration=registered)
    probed = await played(probe_server(player, host), browser())
    assert probed.result is not None, probed.fault
    assert len(probed.result.tried) == len(TRIED)
    return [one.weakness.id for one in probed.result.found]


async def test_nothing_is_found_on_a_sound_server() -> None:
    with serving() as server:
        assert await found_at(server) == []
        confidential = await client_of(server.issuer, "demo-confidential", "client_secret_post",
                                       "openid", Secrets(DEMO_SECRET))  # fmt: skip
        host = server.issuer.removeprefix("http://")
        probed = await played(probe_server(confidential, host), browser())
        assert probed.result is not None, probed.fault
        assert probed.result.found == ()
        assert "not a public one" in probed.result.skipped[0]


@pytest.mark.parametrize(("name", "finds"), FINDS.items())
async def test_each_fault_is_found(name: str, finds: Weakness) -> None:
    with serving(name) as server:
        assert await found_at(server) == [finds.id]


async def test_only_the_named_host_is_probed() -> None:
    with serving() as server:
        client = await client_of(server.issuer, "demo-public")
        assert "only ever your own" in await fault(probe_server(client, "api.example"))
        host = server.issuer.removeprefix("http://")
        led = client.metadata.document | {"token_endpoint": "http://127.0.0.1:1/token"}
        away = Client(Metadata(server.issuer, led), client.registration, Secrets(), client.clock)
        told = await played(probe_server(away, host), browser())
        assert "on another host" in told.fault
