"""What there is to know of one format of access logs: how to read it, and its help."""

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec import Struct

from nightlatch.capture.logs.assembly import unseen_by
from nightlatch.capture.logs.envelopes import Envelope
from nightlatch.capture.logs.values import Line, Unread
from nightlatch.exchange.source import Part


class LineReader(Protocol):
    """Understands lines of one format. May remember what earlier lines said of later ones."""

    def read(self, text: str) -> Line:
        """One line without its end, one character a byte. Raises Unread."""


class LogFormat(Struct, frozen=True):
    """One format, and its own help page."""

    id: str
    software: str
    what: str
    examples: tuple[str, ...]
    """Real lines; the first ones may be directives that the others need."""
    open: Callable[[], LineReader]
    """A reader for one file."""
    setup: str = ""
    """What to put into the software's configuration to see the most."""
    zone: bool = True
    """Its times name their zone."""
    envelope: Envelope | None = None
    """What is around each of its lines, in one file."""

    @property
    def written_by(self) -> str:
        """The software, and what its lines are kept in."""
        within = f", in {self.envelope.what}" if self.envelope is not None else ""
        return self.software + within

    @property
    def unseen(self) -> frozenset[Part]:
        """What its example cannot show: the same for all its lines, where they have all fields."""
        reader = self.open()
        for line in understood(reader, self.examples):
            return unseen_by(
                line.values,
                request_headers=line.request_headers is not None,
                response_headers=line.response_headers is not None,
            )
        return frozenset(Part)


def understood(reader: LineReader, lines: Iterable[str]) -> Iterable[Line]:
    """Those that can be read; directives are obeyed."""
    for text in lines:
        if text.startswith("#"):
            obey(reader, text)
            continue
        try:
            yield reader.read(text)
        except Unread:
            continue


def obey(reader: LineReader, text: str) -> None:
    """A line that begins with "#" is a directive where the format has some, else a comment."""
    directive = getattr(reader, "directive", None)
    if directive is not None:
        directive(text)


def pattern_format(
    id: str,  # noqa: A002 -- the field's name
    software: str,
    what: str,
    pattern: LineReader,
    *examples: str,
    setup: str = "",
    zone: bool = True,
) -> LogFormat:
    """A format that is one format string; a pattern remembers nothing, so all files share it."""
    return LogFormat(id, software, what, examples, lambda: pattern, setup, zone)
