"""Syslog messages to exchanges: by their structured data, or by the line that they carry."""

from collections.abc import Sequence

from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.capture.syslog.message import read_message
from nightlatch.capture.texts import TextReader
from nightlatch.capture.wires.reading import Malformed, Quiet, Said
from nightlatch.exchange.source import SourceKind


class SyslogReader:
    """Messages of UDP datagrams (RFC 5426: one each) and of streams."""

    kind = SourceKind.SYSLOG

    def __init__(self, origin: Origin, attributes: Attributes, texts: TextReader) -> None:
        self._origin = origin
        self._attributes = attributes
        self._texts = texts

    @property
    def name(self) -> str:
        return self._origin.name

    def read(self, data: bytes, sender: str, now: float) -> Said:  # noqa: ARG002
        message = read_message(data, now)
        if isinstance(message, Malformed):
            return message
        origin, at = self._origin, now if message.at is None else message.at
        service = message.app or message.host
        if message.data:
            seen = self._attributes.read(message.data, origin, at, now, service)
            if seen is not None:
                return seen
        return self._texts.read(message.text, origin, at, now, service) or Quiet.IDLE

    def expire(self, now: float) -> Sequence[Malformed]:  # noqa: ARG002
        return ()
