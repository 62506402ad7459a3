"""Passes are read from requests, end, cannot be forged, and cost what they must not exceed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers
from nightlatch.identity.passes import CIRCLE, Passes

NOW = 1_800_000_000.0
HASHER = Hasher(b"k" * 32)
PASSES = Passes(HASHER, lifetime=3_600)


def asked(*headers: tuple[bytes, bytes]) -> Request:
    return Request("GET", "https", "api.example", "/", "", Headers(headers), "198.51.100.7")


def shown(token: str) -> Request:
    return asked((b"nightlatch-pass", token.encode("latin-1")))


def cookie(*pairs: str) -> Request:
    return asked(*((b"cookie", pair.encode("latin-1")) for pair in pairs))


def test_a_pass_makes_a_circle_of_its_own() -> None:
    one, other = PASSES.grant(NOW), PASSES.grant(NOW)
    circle = PASSES.circle(shown(one), NOW)
    assert circle.startswith(CIRCLE)
    assert len(circle) == len(CIRCLE) + 16
    assert PASSES.circle(shown(other), NOW) not in ("", circle)
    assert PASSES.circle(shown(one), NOW + 10) == circle


def test_the_same_name_gives_the_same_circle() -> None:
    one, again = PASSES.grant(NOW, "puzzle-1"), PASSES.grant(NOW + 60, "puzzle-1")
    assert PASSES.circle(shown(one), NOW) == PASSES.circle(shown(again), NOW)
    assert PASSES.circle(shown(PASSES.grant(NOW, "puzzle-2")), NOW) != PASSES.circle(
        shown(one), NOW
    )


@pytest.mark.parametrize(
    "pairs",
    [
        ("nightlatch-pass={}",),
        ("a=1; nightlatch-pass={}; b=2",),
        ("a=1", "nightlatch-pass={}"),
        ("nightlatch-pass=old; nightlatch-pass={}",),
    ],
)
def test_a_pass_in_a_cookie(pairs: tuple[str, ...]) -> None:
    token = PASSES.grant(NOW)
    request = cookie(*(pair.format(token) for pair in pairs))
    assert PASSES.circle(request, NOW) == PASSES.circle(shown(token), NOW) != ""


@pytest.mark.parametrize(
    "request_",
    [
        asked(),
        cookie("a=1"),
        cookie("not-nightlatch-pass=1"),
        cookie("nightlatch-pass="),
        cookie("; ".join(["nightlatch-pass=x"] * 10_000)),
        shown(""),
        shown("1." + "0" * 100_000),
        shown("\xff\xfe"),
    ],
)
def test_no_pass(request_: Request) -> None:
    assert PASSES.circle(request_, NOW) == ""


def test_a_pass_ends_also_once_it_is_known() -> None:
    fresh = Passes(HASHER, lifetime=60)
    token = fresh.grant(NOW)
    assert fresh.circle(shown(token), NOW + 59)
    assert not fresh.circle(shown(token), NOW + 60)
    assert not Passes(HASHER).circle(shown(token), NOW + 60)


def test_another_process_reads_it_and_another_installation_does_not() -> None:
    token = PASSES.grant(NOW)
    assert Passes(Hasher(b"k" * 32)).circle(shown(token), NOW)
    assert not Passes(Hasher(b"x" * 32)).circle(shown(token), NOW)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 66), st.characters(codec="latin-1"))
def test_one_character_changed_is_forged(place: int, character: str) -> None:
    token = PASSES.grant(NOW)
    forged = token[:place] + character + token[place + 1 :]
    if forged != token:
        assert PASSES.circle(shown(forged), NOW) == ""


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_a_value_and_no_exception(text: str) -> None:
    assert PASSES.circle_of(text, NOW) == ""


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.identity.passes._MAX_KNOWN", 3)
    passes = Passes(HASHER)
    tokens = [passes.grant(NOW) for _ in range(10)]
    assert all(passes.circle(shown(token), NOW) for token in (*tokens, *tokens))
    assert len(passes._known) == 3


def test_it_does_not_print_its_key() -> None:
    assert repr(PASSES) == "Passes(•••)"
