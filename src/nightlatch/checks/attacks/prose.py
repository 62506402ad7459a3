"""Is there a text around it? People write about attacks; attackers do not write essays."""

import re

# A word of a sentence: letters between spaces, perhaps with its punctuation.
_WORD = re.compile(r"(?<!\S)[(\"'*_]?[^\W\d_]{2,}+(?:['’][a-z]{1,2}+)?[.,:;!?)\"'*_]{0,2}(?!\S)")
# Scripts that put no spaces between their words: two or three characters are one.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]{2}")


def count_words(text: str, start: int = 0, end: int | None = None) -> int:
    """How many words of a sentence stand in `text[start:end]`."""
    part = text[start:end]
    if not part or part.isspace():
        return 0
    count = len(_WORD.findall(part))
    return count if part.isascii() else count + len(_UNSPACED.findall(part))
