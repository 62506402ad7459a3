"""What stands around an attack."""

import pytest

from nightlatch.checks.attacks.surroundings import Surroundings, surroundings
from nightlatch.checks.attacks.value import Place, Value

MARK = "<script>alert(1)</script>"


def around(text: str, window: str | None = None) -> Surroundings:
    read = text if window is None else window
    start = read.index(MARK)
    return surroundings(read, start, start + len(MARK), Value(Place.JSON, "$.body", text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MARK, 0),
        ("A" * 5000 + MARK, 0),
        ("see " + MARK + " there", 2),
        ("1 2 3 " + MARK + " <b> x=y", 0),
        ("クリックして" + MARK, 3),
    ],
)
def test_counts_words_of_prose(text: str, words: int) -> None:
    assert around(text).words == words


@pytest.mark.parametrize(
    "text",
    [
        f"I typed `{MARK}` there",
        f"Steps to see:\n```html\n{MARK}\n```\n",
        f"Steps to see:\n\n    {MARK}\n",
        f"@@ -1,2 +1,2 @@\n-{MARK}\n+<p>\n",
        f"Write <code>{MARK}</code> there",
    ],
)
def test_code_that_somebody_quotes(text: str) -> None:
    assert around(text).code


@pytest.mark.parametrize("text", [MARK, f"see {MARK}", f"`{MARK}`", f"a `b` {MARK} word"])
def test_not_quoted(text: str) -> None:
    assert not around(text).code


def test_a_window_is_judged_by_the_whole_value() -> None:
    text = "word " * 3000 + "```\n" + MARK
    assert around(text, text[-400:]).code


def test_a_page_from_its_beginning() -> None:
    assert around(f"<!doctype html><p>{MARK}").document
    assert around(f"<p>a</p>{MARK}").page
    assert not around(f"a <p>{MARK}").page
