"""Envoy's access log format (command operators): text with `%OPERATOR(ARGUMENT):LENGTH%`."""

import re

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.pattern import Field, FormatFault, Pattern, Shape

_OPERATOR = re.compile(r"%([A-Z_0-9]+)(?:\(([^)%]*|%[^)]*)\))?(?::(\d+))?%")


def aborted(flags: str) -> str:
    """RESPONSE_FLAGS: DC is "downstream connection termination"."""
    return flags if "DC" in flags.split(",") else "-"


_OPERATORS: dict[str, Field] = {
    "START_TIME": Field(v.BEGAN),
    "PROTOCOL": Field(v.VERSION, Shape.WORD),
    "RESPONSE_CODE": Field(v.STATUS, Shape.STATUS),
    "RESPONSE_FLAGS": Field(v.GONE, Shape.WORD, make=aborted),
    "BYTES_RECEIVED": Field(v.RECEIVED, Shape.NUMBER),
    "BYTES_SENT": Field(v.SENT, Shape.NUMBER),
    "DURATION": Field(v.MILLISECONDS, Shape.NUMBER),
    "DOWNSTREAM_REMOTE_ADDRESS": Field(v.PEER, Shape.ADDRESS),
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": Field(v.PEER, Shape.ADDRESS),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS": Field(None, Shape.ADDRESS),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT": Field(None, Shape.ADDRESS),
    "UPSTREAM_HOST": Field(None),
    "REQUESTED_SERVER_NAME": Field(None, Shape.WORD),
}
_PSEUDO = {
    ":METHOD": Field(v.METHOD, Shape.WORD),
    ":PATH": Field(v.TARGET),
    "X-ENVOY-ORIGINAL-PATH": Field(v.TARGET),
    ":AUTHORITY": Field(v.HOST),
    ":SCHEME": Field(v.SCHEME, Shape.WORD),
}
_HEADERS = {
    "REQ": v.REQUEST_HEADER,
    "REQUEST_HEADER": v.REQUEST_HEADER,
    "RESP": v.RESPONSE_HEADER,
    "RESPONSE_HEADER": v.RESPONSE_HEADER,
}
"""Envoy 1.35 gave them longer names; the short ones stayed."""


def envoy_pattern(text: str) -> Pattern:
    """Raises FormatFault."""
    text = text.replace("\\n", "").rstrip("\n")
    parts: list[str | Field] = []
    end = 0
    for found in _OPERATOR.finditer(text):
        parts += [text[end : found.start()], _field(found[1], found[2])]
        end = found.end()
    if not parts:
        raise FormatFault("there is no %OPERATOR% in it")
    return Pattern([*parts, text[end:]])


def _field(operator: str, argument: str | None) -> Field:
    if operator in _HEADERS and argument:
        # "X?Y": X, or Y where there is no X.
        first = argument.split("?")[0].upper()
        known = _PSEUDO.get(first) if _HEADERS[operator] == v.REQUEST_HEADER else None
        return known or Field(_HEADERS[operator] + first.lower())
    return _OPERATORS.get(operator, Field(None))
