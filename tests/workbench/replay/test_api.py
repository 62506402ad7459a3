"""The breached API as an application: it answers as the world in process does."""

from collections.abc import Iterator

import pytest
from httpx import ASGITransport, AsyncClient
from msgspec.structs import replace
from starlette.applications import Starlette
from tests.workbench.replay.rooms import SEEN, row

from nightlatch.workbench.replay.api import create_api
from nightlatch.workbench.replay.clients import holder, token
from nightlatch.workbench.replay.orders import nth_tried
from nightlatch.workbench.replay.scenario import Ident, Order, Scenario
from nightlatch.workbench.replay.town import Town
from nightlatch.workbench.replay.world import Call, World

SEED = 3


def _client(app: Starlette) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app), base_url="https://api.example")


def _calls(scenario: Scenario, world: World) -> Iterator[Call]:
    """What an attacker asks, and what somebody honest asks."""
    numbers = [nth_tried(scenario.order, nth) for nth in range(40)]
    member = Town(SEED).homes[7].n
    if scenario.ident is Ident.PAIR:
        yield world.sign_in(member, right=True)
        yield world.sign_in(member, right=False)
    elif scenario.batch > 1:
        yield world.look_up(numbers[: scenario.batch])
    else:
        yield from (world.look_up((n,)) for n in (*numbers, member))


@pytest.mark.slow
async def test_every_breach_answers_over_http_as_in_process() -> None:
    asked = 0
    for scenario in SEEN:
        short = replace(scenario, batch=min(scenario.batch, 20))
        world = World(short)
        world.members |= Town(SEED).numbers()
        client = _client(create_api(short, SEED))
        for call in _calls(short, world):
            asked += 1
            answer = await client.request(
                call.method,
                f"{call.path}?{call.query}",
                content=call.body.data,
                headers={"authorization": "Bearer " + token("u-9", "customer")},
            )
            assert (answer.status_code, answer.content) == (call.status, call.answer.data), call
    assert asked == 415


async def test_a_pattern_asks_for_all_that_fit() -> None:
    scenario = replace(row("facebook-2019"), order=Order.WILDCARD, batch=100)
    world = World(scenario)
    call = world.look_up([nth_tried(Order.WILDCARD, nth) for nth in range(100)])
    client = _client(create_api(scenario, SEED))
    bearer = {"authorization": "Bearer x"}

    assert b"*" in call.body.data
    answer = await client.post(scenario.template, content=call.body.data, headers=bearer)
    found = answer.json()
    assert len(found["matches"]) == len(call.gives) > 10


async def test_a_protected_door_and_what_lies_behind_one() -> None:
    client = _client(create_api(row("facebook-2019"), SEED))
    answer = await client.post("/v1/contacts/import", json={"phones": ["+4915123456789"]})
    assert answer.status_code == 401

    client = _client(create_api(row("23andme-2023"), SEED))
    assert (await client.get("/v1/relatives")).status_code == 401
    bearer = {"authorization": "Bearer " + token("u-77", "customer")}
    people = (await client.get("/v1/relatives", headers=bearer)).json()["items"]
    assert [one["user_id"] for one in people] == [
        7_000_000 + n for n in World(row("23andme-2023")).people_of(77)
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"email": 7}', b'{"email": null}'])
async def test_a_body_that_says_nothing_is_a_bad_request(body: bytes) -> None:
    client = _client(create_api(row("23andme-2023"), SEED))

    answer = await client.post("/v1/login", content=body)
    assert answer.status_code in (400, 401)


def test_a_token_says_whose_it_is() -> None:
    assert holder("Bearer " + token("u-77", "customer")) == 77
    for nonsense in ("", "Bearer", "a.b.c", "a.e30.c", "....", "Bearer ü.ü.ü"):
        assert holder(nonsense) == 0
