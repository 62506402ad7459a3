"""An exchange out of one line of text: of an access log, or JSON with named values.

Which format it is need not be told. What read the last line of a service is tried first.
"""

import msgspec

from nightlatch.capture.attributes import Assemblers, Attributes, Origin, plausible
from nightlatch.capture.logs.custom import chosen_format
from nightlatch.capture.logs.formats.json import JSON
from nightlatch.capture.logs.formats.w3c import IIS, W3C
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.registry import FORMATS
from nightlatch.capture.logs.values import Unread
from nightlatch.capture.zones import without_zone
from nightlatch.exchange.observed import Observed

MAX_TEXT = 65_536
"""Characters of a line; a longer one is no line of an access log."""
_SERVICES = 1_024
"""Whose last format is remembered; then all of them are forgotten."""
_LINES = tuple(each for each in FORMATS if each not in {JSON, IIS, W3C})
"""Formats whose lines stand by themselves, and are not anybody's JSON."""


class TextReader:
    """`format` is a format by its id, or a format string; empty: any that is known. Raises
    FormatFault."""

    def __init__(self, attributes: Attributes, format: str = "") -> None:  # noqa: A002
        formats = (chosen_format(format),) if format else _LINES
        self._attributes = attributes
        self._readers = [(each, each.open()) for each in formats]
        self._assemblers = Assemblers()
        self._last: dict[str, int] = {}

    def read(
        self, text: str, origin: Origin, at: float, now: float, service: str
    ) -> Observed | None:
        """As `Attributes.read`; a time that the text itself tells comes before `at`."""
        # The mark of the syslog convention for structured text, which some senders put first.
        text = text.strip().removeprefix("@cee:").lstrip()[: MAX_TEXT + 1]
        if not text or len(text) > MAX_TEXT:
            return None
        seen = self._by_format(text, origin, at, now, service)
        if seen is not None or not text.startswith("{"):
            return seen
        try:
            fields = _decode(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        return self._attributes.read(fields, origin, at, now, service)

    def _by_format(
        self, text: str, origin: Origin, at: float, now: float, service: str
    ) -> Observed | None:
        line = text.encode("utf-8", "replace").decode("latin-1")
        last = self._last.get(service)
        order = range(len(self._readers))
        for number in order if last is None else (last, *order):
            each, reader = self._readers[number]
            try:
                read = reader.read(line)
                seen = self._assemblers.of(origin, service).observed(read, at)
            except Unread:
                continue
            if number != last:
                self._remember(service, number)
            return _settled(seen, each, now)
        return None

    def _remember(self, service: str, number: int) -> None:
        if len(self._last) >= _SERVICES:
            self._last.clear()
        self._last[service] = number


def _settled(seen: Observed, each: LogFormat, now: float) -> Observed:
    at = seen.at if each.zone else without_zone(seen.at, now)
    at = plausible(at, now)
    return seen if at == seen.at else msgspec.structs.replace(seen, at=at)


_decode = msgspec.json.Decoder(dict[str, object]).decode
