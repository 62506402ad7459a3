"""What could not be read: counted, and shown without anybody in it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.respond.dead_letters import _KNOWN, LATEST, SHOWN, DeadLetters, masked

CASES = [
    (b'{"email": "ada@example.com", "phone": "+15550100"', '{"xxxxx": "xxx@xxxxxxx.xxx", "phone'),
    (b"GET /users/17 HTTP/1.1", "GET /xxxxx/00 HTTP/0.0"),
    (b"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9", "xxxxxxxxxxxxx: xxxxxx xx"),
    (b"\x00\xff\n{", "·�·{"),
    ("Zoë Østergård".encode(), "xxx xxxxxxxxx"),
    ("٤٥٦".encode(), "000"),
    (b"", ""),
]


@pytest.mark.parametrize(("excerpt", "picture"), CASES)
def test_the_shape_stays_and_nobody_is_in_it(excerpt: bytes, picture: str) -> None:
    assert masked(excerpt).startswith(picture[:30])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
def test_nothing_identifying_is_left_of_anything(excerpt: bytes) -> None:
    picture = masked(excerpt)
    assert len(picture) <= SHOWN
    assert picture.isprintable()
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", picture)]
    assert [word for word in words if word not in _KNOWN and set(word) != {"x"}] == []
    assert set(re.findall(r"\d", picture)) <= {"0"}


def test_a_reason_keeps_its_count_its_times_and_the_latest_pictures() -> None:
    letters = DeadLetters("not JSON")
    for number in range(10):
        letters.note(b"[" * (number + 1), 100.0 + number)
    letters.note(b"[[", 200.0)
    letters.note(b"", 300.0)
    assert (letters.count, letters.first, letters.last) == (12, 100.0, 300.0)
    assert len(letters.pictures) == LATEST
    assert letters.pictures[-1] == "[["
