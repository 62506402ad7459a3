"""Back quotes and substitutions that are no calls: code as Markdown marks it, pieces of paths."""

from collections.abc import Sequence

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.shell.words import Word

_LOOK = 80
_LEAD = LazyPattern(
    r"(?:^|\n)[ \t]*+(?:[*#>-]+|\d+\.|//)[ \t]|[\[(*_][\"']?\Z|[^\W\d_]{2,}[,:]?[ \t]+\Z"
)
"""A list, a heading, a link or a word before the code."""
_TAIL = LazyPattern(r"[ \t]*+(?:[.,:\]?!…{\[]|\.\.\.)|[ \t]+[^\W\d_]{2,}|\s*+[*_]")
"""The sentence goes on or ends behind it."""
_TELLS_A_PATH = frozenset(("pwd", "date", "hostname", "dirname", "basename", "locale"))


def is_inline_code(text: str, start: int, end: int) -> bool:
    """Is the pair of back quotes from `start` to `end` Markdown's? Not when a word is attached to
    it: nobody writes `x`id`y` to be read."""
    if text[start - 1 : start].isalnum() or text[end : end + 1].isalnum():
        return False
    if text.lstrip()[:1] in (";", "|", "&"):
        return False
    before = text[max(0, start - _LOOK) : start]
    return _LEAD.search(before) is not None or _TAIL.match(text, end) is not None


def is_part_of_path(text: str, start: int, end: int, name: str, words: Sequence[Word]) -> bool:
    """`$(pwd)/build`, `/run/user/$(id -u)`: what scripts put together."""
    if name == "id":
        if not words or words[0].text not in ("-u", "-g", "-un"):
            return False
    elif name not in _TELLS_A_PATH:
        return False
    return text[start - 1 : start] in ("/", ":", "-", "=") or text[end : end + 1] in ("/", ":", "-")
