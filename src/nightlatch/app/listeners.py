"""The sockets that GELF and syslog arrive at: from settings to running servers.

They have a thread and an event loop of their own, so that a flood of messages holds up neither the
console nor what applications ship.
"""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Thread

from msgspec import Struct

from nightlatch.capture.attributes import Attributes, Origin, read_fields
from nightlatch.capture.gelf.framing import GelfFramer
from nightlatch.capture.gelf.reader import GelfDatagrams, GelfReader
from nightlatch.capture.intake import Intake
from nightlatch.capture.syslog.framing import SyslogFramer
from nightlatch.capture.syslog.reader import SyslogReader
from nightlatch.capture.texts import TextReader
from nightlatch.capture.wires.addresses import Address, bind, read_addresses
from nightlatch.capture.wires.allowed import AllowList
from nightlatch.capture.wires.datagrams import DatagramListener
from nightlatch.capture.wires.inbox import Inbox
from nightlatch.capture.wires.rate import SenderRates
from nightlatch.capture.wires.reading import Framer, Reader
from nightlatch.capture.wires.streams import StreamListener
from nightlatch.exchange.source import SourceKind
from nightlatch.exchange.tally import Tally
from nightlatch.faults import guarded
from nightlatch.settings import Settings
from nightlatch.settings.ways import Gelf, Syslog

log = logging.getLogger("nightlatch.listeners")

EVERY = 1.0
"""Seconds between two ticks: what is late is given up, what the kernel dropped is counted."""
PATIENCE = 5.0
"""Seconds that stopping may take."""

MANY = 100
_STRANGERS = "somebody sends from a network that may not; gelf.allow and syslog.allow say who may"
_NO_EXCHANGE = (
    "nothing of what arrives tells of an HTTP exchange; gelf.fields, syslog.fields and format say "
    "how to read it"
)
_OVERRUN = (
    "the kernel throws datagrams away before they can be read; they are counted as lost. A larger "
    "net.core.rmem_max, or TCP, holds more"
)

Listener = DatagramListener | StreamListener


class _Protocol(Struct, frozen=True):
    """How one kind of source is read."""

    kind: SourceKind
    branch: Gelf | Syslog
    reader: Callable[[Origin, Attributes, TextReader, str], Reader]
    framer: Callable[[], Framer]


class Listeners:
    """Opens every socket that the settings name, at once: OSError that tells what to do where one
    cannot be had, or where a certificate is missing. Nothing is read before `start`."""

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._clock = clock
        self._listeners: dict[str, Listener] = {}
        self._explained: set[tuple[str, str]] = set()
        self._stopping = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread: Thread | None = None
        self._sockets: list[socket.socket] = []
        try:
            for protocol in _protocols(settings):
                self._open(protocol)
        except BaseException:
            self.stop()
            raise

    @property
    def addresses(self) -> list[str]:
        """Where it listens, such as "gelf udp://127.0.0.1:12201"."""
        return list(self._listeners)

    def tallies(self) -> Mapping[str, Tally]:
        """What became of all that arrived, by address."""
        return {address: one.tally for address, one in self._listeners.items()}

    def start(self) -> None:
        if self._listeners:
            self._thread = Thread(target=self._run, name="nightlatch-listeners", daemon=True)
            self._thread.start()

    def stop(self, patience: float = PATIENCE) -> None:
        """Take what has arrived, and close."""
        if self._thread is None:
            self._loop.close()
            self._close()
        elif self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(patience)

    def _close(self) -> None:
        for one in self._sockets:
            one.close()

    def _open(self, protocol: _Protocol) -> None:
        branch = protocol.branch
        attributes, allowed = read_fields(branch.fields), AllowList(branch.allow)
        texts = TextReader(attributes, branch.format)
        for address in read_addresses(branch.listen):
            tls = self._tls() if address.transport == "tls" else None
            bound = bind(address)
            self._sockets.append(bound)
            name = f"{protocol.kind}-{address.transport}"
            origin = Origin(protocol.kind, name, branch.service)
            reader = protocol.reader(origin, attributes, texts, address.transport)
            rates = SenderRates(self._settings.listeners.per_second)
            inbox = Inbox(reader, self._intake, rates)
            real = Address(address.transport, address.host, bound.getsockname()[1])
            self._listeners[f"{protocol.kind} {real}"] = self._listener(
                bound, inbox, protocol.framer, allowed, tls, udp=address.transport == "udp"
            )

    def _listener(
        self,
        bound: socket.socket,
        inbox: Inbox,
        framer: Callable[[], Framer],
        allowed: AllowList,
        tls: ssl.SSLContext | None,
        *,
        udp: bool,
    ) -> Listener:
        if udp:
            return DatagramListener(bound, inbox, allowed, self._clock)
        most = self._settings.listeners.connections
        return StreamListener(
            bound, inbox, framer, allowed, tls=tls, connections=most, clock=self._clock
        )

    def _tls(self) -> ssl.SSLContext:
        given = self._settings.listeners
        if not given.certificate:
            raise OSError("tls:// needs a certificate: NIGHTLATCH_LISTENERS_CERTIFICATE=FILE")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(given.certificate, given.key or None)
            if given.authority:
                context.load_verify_locations(given.authority)
                context.verify_mode = ssl.CERT_REQUIRED
        except OSError as error:
            raise OSError(
                f"the certificate {given.certificate}, its key or its authority cannot be used "
                f"({error.strerror or error})"
            ) from error
        return context

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        for one in self._listeners.values():
            one.start(loop)
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), EVERY)
            except TimeoutError:
                self._tick()
        for one in self._listeners.values():
            with guarded("app.listeners"):
                await one.stop(loop)

    def _tick(self) -> None:
        for address, one in self._listeners.items():
            with guarded("app.listeners"):
                one.tick()
                self._explain(address, one.tally)

    def _explain(self, address: str, tally: Tally) -> None:
        """Why nothing comes in, once, to whoever looks into the log for it."""
        for reason, holds in (
            (_STRANGERS, tally.refused > 0),
            (_NO_EXCHANGE, tally.idle >= MANY and not tally.taken),
            (_OVERRUN, tally.overrun > 0),
        ):
            if holds and (address, reason) not in self._explained:
                self._explained.add((address, reason))
                log.warning("%s: %s", address, reason)


def _protocols(settings: Settings) -> Sequence[_Protocol]:
    return (
        _Protocol(SourceKind.GELF, settings.gelf, _gelf, GelfFramer),
        _Protocol(SourceKind.SYSLOG, settings.syslog, _syslog, SyslogFramer),
    )


def _gelf(origin: Origin, attributes: Attributes, texts: TextReader, transport: str) -> Reader:
    reader = GelfReader(origin, attributes, texts)
    return GelfDatagrams(reader) if transport == "udp" else reader


def _syslog(origin: Origin, attributes: Attributes, texts: TextReader, _transport: str) -> Reader:
    return SyslogReader(origin, attributes, texts)
