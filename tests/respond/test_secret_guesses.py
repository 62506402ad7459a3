"""Trying secrets in the background: once, in little steps, and told once a day."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.identity.test_weak_secrets import signed
from tests.servers import eventually

from nightlatch.identity.proofs import SecretName
from nightlatch.identity.secret_words import secret_words
from nightlatch.respond import secret_guesses
from nightlatch.respond.secret_guesses import AGAIN, SecretGuesses

STRONG = b"\xf3 of no list"
NOW = 1_800_000_000.0
NAME = SecretName("https://id.example", "", "HS256")
WORDS = [b"one", b"two", b"correct horse"]


class Pauses:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def guesses(words: list[bytes] | None = None, pause: Pauses | None = None) -> SecretGuesses:
    return SecretGuesses(lambda: WORDS if words is None else words, pause or Pauses(), 0.0)


def tried(one: SecretGuesses, name: SecretName = NAME) -> bool:
    return name in one._tried


def test_a_weak_secret_is_told_once_a_day_and_not_which(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = guesses()
    assert found.wants(NAME)
    found.take(NAME, signed(b"correct horse"))
    assert not found.wants(NAME)
    eventually(lambda: tried(found), pause=0.01)
    told = found.told(NAME, NOW)
    assert told == (
        "tokens of https://id.example (HS256) are signed with a guessable secret: 13 bytes, "
        "number 3 in a list of common ones"
    )
    assert "horse" not in told + caplog.text
    assert "Change it now" in caplog.text
    assert found.told(NAME, NOW + 1) == ""
    assert found.told(NAME, NOW + AGAIN) == told
    assert found.told(NAME, NOW - 1) == told, "a clock that was set back"
    assert not found.wants(NAME)
    found.close()


def test_a_strong_one_is_tried_once_and_never_told() -> None:
    found = guesses()
    found.take(NAME, signed(STRONG))
    eventually(lambda: tried(found), pause=0.01)
    assert found.told(NAME, NOW) == ""
    assert not found.wants(NAME)
    found.close()


def test_no_secret_at_all_is_told_as_that() -> None:
    found = guesses([b""])
    found.take(NAME, signed(b""))
    eventually(lambda: tried(found), pause=0.01)
    assert "guessable secret: nothing at all" in found.told(NAME, NOW)
    found.close()


def test_it_pauses_often() -> None:
    pauses = Pauses()
    found = guesses([b"word"] * 10_000, pauses)
    found.take(NAME, signed(STRONG))
    eventually(lambda: tried(found), pause=0.01)
    assert pauses.count >= 10_000 // secret_guesses.STEP
    found.close()


def test_what_has_no_room_to_wait_comes_back() -> None:
    hold = threading.Event()

    def words() -> Iterator[bytes]:
        hold.wait(10)
        yield b"one"

    found = SecretGuesses(words, Pauses(), 0.0)
    names = [SecretName(f"issuer {number}", "", "HS256") for number in range(40)]
    for name in names:
        found.take(name, signed(b"one"))
    dropped = [name for name in names if found.wants(name)]
    assert len(names) - secret_guesses.WAITING - 1 <= len(dropped) < len(names)
    hold.set()
    eventually(lambda: all(tried(found, name) for name in names if name not in dropped), pause=0.01)
    found.take(dropped[0], signed(b"one"))
    eventually(lambda: found.told(dropped[0], NOW), pause=0.01)
    found.close()


def test_what_is_remembered_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_guesses, "CAPACITY", 3)
    found = guesses()
    names = [SecretName(f"issuer {number}", "", "HS256") for number in range(6)]
    for name in names:
        found.take(name, signed(STRONG))
    eventually(lambda: not found._pending, pause=0.01)
    assert list(found._tried) == names[-3:], "the oldest goes first"
    assert found.wants(names[0])
    found.close()


@pytest.mark.slow
def test_a_file_that_is_gone_is_told_and_the_others_were_tried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = SecretGuesses(lambda: secret_words(tmp_path / "gone"), Pauses(), 0.0)
    found.take(NAME, signed(STRONG))
    eventually(lambda: tried(found), pause=0.01)
    assert "NIGHTLATCH_TOKENS_WORDS" in caplog.text
    other = SecretName("other", "", "HS256")
    found.take(other, signed(b"trustno1"))
    eventually(lambda: found.told(other, NOW), pause=0.01)
    found.close()


def test_it_rests_between_two_and_closing_ends_that() -> None:
    found = SecretGuesses(lambda: WORDS, Pauses(), 600.0)
    other = SecretName("other", "", "HS256")
    for name in (NAME, other):
        found.take(name, signed(b"one"))
    eventually(lambda: tried(found), pause=0.01)
    assert not tried(found, other)
    assert found._thread is not None
    found.close()
    found._thread.join(10)
    assert not found._thread.is_alive()


def test_closing_ends_it_in_the_middle(caplog: pytest.LogCaptureFixture) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"word"

    found = SecretGuesses(endless)
    with caplog.at_level(logging.ERROR):
        found.take(NAME, signed(STRONG))
        thread = found._thread
        assert thread is not None
        found.close()
        thread.join(10)
        assert not thread.is_alive()
    assert caplog.text == ""


def test_a_child_begins_anew() -> None:
    found = guesses()
    found.take(NAME, signed(b"one"))
    eventually(lambda: tried(found), pause=0.01)
    found.after_fork()
    assert found._thread is None
    other = SecretName("other", "", "HS256")
    found.take(other, signed(b"two"))
    eventually(lambda: tried(found, other), pause=0.01)
    found.close()
