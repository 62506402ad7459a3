"""SQL read token by token, no further than somebody asks.

One dialect for all databases: what any of MySQL, PostgreSQL, SQL Server, Oracle or SQLite takes for
space, comment or string is taken for it here.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

MAX_TOKENS = 64
"""Per reading. An attack shows itself within a few tokens after the place where it breaks out."""

END = "\x00end"


class Token(NamedTuple):
    kind: str
    """"word", "number", "string", "open" (a string without an end), "comment" (to the end of the
    line, or never closed), "symbol", "end"."""
    text: str
    """Lower-case. A string keeps its opening quote, so that it never equals a keyword."""

    @property
    def constant(self) -> bool:
        return self.kind in {"number", "string", "open"}


_END = Token("end", END)

# Every repetition is possessive: no input makes the matcher go back.
_TOKEN = re.compile(
    r"""
    (?P<space>   [\s\x00\xa0]++ | /\*!\d*+ | \*/ | /\*(?!!)[^*]*+\*++(?:[^/*][^*]*+\*++)*/
               | (?:--|\#)[^\n]*+\n(?=\s*+\S) )
  | (?P<comment> (?:--|\#)[^\n]*+ | /\*(?!!).*+ )
  | (?P<number>  0x[0-9a-f]++ | (?:\d++(?:\.\d*+)?+|\.\d++)(?:e[+-]?\d++)?+ )
  | (?P<word>    @{0,2}+[^\W\d][\w$]*+ )
  | (?P<string>  '(?:[^'\\]|\\.|'')*+' | "(?:[^"\\]|\\.|"")*+" )
  | (?P<open>    ['"].*+ )
  | (?P<symbol>  <=> | <> | != | >= | <= | == | \|\| | && | := | . )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_SENTENCE = re.compile(r"\w\s++\w|\A--\s++\w{3}")


class Reading:
    """The tokens of `value` from character `start`, by index; beyond the last there is only END."""

    __slots__ = ("_at", "_tokens", "_value")

    def __init__(self, value: str, start: int) -> None:
        self._value = value
        self._at = start
        self._tokens: list[Token] = []

    def __getitem__(self, index: int) -> Token:
        while len(self._tokens) <= index:
            if not self._read_one():
                return _END
        return self._tokens[index]

    def skip(self, at: int, texts: Collection[str]) -> int:
        """The first index from `at` whose text is not one of `texts`."""
        while self[at].text in texts:
            at += 1
        return at

    def dead_comment(self, at: int) -> bool:
        """Is this a comment that silences the rest, and not a dash or a hash in a sentence?

        Attackers write nothing after it, or a letter; people write on: "the boys' -- and girls'".
        """
        token = self[at]
        if token.kind != "comment":
            return False
        if token.text.startswith("#"):
            return not any(map(str.isalnum, token.text))
        return token.text.startswith("/*") or not _SENTENCE.search(token.text)

    def _read_one(self) -> bool:
        while len(self._tokens) < MAX_TOKENS:
            match = _TOKEN.match(self._value, self._at)
            if match is None:
                return False
            self._at = match.end()
            kind = match.lastgroup or ""
            if kind != "space":
                self._tokens.append(Token(kind, _text(kind, match.group())))
                return True
        return False


def _text(kind: str, text: str) -> str:
    return text[:-1].lower() if kind == "string" else text.lower()
