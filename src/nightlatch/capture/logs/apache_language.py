"""Apache's `LogFormat` (mod_log_config, mod_logio): text with `%` directives."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.pattern import Field, FormatFault, Pattern, Shape

_TOKEN = re.compile(r"%(?:[!0-9,]*)([<>]?)(?:\{([^}]*)\})?(\^?[A-Za-z]{1,2}|%)")
_DIRECTIVE = re.compile(r'\s*(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)".*', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t"}


def _aborted(text: str) -> str:
    """%X: "X" where the connection was aborted before the response completed."""
    return text if text == "X" else "-"


_PLAIN: dict[str, Field] = {
    "h": Field(v.PEER, Shape.ADDRESS),
    "a": Field(v.PEER, Shape.ADDRESS),
    "u": Field(v.USER),
    "t": Field(v.BEGAN, Shape.CLF_TIME, make=lambda text: text[1:-1]),
    "r": Field(v.REQUEST),
    "m": Field(v.METHOD, Shape.WORD),
    "U": Field(v.PATH, begins="/"),
    "q": Field(v.QUERY, begins="?"),
    "H": Field(v.VERSION, Shape.WORD),
    "s": Field(v.STATUS, Shape.STATUS),
    "b": Field(v.SENT, Shape.NUMBER),
    "B": Field(v.SENT, Shape.NUMBER),
    "O": Field(v.SENT, Shape.NUMBER),
    "I": Field(None, Shape.NUMBER),
    "S": Field(None, Shape.NUMBER),
    "D": Field(v.MICROSECONDS, Shape.WHOLE),
    "T": Field(v.SECONDS, Shape.WHOLE),
    "v": Field(v.HOST, Shape.WORD),
    "V": Field(v.HOST, Shape.WORD),
    "p": Field(None, Shape.NUMBER),
    "P": Field(None, Shape.NUMBER),
    "k": Field(None, Shape.NUMBER),
    "X": Field(v.GONE, Shape.WORD, make=_aborted),
    "l": Field(None, Shape.WORD),
}
_HEADERS = {"i": v.REQUEST_HEADER, "o": v.RESPONSE_HEADER, "C": v.COOKIE}
_UNITS = {"s": v.SECONDS, "ms": v.MILLISECONDS, "us": v.MICROSECONDS}
_STAMPS = {"sec", "msec", "usec"}
_FRACTIONS = {"msec_frac": "%f", "usec_frac": "%f"}
_A_TIME = r"(?:%t|%\{(?!(?:begin:|end:)?(?:sec|msec|usec)\})[^{}]*\}t)"
_SPLIT_TIME = re.compile(rf"{_A_TIME}(?:[^%]*{_A_TIME})+")
_MOMENT = (r"%[HIs]", r"%[djs]")
"""A day alone, or a clock alone, is no time."""
_SHORTHANDS = {
    "%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%R": "%H:%M", "%D": "%m/%d/%y", "%e": "%d", "%h": "%b",
    "%k": "%H",
}  # fmt: skip
_ANYTHING = r"\S{1,40}"
_STRFTIME = {
    **dict.fromkeys("mdHMSyI", " ?[0-9]{1,2}"),
    **dict.fromkeys("Yj", " ?[0-9]{1,4}"),
    **dict.fromkeys("fs", "[0-9]{1,20}"),
    **dict.fromkeys("abABpZ", "[A-Za-z]{1,20}"),
    "z": "[+-][0-9:]{1,8}",
    "%": "%",
}
"""Each has an end: several stand side by side, and a hostile line must not be tried in all ways."""


def apache_pattern(text: str) -> Pattern:
    """From a format string, or the whole `LogFormat` directive. Raises FormatFault."""
    directive = _DIRECTIVE.fullmatch(text)
    if directive is not None:
        text = directive[1]
    text = _ESCAPE.sub(lambda found: _LETTERS.get(found[1], found[1]), text)
    parts: list[str | Field] = []
    end = 0
    for found in _TOKEN.finditer(_one_time(text)):
        parts += [found.string[end : found.start()], _part(found)]
        end = found.end()
    if not parts:
        raise FormatFault("there is no %directive in it")
    return Pattern([*parts, found.string[end:]])


def _one_time(text: str) -> str:
    """Where a time is put together of several (`%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t`), the one
    that they are."""
    return _SPLIT_TIME.sub(_united, text)


def _united(found: re.Match[str]) -> str:
    """As it was, where they are not parts of one moment: one began and another ended, or both have
    an hour."""
    pieces = re.split(r"(%\{[^}]*\}t|%t)", found[0])
    ends = {piece.startswith("%{end:") for piece in pieces[1::2]}
    notation = "".join(map(_notation, pieces))
    directives = re.findall("%.", _spelled_out(notation))
    if len(ends) > 1 or len(set(directives)) < len(directives):
        return found[0]
    return "%{" + ("end:" if ends == {True} else "") + notation + "}t"


def _notation(piece: str) -> str:
    if piece == "%t":
        return "[%d/%b/%Y:%H:%M:%S %z]"
    if not piece.startswith("%{"):
        return piece
    argument = _unprefixed(piece[2:-2])
    return _FRACTIONS.get(argument, argument)


def _unprefixed(argument: str) -> str:
    return argument.removeprefix("begin:").removeprefix("end:")


def _part(found: re.Match[str]) -> str | Field:
    which, argument, letter = found.groups()
    if letter == "%":
        return "%"
    if argument is not None:
        return _with_argument(letter, argument)
    if letter == "s" and which == "<":
        # Of a request that was redirected within the server, the first of its statuses.
        return Field(None, Shape.STATUS)
    return _PLAIN.get(letter, Field(None))


def _with_argument(letter: str, argument: str) -> Field:
    if letter in _HEADERS:
        name = argument if letter == "C" else argument.lower()
        shape = Shape.LIST if name == "x-forwarded-for" else Shape.ANY
        return Field(_HEADERS[letter] + name, shape)
    if letter == "t":
        return _time(argument)
    if letter == "T":
        return Field(_UNITS.get(argument), Shape.NUMBER)
    if letter == "e" and argument == "REQUEST_SCHEME":
        return Field(v.SCHEME, Shape.WORD)
    if letter == "a" and argument == "c":
        # The connection's own end, where mod_remoteip has put the client's in its place.
        return Field(None, Shape.ADDRESS)
    if letter == "p":
        return Field(None, Shape.NUMBER)
    return Field(None)


def _time(argument: str) -> Field:
    name = v.BEGAN
    if argument.startswith("end:"):
        name = v.ENDED
    argument = _unprefixed(argument)
    if argument in _FRACTIONS:
        return Field(None, Shape.NUMBER)
    if argument in _STAMPS:
        return Field(name, Shape.WHOLE)
    notation = _spelled_out(argument)
    expression = _expression_of(notation)
    if not all(re.search(part, notation) for part in _MOMENT):
        return Field(None, expression=expression)
    return Field(name, make=_by_strftime(notation), expression=expression)


def _spelled_out(notation: str) -> str:
    for short, long in _SHORTHANDS.items():
        notation = notation.replace(short, long)
    return notation


def _expression_of(notation: str) -> str:
    pieces = re.split(r"(%.)", notation)
    return "".join(
        _STRFTIME.get(piece[1], _ANYTHING) if piece.startswith("%") else re.escape(piece)
        for piece in pieces
        if piece
    )


def _by_strftime(notation: str) -> Callable[[str], str]:
    """Into seconds since the epoch, as text; as it was where it cannot be read."""

    def stamp(text: str) -> str:
        try:
            at = datetime.strptime(text, notation)  # noqa: DTZ007 -- it may name a zone
            return repr((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
        except (ValueError, OverflowError, re.error):
            # The last for a notation that says one thing twice.
            return text

    return stamp
