"""Who may send: kinds, revocation while the collector runs, and rates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.app import doorkeeper
from nightlatch.app.doorkeeper import BURST, LEAST, TokenDoor
from nightlatch.capture.intake import Grant, OverRate, Refused
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.source_tokens import SourceTokens
from nightlatch.store.memory_documents import MemoryDocuments

OTLP, GELF = SourceKind.OTLP, SourceKind.GELF
NOW = 1_800_000_000.0


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> SourceTokens:
    monkeypatch.setattr(doorkeeper, "LOOK_EVERY", 0.0)
    return SourceTokens(MemoryDocuments(), Hasher(bytes(32)))


def made(tokens: SourceTokens, per_second: int = 0) -> str:
    return tokens.add("web", (OTLP, GELF), "shop", per_second, "ada", NOW)


def test_whoever_shows_its_token_is_let_in(tokens: SourceTokens) -> None:
    token, door = made(tokens), TokenDoor(tokens)
    assert door.admit(OTLP, token, 10, NOW) == Grant("web", frozenset({OTLP, GELF}), "shop")


@pytest.mark.parametrize(
    "change", [str.upper, lambda token: token[:-1], lambda _: "", "{}x".format]
)
def test_no_other_is(tokens: SourceTokens, change: object) -> None:
    assert callable(change)
    token, door = made(tokens), TokenDoor(tokens)
    assert door.admit(OTLP, change(token), 10, NOW) is Refused.TOKEN


def test_a_token_is_for_its_kinds_alone(tokens: SourceTokens) -> None:
    token, door = made(tokens), TokenDoor(tokens)
    assert door.admit(SourceKind.TREBLLE, token, 10, NOW) is Refused.TOKEN


def test_what_is_made_and_revoked_meanwhile_is_taken_up(tokens: SourceTokens) -> None:
    door = TokenDoor(tokens)
    assert door.admit(OTLP, "nlsrc_x", 1, NOW) is Refused.TOKEN
    token = made(tokens)
    assert isinstance(door.admit(OTLP, token, 1, NOW), Grant)
    tokens.revoke("web", "ada", NOW)
    assert door.admit(OTLP, token, 1, NOW) is Refused.TOKEN


def test_a_token_that_was_replaced_is_let_in_until_its_time_is_over(tokens: SourceTokens) -> None:
    first, door = made(tokens), TokenDoor(tokens)
    second = tokens.rotate("web", 60.0, "ada", NOW)
    for at, lets_in in ((NOW + 59, True), (NOW + 60, False)):
        assert isinstance(door.admit(OTLP, first, 1, at), Grant) is lets_in
        assert isinstance(door.admit(OTLP, second, 1, at), Grant)


def test_a_source_is_held_to_its_rate(tokens: SourceTokens) -> None:
    token, door = made(tokens, 100_000), TokenDoor(tokens)
    passed = sum(
        10_000
        for step in range(1_000)
        if isinstance(door.admit(OTLP, token, 10_000, NOW + step * 0.01), Grant)
    )
    # Ten seconds at ten times the rate: the rate, the burst, and the one that filled it.
    assert 100_000 * 10 <= passed <= 100_000 * (10 + BURST) + 10_000


def test_a_body_larger_than_the_burst_passes_once(tokens: SourceTokens) -> None:
    token, door = made(tokens, 1_000), TokenDoor(tokens)
    assert isinstance(door.admit(OTLP, token, 100_000, NOW), Grant)
    assert isinstance(door.admit(OTLP, token, 1, NOW + 1), OverRate)
    # And is paid for within a bounded time.
    assert isinstance(door.admit(OTLP, token, 1, NOW + 2 * BURST + 1), Grant)


def test_small_bodies_count_too(tokens: SourceTokens) -> None:
    token, door = made(tokens, LEAST), TokenDoor(tokens)
    said = [door.admit(OTLP, token, 0, NOW) for _ in range(20)]
    assert sum(isinstance(one, OverRate) for one in said) >= 20 - BURST - 2


def test_wrong_tokens_wait_together_and_nobody_else(tokens: SourceTokens) -> None:
    token, door = made(tokens), TokenDoor(tokens)
    said = {door.admit(OTLP, f"guess-{number}", 0, NOW) for number in range(2_000)}
    assert said == {Refused.TOKEN, Refused.RATE}
    assert isinstance(door.admit(OTLP, token, 1, NOW), Grant)


def test_where_the_store_fails_those_who_may_send_go_on(
    tokens: SourceTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, door = made(tokens), TokenDoor(tokens)
    assert isinstance(door.admit(OTLP, first, 1, NOW), Grant)
    second = tokens.rotate("web", 60.0, "ada", NOW)
    assert isinstance(door.admit(OTLP, second, 1, NOW), Grant)
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    tokens._documents.close()
    for at, lets_in in ((NOW + 59, True), (NOW + 60, False)):
        assert isinstance(door.admit(OTLP, first, 1, at), Grant) is lets_in
        assert isinstance(door.admit(OTLP, second, 1, at), Grant)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_hostile_tokens_are_wrong_tokens(token: str) -> None:
    door = TokenDoor(SourceTokens(MemoryDocuments(), Hasher(bytes(32))))
    assert door.admit(OTLP, token, 0, NOW) is Refused.TOKEN
