"""The probe of an authorization server: each fault of ours is found, and none where none is."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.workbench.oauth.flows.playing import (
    BACK,
    browser,
    client_of,
    client_with,
    fault,
    played,
    succeeded,
)
from tests.workbench.oauth.flows.serving import Serving, serving, serving_tls

from nightlatch.workbench.oauth.flows.call import Call, Certificate
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.metadata import Metadata, discover
from nightlatch.workbench.oauth.flows.steps import Visit
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.leash import AGENT
from nightlatch.workbench.oauth.probe.server import (
    TRIALS,
    another,
    probe_issuer,
    probe_server,
    requests_of,
)
from nightlatch.workbench.oauth.probe.weakness import Weakness
from nightlatch.workbench.oauth.server.certificates import lookalike
from nightlatch.workbench.oauth.server.clients import CODE, DEMO_SECRET

pytestmark = pytest.mark.slow

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
    "code-of-another": weakness.FOREIGN_CODE,
    "grants-any-scope": weakness.SCOPE,
    "request-uri-reuse": weakness.REQUEST_REUSE,
}
FAULTS_OF_TLS = {"certificate-not-checked": weakness.CERTIFICATE}
TRIED = [one.id for trial in TRIALS for one in trial.looks_for]


async def found_at(server: Serving) -> list[str]:
    host = server.issuer.removeprefix("http://")
    player = await client_of(server.issuer, "demo-public", "none", "openid offline_access api")
    # As registered, without a port: a loose comparison is one of beginnings.
    registered = replace(player.registration, redirect_uri="http://127.0.0.1/callback")
    player = replace(player, registration=registered)
    other = replace(player, registration=Registration("demo-device"))
    granted = replace(server.state.clients["demo-device"], grants=frozenset({CODE}))
    server.state.clients["demo-device"] = granted
    probed = await played(probe_server(player, host, other), browser())
    assert probed.result is not None, probed.fault
    assert list(probed.result.tried) == TRIED[:-1]
    assert len(TRIED) == 14
    assert probed.result.skipped == (
        "certificate-not-checked: the client is not one of mutual TLS (--cert)",
    )
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
        assert len(probed.result.skipped) == 3
        assert "no public one" in probed.result.skipped[0]


@pytest.mark.parametrize(("name", "finds"), FINDS.items())
async def test_each_fault_is_found(name: str, finds: Weakness) -> None:
    with serving(name) as server:
        assert await found_at(server) == [finds.id]


@pytest.mark.parametrize("name", [*FAULTS_OF_TLS, ""])
async def test_a_client_of_mutual_tls(tmp_path: Path, name: str) -> None:
    faults = [name] if name else []
    with serving_tls(tmp_path, *faults) as server:
        ca = str(server.files.ca)
        metadata = await succeeded(discover(server.issuer), authority=ca)
        impostor = tmp_path / "impostor.pem"
        impostor.write_bytes(lookalike(server.files.client.read_bytes(), time.time()))
        client = Client(
            metadata, Registration("demo-mtls", "tls_client_auth", "openid api", BACK),
            Secrets(certificate=Certificate(str(server.files.client))), time.time,
        )  # fmt: skip
        host = server.issuer.removeprefix("https://")
        flow = probe_server(client, host, impostor=Certificate(str(impostor)))
        probed = await played(flow, browser(verify=ca), authority=ca)
        assert probed.result is not None, probed.fault
        assert weakness.CERTIFICATE.id in probed.result.tried
        expected = (FAULTS_OF_TLS[name],) if name else ()
        assert tuple(one.weakness for one in probed.result.found) == expected


def test_another_client_has_a_secret_or_is_a_public_one() -> None:
    client = client_with(authentication="private_key_jwt")
    found = another(client, "demo2", "its secret")
    assert found.registration == Registration("demo2", "client_secret_basic")
    assert found.secrets == Secrets("its secret")
    assert found.metadata == client.metadata
    assert another(client, "demo2", "").registration.authentication == "none"


async def test_metadata_of_another_issuer_are_found() -> None:
    with serving("wrong-issuer") as server:
        host = server.issuer.removeprefix("http://")
        found = await succeeded(probe_issuer(server.issuer, host, time.time))
        assert [one.weakness for one in found.found] == [weakness.ISSUER]
        assert "other.example" in found.found[0].evidence
    with serving() as server:
        host = server.issuer.removeprefix("http://")
        assert (await succeeded(probe_issuer(server.issuer, host, time.time))).found == ()
        assert "nothing is sent there" in await fault(
            probe_issuer(server.issuer, "id.example", time.time)
        )


async def test_what_would_be_sent_can_be_seen_before() -> None:
    with serving() as server:
        client = await client_of(server.issuer, "demo-public", "none", "openid api")
        host = server.issuer.removeprefix("http://")
        asked = server.state.questions
        steps = requests_of(probe_server(client, host, client))
        visits = [step for step in steps if isinstance(step, Visit)]
        assert len(visits) == 6
        calls = [step for step in steps if isinstance(step, Call)]
        assert len(calls) == 19
        marks = {value for call in calls for name, value in call.headers if name == "User-Agent"}
        assert marks == {AGENT}
        assert server.state.questions == asked


async def test_only_the_named_host_is_probed() -> None:
    with serving() as server:
        client = await client_of(server.issuer, "demo-public")
        assert "only ever your own" in await fault(probe_server(client, "api.example"))
        host = server.issuer.removeprefix("http://")
        led = client.metadata.document | {"token_endpoint": "http://127.0.0.1:1/token"}
        away = Client(Metadata(server.issuer, led), client.registration, Secrets(), client.clock)
        told = await played(probe_server(away, host), browser())
        assert "on another host" in told.fault
        for broken in ({"jwks_uri": "http://["}, {"mtls_endpoint_aliases": {"x": "http://["}}):
            led = client.metadata.document | broken
            lost = Client(Metadata(server.issuer, led), client.registration, Secrets(), time.time)
            assert "is no address: not probed" in await fault(probe_server(lost, host))
