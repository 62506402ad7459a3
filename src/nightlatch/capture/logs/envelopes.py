"""What stands around lines where containers and journals keep them, taken off.

Docker's json-file (docs.docker.com/engine/logging/drivers/json-file), the log format of the
Container Runtime Interface (containerd, CRI-O, Podman, so Kubernetes), and the journal as
`journalctl --output=json` tells it. Each cuts long lines into pieces, which are joined again.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from nightlatch.capture.logs.escapes import as_bytes
from nightlatch.capture.logs.lines import MAX_LINE
from nightlatch.capture.logs.times import moment
from nightlatch.capture.logs.values import Fault, Unread

STREAMS: Final = 100
"""Streams with an unfinished line; then the oldest of these lines is given up."""
FAR: Final = 8 << 20
"""Bytes behind which nobody waits for a line's end any more: whoever wrote it is gone, and what
came after it would be read again each time, from there on."""
_ENOUGH: Final = 0.6
"""Share of the first lines that must be in one: whoever starts a container may speak first."""


class Piece(Struct, gc=False):
    """What one physical line holds."""

    text: str
    """One character a byte, without a line end."""
    at: float | None
    """When it was written, where that is said."""
    stream: str
    whole: bool
    """The line ends here."""


class Envelope(Struct, frozen=True):
    id: str
    what: str
    open: Callable[[str], Piece]
    """Raises Unread."""


class _DockerLine(Struct):
    log: str
    stream: str
    time: str = ""


_docker_line = msgspec.json.Decoder(_DockerLine).decode
_journal_line = msgspec.json.Decoder(dict[str, Any]).decode
_CRI = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\S{8,40}) (?P<stream>stdout|stderr) (?P<tag>[PF])(?::\S*)? "
    r"(?P<text>.*)",
    re.DOTALL | re.ASCII,
)


def _docker(text: str) -> Piece:
    """A piece of a longer line has no line end (of 16 KB each)."""
    try:
        told = _docker_line(text.encode("latin-1"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unread(Fault.ENVELOPE) from None
    if told.stream not in ("stdout", "stderr"):
        raise Unread(Fault.ENVELOPE)
    return Piece(_line(as_bytes(told.log)), _moment(told.time), told.stream, told.log[-1:] == "\n")


def _cri(text: str) -> Piece:
    found = _CRI.fullmatch(text)
    if found is None:
        raise Unread(Fault.ENVELOPE)
    return Piece(found["text"], _moment(found["time"]), found["stream"], found["tag"] == "F")


def _journal(text: str) -> Piece:
    """What is no UTF-8 is a list of bytes; what is too long for the journal is null."""
    try:
        told = _journal_line(text.encode("latin-1"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unread(Fault.ENVELOPE) from None
    message, at = told.get("MESSAGE"), told.get("__REALTIME_TIMESTAMP")
    if not isinstance(at, str) or "MESSAGE" not in told:
        raise Unread(Fault.ENVELOPE)
    stream = told.get("_STREAM_ID")
    whole = told.get("_LINE_BREAK") != "line-max"
    return Piece(_message(message), _moment(at), stream if isinstance(stream, str) else "", whole)


def _message(told: object) -> str:
    if isinstance(told, str):
        return as_bytes(told)
    if isinstance(told, list):
        try:
            return bytes(told).decode("latin-1")
        except (ValueError, TypeError):
            raise Unread(Fault.ENVELOPE) from None
    raise Unread(Fault.LONG if told is None else Fault.ENVELOPE)


def _line(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def _moment(text: str) -> float | None:
    try:
        return moment(text) if text else None
    except (ValueError, OverflowError):
        return None


ENVELOPES: Final = (
    Envelope("docker", "Docker's json-file", _docker),
    Envelope("cri", "a container runtime's log (CRI)", _cri),
    Envelope("journal", "the journal as JSON", _journal),
)


def envelope_of(lines: Sequence[str]) -> Envelope | None:
    """What is around the first lines of a log; None where nothing is."""
    lines = [line for line in lines if line.strip()]
    for envelope in ENVELOPES:
        if lines and sum(_opens(envelope, line) for line in lines) >= _ENOUGH * len(lines):
            return envelope
    return None


def _opens(envelope: Envelope, line: str) -> bool:
    try:
        envelope.open(line)
    except Unread as unread:
        return unread.fault is not Fault.ENVELOPE
    return True


def unwrapped(envelope: Envelope, lines: Sequence[str]) -> list[str]:
    """The whole lines within, of those that can be read."""
    joining, found = Joining(envelope), []
    for at, line in enumerate(lines):
        try:
            told = joining.take(line, at)
        except Unread:
            continue
        if told is not None:
            found.append(told.text)
    return found


class Joined(Struct, gc=False):
    """One line, as it was before it was put into envelopes."""

    text: str
    at: float | None
    """When its last piece was written."""


class _Begun(Struct):
    since: int
    parts: list[str]
    size: int


class Joining:
    """Takes lines out of their envelopes, and pieces together."""

    def __init__(self, envelope: Envelope) -> None:
        self._open = envelope.open
        self._begun: dict[str, _Begun] = {}
        """By stream, the oldest first."""
        self.given_up = 0
        """Lines whose end was waited for in vain, for whoever counts them."""

    @property
    def since(self) -> int | None:
        """Where the oldest line begins whose end has not come yet."""
        return next((one.since for one in self._begun.values()), None)

    def take(self, text: str, at: int) -> Joined | None:
        """The line that ends with what begins at `at`; None where none does. Raises Unread."""
        piece = self._open(text)
        if self._begun and at - next(iter(self._begun.values())).since > FAR:
            self._give_up()
        begun = self._begun.get(piece.stream)
        if begun is None:
            if piece.whole:
                return Joined(piece.text, piece.at)
            begun = self._begin(piece.stream, at)
        begun.size += len(piece.text)
        if begun.size <= MAX_LINE:
            begun.parts.append(piece.text)
        else:
            begun.parts.clear()
        if not piece.whole:
            return None
        del self._begun[piece.stream]
        if begun.size > MAX_LINE:
            raise Unread(Fault.LONG)
        return Joined("".join(begun.parts), piece.at)

    def _begin(self, stream: str, at: int) -> _Begun:
        if len(self._begun) >= STREAMS:
            self._give_up()
        begun = self._begun[stream] = _Begun(at, [], 0)
        return begun

    def _give_up(self) -> None:
        """The oldest."""
        del self._begun[next(iter(self._begun))]
        self.given_up += 1
