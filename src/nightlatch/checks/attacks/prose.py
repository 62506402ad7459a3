"""Is there a text around it? People write about attacks; attackers do not write essays.

A commit message, an alert or a chat message may name an address, a tool or a command; a program
that takes the value for one gets it bare.
"""

import re

# A word of a sentence: letters between spaces, perhaps with its punctuation.
_WORD = re.compile(r"(?<!\S)[(\"'*_]?[^\W\d_]{2,}+(?:['’][a-z]{1,2}+)?[.,:;!?)\"'*_]{0,2}(?!\S)")  # noqa: RUF001
# Scripts that put no spaces between their words: two or three characters are one.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]{2}")
_LEAST_WORDS = 4
_LOOK = 400
"""Characters on either side that are read."""


def count_words(text: str, start: int = 0, end: int | None = None) -> int:
    """How many words of a sentence stand in `text[start:end]`."""
    part = text[start:end]
    if not part or part.isspace():
        return 0
    count = len(_WORD.findall(part))
    return count if part.isascii() else count + len(_UNSPACED.findall(part))


def is_prose(text: str, start: int, end: int) -> bool:
    """Do enough words stand around `text[start:end]` to make it a part of a sentence?"""
    words = count_words(text, max(0, start - _LOOK), start)
    return words >= _LEAST_WORDS or words + count_words(text, end, end + _LOOK) >= _LEAST_WORDS
