"""SQL read token by token, no further than somebody asks.

One dialect for all databases: what any of MySQL, PostgreSQL, SQL Server, Oracle or SQLite takes for
space, comment, string or number is taken for it here.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.sql.words import AFTER_NUMBER, RESERVED

MAX_TOKENS = 192
"""Per reading. An attack shows itself within a few tokens after the place where it breaks out, but
UNION SELECT may need dozens of columns."""

END = "\x00end"


class Token(NamedTuple):
    kind: str
    """"word", "name" (a quoted identifier), "variable", "number", "string", "open" (a string
    without an end), "comment" (to the end of the line, or never closed), "symbol", "end"."""
    text: str
    """Lower-case. A string keeps its opening quote, so that it never equals a keyword."""

    @property
    def constant(self) -> bool:
        return self.kind in {"number", "string", "open"}


_END = Token("end", END)

# Every repetition is possessive: no input makes the matcher go back. What is read as space beside
# spaces: MySQL's conditional comments (their content runs), bytes that are no UTF-8, and `1.e`
# before a bracket or comma, which MySQL's lexer swallows.
_TOKEN = LazyPattern(
    r"""
  [\s\x00-\x1f\x7f\xa0\ufffd\udc80-\udcff]*+
  (?:
    (?P<comments> /\*M?!\d*+ | \*/
               | /\*(?!M?!)[^*]*+\*++(?:[^/*][^*]*+\*++)*/
               | (?:--|\#)[^\n\r]*+[\n\r](?=\s*+(?!-\s*+\Z)\S)
               | \d++\.e(?=\s*+[(),.{=|]) )
  | (?P<comment> --[^\n]*+(?>(?:\n\s*+-\s*+\Z)?) | \#(?!>>?\s*+')[^\n]*+ | /\*(?!M?!).*+ )
  | (?P<string>  (?>(?:[nxbe]|u&|_(?:utf8|utf8mb4|latin[1-9]|binary|ascii|ucs2|cp125[0-9]))?)
                 (?:'(?>(?:[^'\\]|\\.|'')*)' | "(?>(?:[^"\\]|\\.|"")*)")
               | q'(?:\[[^\]]*+\]|\{[^}]*+\}|\([^)]*+\)|<[^>]*+>|![^!]*+!|\|[^|]*+\|)'
               | \$\$[^$]*+\$\$ )
  | (?P<open>    ['"].*+ )
  | (?P<number>  0x[0-9a-f]++ | 0b[01]++(?!\w) | (?:\d++(?>(?:\.\d*+)?)|\.\d++)(?>(?:e[+-]?\d++)?) )
  | (?P<word>    [^\W\d][\w$]*+ | \\n )
  | (?P<variable> @{1,2}+(?:[\w$]++|`[^`]*+`|(?=\s*+[,)=]))(?![>?]) )
  | (?P<name>    `[^`]*+` )
  | (?P<symbol>  <=> | <> | != | \^= | !< | !> | >= | <= | == | \|\| | && | := | :: | -> >?+ | <<
               | >> | \*\* | !~\*?+ | ~\* | ~~ | @> | <@ | @\? | \?\| | \?& | \#>>?+ | =>
               | \{\s*+(?:(?:ts|fn|oj|[a-z])(?=[\s'"`(/\#\-])|(?=['"`])) | . )
  )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[\w$]++")
_KNOWN = {text: Token("symbol", text) for text in "=()+-*/,;.|&<>%^![]"} | {
    text: Token("word", text) for text in RESERVED if text.isalpha()
}
_AT_ONCE = 4
_BRACKETS = {"{": "(", "}": ")"}
"""ODBC's `{fn user()}`."""
_ENDS_TEXT = LazyPattern(r"[%)\]\w](?<![frbFRB])|[frbFRB]\w")
"""Read backwards from a quote: a letter or a bracket, but not the `f` of `f"…"`."""
_SENTENCE = LazyPattern(r"\w\s++\w|\A--\s++\w{3}|\A-{5}")


class Reading:
    """The tokens of `value` from character `start`, by index; beyond the last there is only END."""

    __slots__ = ("_at", "_start", "_tokens", "_value", "comments", "ended")

    def __init__(self, value: str, start: int) -> None:
        self._value = value
        self._at = self._start = start
        self._tokens: list[Token] = []
        self.comments = 0
        """Comments where a space would do, in what was read so far."""
        self.ended = False
        """All was read, or as much as there is to be read."""

    def __getitem__(self, index: int) -> Token:
        tokens = self._tokens
        try:
            return tokens[index]
        except IndexError:
            while not self.ended:
                self._read()
                if index < len(tokens):
                    return tokens[index]
            return _END

    @property
    def unpaired(self) -> bool:
        """The quote before the first token closes a text: it does not begin one of a pair, as it
        does in `execute("select …")`."""
        value, start = self._value, self._start
        if _ENDS_TEXT.match(value[max(start - 4, 0) : start - 1][::-1]):
            return True
        return value.count(value[start - 1], start) % 2 == 0

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

    def _read(self) -> None:
        """The next few tokens: what was begun is rarely given up at once."""
        tokens, value = self._tokens, self._value
        for _ in range(_AT_ONCE):
            match = _TOKEN.match(value, self._at)
            if match is None:
                self.ended = True
                return
            self._at = match.end()
            kind = match.lastgroup or ""
            if kind == "comments":
                self.comments += 1
            elif kind == "number":
                tokens.append(self._number(match[kind].lower()))
            elif kind:
                text = match[kind].lower()
                tokens.append(_KNOWN.get(text) or _token(kind, text))
        self.ended = len(tokens) >= MAX_TOKENS or self.comments >= MAX_TOKENS

    def _number(self, text: str) -> Token:
        """`1union` is a number and a word, `1st` and `7_of_9` are words."""
        rest = _WORD.match(self._value, self._at)
        if rest is None:
            return Token("number", text)
        word = rest.group().lower()
        if word in AFTER_NUMBER:
            return Token("number", text)
        if word[0] in "fdl" and word[1:] in AFTER_NUMBER:  # Oracle's 1f and 1d
            self._at += 1
            return Token("number", text)
        self._at = rest.end()
        return Token("word", text + word)


def _token(kind: str, text: str) -> Token:
    if kind == "symbol":
        return Token(kind, _BRACKETS.get(text[0], text))
    return Token(kind, text[:-1] if kind == "string" else text)
