"""GELF messages to exchanges: by the names of their extra fields, or by the line they carry."""

from collections.abc import Sequence

from nightlatch.capture.gelf.chunks import MAGIC, Assemblies
from nightlatch.capture.gelf.message import GelfMessage, inflate, read_message
from nightlatch.capture.wires.reading import Malformed, Quiet, Said
from nightlatch.capture.wires.telling import MessageReader
from nightlatch.exchange.source import SourceKind


class GelfReader(MessageReader):
    """Whole messages, of TCP and HTTP, and without compression or with it."""

    kind = SourceKind.GELF

    def read(self, data: bytes, sender: str, now: float) -> Said:  # noqa: ARG002
        plain = inflate(data)
        message = plain if isinstance(plain, Malformed) else read_message(plain)
        return message if isinstance(message, Malformed) else self.tell(message, now)

    def tell(self, message: GelfMessage, now: float) -> Said:
        seen = self._by_fields(message.extra, message.at, now, message.host)
        if seen is not None:
            return seen
        service = str(message.extra.get("_container_name") or message.host)
        return self._by_text((message.short, message.full), message.at, now, service)


class GelfDatagrams:
    """Datagrams: chunks of messages, and messages that fit into one."""

    kind = SourceKind.GELF

    def __init__(self, reader: GelfReader) -> None:
        self._reader = reader
        self._assemblies = Assemblies()

    @property
    def name(self) -> str:
        return self._reader.name

    def read(self, data: bytes, sender: str, now: float) -> Said:
        whole: bytes | Malformed | Quiet = data
        if data[:2] == MAGIC:
            whole = self._assemblies.take(data, sender, now)
        return self._reader.read(whole, sender, now) if isinstance(whole, bytes) else whole

    def expire(self, now: float) -> Sequence[Malformed]:
        return self._assemblies.expire(now)
