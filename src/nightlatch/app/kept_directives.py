"""What people decided, kept beside the application: an application that starts while its collector
is gone holds the doors closed that were closed."""

import logging
from pathlib import Path

import msgspec

from nightlatch.exchange.facts import Directives
from nightlatch.store.files import replace_file

log = logging.getLogger("nightlatch")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Directives).decode


class KeptDirectives:
    """One file, owner-only. Nothing here raises: without it, the collector is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Directives:
        """Those of last time; none where there are none, or where they cannot be read."""
        try:
            return _decode(self._path.read_bytes())
        except FileNotFoundError:
            return Directives()
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            log.warning("What people decided last cannot be read from %s: %s", self._path, error)
            return Directives()

    def keep(self, directives: Directives) -> None:
        """All or nothing."""
        try:
            replace_file(self._path, _encode(directives))
        except OSError as error:
            log.warning("What people decided cannot be kept in %s: %s", self._path, error)
