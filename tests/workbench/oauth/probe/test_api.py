"""The probe against the test server: each of its API's faults is found, and none on a sound one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.workbench.oauth.flows.playing import (
    Asked,
    browser,
    by_hand,
    client_of,
    fault,
    played,
    says,
    server,
    succeeded,
)
from tests.workbench.oauth.flows.serving import Serving, serving, serving_tls

from nightlatch.workbench.oauth.flows.authorization import authorization
from nightlatch.workbench.oauth.flows.call import Answer, Call, Certificate
from nightlatch.workbench.oauth.flows.client import Client, Registration, Secrets
from nightlatch.workbench.oauth.flows.endpoints import revoke
from nightlatch.workbench.oauth.flows.grants import client_credentials
from nightlatch.workbench.oauth.flows.metadata import discover, fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Reckon
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import Target, confirmed, probe_api
from nightlatch.workbench.oauth.probe.leash import rehearsed
from nightlatch.workbench.oauth.probe.weakness import Report, Weakness
from nightlatch.workbench.oauth.server import app
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import generate

pytestmark = pytest.mark.slow

FINDS = {
    "accepts-none": weakness.NONE,
    "ignores-signature": weakness.SIGNATURE,
    "accepts-expired": weakness.EXPIRED,
    "accepts-other-audience": weakness.AUDIENCE,
    "key-confusion": weakness.CONFUSION,
    "embedded-jwk-trusted": weakness.EMBEDDED,
    "kid-traversal": weakness.KEY_ID,
    "kid-injection": weakness.KEY_SQL,
    "weak-secret": weakness.WEAK,
    "id-token-accepted": weakness.ID_TOKEN,
    "token-in-query": weakness.QUERY,
    "revoked-still-active": weakness.REVOKED,
}
FAULTS_OF_DPOP = {"ignores-dpop": weakness.UNPROVEN, "dpop-replay": weakness.REPLAY}
FAULTS_OF_TLS = {"binding-not-checked": weakness.UNBOUND}
SCOPE = "openid api"


async def login(server: Serving, **secrets: Any) -> tuple[Client, Tokens]:
    client = await client_of(server.issuer, "demo-public", "none", SCOPE, Secrets(**secrets))
    return client, await succeeded(authorization(client), browser())


async def report(server: Serving, **secrets: Any) -> Report:
    client, tokens = await login(server, **secrets)
    _, lost = await login(server, **secrets)
    assert (await played(revoke(client, lost.access_token))).fault == ""
    keys = (await succeeded(fetch_keys(client.metadata)))["keys"]
    refused = ((weakness.ID_TOKEN, tokens.id_token), (weakness.REVOKED, lost.access_token),
               (weakness.EXPIRED, server.expired(tokens.access_token)),
               (weakness.AUDIENCE, server.elsewhere(tokens.access_token)))  # fmt: skip
    target = Target(f"{server.issuer}/api/me", tokens.access_token, tuple(keys),
                    secrets.get("proof_key"), refused=refused)  # fmt: skip
    return await succeeded(probe_api(target, time.time))


async def test_nothing_is_found_on_a_sound_api() -> None:
    with serving() as running:
        found = await report(running)
        assert found.found == ()
        assert len(found.tried) == 15
        assert [one.partition(":")[0] for one in found.skipped] == ["foreign-keys, fetches"]
        bound = await report(running, proof_key=generate("EC"))
        assert bound.found == ()


@pytest.mark.parametrize(("name", "finds"), FINDS.items())
async def test_each_fault_is_found(name: str, finds: Weakness) -> None:
    with serving(name) as running:
        found = await report(running)
    ids = [one.weakness.id for one in found.found]
    assert finds.id in ids
    # What believes anything believes each forgery, and what checks no end takes what was revoked.
    allowed = {"ignores-signature": 99, "weak-secret": 2}.get(name, 1)
    assert len(ids) <= allowed, ids


@pytest.mark.parametrize(("name", "finds"), FAULTS_OF_DPOP.items())
async def test_faults_of_bound_tokens_are_found(name: str, finds: Weakness) -> None:
    with serving(name) as running:
        found = await report(running, proof_key=generate("EC"))
    assert [one.weakness.id for one in found.found] == [finds.id]


async def test_an_api_that_fails_of_itself_is_not_accused_of_more() -> None:
    with serving("server-errors") as running:
        _, tokens = await login(running)
        target = Target(f"{running.issuer}/api/me", tokens.access_token)
        found = await played(probe_api(target, time.time))
        assert found.result is not None, found.fault
        assert [one.weakness for one in found.result.found] == [weakness.FAILS]


async def test_a_slow_api_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SLOWNESS", 0.02)
    with serving("slow") as running:
        _, tokens = await login(running)
        target = Target(f"{running.issuer}/api/me", tokens.access_token)
        # A clock that runs a hundred times as fast.
        found = await succeeded(probe_api(target, lambda: time.time() * 100))
        assert weakness.SLOW in [one.weakness for one in found.found]


@pytest.mark.parametrize("name", [*FAULTS_OF_TLS, ""])
async def test_a_token_that_is_bound_to_a_certificate(tmp_path: Path, name: str) -> None:
    faults = [name] if name else []
    with serving_tls(tmp_path, *faults) as running:
        ca = str(running.files.ca)
        metadata = await succeeded(discover(running.issuer), authority=ca)
        shown = Certificate(str(running.files.client))
        client = Client(
            metadata, Registration("demo-mtls", "tls_client_auth", "api", ""),
            Secrets(certificate=shown), time.time,
        )  # fmt: skip
        tokens = await succeeded(client_credentials(client), authority=ca)
        place = f"{running.state.options.mutual}/api/me"
        target = Target(place, tokens.access_token, certificate=shown)
        found = await succeeded(probe_api(target, time.time), authority=ca)
        expected = [FAULTS_OF_TLS[name]] if name else []
        assert [one.weakness for one in found.found] == expected
        assert weakness.UNBOUND.id in found.tried
        without = await succeeded(
            probe_api(Target(place, tokens.access_token, certificate=shown), time.time),
            authority=ca,
        )  # fmt: skip
        assert "--cert" not in " ".join(without.skipped)


def test_a_token_bound_to_a_certificate_wants_one() -> None:
    bound = sign({"sub": "ada", "cnf": {"x5t#S256": "x"}}, generate("EC"))
    good, no = Answer(200), Answer(401)

    def answers(call: Call) -> Answer:
        return good if call.purpose.endswith("good token") else no

    steps = rehearsed(probe_api(Target("https://a", bound), time.time), answers)
    assert len(steps) == 44
    found, steps = by_hand(probe_api(Target("https://a", bound), time.time), good, *[no, no] * 9)
    # A hundred thousand secrets are tried where nobody waits for it.
    assert sum(isinstance(step, Reckon) for step in steps) == 1
    assert isinstance(found, Report)
    assert "unbound: the token is bound to a certificate (--cert)" in found.skipped


@pytest.mark.parametrize(("status", "told"), [
    (lambda _: 200, "open to everybody"), (lambda _: 401, "nothing to compare"),
    (lambda _: 302, "nothing to compare"), (lambda _: 500, "nothing to compare"),
])  # fmt: skip
async def test_nothing_is_made_of_nothing(status: Callable[[Asked], int], told: str) -> None:
    with server(lambda _, asked: says({}, status(asked))) as address:
        assert told in await fault(probe_api(Target(address, "opaque"), time.time))


def test_an_api_that_locks_out_is_noticed() -> None:
    good, no = Answer(200), Answer(401)
    found, steps = by_hand(
        probe_api(Target("https://a", "opaque"), time.time), good, no, no, no, no
    )
    assert isinstance(found, Report)
    assert any("locked" in getattr(step, "text", "") for step in steps)
    assert "opaque" in " ".join(found.skipped)
    calls = [step for step in steps if isinstance(step, Call)]
    assert {call.method for call in calls} == {"GET"}


@pytest.mark.parametrize(("url", "again"), [
    ("https://api.example/me", ""), ("https://api.example/me", "api.example:443"),
    ("https://api.example:8443/me", "api.example"), ("https:///", ""),
    ("https://api.example@evil.example/", "api.example"), ("ftp://api.example", "api.example"),
    ("https://api.example.evil/", "api.example"),
])  # fmt: skip
def test_a_host_that_is_not_named_twice_is_not_probed(url: str, again: str) -> None:
    with pytest.raises(FlowFault):
        confirmed(url, again)


def test_a_host_that_is_named_twice_is() -> None:
    confirmed("https://api.example:8443/me", "API.example:8443")
