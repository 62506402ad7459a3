import logging
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import EMPTY, Leaf, read_content
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.exchange import Body, Endpoint
from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.record import Posture
from nightlatch.inventory.inventory import MAX_ENDPOINTS, Inventory, shows_limit

NONE = CredentialState.NONE
DOOR = Endpoint("GET", "/users/{phone}")
NOW = 1_000_000.0


def test_the_story_of_one_endpoint() -> None:
    inventory = Inventory()
    first = inventory.guess("GET", "/users/+15551234567")
    assert first == DOOR
    facts = inventory.facts(first, NOW)
    assert (facts.requests, facts.last_seen, facts.posture) == (0, 0.0, Posture.UNKNOWN)
    assert inventory.settle("GET", "/users/+15551234567", None, 200) == DOOR
    inventory.note(DOOR, NONE, 200, NOW)
    inventory.note(DOOR, NONE, 404, NOW + 5, limit_shown=True)
    facts = inventory.facts(DOOR, NOW + 9)
    assert (facts.requests, facts.first_seen, facts.last_seen) == (2, NOW, NOW + 5)
    assert facts.posture is Posture.OPEN
    assert facts.limit_seen
    assert inventory.parameters(DOOR, "/users/+1555") == (Leaf("path.phone", "phone", "+1555"),)


def test_head_counts_as_get_and_options_is_its_own() -> None:
    inventory = Inventory()
    assert inventory.settle("HEAD", "/x", None, 200).key == "GET /x"
    assert inventory.settle("OPTIONS", "/x", None, 200).key == "OPTIONS /x"
    assert inventory.guess("BREW", "/x").key == "OTHER /x"


def test_contracts_come_with_directives_and_go_with_them() -> None:
    inventory = Inventory()
    contract = Contract(DOOR.key, Expectation.PUBLIC, owner="ada")
    inventory.apply(Directives(1, contracts=(contract,)))
    assert inventory.contract(DOOR) == contract
    assert inventory.facts(DOOR, NOW).contract == contract
    inventory.apply(Directives(2))
    assert inventory.contract(DOOR) is None


@pytest.mark.parametrize(
    ("status", "headers", "answer"),
    [
        (429, {}, True),
        (200, {"RateLimit": '"default";r=50;t=30'}, True),
        (200, {"X-RateLimit-Limit": "100"}, True),
        (200, {"Retry-After": "3"}, False),
        (200, {}, False),
    ],
)
def test_signs_of_a_limit(status: int, headers: dict[str, str], answer: bool) -> None:
    assert shows_limit(status, headers_of(headers.items())) is answer


def test_endpoints_seen_longest_ago_are_forgotten_first() -> None:
    inventory = Inventory()
    inventory.note(DOOR, NONE, 200, NOW)
    for number in range(MAX_ENDPOINTS - 1):
        inventory.note(Endpoint("GET", f"/door{number}"), NONE, 200, NOW)
    inventory.note(DOOR, NONE, 200, NOW)
    inventory.note(Endpoint("GET", "/one-more"), NONE, 200, NOW)
    assert inventory.facts(DOOR, NOW).requests == 2
    forgotten = inventory.facts(Endpoint("GET", "/door0"), NOW)
    assert (forgotten.requests, forgotten.posture) == (0, Posture.UNKNOWN)
    assert len(inventory._known) == MAX_ENDPOINTS


def test_what_was_known_of_words_that_turn_out_to_be_slugs_is_carried_over() -> None:
    inventory = Inventory()
    inventory.note(inventory.settle("GET", "/users/me", None, 200), NONE, 200, NOW)
    names = random.Random(7)
    for _ in range(100):
        path = "/users/" + "".join(names.choices("bcdfgklmnprst", k=8))
        inventory.note(inventory.settle("GET", path, None, 200), NONE, 200, NOW)
    assert inventory.facts(Endpoint("GET", "/users/{username}"), NOW).requests == 100
    assert inventory.facts(Endpoint("GET", "/users/me"), NOW).requests == 1
    assert len(inventory._known) == 2


def test_scanners_make_no_endpoints() -> None:
    inventory = Inventory()
    for number in range(3_000):
        endpoint = inventory.settle("GET", f"/.git{number}/x{number}", None, 404)
        inventory.note(endpoint, NONE, 404, NOW)
    assert list(inventory._known) == ["GET /{unmatched}"]


def learned() -> Inventory:
    inventory = Inventory()
    endpoint = inventory.settle("GET", "/users/15551234567", "/users/{number}", 200)
    inventory.settle("GET", "/things/42/parts", None, 200)
    body = Body(b'{"phone": "+493012345678"}')
    content = read_content(body, "application/json")
    for _ in range(10):
        inventory.note(endpoint, NONE, 200, NOW, limit_shown=True)
        inventory.items(endpoint, (), (), EMPTY, content, body.data)
    return inventory


def test_what_was_learned_survives_a_restart() -> None:
    restarted = Inventory()
    assert restarted.load(learned().dump())
    endpoint = restarted.guess("GET", "/users/15557654321")
    assert endpoint == Endpoint("GET", "/users/{number}")
    facts = restarted.facts(endpoint, NOW)
    assert (facts.requests, facts.posture, facts.limit_seen) == (10, Posture.OPEN, True)
    spot = restarted._classifier.learned[endpoint.key].response["$.phone"]
    assert spot.data_class is DataClass.PHONE
    assert restarted.dump() == learned().dump()


def test_a_dump_holds_no_value_of_a_message() -> None:
    dump = learned().dump()
    assert b"3012345678" not in dump
    assert b"5551234567" not in dump


@pytest.mark.parametrize(
    "dump",
    [
        b"",
        b"\xc1",
        b"not msgpack at all",
        msgspec.msgpack.encode({"version": 999}),
        msgspec.msgpack.encode({"version": 1, "known": 7}),
        msgspec.msgpack.encode([1, 2, 3]),
        b"\x91" * 100_000,
        learned().dump()[:-20],
    ],
)
def test_a_dump_that_cannot_be_read_starts_afresh(
    dump: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    inventory = learned()
    with caplog.at_level(logging.WARNING):
        assert not inventory.load(dump)
    assert "Starting to learn afresh" in caplog.text
    assert inventory.facts(Endpoint("GET", "/users/{number}"), NOW).requests == 0
    assert inventory.settle("GET", "/users/7", None, 200).key == "GET /users/{id}"


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_dump_raises(dump: bytes) -> None:
    Inventory().load(dump)
