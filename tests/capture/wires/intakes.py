"""What readers of messages need in their tests."""

from nightlatch.capture.attributes import Attributes
from nightlatch.capture.intake import Grant, Refused
from nightlatch.capture.texts import TextReader
from nightlatch.exchange.source import SourceKind

NOW = 1_800_000_000.0


class OneToken:
    """Admits whoever shows it."""

    def __init__(self, token: str = "let-me-in", service: str = "") -> None:
        self._token = token
        self._service = service

    def admit(self, kind: SourceKind, token: str, size: int, now: float) -> Grant | Refused:
        if token != self._token:
            return Refused.TOKEN
        return Grant("edge", frozenset({kind}), self._service)


def texts(attributes: Attributes | None = None) -> TextReader:
    return TextReader(attributes or Attributes())
