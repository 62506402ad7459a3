"""PHP's serialised objects."""

import pytest

from nightlatch.checks.attacks.serialised.php import read_php


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ('O:8:"stdClass":0:{}', 88),
        ('O:+8:"stdClass":0:{}', 92),
        ('a:1:{i:0;O:3:"Foo":0:{}}', 88),
        ('O:9:"stdClass":0:{}', 70),
        ('O:3:\\"Foo\\":0:{}', 88),
    ],
)
def test_objects(text: str, certainty: int) -> None:
    clue = read_php(text)
    assert clue is not None
    assert clue.certainty == certainty


@pytest.mark.parametrize("text", ['a:1:{i:0;s:1:"x";}', 'TO:3:"Foo":0:{}', 'O:3:"Foo"', ""])
def test_other_values(text: str) -> None:
    assert read_php(text) is None
