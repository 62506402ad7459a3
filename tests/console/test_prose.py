"""Help and evidence as HTML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from nightlatch.checks import CHECKS
from nightlatch.console.prose import inline, prose

SPANS = [
    ("no code", "no code"),
    ("Query `q`: `1 or 1=1`", "Query <code>q</code>: <code>1 or 1=1</code>"),
    ("`` `id` `` runs", "<code>`id`</code> runs"),
    ("``` a``b ```", "<code>a``b</code>"),
    ("`  `", "<code>  </code>"),
    ("one ` alone", "one ` alone"),
    ("`` not closed `", "`` not closed `"),
    ("a `` b", "a `` b"),
    ("", ""),
    ("`<script>alert(1)</script>`", "<code>&lt;script&gt;alert(1)&lt;/script&gt;</code>"),
    ("<b> & \"'", "&lt;b&gt; &amp; &#34;&#39;"),
]


@pytest.mark.parametrize(("text", "html"), SPANS)
def test_code_spans(text: str, html: str) -> None:
    assert inline(text) == html


def test_paragraphs_and_blocks_of_code() -> None:
    text = "Do `this`:\n\n```python\nif a < b:\n\n    run()\n```\n\nAnd\nthat.\n\nThen <rest>.\n"
    assert prose(text) == (
        "<p>Do <code>this</code>:</p>\n"
        '<pre class="code" tabindex="0"><code>if a &lt; b:\n\n    run()\n</code></pre>\n'
        "<p>And\nthat.</p>\n<p>Then &lt;rest&gt;.</p>"
    )


def test_a_block_that_is_not_closed_is_text() -> None:
    assert prose("```python\nrun()") == "<p>```python\nrun()</p>"
    assert prose("") == ""


def test_no_mark_of_any_help_page_is_left_over() -> None:
    fences = 0
    for check in CHECKS:
        for text in (check.what, check.why, check.remedy):
            html = prose(text)
            assert "`" not in html, check.id
            fences += html.count("<pre")
    assert fences > 60


@given(st.text(st.sampled_from("`a <>&\"'\n{}"), max_size=60))
@settings(max_examples=100, deadline=None)
def test_whatever_is_in_it_is_text(text: str) -> None:
    for html in (inline(text), prose(text)):
        assert isinstance(html, Markup)
        rest = html
        for ours in (
            "<code>",
            "</code>",
            "<p>",
            "</p>",
            '<pre class="code" tabindex="0">',
            "</pre>",
        ):
            rest = rest.replace(Markup(ours), "")
        assert not set(rest) & {"<", ">", '"', "'"}
    if "`" not in text:
        assert inline(text) == escape(text)
