"""Is there a text around it?"""

import pytest

from nightlatch.checks.attacks.prose import count_words, is_prose

MARK = "http://127.0.0.1/"


def around(text: str) -> bool:
    start = text.index(MARK)
    return is_prose(text, start, start + len(MARK))


COUNTED = [
    ("", 0),
    (" \n\t ", 0),
    ("the quick brown fox", 4),
    ("The (quick), *brown* 'fox': jumps!", 5),
    ("don't and don\u2019t", 3),
    ("naïve Größe слово", 3),
    ("a b c 1 22 x1 foo_bar foo=bar a.b.c /etc/passwd --flag", 0),
    ("SELECT * FROM users", 3),
    # Without spaces two characters are a word, and what stands between spaces is one more.
    ("クリックして", 4),
    ("请点击这里", 3),
    ("word" * 100, 1),
]


@pytest.mark.parametrize(("text", "words"), COUNTED)
def test_counts_words_of_sentences(text: str, words: int) -> None:
    assert count_words(text) == words


def test_counts_within_bounds() -> None:
    assert count_words("one two three four", 4, 13) == 2
    assert count_words("one two three four", 4, 4) == 0


@pytest.mark.parametrize(
    "text",
    [
        f"We saw that {MARK} answers",
        f"{MARK} is where it listens now",
        f"It listens {MARK} by default",
        f"请点击这里 {MARK} 然后登录",
        f"- fixed: the server at\n\n{MARK}\n\nis asked no longer",
    ],
)
def test_somebody_writes_about_it(text: str) -> None:
    assert around(text)


@pytest.mark.parametrize(
    "text",
    [
        MARK,
        f"see {MARK}",
        f"url={MARK}&page=2&sort=name&filter=all",
        f"{MARK} 1 2 3 4 5 6",
        f"a/b/c/d {MARK} x=1 y=2 z=3",
        "word " * 4 + "x" * 400 + MARK,
    ],
)
def test_a_program_is_given_it(text: str) -> None:
    assert not around(text)


@pytest.mark.parametrize("part", ["a", "a'", "'", "é", "(", "あ", "a ", "\n", "don't"])
def test_reads_long_texts_in_linear_time(part: str) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    text = part * (200_000 // len(part))
    assert count_words(text) >= 0
    assert is_prose(text, 100_000, 100_001) in {True, False}
