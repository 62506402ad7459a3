"""Over UDP, TCP and TLS: syslog (RFC 5424; over TCP counted, RFC 6587) and GELF."""

import os
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Sequence

from nightlatch.respond.exports.reading import moment
from nightlatch.respond.exports.sending import Undelivered, Unwanted

WITHIN = 10.0
LARGEST_DATAGRAM = 65_000
CHUNK = 8_192
"""Bytes of a GELF chunk: what Graylog recommends within a data centre."""
MAX_CHUNKS = 128
_PRIORITY = 13 * 8 + 5
"""Log audit, notice."""

Pack = Callable[[bytes], bytes]


def syslog(event: bytes) -> bytes:
    """An event as the text of an RFC 5424 message."""
    head = f"<{_PRIORITY}>1 {moment(time.time())} {_HOST} nightlatch {os.getpid()} - - "
    return head.encode() + event


def counted(event: bytes) -> bytes:
    """The message with its length before it, RFC 6587 section 3.4.1."""
    message = syslog(event)
    return b"%d %s" % (len(message), message)


def ended(event: bytes) -> bytes:
    """GELF over TCP: a zero byte ends a message."""
    return event + b"\0"


class StreamSender:
    """TCP, or TLS where there is a context. What was written and not yet taken when a connection
    breaks is lost without anybody's knowing: the protocols have no answer."""

    def __init__(self, host: str, port: int, pack: Pack, tls: ssl.SSLContext | None = None) -> None:
        self._where = (host, port)
        self._pack = pack
        self._tls = tls
        self._socket: socket.socket | None = None

    def send(self, events: Sequence[bytes]) -> None:
        try:
            if self._socket is None:
                self._socket = self._connect()
            self._socket.sendall(b"".join(map(self._pack, events)))
        except OSError as error:
            self.close()
            raise Undelivered(f"{self._where[0]}:{self._where[1]}: {error}") from error

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(self._where, WITHIN)
        if self._tls is None:
            return plain
        return self._tls.wrap_socket(plain, server_hostname=self._where[0])


class DatagramSender:
    """UDP: whether anybody takes it is not known."""

    def __init__(self, host: str, port: int, pack: Callable[[bytes], Sequence[bytes]]) -> None:
        self._where = (host, port)
        self._pack = pack
        self._socket: socket.socket | None = None

    def send(self, events: Sequence[bytes]) -> None:
        unwanted = 0
        for number, event in enumerate(events):
            try:
                for datagram in self._pack(event):
                    self._connected().send(datagram)
            except Unwanted:
                unwanted += 1
            except ConnectionRefusedError:
                # What an earlier datagram found: nobody is there. This one went nowhere either.
                raise Undelivered(f"{self._where[0]}: nobody listens", delivered=number) from None
            except OSError as error:
                self.close()
                raise Undelivered(f"{self._where[0]}: {error}", delivered=number) from error
        if unwanted:
            raise Unwanted(f"{unwanted} of {len(events)} are too large for UDP", unwanted)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            family, kind, protocol, _, address = socket.getaddrinfo(
                *self._where, type=socket.SOCK_DGRAM
            )[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.connect(address)
        return self._socket


def one_datagram(event: bytes) -> Sequence[bytes]:
    """Syslog over UDP. Raises Unwanted for what is too large."""
    message = syslog(event)
    if len(message) > LARGEST_DATAGRAM:
        raise Unwanted("too large for a datagram")
    return (message,)


def gelf_datagrams(event: bytes) -> Sequence[bytes]:
    """GELF over UDP: compressed, and in chunks where it must be. Raises Unwanted."""
    packed = zlib.compress(event)
    return (packed,) if len(packed) <= CHUNK else tuple(_chunks(packed))


def _chunks(packed: bytes) -> Iterator[bytes]:
    room = CHUNK - 12
    parts = [packed[at : at + room] for at in range(0, len(packed), room)]
    if len(parts) > MAX_CHUNKS:
        raise Unwanted("too large for 128 chunks")
    name = os.urandom(8)
    for number, part in enumerate(parts):
        yield b"\x1e\x0f" + name + bytes((number, len(parts))) + part


_HOST = socket.gethostname() or "-"
