"""Which format is this? Told from the first lines, by trying."""

from collections.abc import Sequence

from msgspec import Struct

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.log_format import LogFormat, obey
from nightlatch.capture.logs.registry import FORMATS
from nightlatch.capture.logs.values import Fault, Unread

SAMPLE = 50
"""Lines that are tried."""
ENOUGH = 0.6
"""Share of them that must be read: scanners write what no format foresaw into any log."""
_FAIR = frozenset({Fault.NO_REQUEST, Fault.NOT_HTTP})
"""The line has the format; what the client sent was no request."""


class Guess(Struct, frozen=True):
    format: LogFormat
    share: float
    """Of the lines that were tried, those that it reads."""


def detect(
    lines: Sequence[str], formats: Sequence[LogFormat] = FORMATS, *, timed: bool = False
) -> Guess | None:
    """The first format, in the order of the registry, of those that read the most; None where none
    reads enough. `timed`: what is around the lines says when they were written."""
    lines = lines[:SAMPLE]
    best: Guess | None = None
    for each in formats:
        share = _share(each, lines, 0.0 if timed else None)
        if share >= ENOUGH and (best is None or share > best.share):
            best = Guess(each, share)
    return best


def _share(each: LogFormat, lines: Sequence[str], arrived: float | None) -> float:
    reader, assembler = each.open(), Assembler("detection")
    tried = read = 0
    for text in lines:
        if not text.strip():
            continue
        if text.startswith("#"):
            obey(reader, text)
            continue
        tried += 1
        try:
            assembler.observed(reader.read(text), arrived)
            read += 1
        except Unread as unread:
            read += unread.fault in _FAIR
    return read / tried if tried else 0.0
