import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.lenient_json import first_part, read_events, read_json, read_lines


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        ("{", "{}"),
        ('{"a": 1', "{}"),
        ('{"a": 1,', '{"a": 1}'),
        ('{"a": [1, 2, 3', '{"a": [1, 2]}'),
        ('{"a": [1, {"b": "x', '{"a": [1, {}]}'),
        ('{"a": "br{ck,[ts", "b": "', '{"a": "br{ck,[ts"}'),
        ('{"a": "quo\\"te", "b": "\\', '{"a": "quo\\"te"}'),
        ("[[1], [2]", "[[1], [2]]"),
        ("[1]]", "[1]"),
        ("[}", "[]"),
    ],
)
def test_first_part(text: str, part: str) -> None:
    assert first_part(text) == part


@pytest.mark.slow
@given(
    st.recursive(st.integers() | st.text(), lambda child: st.lists(child, min_size=1)), st.data()
)
def test_the_first_part_of_cut_json_is_json(value: Any, data: st.DataObject) -> None:
    text = json.dumps([value])
    json.loads(first_part(text[: data.draw(st.integers(1, len(text)))]))


def test_sound_json_has_no_fault() -> None:
    reading = read_json(b'{"a": [1]}', "utf-8", truncated=False)
    assert (reading.value, reading.fault, reading.complete) == ({"a": [1]}, "", True)


def test_the_faults_of_lines_are_counted() -> None:
    assert read_lines(b"1\n2\n", "utf-8", truncated=False).value == [1, 2]
    reading = read_lines(b"1\nx\ny\n", "utf-8", truncated=False)
    assert (reading.value, reading.fault) == ([1], "2 of 3 lines are not JSON")
    assert not read_lines(b"x", "utf-8", truncated=False).readable


def test_a_cut_last_line_is_read_as_far_as_it_goes() -> None:
    reading = read_lines(b'{"a": 1}\n{"a": 2, "b', "utf-8", truncated=True)
    assert reading.value == [{"a": 1}, {"a": 2}]
    assert not reading.complete


def test_events_need_data() -> None:
    assert read_events(b"data: 1\r\ndata:2\nid: 3\n\n", "utf-8", truncated=False).value == [1, 2]
    assert not read_events(b"id: 3\n\n", "utf-8", truncated=False).readable
