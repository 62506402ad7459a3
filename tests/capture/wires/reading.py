"""What readers of messages need in their tests."""

from nightlatch.capture.attributes import Attributes
from nightlatch.capture.texts import TextReader

NOW = 1_800_000_000.0


def texts(attributes: Attributes | None = None) -> TextReader:
    return TextReader(attributes or Attributes())
