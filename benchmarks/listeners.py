"""GELF and syslog at full rate: what a core reads, and whether every message is accounted for.

`python -m benchmarks.listeners --seconds 600` is the soak: a sender in a process of its own writes
as fast as it can, over UDP, TCP and TLS; all that it sent must be found again in the counts, and
memory must not go on growing.
"""

import argparse
import json
import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event as Stop
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.curves import own_memory, watched
from nightlatch.app.configuration import configure
from nightlatch.app.listeners import Listeners
from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.capture.gelf.reader import GelfReader
from nightlatch.capture.syslog.reader import SyslogReader
from nightlatch.capture.texts import TextReader
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind
from nightlatch.exchange.tally import Tally

SECONDS = 5.0
SETTLE = 1.5
ROUNDS = 20_000
PAUSE_EVERY = 50
"""Messages between two looks of a sender at whether it shall stop."""
KINDS = ("gelf udp", "gelf tcp", "gelf tls", "syslog udp", "syslog tcp", "syslog tls")

_FIELDS = {
    "version": "1.1",
    "host": "edge-1",
    "short_message": "GET /v1/users/4915112345678/status 200",
    "_http.request.method": "GET",
    "_url.path": "/v1/users/4915112345678/status",
    "_url.query": "full=1",
    "_http.response.status_code": 200,
    "_client.address": "203.0.113.7",
    "_user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
    "_duration_ms": 12,
}
GELF = json.dumps(_FIELDS).encode()
SYSLOG = (
    b"<190>Nov 22 12:00:00 edge-1 nginx: 203.0.113.7 - - [22/Nov/2026:12:00:00 +0000] "
    b'"GET /v1/users/4915112345678/status?full=1 HTTP/1.1" 200 512 "-" '
    b'"Mozilla/5.0 (X11; Linux x86_64)"'
)


class Counting:
    """An intake that has room for all."""

    def __init__(self) -> None:
        self.seen = 0
        self.lost = 0

    def offer(self, seen: Sequence[Observed]) -> int:
        self.seen += len(seen)
        return len(seen)

    def push(self, seen: Sequence[Observed]) -> None:
        self.seen += len(seen)

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        self.lost += number

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None: ...


def run(seconds: float = SECONDS) -> Mapping[str, object]:
    figures: dict[str, object] = {}
    for name, cost in _costs().items():
        figures[f"{name}, µs to read a message"] = round(1e6 * cost, 1)
    for kind in KINDS:
        figures |= _flood(kind, seconds)
    return figures


def _costs() -> dict[str, float]:
    """Seconds of CPU to read one message, without its socket."""
    attributes = Attributes()
    texts = TextReader(attributes)
    gelf = GelfReader(Origin(SourceKind.GELF, "bench"), attributes, texts)
    syslog = SyslogReader(Origin(SourceKind.SYSLOG, "bench"), attributes, texts)
    now = time.time()
    return {
        "gelf": _cpu(lambda: gelf.read(GELF, "", now)),
        "syslog": _cpu(lambda: syslog.read(SYSLOG, "", now)),
    }


def _cpu(once: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(ROUNDS):
            once()
        best = min(best, (time.process_time() - began) / ROUNDS)
    return best


def _flood(kind: str, seconds: float) -> dict[str, object]:
    """One sender as fast as it can, for so long; what became of all of it."""
    intake = Counting()
    with TemporaryDirectory() as directory:
        listeners = _listeners(kind, intake, Path(directory))
    listeners.start()
    (address, tally), *_ = listeners.tallies().items()
    port = int(address.rpartition(":")[2])
    began = os.times()
    with watched(own_memory, seconds) as curve:
        sent, elapsed = _send(kind, port, seconds)
    ended = os.times()
    listeners.stop()
    cpu = ended.user + ended.system - began.user - began.system
    return {
        f"{kind}, sent/s": round(sent / elapsed),
        f"{kind}, read/s": round(tally.received / elapsed),
        f"{kind}, read/s and core": round(tally.received / cpu) if cpu else 0,
        f"{kind}, thrown away by the kernel": tally.overrun,
        f"{kind}, unaccounted for": sent - _accounted(tally),
        f"{kind}, MB": str(curve),
        f"{kind}, MB a minute in the second half": round(curve.slope(), 1),
    }


def _listeners(kind: str, intake: Counting, place: Path) -> Listeners:
    protocol, transport = kind.split()
    given: dict[str, object] = {
        f"{protocol}_listen": (f"{transport}://127.0.0.1:0",),
        "listeners_per_second": 10_000_000,
    }
    if transport == "tls":
        given["listeners_certificate"] = str(_certificate(place))
    return Listeners(configure(given, {}), intake)


def _certificate(place: Path) -> Path:
    """With its key in one file; it vouches for itself."""
    key, certificate = place / "key.pem", place / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    options = ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    both = place / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def _accounted(tally: Tally) -> int:
    ends = tally.taken + tally.lost + tally.idle + tally.malformed + tally.pieces
    assert tally.received == ends + tally.over_rate
    return tally.received + tally.overrun


def _send(kind: str, port: int, seconds: float) -> tuple[int, float]:
    """How many messages, and in how many seconds."""
    context = multiprocessing.get_context("spawn")
    stop, count = context.Event(), context.Value("q", 0)
    sender = context.Process(target=_sender, args=(kind, port, stop, count))
    sender.start()
    while not count.value:
        time.sleep(0.01)
    began = time.monotonic()
    time.sleep(seconds)
    stop.set()
    sender.join()
    elapsed = time.monotonic() - began
    # What is in the socket still has to be read.
    time.sleep(SETTLE)
    return count.value, elapsed


def _sender(kind: str, port: int, stop: Stop, count: "Synchronized[int]") -> None:
    protocol, transport = kind.split()
    message = GELF if protocol == "gelf" else SYSLOG
    udp = transport == "udp"
    end = b"" if udp else (b"\0" if protocol == "gelf" else b"\n")
    with _connected(transport, port) as client:
        sent = 0
        while not stop.is_set():
            if udp:
                for _ in range(PAUSE_EVERY):
                    client.send(message)
            else:
                client.sendall((message + end) * PAUSE_EVERY)
            sent += PAUSE_EVERY
            count.value = sent
        if isinstance(client, ssl.SSLSocket):
            # What the other end has sent, and nobody read, would end the connection in the middle.
            client.unwrap()


def _connected(transport: str, port: int) -> socket.socket:
    if transport == "udp":
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect(("127.0.0.1", port))
        return client
    client = socket.create_connection(("127.0.0.1", port))
    if transport == "tcp":
        return client
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(client)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each input")
    for name, value in run(parser.parse_args().seconds).items():
        sys.stdout.write(f"  {name:<44}{value}\n")


if __name__ == "__main__":
    main()
