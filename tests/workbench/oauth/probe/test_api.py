"""The probe against the test server: each of its API's faults is found, and none on a sound one."""

import time
from collections.abc import Callable
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
from tests.workbench.oauth.flows.serving import Serving, serving

from nightlatch.workbench.oauth.flows.authorization import authorization
from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.client import Client, Secrets
from nightlatch.workbench.oauth.flows.endpoints import revoke
from nightlatch.workbench.oauth.flows.metadata import fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import Target, confirmed, probe_api
from nightlatch.workbench.oauth.probe.weakness import Report, Weakness
from nightlatch.workbench.tokens.material import generate

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
                    secrets.get("proof_key"), refused)  # fmt: skip
    return await succeeded(probe_api(target, time.time))


async def test_nothing_is_found_on_a_sound_api() -> None:
    with serving() as running:
        found = await report(running)
        assert found.found == ()
        assert len(found.tried) >= 12
        assert found.skipped == ()
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


@pytest.mark.parametrize(("name", "finds"), [
    ("ignores-dpop", weakness.UNPROVEN), ("dpop-replay", weakness.REPLAY),
])  # fmt: skip
async def test_faults_of_bound_tokens_are_found(name: str, finds: Weakness) -> None:
    with serving(name) as running:
        found = await report(running, proof_key=generate("EC"))
    assert [one.weakness.id for one in found.found] == [finds.id]


async def test_an_api_that_fails_of_itself_is_not_accused_of_more() -> None:
    with serving("server-errors") as running:
        _, tokens = await login(running)
        target = Target(f"{running.issuer}/api/me", tokens.access_token)
        found = await played(probe_api(target, time.time))
        ids = {one.weakness.id for one in found.result.found} if found.result else set()
        assert ids <= {"breaks"}


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
