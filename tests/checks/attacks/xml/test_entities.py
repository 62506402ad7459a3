"""Entities: where they lead, and how large they would grow."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.xml.entities import Entity, expanded_size, read_entities


def test_declarations_are_read() -> None:
    text = (
        '<!DOCTYPE a [<!ENTITY b "text"><!ENTITY c SYSTEM "file:///x">'
        "<!ENTITY % d PUBLIC 'p' 'http://y'>]>"
    )
    assert read_entities(text) == [
        Entity("b", False, "text"),
        Entity("c", True, "file:///x"),
        Entity("d", True, "http://y"),
    ]


def test_the_size_is_counted_and_nothing_is_expanded() -> None:
    declared = '<!ENTITY a0 "xxxxxxxxxx">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 40)
    )
    text = f"<!DOCTYPE a [{declared}]><a>&a39;</a>"
    assert expanded_size(text, read_entities(text)) > 10**40


def test_a_circle_is_infinite() -> None:
    text = '<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>'
    assert expanded_size(text, read_entities(text)) == math.inf


def test_a_chain_of_entities_is_no_recursion() -> None:
    declared = "".join(f'<!ENTITY a{n} "&a{n + 1};">' for n in range(250))
    text = f"<!DOCTYPE a [{declared}]><a>&a0;</a>"
    assert expanded_size(text, read_entities(text)) < 10_000


def test_of_what_is_not_referred_to_only_the_largest_counts() -> None:
    text = '<!DOCTYPE a [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "xx">]><a>none</a>'
    assert expanded_size(text, read_entities(text)) == len(text) + 10


def test_a_bomb_that_is_cut_is_one() -> None:
    declared = '<!ENTITY a0 "xxxxxxxxxx">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9)
    )
    text = f"<!DOCTYPE a [{declared}"
    assert expanded_size(text, read_entities(text)) > 10**9


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["<!ENTITY a ", '"&a;"', "'&b;'", ">", "]>", "&a;", "b ", "SYSTEM "]))
)
def test_anything_may_be_read(parts: list[str]) -> None:
    text = "".join(parts)
    assert expanded_size(text, read_entities(text)) >= len(text)
