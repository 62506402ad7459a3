"""Syslog messages to exchanges: by their structured data, or by the line that they carry."""

from nightlatch.capture.syslog.message import read_message
from nightlatch.capture.wires.reading import Malformed, Said
from nightlatch.capture.wires.telling import MessageReader
from nightlatch.exchange.source import SourceKind


class SyslogReader(MessageReader):
    """Messages of UDP datagrams (RFC 5426: one each) and of streams."""

    kind = SourceKind.SYSLOG

    def read(self, data: bytes, sender: str, now: float) -> Said:  # noqa: ARG002
        message = read_message(data, now)
        if isinstance(message, Malformed):
            return message
        service = message.app or message.host
        seen = self._by_fields(message.data, message.at, now, service)
        return seen or self._by_text((message.text,), message.at, now, service)
