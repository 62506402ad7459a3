"""Secrets that can be guessed: found by their words, and never told."""

import hmac
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.jose.tokens import b64, ec_signer, packed

from nightlatch.identity import secret_words as lists
from nightlatch.identity.secret_words import (
    DOCUMENTED,
    common_words,
    own_words,
    secret_words,
    words_of,
)
from nightlatch.identity.weak_secrets import Guess, guess

HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def signed(secret: bytes, algorithm: str = "HS256") -> str:
    text = f"{packed({'alg': algorithm})}.{packed({'sub': 'ada'})}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), HASHES[algorithm]))}"


@pytest.mark.parametrize("algorithm", HASHES)
def test_a_word_is_found_by_its_place(algorithm: str) -> None:
    words = [b"one", b"two", b"three"]
    assert guess(signed(b"three", algorithm), words) == Guess(3, 5)
    assert guess(signed(b"four", algorithm), words) is None
    assert guess(signed(b"", algorithm), [b""]) == Guess(1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "a.b.c", "..", ec_signer("ES256").token(), signed(b"one") + ".",
        signed(b"one")[:-2], signed(b"one").rpartition(".")[0] + ".", "A" * 100_000,
        f"{packed({'alg': 'none'})}.{packed({})}.", f"{packed({'alg': ['HS256']})}.e30.YQ",
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_no_secret_signs_has_none(text: str) -> None:
    assert guess(text, [b"", b"one"]) is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_nothing_breaks_it(text: str) -> None:
    assert guess(text, [b"secret"]) is None
    assert guess(f"{packed({'alg': 'HS256'})}.{text}.{text}", [b"secret"]) is None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=80))
def test_only_the_secret_itself_is_found(secret: bytes) -> None:
    token = signed(secret)
    assert guess(token, [secret]) == Guess(1, len(secret))
    assert guess(token, [secret + b"x"]) is None


def test_there_are_enough_words_and_no_word_twice_in_our_own() -> None:
    own, common = list(own_words()), list(common_words())
    assert len(own) >= 30_000
    assert len(set(own)) == len(own)
    assert len(common) >= 90_000
    assert len(DOCUMENTED) == len(set(DOCUMENTED)) >= 400


@pytest.mark.slow
@pytest.mark.parametrize(
    "secret",
    [
        b"secret", b"your-256-bit-secret", b"changeme", b"Secret123", b"SECRET_KEY", b"trustno1",
        b"a-string-secret-at-least-256-bits-long", b"supersecret2026", b"jwt-secret\n",
        b"super-secret-jwt-token-with-at-least-32-characters-long", b"nightingale", b"dragon",
        b"secretsecretsecretsecretsecretse", b"c2VjcmV0",
        b"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        bytes.fromhex("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"),
    ],
)  # fmt: skip
def test_what_people_sign_with_is_found(secret: bytes) -> None:
    found = guess(signed(secret), secret_words())
    assert found is not None
    assert found.length == len(secret)
    assert secret.decode("latin-1") not in repr(found)


@pytest.mark.slow
def test_random_secrets_are_not_found() -> None:
    assert guess(signed(b"\xf3" + bytes(range(40, 71))), secret_words()) is None


@pytest.mark.slow
def test_the_operators_words_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes(b"blue moon over the bay\r\n\n\xff\xfe\n" + b"x" * 5_000 + b"\nlast")
    words = list(words_of(file))
    assert words == [b"blue moon over the bay", b"\xff\xfe", b"x" * 1_024, b"last"]
    assert guess(signed(b"last"), secret_words(file)) is not None
    with pytest.raises(FileNotFoundError):
        list(secret_words(tmp_path / "none.txt"))


def test_the_operators_file_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_WORDS", 10)
    file = tmp_path / "words.txt"
    file.write_text("word\n" * 100)
    assert len(list(words_of(file))) == 10


def test_without_the_package_our_own_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert list(common_words()) == []
    assert next(iter(secret_words())) == b""


def test_the_likeliest_come_first() -> None:
    first = list(islice(secret_words(), 50))
    assert b"secret" in first
    assert b"your-256-bit-secret" in first
