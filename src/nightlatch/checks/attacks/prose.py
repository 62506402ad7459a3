"""Is what was found the value, or does the value talk about it?

A commit message, an alert or a chat message may name an address or a tool; a program that takes the
value for a target or a command gets it bare.
"""

import re

_WORD = re.compile(r"[^\W\d_]{2,}+(?=[\s,.;:!?)]|$)")
_LEAST_WORDS = 4
_LOOK = 400
"""Characters on either side that are read."""


def is_prose(text: str, start: int, end: int) -> bool:
    """Do enough words stand around `text[start:end]` to make it a part of a sentence?"""
    before = text[max(0, start - _LOOK) : start]
    after = text[end : end + _LOOK]
    if " " not in before and " " not in after and "\n" not in before:
        return False
    words = 0
    for part in (before, after):
        for _ in _WORD.finditer(part):
            words += 1
            if words == _LEAST_WORDS:
                return True
    return False
