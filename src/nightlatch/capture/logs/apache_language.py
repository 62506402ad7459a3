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
_FRACTIONS = {"msec_frac", "usec_frac"}


def apache_pattern(text: str) -> Pattern:
    """From a format string, or the whole `LogFormat` directive. Raises FormatFault."""
    directive = _DIRECTIVE.fullmatch(text)
    if directive is not None:
        text = directive[1]
    text = _ESCAPE.sub(lambda found: _LETTERS.get(found[1], found[1]), text)
    parts: list[str | Field] = []
    end = 0
    for found in _TOKEN.finditer(text):
        parts += [text[end : found.start()], _part(found)]
        end = found.end()
    if not parts:
        raise FormatFault("there is no %directive in it")
    return Pattern([*parts, text[end:]])


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
    if letter == "a" and argument == "c":
        # The connection's own end, where mod_remoteip has put the client's in its place.
        return Field(None, Shape.ADDRESS)
    if letter == "p":
        return Field(None, Shape.NUMBER)
    return Field(None)


def _time(argument: str) -> Field:
    name, shape = v.BEGAN, Shape.ANY
    if argument.startswith("end:"):
        name = v.ENDED
    argument = argument.removeprefix("begin:").removeprefix("end:")
    if argument in _FRACTIONS:
        return Field(None, Shape.NUMBER)
    if argument in _STAMPS:
        return Field(name, Shape.NUMBER)
    return Field(name, shape, make=_by_strftime(argument))


def _by_strftime(notation: str) -> Callable[[str], str]:
    """Into seconds since the epoch, as text; as it was where it cannot be read."""
    notation = notation.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d")
    notation = notation.replace("%R", "%H:%M").replace("%D", "%m/%d/%y").replace("%e", "%d")

    def stamp(text: str) -> str:
        try:
            at = datetime.strptime(text, notation)  # noqa: DTZ007 -- a zone may be in the notation
        except ValueError:
            return text
        return repr((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())

    return stamp
