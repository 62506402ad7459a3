"""HTML as browsers read it: what is a tag, what is its attribute."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.html.tokens import (
    MAX_ATTRIBUTES,
    MAX_BODY,
    MAX_TAGS,
    attributes_at,
    tags,
)


@pytest.mark.parametrize(
    ("text", "name", "attributes"),
    [
        ("<a href=x>", "a", (("href", "x"),)),
        ("<A HREF='x'>", "a", (("href", "x"),)),
        ('<a href="x y" b>', "a", (("href", "x y"), ("b", ""))),
        ("<svg/onload=f()>", "svg", (("onload", "f()"),)),
        ("<img src=x/onerror=f()>", "img", (("src", "x/onerror=f()"),)),
        ('<img src="x"onerror=f()>', "img", (("src", "x"), ("onerror", "f()"))),
        ("<a b = c>", "a", (("b", "c"),)),
        ("<a\n\tb\x0c=\rc\n>", "a", (("b", "c"),)),
        ("<svg onload=f()", "svg", (("onload", "f()"),)),
        ('<a title="open', "a", (("title", "open"),)),
        ("<a href=java&#115;cript:>", "a", (("href", "javascript:"),)),
        ("<svg:a b=c>", "a", (("b", "c"),)),
        ("<scr<script>", "script", ()),
        ("</p>", "/p", ()),
        ("<!doctype html>", "!", ()),
        ("< script>", "script", ()),
    ],
)
def test_a_tag_and_its_attributes(
    text: str, name: str, attributes: tuple[tuple[str, str], ...]
) -> None:
    tag = tags(text)[0]
    assert (tag.name, tag.attributes) == (name, attributes)


@pytest.mark.parametrize("text", ["", "a < b", "<", "<3", "a<1>b", "<>", "< p>"])
def test_no_tag(text: str) -> None:
    assert tags(text) == []


def test_a_script_has_a_body_and_ends_with_it() -> None:
    script, closing, bold = tags("<script>a<b</SCRIPT ><b>")
    assert (script.body, script.closed) == ("a<b", True)
    assert (closing.name, bold.name) == ("/script", "b")


def test_a_script_without_an_end_reaches_to_the_end() -> None:
    (script,) = tags("<script>a()")
    assert (script.body, script.closed, script.end) == ("a()", False, 11)


def test_what_is_in_a_comment_is_read() -> None:
    assert [tag.name for tag in tags("<!-- <b> --><i>")] == ["!", "b", "i"]


def test_the_rest_of_a_tag_that_was_not_seen_to_begin() -> None:
    tag = attributes_at('x" onfocus=f() y="', 2)
    assert tag.attributes[0] == ("onfocus", "f()")


def test_bounds() -> None:
    assert len(tags("<b>" * (MAX_TAGS + 5))) == MAX_TAGS
    assert len(tags("<b" + " c" * (MAX_ATTRIBUTES + 5))[0].attributes) == MAX_ATTRIBUTES
    assert len(tags("<script>" + "a" * (MAX_BODY + 5))[0].body) == MAX_BODY


@given(st.text(alphabet="<>/\"'=!- \x00abon", max_size=200))
@settings(max_examples=100, deadline=None)
def test_reads_on_whatever_comes(text: str) -> None:
    ends = [tag.end for tag in tags(text)]
    assert ends == sorted(ends)
    assert all(end <= len(text) for end in ends)
