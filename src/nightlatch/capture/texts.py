"""An exchange out of one line of text: JSON with named values, or a line of an access log."""

from typing import Protocol

import msgspec

from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.exchange.observed import Observed


class LineReader(Protocol):
    """Reads lines of access logs."""

    def __call__(self, line: str, origin: Origin, now: float, service: str) -> Observed | None:
        """The exchange that a line tells of, None where it is no such line. Never raises."""


class TextReader:
    def __init__(self, attributes: Attributes, lines: LineReader) -> None:
        self._attributes = attributes
        self._lines = lines

    def read(
        self, text: str, origin: Origin, at: float, now: float, service: str
    ) -> Observed | None:
        """As `Attributes.read`."""
        text = text.strip()
        # The mark of the syslog convention for structured text, which some senders put first.
        bare = text.removeprefix("@cee:").lstrip()
        if not bare.startswith("{"):
            return self._lines(text, origin, now, service)
        try:
            fields = _decode(bare)
        except (msgspec.DecodeError, RecursionError):
            return None
        return self._attributes.read(fields, origin, at, now, service)


_decode = msgspec.json.Decoder(dict[str, object]).decode
