"""What readers of messages share: an exchange is told by named values, or by a line of text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.capture.texts import TextReader
from nightlatch.capture.wires.reading import Malformed, Quiet
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind


class MessageReader:
    """Reads whole messages of one origin. Which protocol it is says who inherits from it."""

    kind: ClassVar[SourceKind]

    def __init__(self, origin: Origin, attributes: Attributes, texts: TextReader) -> None:
        self._origin = origin
        self._attributes = attributes
        self._texts = texts

    @property
    def name(self) -> str:
        return self._origin.name

    def expire(self, now: float) -> Sequence[Malformed]:  # noqa: ARG002
        """Nothing waits here for the rest of it."""
        return ()

    def _by_fields(
        self, fields: Mapping[str, Any], at: float | None, now: float, service: str
    ) -> Observed | None:
        """`at` is when the message was written, where it says so."""
        if not fields:
            return None
        return self._attributes.read(fields, self._origin, now if at is None else at, now, service)

    def _by_text(
        self, texts: Iterable[str], at: float | None, now: float, service: str
    ) -> Observed | Quiet:
        """The first of them that tells of an exchange."""
        at = now if at is None else at
        for text in texts:
            seen = self._texts.read(text, self._origin, at, now, service) if text else None
            if seen is not None:
                return seen
        return Quiet.IDLE
