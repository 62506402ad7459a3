"""Where events go, as people write it:

ocsf https://bearer:TOKEN@siem.example/in where level >= medium
cef syslog+tcp://siem.example:601
gelf udp://graylog.example:12201
otlp-protobuf http://127.0.0.1:4318/v1/logs
ecs file:/var/log/nightlatch/ecs.ndjson where service = "shop"
"""

import difflib
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from nightlatch.exchange.predicate import Predicate
from nightlatch.respond.exports import wire
from nightlatch.respond.exports.files import FileSender, OutputSender
from nightlatch.respond.exports.formats import FORMATS, Format
from nightlatch.respond.exports.selection import wanted
from nightlatch.respond.exports.sending import Sender
from nightlatch.respond.exports.web import HttpSender

_WAYS = (
    "file:/PATH, http(s)://HOST/PATH, syslog+udp://HOST:PORT, syslog+tcp://…, syslog+tls://…, "
    "with gelf also udp://, tcp:// and tls://"
)
_PORTS = {"syslog+udp": 514, "syslog+tcp": 601, "syslog+tls": 6514, "udp": 12201, "tcp": 12201,
          "tls": 12201}  # fmt: skip


class Destination(Struct, frozen=True):
    form: Format
    target: str
    """As it was written, with its secrets: for nobody's eyes."""
    where: str
    wanted: Predicate

    @property
    def name(self) -> str:
        """For people: without secrets."""
        split = urlsplit(self.target)
        host = split.netloc.rpartition("@")[2]
        return f"{self.form.id} {split.scheme}:{'//' + host if host else ''}{split.path}"

    def __repr__(self) -> str:
        return f"Destination({self.name})"


def read_destinations(entries: Sequence[str]) -> list[Destination]:
    """Raises ValueError for the first that is none."""
    return [read_destination(entry) for entry in entries]


def read_destination(entry: str) -> Destination:
    """Raises ValueError, also as PredicateError."""
    before, _, where = entry.partition(" where ")
    name, _, target = before.strip().partition(" ")
    form = known_format(name)
    return Destination(form, checked_target(name, target.strip()), where.strip(),
                       wanted(where))  # fmt: skip


def known_format(name: str) -> Format:
    """Raises ValueError that tells what there is."""
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FORMATS)}"
        raise ValueError(f'"{name}" is no format; {hint}')
    return FORMATS[name]


def checked_target(form: str, target: str) -> str:
    """The target itself. Raises ValueError."""
    try:
        split = urlsplit(target)
        sound = _is_sound(form, split)
    except ValueError:
        sound = False
    if not sound:
        shown = target.rpartition("@")[2]
        ways = "http(s)://HOST/PATH" if FORMATS[form].binary else _WAYS
        raise ValueError(f'"{shown}" is no place for {form}; write {ways}')
    return target


def open_sender(destination: Destination, tls: ssl.SSLContext | None = None) -> Sender:
    """`tls` is for places that are asked over TLS; without it the system's authorities count."""
    split, form = urlsplit(destination.target), destination.form
    if split.scheme == "file":
        return FileSender(Path(unquote(split.path)), form)
    if split.scheme == "stdout":
        return OutputSender(form)
    if split.scheme in {"http", "https"}:
        url = split._replace(netloc=split.netloc.rpartition("@")[2]).geturl()
        return HttpSender(url, form, _authorization(split), tls)
    return _open_wire(split, tls)


def _open_wire(split: SplitResult, tls: ssl.SSLContext | None) -> Sender:
    host, port = split.hostname or "", split.port or _PORTS[split.scheme]
    _, _, transport = split.scheme.rpartition("+")
    is_syslog = split.scheme.startswith("syslog")
    if transport == "udp":
        pack = wire.one_datagram if is_syslog else wire.gelf_datagrams
        return wire.DatagramSender(host, port, pack)
    context = (tls or ssl.create_default_context()) if transport == "tls" else None
    return wire.StreamSender(host, port, wire.counted if is_syslog else wire.ended, context)


def _is_sound(form: str, split: SplitResult) -> bool:
    if FORMATS[form].binary:
        return bool(split.scheme in {"http", "https"} and split.hostname and split.port != 0)
    if split.scheme == "file":
        return split.path.startswith("/") and not split.netloc
    if split.scheme in {"http", "https"} or split.scheme.startswith("syslog+"):
        known = split.scheme in _PORTS or split.scheme.startswith("http")
        return bool(known and split.hostname and split.port != 0)
    return bool(form == "gelf" and split.scheme in _PORTS and split.hostname)


def _authorization(split: SplitResult) -> str:
    """`bearer:TOKEN@` before the host is "Bearer TOKEN", `splunk:TOKEN@` "Splunk TOKEN"."""
    if not split.username or not split.password:
        return ""
    return f"{split.username.capitalize()} {unquote(split.password)}"
