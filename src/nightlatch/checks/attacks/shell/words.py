"""The words of one simple command, as the shell would hand them to the program.

What an attacker puts in to hide a word is taken out again: quotes and escapes inside it
(`c'a't`, `c\\at`), variables that are empty (`w$@hoami`), variables that were just assigned
(`$a$b`), the space that is none (`$IFS`), braces (`{cat,/etc/passwd}`), cmd.exe's carets.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

MAX_WORDS = 24
"""Of one command. What matters stands in the first few."""
_MAX_PIECES = 160
_MAX_TEXT = 2048


class Word(NamedTuple):
    text: str
    """After quotes, escapes and expansions."""
    raw: str
    """As it was written; a Windows path keeps its backslashes here."""
    disguised: bool
    """Written so that nobody sees the word in it: no person at a keyboard quotes half a word."""
    redirected: bool = False
    """It is the file of a redirection."""


class Line(NamedTuple):
    words: tuple[Word, ...]
    end: int
    """Index of what ended the command, or the length of the text."""
    pieces: int
    """What it was put together from: the work it made."""


# Every repetition is possessive or bounded: no input makes the matcher go back.
_PIECE = LazyPattern(
    r"""
    (?P<ifs>      \$(?:IFS(?![A-Za-z_])|\{IFS[^}\n]{0,24}+\})(?>(?:\$\d)?) )
  | (?P<joint>    \\\r?\n )
  | (?P<gap>      [ \t\v\f\xa0]++ | %\w{1,40}+:~[-\d,]{1,9}+% )
  | (?P<redirect> &> | [012]?(?:<<<|>>|<>|>\||[<>]&|<(?!\()|>(?!\()) )
  | (?P<comspec>  %(?i:comspec)% )
  | (?P<ansi>     \$'(?>(?:[^'\\]|\\.){0,200})' )
  | (?P<said>     \$\((?:echo|printf)\ ++(?>(?:-\w+\ ++)?)[\w./'"-]{1,40}+\) )
  | (?P<inner>    (?<=\w)``(?=\w) | \$\([^()]{0,200}+(?>(?:\([^()]{0,100}+\)[^()]{0,100}+){0,4})\) )
  | (?P<variable> \$(?:\d|[A-Za-z_]\w*+|[@*\#?!$-]|\{[^{}\n]{0,64}+\}) )
  | (?P<end>      [;|&\n\r)`}] | [<>]\( )
  | (?P<single>   '[^']{0,400}+' )
  | (?P<double>   \$?"(?>(?:[^"\\]|\\.){0,400})" )
  | (?P<escape>   \\. )
  | (?P<caret>    \^(?=.) )
  | (?P<braces>   \{[^{},\s]{0,80}+(?>(?:,[^{},\s]{0,80}+){1,12})\} )
  | (?P<plain>    [^\s;|&<>()`'"\\$^{}%]++ )
  | (?P<odd>      . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ANSI_ESCAPE = LazyPattern(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|(.))", re.DOTALL
)
_PARAMETER = LazyPattern(r"(\w++|[@*#?!$-])(?:(:?[-=+])(.*+)|(:\d++:\d++)|.*+)", re.DOTALL)
_EMPTY = LazyPattern(r"\$(?:[@*#!?-]|[A-Za-z_]\w*+|\d)")
"""Variables that nobody has set."""
_SUBSTRINGS = {"HOME", "PATH", "PWD", "SHELL"}
"""Variables that begin with a slash: `${HOME:0:1}` is one."""


def read_line(text: str, at: int, variables: Mapping[str, str]) -> Line:
    """The command that begins at `at`: its words, and where it ends."""
    return _Reader(text, at, variables).read()


class _Reader:
    __slots__ = (
        "_at", "_disguised", "_inside", "_parts", "_redirected", "_start", "_text", "_variables",
        "_words",
    )  # fmt: skip

    def __init__(self, text: str, at: int, variables: Mapping[str, str]) -> None:
        self._text = text
        self._at = self._start = at
        self._variables = variables
        self._words: list[Word] = []
        self._parts: list[str] = []
        self._disguised = self._inside = self._redirected = False

    def read(self) -> Line:
        limit = min(len(self._text), self._at + _MAX_TEXT)
        pieces = 0
        while pieces < _MAX_PIECES:
            match = _PIECE.match(self._text, self._at, limit)
            if match is None or match.lastgroup == "end" or len(self._words) >= MAX_WORDS:
                break
            if match.lastgroup == "plain" and not self._inside and match.group()[0] == "#":
                break  # a comment
            self._take(match.lastgroup or "", match.group())
            self._at = match.end()
            pieces += 1
        self._finish_word()
        return Line(tuple(self._words), self._at, pieces)

    def _take(self, kind: str, piece: str) -> None:
        if kind in ("gap", "ifs"):
            self._finish_word()
            if kind == "ifs":
                self._disguised = True
            self._start = self._at + len(piece)
        elif kind == "redirect":
            self._finish_word()
            self._redirected = True
            self._start = self._at + len(piece)
        elif kind == "braces" and not self._inside and not self._words:
            self._take_braces(piece)
        else:
            self._take_part(kind, piece)

    def _take_part(self, kind: str, piece: str) -> None:
        self._inside = True
        plain = _UNDO[kind](piece, self._variables) if kind in _UNDO else piece
        if kind != "plain":
            self._disguised = self._disguised or self._hides(kind, piece, plain)
        self._parts.append(plain)

    def _hides(self, kind: str, piece: str, plain: str) -> bool:
        """Does this piece hide a word? Only inside one, and quotes only around part of it."""
        after = self._text[self._at + len(piece) : self._at + len(piece) + 1]
        joined = after.isalnum() or after in ("/", "?", "*", "'", '"', "$", "\\")
        before = "".join(self._parts[-1:])[-1:]
        if kind in ("single", "double", "ansi"):
            # `--name="x"` and `name='x'` are the ordinary way to write an option.
            return kind == "ansi" or (before.isalnum() or before == "/" or (not before and joined))
        if kind == "escape":
            return piece[1].isalnum()
        if kind == "caret":
            return joined
        expanded = kind in ("variable", "inner", "said")
        return expanded and (before.isalnum() or joined or plain != "")

    def _take_braces(self, piece: str) -> None:
        name, *others = piece[1:-1].split(",")
        self._words.append(Word(_unquoted(name), name, disguised=True))
        self._words.extend(Word(_unquoted(text), text, disguised=False) for text in others if text)
        self._start = self._at + len(piece)

    def _finish_word(self) -> None:
        if self._inside:
            raw = self._text[self._start : self._at]
            self._words.append(Word("".join(self._parts), raw, self._disguised, self._redirected))
            self._parts = []
            self._inside = self._disguised = self._redirected = False


def _unquoted(text: str) -> str:
    if "$" in text:
        text = _EMPTY.sub("", text)
    return text.replace("'", "").replace('"', "").replace("\\", "")


def _single(piece: str, _: Mapping[str, str]) -> str:
    return piece[1:-1]


def _double(piece: str, _: Mapping[str, str]) -> str:
    return piece.lstrip("$")[1:-1].replace('\\"', '"')


def _escape(piece: str, _: Mapping[str, str]) -> str:
    return piece[1]


def _nothing(_piece: str, _: Mapping[str, str]) -> str:
    return ""


def _comspec(_piece: str, _: Mapping[str, str]) -> str:
    return "cmd.exe"


def _said(piece: str, _: Mapping[str, str]) -> str:
    return _unquoted(piece[2:-1].split()[-1])


def _ansi(piece: str, _: Mapping[str, str]) -> str:
    def character(match: re.Match[str]) -> str:
        hexadecimal, unicode, octal, other = match.groups()
        if octal:
            return chr(int(octal, 8) & 0xFF)
        return chr(int(hexadecimal or unicode, 16)) if hexadecimal or unicode else other

    return _ANSI_ESCAPE.sub(character, piece[2:-1])


def _variable(piece: str, variables: Mapping[str, str]) -> str:
    """The value of `$name` or `${name…}`: what was assigned, a default, or nothing."""
    match = _PARAMETER.match(piece.strip("${}"))
    if match is None:
        return ""
    name, operator, word, part = match.groups()
    if part and name in _SUBSTRINGS:
        return "/"
    value = variables.get(name, "sh" if name == "0" else "")
    if operator and (bool(value) is (operator[-1] == "+")):
        return _unquoted(word)
    return value


_UNDO = {
    "single": _single,
    "double": _double,
    "escape": _escape,
    "caret": _nothing,
    "comspec": _comspec,
    "said": _said,
    "inner": _nothing,
    "joint": _nothing,
    "ansi": _ansi,
    "variable": _variable,
}
