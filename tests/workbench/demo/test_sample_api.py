"""The sample API, spoken to as its app, its partner and a stranger do."""

import time
from collections.abc import AsyncIterator

import httpx
import pyotp
import pytest

from nightlatch.workbench.demo.cast import totp_seed
from nightlatch.workbench.demo.sample_api import APP_KEY, PARTNER_KEY, Accounts, create_api

MEMBER, STRANGER = "+12015550100", "+12015550199"
APP = {"X-API-Key": APP_KEY}


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    accounts = Accounts()
    accounts.seed([MEMBER])
    transport = httpx.ASGITransport(create_api(accounts))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as client:
        yield client


async def test_the_forgotten_door_tells_anyone_who_has_an_account(api: httpx.AsyncClient) -> None:
    found = await api.get(f"/v1/users/{MEMBER}/status")
    assert found.status_code == 200
    assert set(found.json()) >= {"account_id", "status"}
    assert any("device" in name for name in found.json())
    assert (await api.get(f"/v1/users/{STRANGER}/status")).status_code == 404
    assert totp_seed(MEMBER) not in found.text


async def test_a_newcomer_registers_verifies_and_reads_the_profile(api: httpx.AsyncClient) -> None:
    seed = pyotp.random_base32()
    account = {"phone": STRANGER, "email": "new@example.com", "totp_seed": seed}
    registered = await api.post("/v1/register", json=account, headers=APP)
    assert registered.status_code in (200, 201)
    assert seed not in registered.text
    assert (await api.get(f"/v1/users/{STRANGER}/status")).status_code == 200

    code = {"phone": STRANGER, "code": pyotp.TOTP(seed).now()}
    earned = await api.post("/v1/verify", json=code, headers=APP)
    assert earned.status_code == 200
    bearer = {"Authorization": f"Bearer {earned.json()['access_token']}"}
    profile = await api.get("/v1/profile", headers=bearer)
    assert profile.json()["phone"] == STRANGER


async def test_yesterdays_code_and_a_guess_earn_nothing(api: httpx.AsyncClient) -> None:
    old = pyotp.TOTP(totp_seed(MEMBER)).at(int(time.time()) - 86_400)
    for code in (old, "000000", "", "not a code"):
        if pyotp.TOTP(totp_seed(MEMBER)).verify(code, valid_window=1):
            continue
        answer = await api.post("/v1/verify", json={"phone": MEMBER, "code": code}, headers=APP)
        assert answer.status_code == 401
    unknown = {"phone": STRANGER, "code": "000000"}
    assert (await api.post("/v1/verify", json=unknown, headers=APP)).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"X-API-Key": ""}])
async def test_without_the_apps_key_nobody_registers(
    api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    account = {"phone": STRANGER, "email": "a@example.com", "totp_seed": "A"}
    assert (await api.post("/v1/register", json=account, headers=headers)).status_code == 401
    assert (await api.get(f"/v1/users/{STRANGER}/status")).status_code == 404


async def test_a_profile_wants_the_token(api: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        answer = await api.get("/v1/profile", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"phone": 1}', b'{"phone": "1", "x": 2}', b"\xff"])
async def test_bodies_that_are_none_are_refused(api: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/v1/register", "/v1/verify"):
        answer = await api.post(path, content=body, headers=APP)
        assert 400 <= answer.status_code < 500


async def test_health_and_the_partner(api: httpx.AsyncClient) -> None:
    assert (await api.get("/health")).json() == {"status": "ok"}
    partner = {"X-API-Key": PARTNER_KEY}
    assert (await api.get(f"/v1/users/{MEMBER}/status", headers=partner)).status_code == 200
